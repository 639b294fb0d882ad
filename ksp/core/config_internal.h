#ifndef SIGNUM_CORE_CONFIG_INTERNAL_H
#define SIGNUM_CORE_CONFIG_INTERNAL_H

#include "config.h"

/* Between config.c (variables, defaults), config_rows.c (the table) and config_file.c (JSON). */

/* The rows of the table; those of the sign-in come last, in the order of signum_auth_setting. */
enum signum_config_index {
    SIGNUM_ROW_CONFIG,
    SIGNUM_ROW_DEFAULT_SERVICE,
    SIGNUM_ROW_TIMEOUT_MS,
    SIGNUM_ROW_APPROVAL_TIMEOUT_MS,
    SIGNUM_ROW_LOG_FILE,
    SIGNUM_ROW_LOG_LEVEL,
    SIGNUM_ROW_ALLOW_SHA1,
    SIGNUM_ROW_ALLOW_DELETE,
    SIGNUM_ROW_CONTEXT,
    SIGNUM_ROW_REASON,
    SIGNUM_ROW_PIN,
    SIGNUM_ROW_URL,
    SIGNUM_ROW_PROTOCOL,
    SIGNUM_ROW_CA_FILE,
    SIGNUM_ROW_AUTH,
    SIGNUM_ROW_COUNT = SIGNUM_ROW_AUTH + SIGNUM_AUTH_SETTING_COUNT
};

enum signum_config_owner { SIGNUM_PLACE_SETTINGS, SIGNUM_PLACE_SERVICE };

/* Where the text of a row is kept. */
struct signum_config_place {
    enum signum_config_owner owner;
    size_t offset; /* of a struct signum_buf */
};

struct signum_config_place signum_config_place(size_t row);

/* Does the row name a credential, or say where one is? Only one layer's do. */
bool signum_config_is_credential(size_t row);

/* Is the row's value a secret itself? */
bool signum_config_is_secret(size_t row);

/* The settings while they are read: layer by layer, the stronger one later. */
struct signum_config_loader {
    const struct signum_settings_source *source;
    struct signum_settings *settings;
    struct signum_buf default_name; /* default_service as given */
    struct signum_buf *cause;
    unsigned layer; /* number of the file or the variables being read */
    unsigned credential_layer[SIGNUM_CONFIG_SERVICES_MAX]; /* that named a service's credential */
};

/*
 * Sets a row from text. `service` is NULL for rows that belong to no service. BAD_SETTINGS with
 * "WHERE: NAME: why" in the cause.
 */
enum signum_status signum_config_set(struct signum_config_loader *loader, size_t row,
                                     struct signum_service_settings *service, const char *where,
                                     const char *name, const char *text) SIGNUM_MUST_USE;

/* The service of that name, made with its defaults if it is new. */
enum signum_status signum_config_add_service(struct signum_config_loader *loader,
                                             const char *where, const char *name,
                                             struct signum_service_settings **service_out)
    SIGNUM_MUST_USE;

/* Appends "WHERE: NAME: WHY" to the cause; BAD_SETTINGS. */
enum signum_status signum_config_refuse(struct signum_config_loader *loader, const char *where,
                                        const char *name, const char *why) SIGNUM_MUST_USE;

/* Reads one settings file as the next layer. A missing file is fine unless it is required. */
enum signum_status signum_config_read_file(struct signum_config_loader *loader, const char *path,
                                           bool is_required) SIGNUM_MUST_USE;

/* Why the text is not a base URL that the settings allow; NULL if it is one. */
const char *signum_config_check_url(const char *url);

#endif
