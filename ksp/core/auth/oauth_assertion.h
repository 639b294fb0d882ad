#ifndef SIGNUM_CORE_AUTH_OAUTH_ASSERTION_H
#define SIGNUM_CORE_AUTH_OAUTH_ASSERTION_H

#include "core/auth/oauth.h"

/*
 * Appends the fields of a client that proves itself by a signed assertion (RFC 7523 section 2.2,
 * private_key_jwt of OpenID Connect Core 1.0 section 9): good for a minute, usable once, for the
 * token endpoint alone. Key and certificate come from the settings. SIGN_IN_REQUIRED if the key
 * cannot be read, BAD_SETTINGS if it is none, CRYPTO.
 */
enum signum_status signum_oauth_put_assertion(const struct signum_auth_env *env,
                                              const struct signum_oauth_server *server,
                                              struct signum_buf *form,
                                              struct signum_buf *cause) SIGNUM_MUST_USE;

#endif
