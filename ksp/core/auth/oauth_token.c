#include <cjson/cJSON.h>
#include <string.h>

#include "core/auth/oauth.h"
#include "core/auth/oauth_claims.h"
#include "core/protocol_json.h"

#define LIFETIME_MAX_S 31536000u /* a year; what a server says beyond that is cut */
#define CAUSE_TEXT_MAX 300
#define FORM_TYPE "application/x-www-form-urlencoded"

/* What the errors of RFC 6749 section 5.2, RFC 8628 section 3.5 and OpenID mean here. */
static const struct {
    const char *error;
    enum signum_status status;
} errors[] = {
    {"invalid_client", SIGNUM_CREDENTIAL_REFUSED},
    {"invalid_grant", SIGNUM_CREDENTIAL_REFUSED},
    {"unauthorized_client", SIGNUM_BAD_SETTINGS},
    {"unsupported_grant_type", SIGNUM_BAD_SETTINGS},
    {"invalid_request", SIGNUM_BAD_SETTINGS},
    {"invalid_scope", SIGNUM_BAD_SETTINGS},
    {"invalid_target", SIGNUM_BAD_SETTINGS},
    {"authorization_pending", SIGNUM_APPROVAL_PENDING},
    {"slow_down", SIGNUM_APPROVAL_PENDING},
    {"authorization_declined", SIGNUM_DENIED}, /* Entra ID's name for access_denied */
    {"access_denied", SIGNUM_DENIED},
    {"expired_token", SIGNUM_SIGN_IN_REQUIRED},
    {"bad_verification_code", SIGNUM_SIGN_IN_REQUIRED}, /* Entra ID */
    {"interaction_required", SIGNUM_SIGN_IN_REQUIRED},
    {"login_required", SIGNUM_SIGN_IN_REQUIRED},
    {"consent_required", SIGNUM_SIGN_IN_REQUIRED},
    {"temporarily_unavailable", SIGNUM_SERVICE_BUSY},
    {"server_error", SIGNUM_SERVICE_ERROR},
};

/* A server's words in a message: no control characters, not too long. */
static void
put_words(struct signum_buf *cause, const char *text)
{
    for (size_t i = 0; text[i] != 0 && i < CAUSE_TEXT_MAX; i++) {
        bool is_control = (unsigned char)text[i] < 0x20 || text[i] == 0x7F;
        signum_buf_put_byte(cause, is_control ? (uint8_t)'?' : (uint8_t)text[i]);
    }
}

static enum signum_status
read_error(unsigned http_status, const cJSON *object, struct signum_buf *cause)
{
    const char *error = object == NULL ? NULL : signum_json_text(object, "error");
    const char *words = object == NULL ? NULL : signum_json_text(object, "error_description");

    if (error == NULL) {
        signum_buf_printf(cause, "HTTP %u", http_status);
        if (http_status == 429 || http_status >= 500)
            return SIGNUM_SERVICE_BUSY;
        return http_status == 401 ? SIGNUM_CREDENTIAL_REFUSED : SIGNUM_PROTOCOL;
    }
    put_words(cause, error);
    if (words != NULL) {
        signum_buf_put_text(cause, ": ");
        put_words(cause, words);
    }
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(errors[i].error, error) == 0)
            return errors[i].status;
    }
    return SIGNUM_SERVICE_ERROR;
}

enum signum_status
signum_oauth_read_error(const struct signum_http_response *response, struct signum_buf *cause)
{
    cJSON *object = signum_json_object(&response->body);
    enum signum_status status = read_error(response->status, object, cause);

    signum_json_free_secret(object);
    return status;
}

static enum signum_status
read_success(const cJSON *object, int64_t now, struct signum_token *token, struct signum_buf *cause)
{
    const char *access = signum_json_text(object, "access_token");
    const char *type = signum_json_text(object, "token_type");
    const char *refresh = signum_json_text(object, "refresh_token");
    const char *scope = signum_json_text(object, "scope");
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(object, "expires_in");
    uint64_t lifetime = 0;

    /* RFC 8693 section 2.2.1 has the type N_A for a token that is no access token */
    if (access == NULL || *access == 0 || type == NULL) {
        signum_buf_put_text(cause, "the answer has no access_token and token_type");
        return SIGNUM_PROTOCOL;
    }
    if (seconds != NULL &&
        signum_json_number(object, "expires_in", UINT32_MAX, &lifetime) != SIGNUM_OK) {
        signum_buf_put_text(cause, "expires_in of the answer is not a number of seconds");
        return SIGNUM_PROTOCOL;
    }
    signum_buf_put_text(&token->access, access);
    if (refresh != NULL)
        signum_buf_put_text(&token->refresh, refresh);
    if (scope != NULL)
        signum_buf_put_text(&token->scope, scope);
    if (lifetime > LIFETIME_MAX_S)
        lifetime = LIFETIME_MAX_S;
    token->expires_at = seconds == NULL ? 0 : now + (int64_t)lifetime;
    enum signum_status status = signum_buf_status(&token->access);
    return status == SIGNUM_OK ? signum_buf_status(&token->refresh) : status;
}

