#include "fixture_json.h"

#include "core/base64.h"
#include "fixture_check.h"

static void
add_base64(cJSON *target, const char *name, struct signum_bytes bytes)
{
    struct signum_buf text;

    signum_buf_init(&text, 2 * SIGNUM_KEY_CERT_MAX);
    signum_base64_encode(&text, bytes);
    check_status(signum_buf_status(&text), SIGNUM_OK);
    cJSON *item = cJSON_CreateString(signum_buf_text(&text));
    assert_non_null(item);
    if (name != NULL)
        assert_true(cJSON_AddItemToObject(target, name, item));
    else
        assert_true(cJSON_AddItemToArray(target, item));
    signum_buf_clear(&text);
}

cJSON *
fixture_key_json(enum fixture_kind kind, unsigned which, const char *name)
{
    struct fixture_key_data data;
    cJSON *object = cJSON_CreateObject();

    assert_non_null(object);
    fixture_key_data_init(&data, kind, which, name);
    const struct signum_key_fields *fields = &data.fields;
    bool is_rsa = fields->alg->family == SIGNUM_FAMILY_RSA;
    cJSON_AddStringToObject(object, "id", fields->id);
    cJSON_AddStringToObject(object, "name", name);
    cJSON_AddNumberToObject(object, "version", fields->version);
    cJSON_AddStringToObject(object, "algorithm", fields->alg->wire);
    if (is_rsa)
        cJSON_AddNumberToObject(object, "bits", fields->bits);
    else
        cJSON_AddStringToObject(object, "curve", fields->alg->curve);
    add_base64(object, "spki", fields->spki);
    add_base64(cJSON_AddArrayToObject(object, "chain"), NULL, fields->chain[0]);
    cJSON *schemes = cJSON_AddArrayToObject(object, "schemes");
    cJSON_AddItemToArray(schemes, cJSON_CreateString(is_rsa ? "rsa-pkcs1" : "ecdsa"));
    cJSON_AddStringToObject(object, "state", "enabled");
    cJSON_AddArrayToObject(object, "flags");
    cJSON_AddStringToObject(object, "etag", fields->etag);
    fixture_key_data_clear(&data);
    return object;
}

void
fixture_json_set(cJSON *object, const char *name, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    if (value != NULL)
        assert_true(cJSON_AddItemToObject(object, name, value));
}

void
fixture_json_print(cJSON *object, struct signum_buf *out)
{
    char *text = cJSON_PrintUnformatted(object);

    assert_non_null(text);
    signum_buf_clear(out);
    signum_buf_put_text(out, text);
    check_status(signum_buf_status(out), SIGNUM_OK);
    cJSON_free(text);
    cJSON_Delete(object);
}
