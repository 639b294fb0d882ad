#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "protocol.h"
#include "protocol_json.h"

/* The service's own protocol, version 1: docs/openapi.yaml. One request per operation. */

#define PAGE 1000             /* keys asked for at once: the most the service gives */
#define BITS_MAX 16384        /* of a key */
#define VERSION_MAX 1000000   /* of a key */

/* ---- requests ---- */

static enum signum_status
put_context(cJSON *body, const struct signum_context *context)
{
    if (context == NULL)
        return SIGNUM_OK;
    cJSON *object = cJSON_AddObjectToObject(body, "context");
    const struct {
        const char *name;
        const struct signum_buf *value;
    } rows[] = {
        {"process", &context->process}, {"user", &context->user}, {"machine", &context->machine}};

    if (object == NULL)
        return SIGNUM_NO_MEMORY;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value->len > 0 &&
            cJSON_AddStringToObject(object, rows[i].name, signum_buf_text(rows[i].value)) == NULL)
            return SIGNUM_NO_MEMORY;
    return SIGNUM_OK;
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
    status = put_context(body, operation->context);
    if (status == SIGNUM_OK)
        status = signum_json_print(body, out);
out:
    signum_buf_clear(&digest);
    cJSON_Delete(body);
    return status;
}

static enum signum_status
compose_sign(const struct signum_operation *operation, struct signum_http_request *request)
{
    request->method = "POST";
    signum_buf_put_text(&request->url, "/v1/keys/");
    signum_http_put_escaped(&request->url, signum_key_name(operation->key));
    signum_buf_put_text(&request->url, "/sign");
    enum signum_status status =
        signum_http_add_header(&request->headers, "Content-Type", "application/json");
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Idempotency-Key",
                                        operation->idempotency_key);
    if (status != SIGNUM_OK)
        return status;
    return put_sign_body(operation, &request->body);
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
    signum_buf_put_text(&request->url, "/v1/keys/");
    signum_http_put_escaped(&request->url, operation->key_name);
    if (operation->key == NULL || signum_key_etag(operation->key)[0] == 0)
        return SIGNUM_OK;
    return put_if_none_match(signum_key_etag(operation->key), request);
}

static void
compose_list(const struct signum_operation *operation, struct signum_http_request *request)
{
    signum_buf_printf(&request->url, "/v1/keys?limit=%d", PAGE);
    if (operation->after == NULL)
        return;
    signum_buf_put_text(&request->url, "&after=");
    signum_http_put_escaped(&request->url, operation->after);
}

static enum signum_status
compose(const struct signum_operation *operation, struct signum_exchange *exchange,
        struct signum_http_request *request)
{
    enum signum_status status = SIGNUM_OK;

    (void)exchange;
    request->method = "GET";
    signum_buf_put_text(&request->url, operation->base_url);
    switch (operation->kind) {
    case SIGNUM_OPERATION_INFO:
        signum_buf_put_text(&request->url, "/v1/info");
        request->is_public = true; /* a client asks it before it knows how to sign in */
        break;
    case SIGNUM_OPERATION_LIST:
        compose_list(operation, request);
        break;
    case SIGNUM_OPERATION_GET:
        status = compose_get(operation, request);
        break;
    case SIGNUM_OPERATION_SIGN:
        status = compose_sign(operation, request);
        break;
    }
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Accept", "application/json");
    return status == SIGNUM_OK ? signum_buf_status(&request->url) : status;
}

/* ---- keys ---- */

/* The `chain` member: base64 DER certificates, leaf first. */
static enum signum_status
read_chain(const cJSON *object, struct signum_buf *storage, struct signum_bytes *chain,
           size_t *count_out)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, "chain");
    const cJSON *item = NULL;

    *count_out = 0;
    if (!cJSON_IsArray(array))
        return SIGNUM_PROTOCOL;
    cJSON_ArrayForEach(item, array)
    {
        size_t i = *count_out;
        if (i >= SIGNUM_KEY_CHAIN_MAX || !cJSON_IsString(item))
            return SIGNUM_PROTOCOL;
        enum signum_status status = signum_base64_decode(&storage[i], item->valuestring);
        if (status != SIGNUM_OK)
            return status;
        chain[i] = signum_bytes_of_buf(&storage[i]);
        *count_out = i + 1;
    }
    return SIGNUM_OK;
}

/* One that cannot go back in a header (RFC 9110 section 8.8.3) is as good as none. */
static bool
is_etag(const char *text)
{
    for (; *text != 0; text++)
        if (*text < 0x21 || *text == 0x7f)
            return false;
    return true;
}

/* Fills all but spki and chain. Texts are borrowed from the object. */
static enum signum_status
read_fields(const cJSON *object, struct signum_key_fields *fields)
{
    const char *algorithm = signum_json_text(object, "algorithm");
    const char *curve = signum_json_text(object, "curve");
    const char *state = signum_json_text(object, "state");
    const char *etag = signum_json_text(object, "etag");
    uint64_t version;
    uint64_t bits;

    fields->name = signum_json_text(object, "name");
    fields->id = signum_json_text(object, "id");
    if (fields->name == NULL || fields->id == NULL || algorithm == NULL || state == NULL)
        return SIGNUM_PROTOCOL;
    fields->alg = signum_alg_by_wire(algorithm, curve);
    if (fields->alg == NULL)
        return SIGNUM_NOT_SUPPORTED;
    enum signum_status status = signum_json_number(object, "version", VERSION_MAX, &version);
    bits = fields->alg->bits_default;
    if (status == SIGNUM_OK && fields->alg->family == SIGNUM_FAMILY_RSA)
        status = signum_json_number(object, "bits", BITS_MAX, &bits);
    if (status != SIGNUM_OK)
        return status;
    fields->version = (unsigned)version;
    fields->bits = (uint32_t)bits;
    fields->is_enabled = strcmp(state, "enabled") == 0;
    fields->etag = etag == NULL || !is_etag(etag) ? "" : etag;
    return SIGNUM_OK;
}

