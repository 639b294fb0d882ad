#include "core/auth/auth_oauth.h"

#include <stdlib.h>
#include <string.h>

#include "core/auth/oauth_claims.h"
#include "core/retry.h"

#define SCHEME "Bearer " /* RFC 6750 section 2.1 */
#define IDENTITY_MAX (64u << 10)

struct signum_oauth_auth {
    struct signum_auth base;
    struct signum_auth_env env;
    const struct signum_oauth_grant *grant;
    struct signum_token_cache cache;
};

void
signum_oauth_put_identity(const struct signum_service_settings *settings, struct signum_buf *out)
{
    static const enum signum_auth_setting parts[] = {
        SIGNUM_AUTH_METHOD, SIGNUM_AUTH_ISSUER,   SIGNUM_AUTH_TOKEN_ENDPOINT, SIGNUM_AUTH_CLIENT_ID,
        SIGNUM_AUTH_SCOPE,  SIGNUM_AUTH_AUDIENCE, SIGNUM_AUTH_RESOURCE,
    };

    signum_buf_printf(out, "%s\n%s\n", signum_buf_text(&settings->name),
                      signum_buf_text(&settings->url));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        signum_buf_printf(out, "%s\n", signum_auth_setting(settings, parts[i]));
}

void
signum_oauth_put_target(const struct signum_service_settings *settings, struct signum_buf *form)
{
    signum_oauth_put_field(form, "scope", signum_auth_setting(settings, SIGNUM_AUTH_SCOPE));
    signum_oauth_put_field(form, "audience", signum_auth_setting(settings, SIGNUM_AUTH_AUDIENCE));
    signum_oauth_put_field(form, "resource", signum_auth_setting(settings, SIGNUM_AUTH_RESOURCE));
}

/* Waits before another try of a server that is busy, if there is time for one. */
static bool
wait_to_retry(const struct signum_auth_env *env, const struct signum_budget *budget,
              enum signum_status status, unsigned tries, uint64_t asked_ms)
{
    const struct signum_random *random = &env->ports->random;
    struct signum_retry_facts facts = {
        .status = status,
        .tries = tries,
        .asked_ms = asked_ms,
        .left_ms = signum_budget_left(budget),
    };
    uint64_t delay = 0;

    if (random->fill(random->self, &facts.random, sizeof facts.random) != SIGNUM_OK)
        facts.random = 0;
    if (!signum_retry_is_due(&facts, &delay))
        return false;
    env->ports->clock.sleep_ms(env->ports->clock.self, delay);
    return true;
}

/* A form may be used once: an assertion has an identifier, so each try composes its own. */
static enum signum_status
ask_once(struct signum_oauth_auth *auth, const struct signum_budget *budget,
         const struct signum_oauth_server *server, const struct signum_token *kept,
         struct signum_token *token_out, uint64_t *wait_ms_out, struct signum_buf *cause)
{
    struct signum_buf form;
    struct signum_buf authorization;

    *wait_ms_out = 0;
    signum_buf_init_secret(&form, SIGNUM_OAUTH_FORM_MAX);
    signum_buf_init_secret(&authorization, SIGNUM_HTTP_HEADER_MAX);
    enum signum_status status =
        auth->grant->compose(&auth->env, budget, server, kept, &form, &authorization, cause);
    if (status == SIGNUM_OK)
        status =
            signum_oauth_post(&auth->env, budget, signum_buf_text(&server->token_endpoint), &form,
                              authorization.len > 0 ? signum_buf_text(&authorization) : NULL,
                              token_out, wait_ms_out, cause);
    signum_buf_clear(&authorization);
    signum_buf_clear(&form);
    return status;
}

/* From the token endpoint, with its retries. */
static enum signum_status
ask(struct signum_oauth_auth *auth, const struct signum_budget *budget, struct signum_token *token,
    struct signum_buf *cause)
{
    struct signum_oauth_server server;
    struct signum_token fresh;
    uint64_t wait_ms = 0;

    signum_oauth_server_init(&server);
    signum_token_init(&fresh);
    enum signum_status status = signum_oauth_discover(&auth->env, budget, &server, cause);
    for (unsigned tries = 1; status == SIGNUM_OK; tries++) {
        signum_buf_clear(cause);
        status = ask_once(auth, budget, &server, token, &fresh, &wait_ms, cause);
        if (status == SIGNUM_OK || !wait_to_retry(&auth->env, budget, status, tries, wait_ms))
            break;
        status = SIGNUM_OK;
    }
    if (status == SIGNUM_OK) {
        /* RFC 6749 section 6: without a new refresh token the old one goes on */
        if (fresh.refresh.len == 0)
            signum_buf_put(&fresh.refresh, token->refresh.data, token->refresh.len);
        signum_buf_move(&token->access, &fresh.access);
        signum_buf_move(&token->refresh, &fresh.refresh);
        signum_buf_move(&token->scope, &fresh.scope);
        token->expires_at = fresh.expires_at;
    }
    signum_token_clear(&fresh);
    signum_oauth_server_clear(&server);
    return status;
}

static enum signum_status
fetch(void *context, const struct signum_budget *budget, struct signum_token *token,
      struct signum_buf *cause)
{
    struct signum_oauth_auth *auth = context;
    enum signum_status status = SIGNUM_NOT_FOUND;

