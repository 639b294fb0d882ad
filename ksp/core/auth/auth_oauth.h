#ifndef SIGNUM_CORE_AUTH_AUTH_OAUTH_H
#define SIGNUM_CORE_AUTH_AUTH_OAUTH_H

#include "core/auth/oauth.h"
#include "core/auth/token_cache.h"

/*
 * What all strategies have in common that get an access token from an issuer and send it as a
 * bearer token (RFC 6750). A strategy says only how it asks.
 */

struct signum_oauth_auth;

/* How a strategy asks for a token. */
struct signum_oauth_grant {
    const struct signum_auth_method *method;
    /*
     * Writes the form, and the value of the header Authorization if it is used, for the token
     * endpoint. `kept` is the token as it was kept: a strategy for people has a refresh token in
     * it. SIGN_IN_REQUIRED with the next step in `cause` if there is nothing to ask with.
     */
    enum signum_status (*compose)(const struct signum_auth_env *env,
                                  const struct signum_budget *budget,
                                  const struct signum_oauth_server *server,
                                  const struct signum_token *kept, struct signum_buf *form,
                                  struct signum_buf *authorization, struct signum_buf *cause);
    /*
     * Or NULL. Gets a token in another way than from the token endpoint; NOT_FOUND to say that it
     * is asked for there after all.
     */
    enum signum_status (*obtain)(const struct signum_auth_env *env,
                                 const struct signum_budget *budget, struct signum_token *token,
                                 struct signum_buf *cause);
    /* Or NULL. Appends what makes the credential beside the settings. */
    void (*put_identity)(const struct signum_auth_env *env, struct signum_buf *out);
};

/* open, apply, is_renewed and free of such a strategy. `grant` is static. */
enum signum_status signum_oauth_auth_open(const struct signum_oauth_grant *grant,
                                          const struct signum_auth_env *env,
                                          struct signum_auth **auth_out) SIGNUM_MUST_USE;
enum signum_status signum_oauth_auth_apply(struct signum_auth *auth,
                                           const struct signum_budget *budget,
                                           struct signum_http_request *request,
                                           struct signum_buf *cause) SIGNUM_MUST_USE;
bool signum_oauth_auth_is_renewed(struct signum_auth *auth, const struct signum_budget *budget,
                                  const struct signum_http_request *request,
                                  const struct signum_http_response *response);
void signum_oauth_auth_free(struct signum_auth *auth);

/* Cache and environment of such a strategy (not SIGNUM_AUTH_GIVEN), for login, logout, status. */
struct signum_token_cache *signum_oauth_auth_cache(struct signum_auth *auth);
const struct signum_auth_env *signum_oauth_auth_env(const struct signum_auth *auth);

/*
 * Appends what makes the credential of the settings, as one text: service, method, issuer, client,
 * user, scope, audience. Two settings that give other tokens differ in it.
 */
void signum_oauth_put_identity(const struct signum_service_settings *settings,
                               struct signum_buf *out);

/* Appends the fields scope, audience (as sent to many issuers) and resource (RFC 8707). */
void signum_oauth_put_target(const struct signum_service_settings *settings,
                             struct signum_buf *form);

#endif
