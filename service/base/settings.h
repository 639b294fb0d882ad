#ifndef SIGNUMD_SETTINGS_H
#define SIGNUMD_SETTINGS_H

#include <stdint.h>

#include "base/log.h"
#include "base/texts.h"
#include "core/buf.h"

/* signumd.json. The members are described in docs/service.md. */

#define SIGNUMD_DEFAULT_LISTEN "127.0.0.1:8443"
#define SIGNUMD_DEFAULT_TOKEN "signum"

struct signumd_settings {
    char *listen;        /* ADDR:PORT */
    char *pkcs11_module; /* path of the PKCS#11 library */
    char *pkcs11_token;  /* label of the token */
    char *metrics_listen; /* ADDR:PORT; "" is nowhere */
    char *pin_file;      /* relative to the state folder, or absolute */
    char *vendor_label;  /* label of the vendor's evidence in the token; "" for none */
    char *syslog_address; /* HOST:PORT of the collector of audit records; "" if there is none */
    char *syslog_ca_file; /* the files as pin_file */
    char *syslog_certificate_file; /* "": none, also for the next */
    char *syslog_key_file;
    uint32_t syslog_facility;
    char *issuers;       /* JSON array of issuers of tokens, unread; "" if there is none */
    struct signumd_texts client_ca_files; /* relative to the state folder, or absolute */
    struct signumd_texts client_crl_files;
    uint32_t workers;    /* threads; also the number of HSM sessions and database connections */
    uint32_t max_connections;
    uint32_t max_connections_per_address;
    uint32_t idle_timeout_s;
    uint32_t transfer_timeout_s; /* for sending a request, and for taking its answer */
    uint32_t drain_timeout_s;
    uint32_t requests_per_minute; /* of one user; 0: any number, also for the next */
    uint32_t refusals_per_minute; /* of credentials from one address */
    uint32_t pin_max_failures; /* wrong PINs of one user for one key until there is a lock */
    enum signumd_log_level log_level;
    uint32_t webhook_attempts; /* how often an event is sent before it is given up */
    uint32_t webhook_retry_s;  /* to the second try; then twice as long each time */
    uint32_t certificate_warning_days; /* before a certificate ends; 0: no warnings */
    char *crl_url; /* of the demo CA's revocation list, in what it issues; "" for none */
    uint32_t request_expiry_s; /* how long a signing request waits for approval */
};

/* Reads the file. SIGNUM_BAD_SETTINGS, logged with member and reason, if it is not valid. */
enum signum_status signumd_settings_read(const char *path,
                                         struct signumd_settings *settings_out) SIGNUM_MUST_USE;

/* Appends a file with all default values, and the given module, token label and PIN file. */
void signumd_settings_write(struct signum_buf *out, const char *module, const char *token,
                            const char *pin_file);

/*
 * Brings what may change at run time from `changed` into `current`, and logs what has changed there
 * but needs a restart. Only numbers are written; nobody may read the ones of `current` meanwhile.
 */
void signumd_settings_change(struct signumd_settings *current, struct signumd_settings *changed);

void signumd_settings_clear(struct signumd_settings *settings);

#endif