static enum signum_status
read_answer(const struct signum_auth_env *env, const struct signum_http_response *response,
            struct signum_token *token, struct signum_buf *cause)
{
    const struct signum_clock *clock = &env->ports->clock;
    enum signum_status status = SIGNUM_PROTOCOL;
    cJSON *object = signum_json_object(&response->body);

    if (response->status != 200) {
        status = read_error(response->status, object, cause);
        /* an assertion's times are this machine's */
        if (status == SIGNUM_CREDENTIAL_REFUSED)
            signum_oauth_put_clock_error(response, clock->unix_time(clock->self), cause);
    } else if (object != NULL)
        status = read_success(object, clock->unix_time(clock->self), token, cause);
    else
        signum_buf_put_text(cause, "the answer is not a JSON object");
    signum_json_free_secret(object);
    return status;
}

static enum signum_status
compose(const char *url, const struct signum_buf *form, const char *authorization,
        struct signum_http_request *request)
{
    request->method = "POST";
    signum_buf_put_text(&request->url, url);
    signum_buf_put(&request->body, form->data, form->len);
    enum signum_status status = signum_buf_status(form);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&request->url);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&request->body);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Content-Type", FORM_TYPE);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Accept", "application/json");
    if (status == SIGNUM_OK && authorization != NULL)
        status = signum_http_add_header(&request->headers, "Authorization", authorization);
    return status;
}

enum signum_status
signum_oauth_post(const struct signum_auth_env *env, const struct signum_budget *budget,
                  const char *url, const struct signum_buf *form, const char *authorization,
                  struct signum_token *token_out, uint64_t *wait_ms_out, struct signum_buf *cause)
{
    struct signum_http_request request;
    struct signum_http_response response;
    struct signum_buf why;

    *wait_ms_out = 0;
    signum_token_clear(token_out);
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    signum_buf_init(&why, cause->max);
    enum signum_status status = compose(url, form, authorization, &request);
    if (status == SIGNUM_OK)
        status = env->issuer_transport->send(env->issuer_transport->self, &request,
                                             signum_budget_left(budget), &response, &why);
    if (status == SIGNUM_OK) {
        status = read_answer(env, &response, token_out, &why);
        *wait_ms_out = signum_http_retry_after_ms(&response);
    }
    if (status != SIGNUM_OK) {
        signum_token_clear(token_out);
        signum_buf_printf(cause, "the token endpoint %s: %s", url,
                          why.len > 0 ? signum_buf_text(&why) : signum_status_text(status));
    }
    signum_buf_clear(&why);
    /* the answer holds tokens */
    if (response.body.len > 0)
        signum_wipe(response.body.data, response.body.len);
    signum_http_response_clear(&response);
    signum_http_request_clear(&request);
    return status;
}

void
signum_token_write(const struct signum_token *token, struct signum_buf *out)
{
    cJSON *object = cJSON_CreateObject();
    bool is_made =
        object != NULL &&
        cJSON_AddStringToObject(object, "access", signum_buf_text(&token->access)) != NULL &&
        cJSON_AddStringToObject(object, "refresh", signum_buf_text(&token->refresh)) != NULL &&
        cJSON_AddStringToObject(object, "scope", signum_buf_text(&token->scope)) != NULL &&
        cJSON_AddNumberToObject(object, "expires", (double)token->expires_at) != NULL;
    enum signum_status status = is_made ? signum_json_print(object, out) : SIGNUM_NO_MEMORY;

    if (status != SIGNUM_OK && out->failure == SIGNUM_OK)
        out->failure = status;
    signum_json_free_secret(object);
}

enum signum_status
signum_token_read(struct signum_bytes text, struct signum_token *token_out)
{
    struct signum_buf copy;
    uint64_t expires = 0;
    enum signum_status status = SIGNUM_PROTOCOL;
    cJSON *object = NULL;

    signum_token_clear(token_out);
    signum_buf_init_secret(&copy, SIGNUM_OAUTH_FORM_MAX);
    signum_buf_put(&copy, text.data, text.len);
    if (signum_buf_status(&copy) == SIGNUM_OK)
        object = signum_json_object(&copy);
    signum_buf_clear(&copy);
    if (object == NULL)
        return SIGNUM_PROTOCOL;
    const char *access = signum_json_text(object, "access");
    const char *refresh = signum_json_text(object, "refresh");
    const char *scope = signum_json_text(object, "scope");
    if (access != NULL && refresh != NULL && scope != NULL)
        status = signum_json_number(object, "expires", (uint64_t)1 << 52, &expires);
    if (status == SIGNUM_OK) {
        signum_buf_put_text(&token_out->access, access);
        signum_buf_put_text(&token_out->refresh, refresh);
        signum_buf_put_text(&token_out->scope, scope);
        token_out->expires_at = (int64_t)expires;
        status = signum_buf_status(&token_out->access);
    }
    signum_json_free_secret(object);
    return status;
}
