#ifndef SIGNUM_CORE_CONFIG_INTERNAL_H
#define SIGNUM_CORE_CONFIG_INTERNAL_H

#include "config.h"

/* Between config.c (the table, variables, defaults) and config_file.c (JSON). */

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
