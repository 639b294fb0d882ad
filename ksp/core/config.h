#ifndef SIGNUM_CORE_CONFIG_H
#define SIGNUM_CORE_CONFIG_H

#include "log.h"
#include "ports.h"

/*
 * The settings: one table (signum_config_rows) with a row per setting. Files are JSON; a
 * SIGNUM_* variable wins over the user's file, which wins over the machine's. docs/settings.md
 * lists the same rows; a script compares them.
 */

#define SIGNUM_CONFIG_SERVICES_MAX 16
#define SIGNUM_CONFIG_URLS_MAX 8 /* of one service */
#define SIGNUM_CONFIG_FILE_MAX (256u << 10) /* bytes of a settings file */
#define SIGNUM_CONFIG_TEXT_MAX 4096         /* bytes of one text setting */

/* How one signs in and gets to the service; all texts. What each means stands in its row. */
enum signum_auth_setting {
    SIGNUM_AUTH_METHOD,
    SIGNUM_AUTH_TOKEN,
    SIGNUM_AUTH_TOKEN_FILE,
    SIGNUM_AUTH_TOKEN_STORE,
    SIGNUM_AUTH_ISSUER,
    SIGNUM_AUTH_TOKEN_ENDPOINT,
    SIGNUM_AUTH_CLIENT_ID,
    SIGNUM_AUTH_CLIENT_SECRET,
    SIGNUM_AUTH_CLIENT_SECRET_FILE,
    SIGNUM_AUTH_CLIENT_SECRET_STORE,
    SIGNUM_AUTH_SCOPE,
    SIGNUM_AUTH_AUDIENCE,
    SIGNUM_AUTH_RESOURCE,
    SIGNUM_AUTH_ISSUER_CA_FILE,
    SIGNUM_AUTH_KEY_FILE,
    SIGNUM_AUTH_KEY_ID,
    SIGNUM_AUTH_KEY_ALGORITHM,
    SIGNUM_AUTH_KEY_CERTIFICATE,
    SIGNUM_AUTH_CI,
    SIGNUM_AUTH_CI_TOKEN_VARIABLE,
    SIGNUM_AUTH_CI_TOKEN_FILE,
    SIGNUM_AUTH_EXCHANGE,
    SIGNUM_AUTH_USERNAME,
    SIGNUM_AUTH_PASSWORD,
    SIGNUM_AUTH_PASSWORD_FILE,
    SIGNUM_AUTH_PASSWORD_STORE,
    SIGNUM_AUTH_CERTIFICATE_FILE,
    SIGNUM_AUTH_CERTIFICATE_KEY_FILE,
    SIGNUM_AUTH_PROXY, /* from here on: not the sign-in, but the way to the service */
    SIGNUM_AUTH_PROXY_USERNAME,
    SIGNUM_AUTH_PROXY_PASSWORD,
    SIGNUM_AUTH_PROXY_PASSWORD_FILE,
    SIGNUM_AUTH_PROXY_PASSWORD_STORE,
    SIGNUM_AUTH_NO_PROXY,
    SIGNUM_AUTH_INSECURE,
    SIGNUM_AUTH_SETTING_COUNT
};

/* One service to sign with. Texts are "" when not set. */
struct signum_service_settings {
    struct signum_buf name;
    struct signum_buf url;      /* https://host[:port] */
    struct signum_buf more_urls; /* others of the same service, with spaces between them */
    struct signum_buf protocol; /* "signum" */
    struct signum_buf ca_file;
    struct signum_buf auth[SIGNUM_AUTH_SETTING_COUNT]; /* secrets are wiped */
};

struct signum_settings {
    struct signum_service_settings services[SIGNUM_CONFIG_SERVICES_MAX];
    size_t service_count;
    size_t default_service; /* index */
    uint64_t timeout_ms;    /* budget of one operation */
    uint64_t approval_timeout_ms; /* the same, while people have to approve it */
    struct signum_buf log_file;
    enum signum_log_level log_level;
    unsigned context_parts;   /* bits of 1 << enum signum_context_part */
    struct signum_buf reason; /* of signatures that are given no other */
    struct signum_buf pin;    /* the same; a secret */
    bool is_sha1_allowed;
    bool is_delete_allowed; /* of keys in the HSM */
};

enum signum_config_type { SIGNUM_CONFIG_TEXT, SIGNUM_CONFIG_NUMBER, SIGNUM_CONFIG_BOOL };

/* One setting. */
struct signum_config_row {
    const char *path;     /* in the file: "timeout_ms", "services.NAME.auth.token_file" */
    const char *variable; /* "SIGNUM_TOKEN_FILE" */
    enum signum_config_type type;
    const char *fallback; /* value when nothing sets it; "" for none */
    const char *help;     /* one sentence */
};

const struct signum_config_row *signum_config_rows(size_t *count_out);

/* A setting of the sign-in; "" if it is not set. Valid as long as the settings. */
const char *signum_auth_setting(const struct signum_service_settings *service,
                                enum signum_auth_setting setting);

/*
 * Reads all settings. BAD_SETTINGS if a file is not JSON, has an unknown name or a wrong type, or
 * a variable does not parse: the cause, with file and name, is appended to `cause`. No settings
 * at all is not an error here: service_count is 0. The caller clears `settings_out`.
 */
enum signum_status signum_config_load(const struct signum_settings_source *source,
                                      struct signum_settings *settings_out,
                                      struct signum_buf *cause) SIGNUM_MUST_USE;

void signum_settings_init(struct signum_settings *settings);
void signum_settings_clear(struct signum_settings *settings);

#endif
