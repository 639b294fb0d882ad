#include <cjson/cJSON.h>
#include <string.h>

#include "protocol_json.h"
#include "protocol_signum.h"
#include "signum/attestation.h"

/*
 * The service's own protocol, version 1: docs/openapi.yaml. One request per operation, but for a
 * signature that waits for approval.
 */

static enum signum_status
accept_list(const cJSON *object, struct signum_result *result)
{
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(object, "keys");
    const char *next = signum_json_text(object, "next");
    const cJSON *item = NULL;

    if (!cJSON_IsArray(keys))
        return SIGNUM_PROTOCOL;
    cJSON_ArrayForEach(item, keys)
    {
        enum signum_status status = signum_protocol_signum_add_key(item, result, true);
        if (status != SIGNUM_OK)
            return status;
    }
    if (next != NULL)
        signum_buf_put_text(&result->next, next);
    return signum_buf_status(&result->next);
}

static enum signum_status
accept_key(const struct signum_operation *operation, const cJSON *object,
           struct signum_result *result)
{
    const char *name = signum_json_text(object, "name");

    /* a service that answers for another key must not get its key used under this name */
    if (name == NULL || strcmp(name, operation->key_name) != 0)
        return SIGNUM_PROTOCOL;
    return signum_protocol_signum_add_key(object, result, false);
}

/* The key that was made must be the one that was asked for. */
static enum signum_status
accept_create(const struct signum_operation *operation, const cJSON *object,
              struct signum_result *result)
{
    enum signum_status status = accept_key(operation, object, result);

    if (status != SIGNUM_OK)
        return status;
    const struct signum_key *key = result->keys[0];
    if (signum_key_alg(key) != operation->alg || signum_key_bits(key) != operation->bits)
        return SIGNUM_PROTOCOL;
    return SIGNUM_OK;
}

/* Who is given the document reads it; here it need only be one. It is kept as it came. */
static enum signum_status
accept_attestation(const cJSON *object, const struct signum_buf *body,
                   struct signum_result *result)
{
    static const char *const members[] = {"evidence", "signature"};
    const cJSON *chain = cJSON_GetObjectItemCaseSensitive(object, "chain");
    const char *format = signum_json_text(object, "format");

    if (format == NULL || strcmp(format, SIGNUM_ATTESTATION_FORMAT) != 0 || !cJSON_IsArray(chain) ||
        cJSON_GetArraySize(chain) == 0)
        return SIGNUM_PROTOCOL;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct signum_buf bytes;
        signum_buf_init(&bytes, SIGNUM_ATTESTATION_MAX);
        enum signum_status status = signum_json_base64(object, members[i], &bytes);
        bool is_empty = bytes.len == 0;
        signum_buf_clear(&bytes);
        if (status != SIGNUM_OK || is_empty)
            return SIGNUM_PROTOCOL;
    }
    signum_buf_put(&result->attestation, body->data, body->len);
    return signum_buf_status(&result->attestation) == SIGNUM_OK ? SIGNUM_OK : SIGNUM_PROTOCOL;
}

/* Of the key that was asked for; what is in it is for whoever is given it to check. */
static enum signum_status
accept_csr(const struct signum_operation *operation, const cJSON *object,
           struct signum_result *result)
{
    const char *name =
        signum_json_text(cJSON_GetObjectItemCaseSensitive(object, "key"), "name");

    if (name == NULL || strcmp(name, operation->key_name) != 0)
        return SIGNUM_PROTOCOL;
    enum signum_status status = signum_json_base64(object, "csr", &result->csr);
    return status == SIGNUM_OK && result->csr.len == 0 ? SIGNUM_PROTOCOL : status;
}

static enum signum_status
accept_sign(const struct signum_operation *operation, const cJSON *object,
            struct signum_result *result)
{
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(object, "key");
    const char *name = signum_json_text(key, "name");

    if (name == NULL || strcmp(name, signum_key_name(operation->key)) != 0)
        return SIGNUM_PROTOCOL;
    return signum_json_base64(object, "signature", &result->signature);
}

