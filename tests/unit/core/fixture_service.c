#include "fixture_service.h"

#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "fixture_check.h"
#include "fixture_json.h"

#define KEYS_PATH "/v1/keys"

static enum signum_status
reply(struct signum_http_response *response, unsigned http, cJSON *body)
{
    response->status = http;
    if (body != NULL)
        fixture_json_print(body, &response->body);
    return signum_http_add_header(&response->headers, "Signum-Request", "req-7");
}

static enum signum_status
refuse(struct signum_http_response *response, unsigned http, const char *code)
{
    cJSON *body = cJSON_CreateObject();

    cJSON_AddStringToObject(body, "code", code);
    return reply(response, http, body);
}

static cJSON *
key_object(const struct fixture_service *service, size_t index)
{
    return fixture_key_json(service->keys[index].kind, service->keys[index].which,
                            service->keys[index].name);
}

/* A page; its token is the index of the first key of the next one. */
static enum signum_status
answer_list(struct fixture_service *service, const char *query,
            struct signum_http_response *response)
{
    const char *after = strstr(query, "after=");
    size_t first = after == NULL ? 0 : (size_t)atoi(after + 6);
    size_t page = service->page == 0 ? FIXTURE_SERVICE_KEYS : service->page;
    cJSON *body = cJSON_CreateObject();
    cJSON *keys = cJSON_AddArrayToObject(body, "keys");

    service->lists++;
    for (size_t i = first; i < service->key_count && i < first + page; i++)
        cJSON_AddItemToArray(keys, key_object(service, i));
    if (first + page < service->key_count) {
        char token[2] = {(char)('0' + first + page), 0};
        cJSON_AddStringToObject(body, "next", token);
    }
    return reply(response, 200, body);
}

static enum signum_status
answer_get(struct fixture_service *service, size_t index,
           const struct signum_fake_request *request, struct signum_http_response *response)
{
    service->gets++;
    if (index >= service->key_count)
        return refuse(response, 404, "key-not-found");
    if (service->is_unchanged && signum_fake_request_header(request, "If-None-Match") != NULL)
        return reply(response, 304, NULL);
    return reply(response, 200, key_object(service, index));
}

static void
sign_body(const struct fixture_service *service, size_t index, const cJSON *body,
          struct signum_buf *signature)
{
    const char *scheme = cJSON_GetStringValue(cJSON_GetObjectItem(body, "scheme"));
    const char *hash = cJSON_GetStringValue(cJSON_GetObjectItem(body, "hash"));
    const cJSON *salt = cJSON_GetObjectItem(body, "salt");
    unsigned which = service->keys[index].which;
    struct signum_buf digest;

    signum_buf_init(&digest, SIGNUM_SIGNATURE_MAX);
    check_status(signum_base64_decode(
                     &digest, cJSON_GetStringValue(cJSON_GetObjectItem(body, "digest"))),
                 SIGNUM_OK);
    struct signum_sign_params params = {
        .scheme = signum_scheme_by_wire(scheme)->id,
        .hash = signum_hash_by_wire(hash)->id,
        .salt_len = salt == NULL ? 0 : (uint32_t)salt->valueint,
    };
    fixture_sign(fixture_pair(service->keys[index].kind, service->is_other_key ? 1 - which : which),
                 &params, signum_bytes_of_buf(&digest), signature);
    if (service->is_bit_flipped)
        signature->data[signature->len / 2] ^= 1;
    signum_buf_clear(&digest);
}

static enum signum_status
answer_sign(struct fixture_service *service, size_t index,
            const struct signum_fake_request *request, struct signum_http_response *response)
{
    struct signum_buf signature;
    struct signum_buf text;

    service->signs++;
    if (index >= service->key_count)
        return refuse(response, 404, "key-not-found");
    cJSON *body = cJSON_Parse(request->body);
    assert_non_null(body);
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    signum_buf_init(&text, 2 * SIGNUM_SIGNATURE_MAX);
    sign_body(service, index, body, &signature);
    cJSON_Delete(body);
    signum_base64_encode(&text, signum_bytes_of_buf(&signature));
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "signature", signum_buf_text(&text));
    cJSON *key = cJSON_AddObjectToObject(answer, "key");
    cJSON_AddStringToObject(key, "name", service->keys[index].name);
    signum_buf_clear(&signature);
    signum_buf_clear(&text);
    return reply(response, 200, answer);
}

static enum signum_status
answer_info(struct fixture_service *service, struct signum_http_response *response)
{
    cJSON *body = cJSON_CreateObject();

    service->infos++;
    cJSON_AddStringToObject(body, "name", "fixture");
    cJSON_AddStringToObject(body, "version", "9.9");
    cJSON_AddStringToObject(body, "time", "2023-11-14T22:13:20Z");
    return reply(response, 200, body);
}

/* The index of the key that a path segment names; key_count if there is none. */
static size_t
find(const struct fixture_service *service, const char *segment, size_t len)
{
    size_t i = 0;

    while (i < service->key_count && (strlen(service->keys[i].name) != len ||
                                      memcmp(service->keys[i].name, segment, len) != 0))
        i++;
    return i;
}

static enum signum_status
answer(void *context, const struct signum_fake_request *request,
       struct signum_http_response *response, struct signum_buf *cause)
{
    struct fixture_service *service = context;
    const char *path = strstr(request->url, "/v1/");

    (void)cause;
    assert_non_null(path);
    if (strcmp(path, "/v1/info") == 0)
        return answer_info(service, response);
    assert_memory_equal(path, KEYS_PATH, strlen(KEYS_PATH));
    path += strlen(KEYS_PATH);
    if (*path == '?')
        return answer_list(service, path, response);
    size_t len = strcspn(path + 1, "/");
    size_t index = find(service, path + 1, len);
    if (path[1 + len] == 0)
        return answer_get(service, index, request, response);
    assert_string_equal(path + 1 + len, "/sign");
    assert_string_equal(request->method, "POST");
    return answer_sign(service, index, request, response);
}

void
fixture_service_attach(struct fixture_service *service, struct signum_fake *fake)
{
    memset(service, 0, sizeof *service);
    signum_fake_respond_by(fake, answer, service);
}

void
fixture_service_add(struct fixture_service *service, const char *name, enum fixture_kind kind,
                    unsigned which)
{
    assert_true(service->key_count < FIXTURE_SERVICE_KEYS);
    service->keys[service->key_count].name = name;
    service->keys[service->key_count].kind = kind;
    service->keys[service->key_count].which = which;
    service->key_count++;
}

unsigned
fixture_service_requests(const struct fixture_service *service)
{
    return service->infos + service->lists + service->gets + service->signs;
}
