#include <cjson/cJSON.h>
#include <string.h>

#include "base64.h"
#include "protocol_json.h"
#include "protocol_signum.h"

#define PAGE 1000 /* keys asked for at once: the most the service gives */

/* Adds a text, unless there is none to add. */
static enum signum_status
put_optional(cJSON *body, const char *name, const char *text)
{
    if (text == NULL || *text == 0)
        return SIGNUM_OK;
    return cJSON_AddStringToObject(body, name, text) == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;
}

/* Who signs, why, and by which right. */
static enum signum_status
put_caller(cJSON *body, const struct signum_operation *operation)
{
    if (operation->context != NULL &&
        cJSON_AddRawToObject(body, "context", operation->context) == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = put_optional(body, "reason", operation->given.reason);
    if (status == SIGNUM_OK)
        status = put_optional(body, "pin", operation->given.pin);
    return status;
}

static enum signum_status
put_sign_body(const struct signum_operation *operation, struct signum_buf *out)
{
    const struct signum_sign_params *params = &operation->params;
    enum signum_status status = SIGNUM_NO_MEMORY;
    struct signum_buf digest;
    cJSON *body = cJSON_CreateObject();

    signum_buf_init(&digest, 2 * SIGNUM_SIGNATURE_MAX);
    signum_base64_encode(&digest, operation->digest);
    if (body == NULL || signum_buf_status(&digest) != SIGNUM_OK)
        goto out;
    if (cJSON_AddNumberToObject(body, "version", signum_key_version(operation->key)) == NULL ||
        cJSON_AddStringToObject(body, "scheme", signum_scheme_by_id(params->scheme)->wire) ==
            NULL ||
        cJSON_AddStringToObject(body, "hash", signum_hash_by_id(params->hash)->wire) == NULL ||
        cJSON_AddStringToObject(body, "digest", signum_buf_text(&digest)) == NULL)
        goto out;
    if (params->scheme == SIGNUM_SCHEME_RSA_PSS &&
        cJSON_AddNumberToObject(body, "salt", params->salt_len) == NULL)
        goto out;
    status = put_caller(body, operation);
    if (status == SIGNUM_OK)
        status = signum_json_print(body, out);
out:
    signum_buf_clear(&digest);
    signum_json_free_secret(body); /* there may be a PIN in it */
    return status;
}

/* A name is one path segment whatever is in it. */
static void
put_key_path(struct signum_http_request *request, const char *name, const char *rest)
{
    signum_buf_put_text(&request->url, "/v1/keys/");
    signum_http_put_escaped(&request->url, name);
    signum_buf_put_text(&request->url, rest);
}

/* A POST with a JSON body; `idempotency_key` NULL: none is needed. */
static enum signum_status
begin_post(struct signum_http_request *request, const char *idempotency_key)
{
    request->method = "POST";
    enum signum_status status =
        signum_http_add_header(&request->headers, "Content-Type", "application/json");
    if (status == SIGNUM_OK && idempotency_key != NULL)
        status = signum_http_add_header(&request->headers, "Idempotency-Key", idempotency_key);
    return status;
}

static enum signum_status
compose_sign(const struct signum_operation *operation, const struct signum_exchange *exchange,
             struct signum_http_request *request)
{
    if (signum_protocol_signum_is_waiting(exchange)) {
        signum_protocol_signum_put_wait(exchange, &request->url);
        return SIGNUM_OK;
    }
    put_key_path(request, signum_key_name(operation->key), "/sign");
    enum signum_status status = begin_post(request, operation->idempotency_key);
    if (status != SIGNUM_OK)
        return status;
    return put_sign_body(operation, &request->body);
}

static enum signum_status
put_create_body(const struct signum_operation *operation, struct signum_buf *out)
{
    const struct signum_alg *alg = operation->alg;
    enum signum_status status = SIGNUM_NO_MEMORY;
    cJSON *body = cJSON_CreateObject();

    if (body == NULL || cJSON_AddStringToObject(body, "name", operation->key_name) == NULL ||
        cJSON_AddStringToObject(body, "algorithm", alg->wire) == NULL)
        goto out;
    if (alg->curve != NULL
            ? cJSON_AddStringToObject(body, "curve", alg->curve) == NULL
            : cJSON_AddNumberToObject(body, "bits", operation->bits) == NULL)
        goto out;
    status = signum_json_print(body, out);
out:
    cJSON_Delete(body);
    return status;
}

static enum signum_status
compose_create(const struct signum_operation *operation, struct signum_http_request *request)
{
    signum_buf_put_text(&request->url, "/v1/keys");
    enum signum_status status = begin_post(request, operation->idempotency_key);
    if (status != SIGNUM_OK)
        return status;
    return put_create_body(operation, &request->body);
}

static enum signum_status
put_certificate(cJSON *array, struct signum_bytes certificate)
{
    enum signum_status status = SIGNUM_NO_MEMORY;
    struct signum_buf text;

    signum_buf_init(&text, 2 * SIGNUM_KEY_CERT_MAX);
    signum_base64_encode(&text, certificate);
    if (signum_buf_status(&text) == SIGNUM_OK) {
        cJSON *item = cJSON_CreateString(signum_buf_text(&text));
        if (item != NULL && cJSON_AddItemToArray(array, item))
            status = SIGNUM_OK;
    } else {
        status = signum_buf_status(&text);
    }
    signum_buf_clear(&text);
    return status;
}

/* The same request twice leaves the same chain, so it needs no idempotency key. */
static enum signum_status
compose_set_chain(const struct signum_operation *operation, struct signum_http_request *request)
{
    cJSON *body = cJSON_CreateObject();
    cJSON *array = cJSON_AddArrayToObject(body, "chain");
    enum signum_status status = array == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;

    put_key_path(request, operation->key_name, "/certificates");
    for (size_t i = 0; status == SIGNUM_OK && i < operation->chain_count; i++)
        status = put_certificate(array, operation->chain[i]);
    if (status == SIGNUM_OK)
        status = begin_post(request, NULL);
    if (status == SIGNUM_OK)
        status = signum_json_print(body, &request->body);
    cJSON_Delete(body);
    return status;
}

static enum signum_status
compose_attest(const struct signum_operation *operation, struct signum_http_request *request)
{
    put_key_path(request, operation->key_name, "/attestation");
    if (operation->nonce == NULL)
        return SIGNUM_OK;
    signum_buf_put_text(&request->url, "?nonce=");
    signum_http_put_escaped(&request->url, operation->nonce);
    return SIGNUM_OK;
}

static bool
put_csr_members(cJSON *body, const struct signum_csr_params *params)
{
    const struct {
        const char *name;
        const char *value;
    } rows[] = {{"subject", params->subject},
                {"scheme", params->scheme},
                {"hash", params->hash},
                {"nonce", params->nonce}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value != NULL &&
            cJSON_AddStringToObject(body, rows[i].name, rows[i].value) == NULL)
            return false;
    if (cJSON_AddBoolToObject(body, "code_signing", params->is_code_signing) == NULL ||
        cJSON_AddBoolToObject(body, "attestation", params->is_attested) == NULL)
        return false;
    cJSON *sans = params->san_count == 0 ? NULL : cJSON_AddArrayToObject(body, "san");
    for (size_t i = 0; i < params->san_count; i++)
        if (!cJSON_AddItemToArray(sans, cJSON_CreateString(params->sans[i])))
            return false;
    return true;
}

/* The same request twice gives two certification requests, of which the first is lost. */
static enum signum_status
compose_csr(const struct signum_operation *operation, struct signum_http_request *request)
{
    cJSON *body = cJSON_CreateObject();
    enum signum_status status = SIGNUM_NO_MEMORY;

    put_key_path(request, operation->key_name, "/csr");
    if (body != NULL && put_csr_members(body, operation->csr))
        status = begin_post(request, NULL);
    if (status == SIGNUM_OK)
        status = signum_json_print(body, &request->body);
    cJSON_Delete(body);
    return status;
}

/* The entity tag in a key object is bare; in a header it stands in quotes (RFC 9110 8.8.3). */
static enum signum_status
put_if_none_match(const char *etag, struct signum_http_request *request)
{
    const char *quote = strchr(etag, '"') == NULL ? "\"" : "";
    struct signum_buf value;

    signum_buf_init(&value, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_printf(&value, "%s%s%s", quote, etag, quote);
    enum signum_status status = signum_buf_status(&value);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "If-None-Match",
                                        signum_buf_text(&value));
    signum_buf_clear(&value);
    return status;
}

static enum signum_status
compose_get(const struct signum_operation *operation, struct signum_http_request *request)
{
    put_key_path(request, operation->key_name, "");
    if (operation->key == NULL || signum_key_etag(operation->key)[0] == 0)
        return SIGNUM_OK;
    return put_if_none_match(signum_key_etag(operation->key), request);
}

static enum signum_status
compose_list(const struct signum_operation *operation, struct signum_http_request *request)
{
    signum_buf_printf(&request->url, "/v1/keys?limit=%d", PAGE);
    if (operation->after == NULL)
        return SIGNUM_OK;
    signum_buf_put_text(&request->url, "&after=");
    signum_http_put_escaped(&request->url, operation->after);
    return SIGNUM_OK;
}

/* What each operation adds to the service's address. The method is GET unless it says otherwise. */
static enum signum_status
compose_kind(const struct signum_operation *operation, const struct signum_exchange *exchange,
             struct signum_http_request *request)
{
    switch (operation->kind) {
    case SIGNUM_OPERATION_INFO:
        signum_buf_put_text(&request->url, "/v1/info");
        request->is_public = true; /* a client asks it before it knows how to sign in */
        return SIGNUM_OK;
    case SIGNUM_OPERATION_LIST:
        return compose_list(operation, request);
    case SIGNUM_OPERATION_GET:
        return compose_get(operation, request);
    case SIGNUM_OPERATION_SIGN:
        return compose_sign(operation, exchange, request);
    case SIGNUM_OPERATION_CREATE:
        return compose_create(operation, request);
    case SIGNUM_OPERATION_DELETE:
        request->method = "DELETE";
        put_key_path(request, operation->key_name, "");
        return SIGNUM_OK;
    case SIGNUM_OPERATION_ATTEST:
        return compose_attest(operation, request);
    case SIGNUM_OPERATION_CSR:
        return compose_csr(operation, request);
    case SIGNUM_OPERATION_SET_CHAIN:
        return compose_set_chain(operation, request);
    }
    return SIGNUM_INTERNAL;
}

enum signum_status
signum_protocol_signum_compose(const struct signum_operation *operation,
                               struct signum_exchange *exchange,
                               struct signum_http_request *request)
{
    exchange->step++;
    request->method = "GET";
    signum_buf_put_text(&request->url, operation->base_url);
    enum signum_status status = compose_kind(operation, exchange, request);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Accept", "application/json");
    return status == SIGNUM_OK ? signum_buf_status(&request->url) : status;
}
