#ifndef SIGNUM_CORE_AUTH_SECRET_SOURCE_H
#define SIGNUM_CORE_AUTH_SECRET_SOURCE_H

#include "core/auth/auth.h"

/* The three places of a secret, in their order: the variable, a file, the encrypted store. */
struct signum_secret_source {
    const char *what; /* "client secret", for messages */
    enum signum_auth_setting value;
    enum signum_auth_setting file;
    enum signum_auth_setting store;
};

/*
 * Appends the secret, without white space at its end. SIGN_IN_REQUIRED, with place and next step
 * in the cause, if it is nowhere, cannot be read, or is empty.
 */
enum signum_status signum_secret_source_read(const struct signum_auth_env *env,
                                             const struct signum_secret_source *source,
                                             struct signum_buf *secret_out,
                                             struct signum_buf *cause) SIGNUM_MUST_USE;

#endif
