#include <string.h>

#include "core/auth/auth_oauth.h"
#include "core/auth/oauth_ci.h"

#define EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"
#define JWT_TYPE "urn:ietf:params:oauth:token-type:jwt"
#define ACCESS_TYPE "urn:ietf:params:oauth:token-type:access_token"

static bool
is_exchanged(const struct signum_auth_env *env)
{
    return strcmp(signum_auth_setting(env->settings, SIGNUM_AUTH_EXCHANGE), "true") == 0;
}

/* The job's token is sent to the service as it is, unless it is to be exchanged first. */
static enum signum_status
obtain(const struct signum_auth_env *env, const struct signum_budget *budget,
       struct signum_token *token, struct signum_buf *cause)
{
    if (is_exchanged(env))
        return SIGNUM_NOT_FOUND;
    return signum_oauth_ci_token(env, budget, token, cause);
}

/* RFC 8693 section 2.1. */
static enum signum_status
compose(const struct signum_auth_env *env, const struct signum_budget *budget,
        const struct signum_oauth_server *server, const struct signum_token *kept,
        struct signum_buf *form, struct signum_buf *authorization, struct signum_buf *cause)
{
    struct signum_token subject;

    (void)server;
    (void)kept;
    (void)authorization;
    signum_token_init(&subject);
    enum signum_status status = signum_oauth_ci_token(env, budget, &subject, cause);
    if (status == SIGNUM_OK) {
        signum_oauth_put_field(form, "grant_type", EXCHANGE);
        signum_oauth_put_field(form, "client_id",
                               signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID));
        signum_oauth_put_field(form, "subject_token", signum_buf_text(&subject.access));
        signum_oauth_put_field(form, "subject_token_type", JWT_TYPE);
        signum_oauth_put_field(form, "requested_token_type", ACCESS_TYPE);
        signum_oauth_put_target(env->settings, form);
        status = signum_buf_status(form);
    }
    signum_token_clear(&subject);
    return status;
}

static const struct signum_oauth_grant grant = {
    .method = &signum_auth_ci,
    .compose = compose,
    .obtain = obtain,
    .put_identity = signum_oauth_ci_put_identity,
};

static enum signum_status
open_auth(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    return signum_oauth_auth_open(&grant, env, auth_out);
}

const struct signum_auth_method signum_auth_ci = {
    "ci", SIGNUM_AUTH_FETCHED,
    open_auth,
    signum_oauth_auth_apply,
    signum_oauth_auth_is_renewed,
    signum_oauth_auth_free,
};
