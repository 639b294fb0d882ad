#include "core/auth/oauth_device.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "core/protocol_json.h"

#define TEXT_MAX 2048
#define INTERVAL_S 5       /* RFC 8628 section 3.5: if the server says nothing */
#define INTERVAL_MAX_S 300
#define LIFETIME_MAX_S 3600
#define GRANT "urn:ietf:params:oauth:grant-type:device_code"
#define FORM_TYPE "application/x-www-form-urlencoded"

void
signum_oauth_device_init(struct signum_oauth_device *device)
{
    signum_buf_init_secret(&device->device_code, SIGNUM_TOKEN_MAX);
    signum_buf_init(&device->user_code, TEXT_MAX);
    signum_buf_init(&device->url, TEXT_MAX);
    signum_buf_init(&device->url_complete, TEXT_MAX);
    device->interval_ms = 0;
    device->deadline_ms = 0;
}

void
signum_oauth_device_clear(struct signum_oauth_device *device)
{
    signum_buf_clear(&device->device_code);
    signum_buf_clear(&device->user_code);
    signum_buf_clear(&device->url);
    signum_buf_clear(&device->url_complete);
}

static uint64_t
seconds_of(const cJSON *object, const char *name, uint64_t fallback, uint64_t max)
{
    uint64_t value = 0;

    if (signum_json_number(object, name, UINT32_MAX, &value) != SIGNUM_OK || value == 0)
        value = fallback;
    return value < max ? value : max;
}

/* What a person is shown must not move a terminal's cursor, or be another kind of address. */
static bool
is_showable(const char *text)
{
    for (; *text != 0; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    }
    return true;
}

static enum signum_status
read_codes(const struct signum_auth_env *env, const struct signum_buf *body,
           struct signum_oauth_device *device, struct signum_buf *cause)
{
    const struct signum_clock *clock = &env->ports->clock;
    enum signum_status status = SIGNUM_PROTOCOL;
    cJSON *object = signum_json_object(body);
    const char *code = object == NULL ? NULL : signum_json_text(object, "device_code");
    const char *user_code = object == NULL ? NULL : signum_json_text(object, "user_code");
    const char *url = object == NULL ? NULL : signum_json_text(object, "verification_uri");
    const char *complete =
        object == NULL ? NULL : signum_json_text(object, "verification_uri_complete");

    if (url == NULL && object != NULL) /* the name in the drafts, which some still use */
        url = signum_json_text(object, "verification_url");
    if (code == NULL || user_code == NULL || url == NULL || !is_showable(user_code) ||
        !is_showable(url) || strncmp(url, "http", 4) != 0) {
        signum_buf_put_text(cause, "the answer has no device_code, user_code and verification_uri");
        goto out;
    }
    signum_buf_put_text(&device->device_code, code);
    signum_buf_put_text(&device->user_code, user_code);
    signum_buf_put_text(&device->url, url);
    if (complete != NULL && is_showable(complete) && strncmp(complete, "http", 4) == 0)
        signum_buf_put_text(&device->url_complete, complete);
    device->interval_ms = 1000 * seconds_of(object, "interval", INTERVAL_S, INTERVAL_MAX_S);
    device->deadline_ms =
        clock->monotonic_ms(clock->self) +
        1000 * seconds_of(object, "expires_in", LIFETIME_MAX_S, LIFETIME_MAX_S);
    status = signum_buf_status(&device->device_code);
out:
    signum_json_free_secret(object);
    return status;
}

static enum signum_status
compose(const struct signum_auth_env *env, const char *url, struct signum_http_request *request)
{
    request->method = "POST";
    signum_buf_put_text(&request->url, url);
    signum_oauth_put_field(&request->body, "client_id",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID));
    signum_oauth_put_field(&request->body, "scope",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_SCOPE));
    signum_oauth_put_field(&request->body, "resource",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_RESOURCE));
    enum signum_status status = signum_buf_status(&request->body);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Content-Type", FORM_TYPE);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Accept", "application/json");
    return status;
}

enum signum_status
signum_oauth_device_start(const struct signum_auth_env *env, const struct signum_budget *budget,
                          const struct signum_oauth_server *server,
                          struct signum_oauth_device *device_out, struct signum_buf *cause)
{
    const char *url = signum_buf_text(&server->device_endpoint);
    struct signum_http_request request;
    struct signum_http_response response;

    if (*url == 0) {
        signum_buf_put_text(cause, "the issuer does not offer the device flow");
        return SIGNUM_NOT_SUPPORTED;
    }
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    enum signum_status status = compose(env, url, &request);
    if (status == SIGNUM_OK)
        status = env->issuer_transport->send(env->issuer_transport->self, &request,
                                             signum_budget_left(budget), &response, cause);
    if (status == SIGNUM_OK && response.status == 200)
        status = read_codes(env, &response.body, device_out, cause);
    else if (status == SIGNUM_OK)
        status = signum_oauth_read_error(&response, cause);
    if (response.body.len > 0)
        signum_wipe(response.body.data, response.body.len);
    signum_http_response_clear(&response);
    signum_http_request_clear(&request);
    return status;
}

enum signum_status
signum_oauth_device_poll(const struct signum_auth_env *env, const struct signum_budget *budget,
                         const struct signum_oauth_server *server,
                         struct signum_oauth_device *device, struct signum_token *token_out,
                         struct signum_buf *cause)
{
    const struct signum_clock *clock = &env->ports->clock;
    struct signum_buf form;
    uint64_t wait_ms = 0;

    if (clock->monotonic_ms(clock->self) >= device->deadline_ms) {
        signum_buf_put_text(cause, "nobody has entered the code in time");
        return SIGNUM_SIGN_IN_REQUIRED;
    }
    signum_buf_init_secret(&form, SIGNUM_OAUTH_FORM_MAX);
    signum_oauth_put_field(&form, "grant_type", GRANT);
    signum_oauth_put_field(&form, "device_code", signum_buf_text(&device->device_code));
    signum_oauth_put_field(&form, "client_id",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID));
    enum signum_status status =
        signum_oauth_post(env, budget, signum_buf_text(&server->token_endpoint), &form, NULL,
                          token_out, &wait_ms, cause);
    signum_buf_clear(&form);
    /* RFC 8628 section 3.5: five seconds more for this and all later polls */
    if (status == SIGNUM_APPROVAL_PENDING && strstr(signum_buf_text(cause), "slow_down") != NULL)
        device->interval_ms += 5000;
    if (status == SIGNUM_SERVICE_BUSY || status == SIGNUM_NETWORK)
        status = SIGNUM_APPROVAL_PENDING; /* the person is still typing: the next poll tells */
    return status;
}
