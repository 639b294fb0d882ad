#include "core/auth/oauth.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "core/protocol_json.h"

#define TEXT_MAX 2048     /* of a URL or name in a server's document */
#define LEEWAY_S 30       /* a token that ends sooner is not used any more */

void
signum_oauth_server_init(struct signum_oauth_server *server)
{
    signum_buf_init(&server->issuer, TEXT_MAX);
    signum_buf_init(&server->token_endpoint, TEXT_MAX);
    signum_buf_init(&server->device_endpoint, TEXT_MAX);
    signum_buf_init(&server->authorization_endpoint, TEXT_MAX);
    server->has_iss = false;
}

void
signum_oauth_server_clear(struct signum_oauth_server *server)
{
    signum_buf_clear(&server->issuer);
    signum_buf_clear(&server->token_endpoint);
    signum_buf_clear(&server->device_endpoint);
    signum_buf_clear(&server->authorization_endpoint);
    server->has_iss = false;
}

void
signum_token_init(struct signum_token *token)
{
    signum_buf_init_secret(&token->access, SIGNUM_TOKEN_MAX);
    signum_buf_init_secret(&token->refresh, SIGNUM_TOKEN_MAX);
    signum_buf_init(&token->scope, TEXT_MAX);
    token->expires_at = 0;
}

void
signum_token_clear(struct signum_token *token)
{
    signum_buf_clear(&token->access);
    signum_buf_clear(&token->refresh);
    signum_buf_clear(&token->scope);
    token->expires_at = 0;
}

bool
signum_token_is_fresh(const struct signum_token *token, int64_t now)
{
    return token->access.len > 0 &&
           (token->expires_at == 0 || token->expires_at > now + LEEWAY_S);
}

void
signum_oauth_put_field(struct signum_buf *form, const char *name, const char *value)
{
    if (*value == 0)
        return;
    if (form->len > 0)
        signum_buf_put_byte(form, '&');
    signum_buf_printf(form, "%s=", name);
    signum_http_put_escaped(form, value);
}

/* ---- Discovery ---- */

/* Credentials go to these addresses: nothing but TLS. */
static bool
is_safe_url(const char *url)
{
    return strncmp(url, "https://", 8) == 0;
}

static enum signum_status
take_url(const cJSON *object, const char *name, struct signum_buf *out)
{
    const char *text = signum_json_text(object, name);

    if (text == NULL)
        return SIGNUM_OK;
    if (!is_safe_url(text))
        return SIGNUM_PROTOCOL;
    signum_buf_put_text(out, text);
    return signum_buf_status(out);
}

static enum signum_status
read_document(const struct signum_buf *body, const char *issuer,
              struct signum_oauth_server *server, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_PROTOCOL;
    cJSON *object = signum_json_object(body);
    const char *own = object == NULL ? NULL : signum_json_text(object, "issuer");

    if (own == NULL || strcmp(own, issuer) != 0) {
        signum_buf_put_text(cause, "the document there is of another issuer, or of none");
        goto out;
    }
    signum_buf_put_text(&server->issuer, own);
    status = take_url(object, "token_endpoint", &server->token_endpoint);
    if (status == SIGNUM_OK)
        status = take_url(object, "device_authorization_endpoint", &server->device_endpoint);
    if (status == SIGNUM_OK)
        status = take_url(object, "authorization_endpoint", &server->authorization_endpoint);
    if (status == SIGNUM_OK && server->token_endpoint.len == 0)
        status = SIGNUM_PROTOCOL;
    if (status != SIGNUM_OK)
        signum_buf_put_text(cause, "an endpoint in the document is missing or not https");
    server->has_iss = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(
        object, "authorization_response_iss_parameter_supported"));
out:
    cJSON_Delete(object);
    return status;
}

static enum signum_status
fetch(const struct signum_auth_env *env, const struct signum_budget *budget, const char *url,
      struct signum_http_response *response, struct signum_buf *cause)
{
    struct signum_http_request request;

