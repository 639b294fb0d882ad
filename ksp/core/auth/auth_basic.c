#include <stdlib.h>
#include <string.h>

#include "core/auth/auth.h"
#include "core/auth/secret_source.h"
#include "core/base64.h"

/* Name and password with each request: RFC 7617. */

struct basic_auth {
    struct signum_auth base;
    struct signum_auth_env env;
};

static const struct signum_secret_source secret_source = {
    "password",
    SIGNUM_AUTH_PASSWORD,
    SIGNUM_AUTH_PASSWORD_FILE,
    SIGNUM_AUTH_PASSWORD_STORE,
};

static enum signum_status
put_header(const char *username, const struct signum_buf *password,
           struct signum_http_request *request)
{
    struct signum_buf pair;
    struct signum_buf value;

    signum_buf_init_secret(&pair, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_init_secret(&value, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_put_text(&pair, username);
    signum_buf_put_byte(&pair, ':');
    signum_buf_put(&pair, password->data, password->len);
    signum_buf_put_text(&value, "Basic ");
    signum_base64_encode(&value, signum_bytes_of_buf(&pair));
    enum signum_status status = signum_buf_status(&pair);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&value);
    if (status == SIGNUM_OK)
        status =
            signum_http_add_header(&request->headers, "Authorization", signum_buf_text(&value));
    signum_buf_clear(&value);
    signum_buf_clear(&pair);
    return status;
}

/* The password is read each time: it may be changed while this program runs. */
static enum signum_status
apply(struct signum_auth *base, const struct signum_budget *budget,
      struct signum_http_request *request, struct signum_buf *cause)
{
    const struct basic_auth *auth = (const struct basic_auth *)base;
    const char *username = signum_auth_setting(auth->env.settings, SIGNUM_AUTH_USERNAME);
    struct signum_buf password;

    (void)budget;
    /* RFC 7617 section 2: a colon would end the name early */
    if (*username == 0 || strchr(username, ':') != NULL) {
        signum_buf_put_text(cause, "the setting auth.username is missing or has a colon in it");
        return SIGNUM_BAD_SETTINGS;
    }
    signum_buf_init_secret(&password, SIGNUM_HTTP_HEADER_MAX);
    enum signum_status status =
        signum_secret_source_read(&auth->env, &secret_source, &password, cause);
    if (status == SIGNUM_OK)
        status = put_header(username, &password, request);
    signum_buf_clear(&password);
    return status;
}

static bool
is_renewed(struct signum_auth *base, const struct signum_budget *budget,
           const struct signum_http_request *request, const struct signum_http_response *response)
{
    const char *sent = signum_http_header(&request->headers, "Authorization");
    struct signum_http_request other;
    struct signum_buf cause;

    (void)response;
    signum_http_request_init(&other);
    signum_buf_init(&cause, SIGNUM_CONFIG_TEXT_MAX);
    bool is_other = apply(base, budget, &other, &cause) == SIGNUM_OK && sent != NULL &&
                    strcmp(sent, signum_http_header(&other.headers, "Authorization")) != 0;
    signum_buf_clear(&cause);
    signum_http_request_clear(&other);
    return is_other;
}

static void
free_auth(struct signum_auth *base)
{
    free(base);
}

static enum signum_status
open_auth(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    struct basic_auth *auth = calloc(1, sizeof *auth);

    *auth_out = NULL;
    if (auth == NULL)
        return SIGNUM_NO_MEMORY;
    auth->base.method = &signum_auth_basic;
    auth->env = *env;
    *auth_out = &auth->base;
    return SIGNUM_OK;
}

const struct signum_auth_method signum_auth_basic = {
    "basic", SIGNUM_AUTH_GIVEN, open_auth, apply, is_renewed, free_auth,
};
