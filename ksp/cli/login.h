#ifndef SIGNUM_CLI_LOGIN_H
#define SIGNUM_CLI_LOGIN_H

#include "cli.h"

/* What login, logout and status share. */

/* The named service, or with NULL the default one; says so if there is none. */
struct signum_service *signum_login_find_service(struct signum_cli *cli,
                                                 struct signum_session *session, const char *name);

/* The settings of that service. Borrowed from the session. */
const struct signum_service_settings *
signum_login_settings(const struct signum_session *session, const struct signum_service *service);

/* The name of a token in the encrypted store. */
const char *signum_login_store_name(const struct signum_service_settings *service);

/* Keeps the token of a file ("-": stdin), after trying it unless told not to. Says how it went. */
enum signum_exit signum_login_token(struct signum_cli *cli, const struct signum_session *session,
                                    const struct signum_service_settings *service,
                                    const char *path, bool is_unchecked);

/* Signs a person in by the method of the settings, or by the device flow. Says how it went. */
enum signum_exit signum_login_person(struct signum_cli *cli, struct signum_service *service,
                                     bool use_device, unsigned long seconds);

/* Asks the service for the keys, which shows that the credential is good. Says how it went. */
enum signum_exit signum_login_check(struct signum_cli *cli, struct signum_service *service);

#endif
