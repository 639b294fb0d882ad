#include "core/auth/auth_oauth.h"

/*
 * A person who has signed in with `signum login`, by the device flow or in the browser: what login
 * has kept is used and refreshed. Nothing here ever asks a person, so it is fit for a silent call.
 */

static enum signum_status
compose(const struct signum_auth_env *env, const struct signum_budget *budget,
        const struct signum_oauth_server *server, const struct signum_token *kept,
        struct signum_buf *form, struct signum_buf *authorization, struct signum_buf *cause)
{
    (void)budget;
    (void)server;
    (void)authorization;
    if (kept->refresh.len == 0) {
        signum_buf_printf(cause, "nobody has signed in to the service %s, or it was too long ago: "
                                 "run `signum login`",
                          signum_buf_text(&env->settings->name));
        return SIGNUM_SIGN_IN_REQUIRED;
    }
    signum_oauth_put_field(form, "grant_type", "refresh_token");
    signum_oauth_put_field(form, "refresh_token", signum_buf_text(&kept->refresh));
    signum_oauth_put_field(form, "client_id",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID));
    signum_oauth_put_field(form, "resource",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_RESOURCE));
    return signum_buf_status(form);
}

static const struct signum_oauth_grant device_grant = {
    .method = &signum_auth_device,
    .compose = compose,
};

static const struct signum_oauth_grant browser_grant = {
    .method = &signum_auth_browser,
    .compose = compose,
};

static enum signum_status
open_device(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    return signum_oauth_auth_open(&device_grant, env, auth_out);
}

static enum signum_status
open_browser(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    return signum_oauth_auth_open(&browser_grant, env, auth_out);
}

const struct signum_auth_method signum_auth_device = {
    "device", SIGNUM_AUTH_PERSON,
    open_device,
    signum_oauth_auth_apply,
    signum_oauth_auth_is_renewed,
    signum_oauth_auth_free,
};

const struct signum_auth_method signum_auth_browser = {
    "browser", SIGNUM_AUTH_PERSON,
    open_browser,
    signum_oauth_auth_apply,
    signum_oauth_auth_is_renewed,
    signum_oauth_auth_free,
};
