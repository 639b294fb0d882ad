#ifndef SIGNUMD_SETTINGS_H
#define SIGNUMD_SETTINGS_H

#include <stdint.h>

#include "core/buf.h"

/* signumd.json. The members are described in docs/service.md. */

#define SIGNUMD_DEFAULT_LISTEN "127.0.0.1:8443"
#define SIGNUMD_DEFAULT_TOKEN "signum"

struct signumd_settings {
    char *listen;        /* ADDR:PORT */
    char *pkcs11_module; /* path of the PKCS#11 library */
    char *pkcs11_token;  /* label of the token */
    char *pin_file;      /* relative to the state folder, or absolute */
    uint32_t workers;    /* threads; also the number of HSM sessions and database connections */
    uint32_t max_connections;
    uint32_t idle_timeout_s;
    uint32_t drain_timeout_s;
};

/* Reads the file. SIGNUM_BAD_SETTINGS, logged with member and reason, if it is not valid. */
enum signum_status signumd_settings_read(const char *path,
                                         struct signumd_settings *settings_out) SIGNUM_MUST_USE;

/* Appends a file with all default values, and the given module, token label and PIN file. */
void signumd_settings_write(struct signum_buf *out, const char *module, const char *token,
                            const char *pin_file);

void signumd_settings_clear(struct signumd_settings *settings);

#endif