    if (auth->grant->obtain != NULL)
        status = auth->grant->obtain(&auth->env, budget, token, cause);
    if (status == SIGNUM_NOT_FOUND)
        status = ask(auth, budget, token, cause);
    /* what login has kept was revoked, or was too old: only the person can help */
    if (status == SIGNUM_CREDENTIAL_REFUSED && auth->base.method->kind == SIGNUM_AUTH_PERSON) {
        signum_buf_put_text(cause, "; run `signum login`");
        status = SIGNUM_SIGN_IN_REQUIRED;
    }
    if (status == SIGNUM_OK)
        signum_log_info(auth->env.log, "signed in to %s by %s",
                        signum_buf_text(&auth->env.settings->name), auth->base.method->name);
    return status;
}

static enum signum_status
put_header(const struct signum_buf *access, struct signum_http_request *request)
{
    struct signum_buf value;

    signum_buf_init_secret(&value, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_put_text(&value, SCHEME);
    signum_buf_put(&value, access->data, access->len);
    enum signum_status status = signum_buf_status(&value);
    if (status == SIGNUM_OK)
        status =
            signum_http_add_header(&request->headers, "Authorization", signum_buf_text(&value));
    signum_buf_clear(&value);
    return status;
}

enum signum_status
signum_oauth_auth_apply(struct signum_auth *base, const struct signum_budget *budget,
                        struct signum_http_request *request, struct signum_buf *cause)
{
    struct signum_oauth_auth *auth = (struct signum_oauth_auth *)base;
    struct signum_buf access;

    signum_buf_init_secret(&access, SIGNUM_TOKEN_MAX);
    enum signum_status status =
        signum_token_cache_get(&auth->cache, budget, NULL, fetch, auth, &access, cause);
    if (status == SIGNUM_OK)
        status = put_header(&access, request);
    if (status == SIGNUM_TOO_LARGE)
        signum_buf_put_text(cause, "the issuer's token is too long for a header");
    signum_buf_clear(&access);
    return status;
}

/* The service tells strangers nothing, so that the client has to say what may be wrong. */
static void
explain_refusal(const struct signum_oauth_auth *auth, const char *access,
                const struct signum_http_response *response)
{
    const struct signum_clock *clock = &auth->env.ports->clock;
    const int64_t now = clock->unix_time(clock->self);
    struct signum_buf token;
    struct signum_buf words;

    signum_buf_init_secret(&token, SIGNUM_TOKEN_MAX);
    signum_buf_init(&words, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_put_text(&token, access);
    signum_oauth_claims_explain(&token, now, &words);
    signum_oauth_put_clock_error(response, now, &words);
    signum_log_warning(auth->env.log, "the service %s refused a token: %s",
                       signum_buf_text(&auth->env.settings->name), signum_buf_text(&words));
    signum_buf_clear(&words);
    signum_buf_clear(&token);
}

bool
signum_oauth_auth_is_renewed(struct signum_auth *base, const struct signum_budget *budget,
                             const struct signum_http_request *request,
                             const struct signum_http_response *response)
{
    struct signum_oauth_auth *auth = (struct signum_oauth_auth *)base;
    const char *value = signum_http_header(&request->headers, "Authorization");
    struct signum_buf access;
    struct signum_buf cause;

    if (value == NULL || strncmp(value, SCHEME, strlen(SCHEME)) != 0)
        return false;
    explain_refusal(auth, value + strlen(SCHEME), response);
    signum_buf_init_secret(&access, SIGNUM_TOKEN_MAX);
    signum_buf_init(&cause, SIGNUM_CONFIG_TEXT_MAX);
    enum signum_status status = signum_token_cache_get(&auth->cache, budget, value + strlen(SCHEME),
                                                       fetch, auth, &access, &cause);
    if (status != SIGNUM_OK)
        signum_log_warning(auth->env.log, "the token was refused, and there is no other: %s",
                           signum_buf_text(&cause));
    signum_buf_clear(&cause);
    signum_buf_clear(&access);
    return status == SIGNUM_OK;
}

void
signum_oauth_auth_free(struct signum_auth *base)
{
    struct signum_oauth_auth *auth = (struct signum_oauth_auth *)base;

    signum_token_cache_clear(&auth->cache);
    free(auth);
}

enum signum_status
signum_oauth_auth_open(const struct signum_oauth_grant *grant, const struct signum_auth_env *env,
                       struct signum_auth **auth_out)
{
    struct signum_buf identity;

    *auth_out = NULL;
    struct signum_oauth_auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL)
        return SIGNUM_NO_MEMORY;
    auth->base.method = grant->method;
    auth->env = *env;
    auth->grant = grant;
    signum_buf_init_secret(&identity, IDENTITY_MAX);
    signum_oauth_put_identity(env->settings, &identity);
    if (grant->put_identity != NULL)
        grant->put_identity(env, &identity);
    enum signum_status status = signum_buf_status(&identity);
    if (status == SIGNUM_OK)
        status = signum_token_cache_init(&auth->cache, &auth->env, signum_buf_text(&identity));
    signum_buf_clear(&identity);
    if (status != SIGNUM_OK) {
        free(auth);
        return status;
    }
    *auth_out = &auth->base;
    return SIGNUM_OK;
}

struct signum_token_cache *
signum_oauth_auth_cache(struct signum_auth *auth)
{
    return &((struct signum_oauth_auth *)auth)->cache;
}

const struct signum_auth_env *
signum_oauth_auth_env(const struct signum_auth *auth)
{
    return &((const struct signum_oauth_auth *)auth)->env;
}
