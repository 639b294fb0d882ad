#ifndef SIGNUM_CORE_AUTH_OAUTH_CODE_H
#define SIGNUM_CORE_AUTH_OAUTH_CODE_H

#include "core/auth/oauth.h"

/*
 * Signing in a person with the browser of this machine: the authorization code (RFC 6749 section
 * 4.1) with PKCE (RFC 7636), sent back to an address on the loopback (RFC 8252 section 7.3), by
 * the issuer that was asked (RFC 9207).
 */
struct signum_oauth_code {
    struct signum_buf verifier; /* secret; RFC 7636 section 4.1 */
    struct signum_buf state;    /* ties the answer to the question */
    struct signum_buf redirect; /* http://127.0.0.1:PORT/ */
    struct signum_buf url;      /* for the browser */
    struct signum_buf code;     /* secret; after signum_oauth_code_accept() */
};

void signum_oauth_code_init(struct signum_oauth_code *code);
void signum_oauth_code_clear(struct signum_oauth_code *code);

/* Makes the secrets and the browser's address. NOT_SUPPORTED, or what the random port says. */
enum signum_status signum_oauth_code_start(const struct signum_auth_env *env,
                                           const struct signum_oauth_server *server,
                                           const char *redirect,
                                           struct signum_oauth_code *code_out,
                                           struct signum_buf *cause) SIGNUM_MUST_USE;

/*
 * Reads the query that the browser brought back ("code=...&state=..."). CREDENTIAL_REFUSED if the
 * state is not ours or the issuer is another, DENIED if the person refused, PROTOCOL.
 */
enum signum_status signum_oauth_code_accept(const struct signum_oauth_server *server,
                                            const char *query, struct signum_oauth_code *code,
                                            struct signum_buf *cause) SIGNUM_MUST_USE;

/* Turns the code into tokens. As signum_oauth_post. */
enum signum_status signum_oauth_code_redeem(const struct signum_auth_env *env,
                                            const struct signum_budget *budget,
                                            const struct signum_oauth_server *server,
                                            const struct signum_oauth_code *code,
                                            struct signum_token *token_out,
                                            struct signum_buf *cause) SIGNUM_MUST_USE;

#endif
