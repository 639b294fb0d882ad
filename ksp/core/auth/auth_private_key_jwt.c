#include "core/auth/auth_oauth.h"
#include "core/auth/oauth_assertion.h"

static enum signum_status
compose(const struct signum_auth_env *env, const struct signum_budget *budget,
        const struct signum_oauth_server *server, const struct signum_token *kept,
        struct signum_buf *form, struct signum_buf *authorization, struct signum_buf *cause)
{
    const char *client_id = signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID);

    (void)budget;
    (void)kept;
    (void)authorization;
    if (*client_id == 0) {
        signum_buf_put_text(cause, "the setting auth.client_id is missing");
        return SIGNUM_BAD_SETTINGS;
    }
    signum_oauth_put_field(form, "grant_type", "client_credentials");
    /* RFC 7521 section 4.2 has it optional; Entra ID wants it */
    signum_oauth_put_field(form, "client_id", client_id);
    signum_oauth_put_target(env->settings, form);
    return signum_oauth_put_assertion(env, server, form, cause);
}

static const struct signum_oauth_grant grant = {
    .method = &signum_auth_private_key_jwt,
    .compose = compose,
};

static enum signum_status
open_auth(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    return signum_oauth_auth_open(&grant, env, auth_out);
}

const struct signum_auth_method signum_auth_private_key_jwt = {
    "private-key-jwt", SIGNUM_AUTH_FETCHED,
    open_auth,
    signum_oauth_auth_apply,
    signum_oauth_auth_is_renewed,
    signum_oauth_auth_free,
};