    signum_http_request_init(&request);
    request.method = "GET";
    signum_buf_put_text(&request.url, url);
    enum signum_status status = signum_buf_status(&request.url);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request.headers, "Accept", "application/json");
    if (status == SIGNUM_OK)
        status = env->issuer_transport->send(env->issuer_transport->self, &request,
                                             signum_budget_left(budget), response, cause);
    signum_http_request_clear(&request);
    return status;
}

/* One of the two places; NOT_FOUND if there is nothing. */
static enum signum_status
ask_at(const struct signum_auth_env *env, const struct signum_budget *budget, const char *issuer,
       const char *url, struct signum_oauth_server *server, struct signum_buf *cause)
{
    struct signum_http_response response;
    struct signum_buf why;

    signum_http_response_init(&response);
    signum_buf_init(&why, TEXT_MAX);
    enum signum_status status = fetch(env, budget, url, &response, &why);
    if (status == SIGNUM_OK && response.status == 200)
        status = read_document(&response.body, issuer, server, &why);
    else if (status == SIGNUM_OK && (response.status == 404 || response.status == 405))
        status = SIGNUM_NOT_FOUND;
    else if (status == SIGNUM_OK) {
        signum_buf_printf(&why, "HTTP %u", response.status);
        status = response.status >= 500 || response.status == 429 ? SIGNUM_SERVICE_BUSY
                                                                   : SIGNUM_PROTOCOL;
    }
    if (status != SIGNUM_OK)
        signum_buf_printf(cause, "%sthe issuer at %s: %s", cause->len > 0 ? "; " : "", url,
                          status == SIGNUM_NOT_FOUND ? "nothing is there"
                          : why.len > 0              ? signum_buf_text(&why)
                                                     : signum_status_text(status));
    signum_buf_clear(&why);
    signum_http_response_clear(&response);
    return status;
}

/* RFC 8414 section 3.1: the well-known part goes between the host and the issuer's path. */
static void
put_inserted(struct signum_buf *url, const char *issuer)
{
    const char *host = strstr(issuer, "://");
    const char *path = host == NULL ? NULL : strchr(host + 3, '/');
    size_t host_len = path == NULL ? strlen(issuer) : (size_t)(path - issuer);

    signum_buf_put(url, issuer, host_len);
    signum_buf_put_text(url, "/.well-known/oauth-authorization-server");
    if (path != NULL && strcmp(path, "/") != 0)
        signum_buf_put_text(url, path);
}

enum signum_status
signum_oauth_discover(const struct signum_auth_env *env, const struct signum_budget *budget,
                      struct signum_oauth_server *server_out, struct signum_buf *cause)
{
    const char *issuer = signum_auth_setting(env->settings, SIGNUM_AUTH_ISSUER);
    const char *endpoint = signum_auth_setting(env->settings, SIGNUM_AUTH_TOKEN_ENDPOINT);
    size_t len = strlen(issuer);
    struct signum_buf url;

    signum_oauth_server_clear(server_out);
    if (*endpoint != 0) {
        signum_buf_put_text(&server_out->issuer, issuer);
        signum_buf_put_text(&server_out->token_endpoint, endpoint);
        return is_safe_url(endpoint) ? signum_buf_status(&server_out->token_endpoint)
                                     : SIGNUM_BAD_SETTINGS;
    }
    if (!is_safe_url(issuer)) {
        signum_buf_put_text(cause, "the setting auth.issuer is missing or not an https address");
        return SIGNUM_BAD_SETTINGS;
    }
    signum_buf_init(&url, TEXT_MAX);
    signum_buf_put(&url, issuer, issuer[len - 1] == '/' ? len - 1 : len);
    signum_buf_put_text(&url, "/.well-known/openid-configuration");
    enum signum_status status =
        ask_at(env, budget, issuer, signum_buf_text(&url), server_out, cause);
    if (status == SIGNUM_NOT_FOUND) {
        signum_buf_clear(&url);
        put_inserted(&url, issuer);
        status = ask_at(env, budget, issuer, signum_buf_text(&url), server_out, cause);
    }
    signum_buf_clear(&url);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_PROTOCOL : status;
}
