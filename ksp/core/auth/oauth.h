#ifndef SIGNUM_CORE_AUTH_OAUTH_H
#define SIGNUM_CORE_AUTH_OAUTH_H

#include "core/auth/auth.h"

/*
 * OAuth 2.0 from the client's side (RFC 6749): what an authorisation server offers, a request to
 * its token endpoint, and the answer. Nothing here keeps anything; token_cache.h does.
 */

#define SIGNUM_OAUTH_ANSWER_MAX (1u << 20) /* bytes of a server's document */
#define SIGNUM_OAUTH_FORM_MAX (64u << 10)  /* bytes of a form; it may hold a token to exchange */

/* What the server offers: RFC 8414 section 2. Texts are "" where it offers nothing. */
struct signum_oauth_server {
    struct signum_buf issuer;
    struct signum_buf token_endpoint;
    struct signum_buf device_endpoint;        /* RFC 8628 section 4 */
    struct signum_buf authorization_endpoint;
    bool has_iss; /* it names itself in an authorisation response: RFC 9207 section 3 */
};

void signum_oauth_server_init(struct signum_oauth_server *server);
void signum_oauth_server_clear(struct signum_oauth_server *server);

/*
 * Asks the issuer of the settings what it offers: OpenID Connect Discovery 1.0 section 4, then
 * RFC 8414 section 3. The document must be of that very issuer. Without an issuer the setting
 * token_endpoint is all that is known. BAD_SETTINGS if neither is set; PROTOCOL, or what the
 * transport says. The cause names the address.
 */
enum signum_status signum_oauth_discover(const struct signum_auth_env *env,
                                         const struct signum_budget *budget,
                                         struct signum_oauth_server *server_out,
                                         struct signum_buf *cause) SIGNUM_MUST_USE;

/* Tokens as a server gives them. Secrets are wiped. */
struct signum_token {
    struct signum_buf access;
    struct signum_buf refresh; /* "" if there is none */
    struct signum_buf scope;
    int64_t expires_at; /* seconds since 1970; 0: not told */
};

void signum_token_init(struct signum_token *token);
void signum_token_clear(struct signum_token *token);

/* Is there one, and is it good for another half minute? */
bool signum_token_is_fresh(const struct signum_token *token, int64_t now);

/* Appends NAME=VALUE to a form (application/x-www-form-urlencoded). An empty value is left out. */
void signum_oauth_put_field(struct signum_buf *form, const char *name, const char *value);

/*
 * Posts a form to the token endpoint, where `authorization` (or NULL) is a header's value, and
 * reads the answer (RFC 6749 section 5). CREDENTIAL_REFUSED for invalid_client and invalid_grant,
 * APPROVAL_PENDING for authorization_pending and slow_down (RFC 8628 section 3.5), DENIED for
 * access_denied, SIGN_IN_REQUIRED for expired_token and interaction_required, BAD_SETTINGS for
 * what the client asked wrongly, SERVICE_BUSY with `wait_ms_out` for 429 and 503, PROTOCOL; or
 * what the transport says. The cause has the server's own words.
 */
enum signum_status signum_oauth_post(const struct signum_auth_env *env,
                                     const struct signum_budget *budget, const char *url,
                                     const struct signum_buf *form, const char *authorization,
                                     struct signum_token *token_out, uint64_t *wait_ms_out,
                                     struct signum_buf *cause) SIGNUM_MUST_USE;

/* What an answer that is not 200 says, as signum_oauth_post() does. */
enum signum_status signum_oauth_read_error(const struct signum_http_response *response,
                                           struct signum_buf *cause) SIGNUM_MUST_USE;

/* A token as text for the store, and back. PROTOCOL if the text is not one. */
void signum_token_write(const struct signum_token *token, struct signum_buf *out);
enum signum_status signum_token_read(struct signum_bytes text,
                                     struct signum_token *token_out) SIGNUM_MUST_USE;

#endif