static enum signum_status
read_key(const cJSON *object, struct signum_key **key_out)
{
    struct signum_key_fields fields = {0};
    struct signum_buf storage[SIGNUM_KEY_CHAIN_MAX];
    struct signum_bytes chain[SIGNUM_KEY_CHAIN_MAX];
    struct signum_buf spki;

    *key_out = NULL;
    signum_buf_init(&spki, SIGNUM_KEY_SPKI_MAX);
    for (size_t i = 0; i < SIGNUM_KEY_CHAIN_MAX; i++)
        signum_buf_init(&storage[i], SIGNUM_KEY_CERT_MAX);

    enum signum_status status = read_fields(object, &fields);
    if (status == SIGNUM_OK)
        status = signum_json_base64(object, "spki", &spki);
    if (status == SIGNUM_OK)
        status = read_chain(object, storage, chain, &fields.chain_count);
    if (status == SIGNUM_OK) {
        fields.spki = signum_bytes_of_buf(&spki);
        fields.chain = chain;
        status = signum_key_new(&fields, key_out);
    }
    for (size_t i = 0; i < SIGNUM_KEY_CHAIN_MAX; i++)
        signum_buf_clear(&storage[i]);
    signum_buf_clear(&spki);
    return status;
}

/* A key of a kind that this version does not know is left out of a list, not an error of it. */
static enum signum_status
add_key(const cJSON *object, struct signum_result *result, bool is_list)
{
    struct signum_key *key = NULL;

    enum signum_status status = read_key(object, &key);
    if (status == SIGNUM_NOT_SUPPORTED && is_list)
        return SIGNUM_OK;
    if (status == SIGNUM_OK)
        status = signum_result_add_key(result, key);
    if (status != SIGNUM_OK)
        signum_key_unref(&key);
    return status;
}

/* ---- answers ---- */

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
        enum signum_status status = add_key(item, result, true);
        if (status != SIGNUM_OK)
            return status;
    }
    if (next != NULL)
        signum_buf_put_text(&result->next, next);
    return signum_buf_status(&result->next);
}

static enum signum_status
accept_get(const struct signum_operation *operation, const cJSON *object,
           struct signum_result *result)
{
    const char *name = signum_json_text(object, "name");

    /* a service that answers for another key must not get its key used under this name */
    if (name == NULL || strcmp(name, operation->key_name) != 0)
        return SIGNUM_PROTOCOL;
    return add_key(object, result, false);
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

/* Seconds since 1970 of an RFC 3339 time in UTC; 0 if it is not one. C11 has no timegm(). */
static int64_t
seconds_of(const char *text)
{
    int year, month, day, hour, minute, second;

    int count = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute,
                       &second);

    if (count != 6 || text[strlen(text) - 1] != 'Z')
        return 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return 0;
    /* days since 1970 in years that begin in March, so that the leap day is the last of a year */
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
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
    result->server_time = time == NULL ? 0 : seconds_of(time);
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
    {"denied", SIGNUM_DENIED},
    {"unauthenticated", SIGNUM_CREDENTIAL_REFUSED},
    {"unsupported-algorithm", SIGNUM_BAD_ALGORITHM},
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

/* A refusal: problem details if there are any (RFC 9457), else what the HTTP status says. */
static enum signum_status
accept_refusal(const struct signum_http_response *response, struct signum_result *result)
{
    enum signum_status status = status_of_http(response->status);
    cJSON *object = signum_json_object(&response->body);
    const char *code = signum_json_text(object, "code");
    const char *detail = signum_json_text(object, "detail");

    for (size_t i = 0; code != NULL && i < sizeof problems / sizeof problems[0]; i++)
        if (strcmp(problems[i].code, code) == 0)
            status = problems[i].status;
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
        status = accept_get(operation, object, result);
        break;
    case SIGNUM_OPERATION_SIGN:
        status = accept_sign(operation, object, result);
        break;
    }
    cJSON_Delete(object);
    return status;
}

static enum signum_status
accept_response(const struct signum_operation *operation, struct signum_exchange *exchange,
                const struct signum_http_response *response, struct signum_result *result,
                enum signum_next *next_out)
{
    const char *request = signum_http_header(&response->headers, "Signum-Request");

    (void)exchange;
    *next_out = SIGNUM_NEXT_DONE;
    if (request != NULL)
        signum_buf_put_text(&result->request, request);
    if (response->status == 304 && operation->kind == SIGNUM_OPERATION_GET &&
        operation->key != NULL)
        return SIGNUM_OK; /* what is known is still right */
    if (response->status != 200)
        return accept_refusal(response, result);
    return accept_answer(operation, response, result);
}

const struct signum_protocol signum_protocol_signum = {
    .name = "signum",
    .compose = compose,
    .accept = accept_response,
};
