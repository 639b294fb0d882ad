#include "core/auth/auth_oauth.h"
#include "core/auth/secret_source.h"
#include "core/base64.h"

static const struct signum_secret_source secret_source = {
    "client secret",
    SIGNUM_AUTH_CLIENT_SECRET,
    SIGNUM_AUTH_CLIENT_SECRET_FILE,
    SIGNUM_AUTH_CLIENT_SECRET_STORE,
};

/* RFC 6749 section 2.3.1: both parts are form-encoded before they become Basic credentials. */
static void
put_basic(const char *client_id, const char *secret, struct signum_buf *authorization)
{
    struct signum_buf pair;

    signum_buf_init_secret(&pair, SIGNUM_HTTP_HEADER_MAX);
    signum_http_put_escaped(&pair, client_id);
    signum_buf_put_byte(&pair, ':');
    signum_http_put_escaped(&pair, secret);
    signum_buf_put_text(authorization, "Basic ");
    if (signum_buf_status(&pair) == SIGNUM_OK)
        signum_base64_encode(authorization, signum_bytes_of_buf(&pair));
    else
        authorization->failure = SIGNUM_TOO_LARGE;
    signum_buf_clear(&pair);
}

static enum signum_status
compose(const struct signum_auth_env *env, const struct signum_budget *budget,
        const struct signum_oauth_server *server, const struct signum_token *kept,
        struct signum_buf *form, struct signum_buf *authorization, struct signum_buf *cause)
{
    const char *client_id = signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID);
    struct signum_buf secret;

    (void)budget;
    (void)server;
    (void)kept;
    if (*client_id == 0) {
        signum_buf_put_text(cause, "the setting auth.client_id is missing");
        return SIGNUM_BAD_SETTINGS;
    }
    signum_buf_init_secret(&secret, SIGNUM_HTTP_HEADER_MAX);
    enum signum_status status =
        signum_secret_source_read(env, &secret_source, &secret, cause);
    if (status == SIGNUM_OK) {
        signum_oauth_put_field(form, "grant_type", "client_credentials");
        signum_oauth_put_target(env->settings, form);
        put_basic(client_id, signum_buf_text(&secret), authorization);
        status = signum_buf_status(authorization);
    }
    signum_buf_clear(&secret);
    return status;
}

static const struct signum_oauth_grant grant = {
    .method = &signum_auth_client_secret,
    .compose = compose,
};

static enum signum_status
open_auth(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    return signum_oauth_auth_open(&grant, env, auth_out);
}

const struct signum_auth_method signum_auth_client_secret = {
    "client-secret", SIGNUM_AUTH_FETCHED,
    open_auth,
    signum_oauth_auth_apply,
    signum_oauth_auth_is_renewed,
    signum_oauth_auth_free,
};