static enum signum_status
accept_info(const cJSON *object, struct signum_result *result)
{
    const char *name = signum_json_text(object, "name");
    const char *version = signum_json_text(object, "version");
    const char *time = signum_json_text(object, "time");

    if (name == NULL || version == NULL)
        return SIGNUM_PROTOCOL;
    signum_buf_put_text(&result->name, name);
    signum_buf_put_text(&result->version, version);
    result->server_time = time == NULL ? 0 : signum_json_seconds(time);
    if (signum_buf_status(&result->name) != SIGNUM_OK)
        return SIGNUM_PROTOCOL;
    return signum_buf_status(&result->version) == SIGNUM_OK ? SIGNUM_OK : SIGNUM_PROTOCOL;
}

/* The problem codes that say more than the HTTP status does. */
static const struct {
    const char *code;
    enum signum_status status;
} problems[] = {
    {"key-not-found", SIGNUM_KEY_NOT_FOUND},
    {"key-disabled", SIGNUM_KEY_DISABLED},
    {"key-expired", SIGNUM_KEY_DISABLED},
    {"denied", SIGNUM_DENIED},
    {"approval-rejected", SIGNUM_APPROVAL_REJECTED},
    {"request-expired", SIGNUM_APPROVAL_EXPIRED},
    {"reason-required", SIGNUM_REASON_REQUIRED},
    {"pin-required", SIGNUM_PIN_REQUIRED},
    {"pin-not-set", SIGNUM_PIN_REQUIRED},
    {"pin-wrong", SIGNUM_PIN_WRONG},
    {"pin-locked", SIGNUM_PIN_LOCKED},
    {"unauthenticated", SIGNUM_CREDENTIAL_REFUSED},
    {"unsupported-algorithm", SIGNUM_BAD_ALGORITHM},
    {"key-exists", SIGNUM_KEY_EXISTS},
    {"key-has-certificate", SIGNUM_DENIED},
    {"certificate-mismatch", SIGNUM_INVALID_ARGUMENT},
    {"idempotency-conflict", SIGNUM_SERVICE_BUSY},
    {"hsm-unavailable", SIGNUM_SERVICE_BUSY},
};

static enum signum_status
status_of_http(unsigned status)
{
    if (status == 401)
        return SIGNUM_CREDENTIAL_REFUSED;
    if (status == 403)
        return SIGNUM_DENIED;
    if (status == 408 || status == 429 || status == 502 || status == 503 || status == 504)
        return SIGNUM_SERVICE_BUSY;
    return SIGNUM_SERVICE_ERROR;
}

/* What is made from a caller's name or bytes may be refused because of them; of other requests a
   "bad request" is our own mistake. */
static enum signum_status
status_of_request(const struct signum_operation *operation, unsigned http)
{
    bool is_of_caller = operation->kind == SIGNUM_OPERATION_CREATE ||
                        operation->kind == SIGNUM_OPERATION_SET_CHAIN ||
                        operation->kind == SIGNUM_OPERATION_ATTEST ||
                        operation->kind == SIGNUM_OPERATION_CSR;

    return http == 400 && is_of_caller ? SIGNUM_INVALID_ARGUMENT : status_of_http(http);
}

/* A refusal: problem details if there are any (RFC 9457), else what the HTTP status says. */
static enum signum_status
accept_refusal(const struct signum_operation *operation,
               const struct signum_http_response *response, struct signum_result *result)
{
    enum signum_status status = status_of_request(operation, response->status);
    cJSON *object = signum_json_object(&response->body);
    const char *code = signum_json_text(object, "code");
    const char *detail = signum_json_text(object, "detail");

    for (size_t i = 0; code != NULL && i < sizeof problems / sizeof problems[0]; i++)
        if (strcmp(problems[i].code, code) == 0)
            status = problems[i].status;
    /* a name that the service does not even look up is no key's */
    if (operation->kind == SIGNUM_OPERATION_GET && code != NULL && strcmp(code, "bad-request") == 0)
        status = SIGNUM_KEY_NOT_FOUND;
    if (detail != NULL) /* cut: a cause too long for its buffer would be none at all */
        signum_buf_printf(&result->cause, "%.512s", detail);
    else
        signum_buf_printf(&result->cause, "HTTP %u", response->status);
    if (code != NULL)
        signum_buf_printf(&result->cause, " (%.64s)", code);
    result->wait_ms = signum_http_retry_after_ms(response);
    cJSON_Delete(object);
    return status;
}

static enum signum_status
accept_answer(const struct signum_operation *operation,
              const struct signum_http_response *response, struct signum_result *result)
{
    enum signum_status status = SIGNUM_PROTOCOL;
    cJSON *object = signum_json_object(&response->body);

    if (object == NULL)
        return SIGNUM_PROTOCOL;
    switch (operation->kind) {
    case SIGNUM_OPERATION_INFO:
        status = accept_info(object, result);
        break;
    case SIGNUM_OPERATION_LIST:
        status = accept_list(object, result);
        break;
    case SIGNUM_OPERATION_GET:
    case SIGNUM_OPERATION_SET_CHAIN:
        status = accept_key(operation, object, result);
        break;
    case SIGNUM_OPERATION_SIGN:
        status = accept_sign(operation, object, result);
        break;
    case SIGNUM_OPERATION_CREATE:
        status = accept_create(operation, object, result);
        break;
    case SIGNUM_OPERATION_ATTEST:
        status = accept_attestation(object, &response->body, result);
        break;
    case SIGNUM_OPERATION_CSR:
        status = accept_csr(operation, object, result);
        break;
    case SIGNUM_OPERATION_DELETE: /* has no answer but its status */
        break;
    }
    cJSON_Delete(object);
    return status;
}

/* 202, or an answer about the request that has been waiting. */
static enum signum_status
accept_wait(const struct signum_operation *operation, struct signum_exchange *exchange,
            const struct signum_http_response *response, struct signum_result *result,
            enum signum_next *next_out)
{
    cJSON *object = signum_json_object(&response->body);
    const struct signum_response_of_wait answer = {operation, object, accept_sign};
    enum signum_status status =
        signum_protocol_signum_accept_wait(&answer, exchange, result, next_out);

    cJSON_Delete(object);
    return status;
}

/* The one status that means success. */
static unsigned
http_of_success(enum signum_operation_kind kind)
{
    if (kind == SIGNUM_OPERATION_CREATE)
        return 201;
    return kind == SIGNUM_OPERATION_DELETE ? 204 : 200;
}

static enum signum_status
accept_response(const struct signum_operation *operation, struct signum_exchange *exchange,
                const struct signum_http_response *response, struct signum_result *result,
                enum signum_next *next_out)
{
    const char *request = signum_http_header(&response->headers, "Signum-Request");

    *next_out = SIGNUM_NEXT_DONE;
    signum_buf_clear(&result->request);
    if (request != NULL)
        signum_buf_put_text(&result->request, request);
    if (response->status == 304 && operation->kind == SIGNUM_OPERATION_GET &&
        operation->key != NULL)
        return SIGNUM_OK; /* what is known is still right */
    if (operation->kind == SIGNUM_OPERATION_SIGN &&
        response->status == (signum_protocol_signum_is_waiting(exchange) ? 200 : 202))
        return accept_wait(operation, exchange, response, result, next_out);
    if (response->status != http_of_success(operation->kind)) {
        enum signum_status status = accept_refusal(operation, response, result);
        /* a try before this one, whose answer was lost, has done it */
        if (operation->kind == SIGNUM_OPERATION_DELETE && exchange->step > 1 &&
            status == SIGNUM_KEY_NOT_FOUND)
            status = SIGNUM_OK;
        return status;
    }
    if (operation->kind == SIGNUM_OPERATION_DELETE)
        return SIGNUM_OK;
    return accept_answer(operation, response, result);
}

const struct signum_protocol signum_protocol_signum = {
    .name = "signum",
    .compose = signum_protocol_signum_compose,
    .accept = accept_response,
};
