#include "protocol_json.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base64.h"

struct cJSON *
signum_json_object(const struct signum_buf *body)
{
    const char *end = NULL;

    if (body->len == 0 || memchr(body->data, 0, body->len) != NULL)
        return NULL;
    cJSON *object =
        cJSON_ParseWithLengthOpts((const char *)body->data, body->len + 1, &end, true);
    if (object != NULL && !cJSON_IsObject(object)) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

const char *
signum_json_text(const struct cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

enum signum_status
signum_json_number(const struct cJSON *object, const char *name, uint64_t max, uint64_t *value_out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    *value_out = 0;
    if (!cJSON_IsNumber(item))
        return SIGNUM_PROTOCOL;
    /* cJSON keeps numbers as double: exact up to 2^53, and `max` is never above that here */
    double number = item->valuedouble;
    if (!(number >= 0) || number > (double)max || number != (double)(uint64_t)number)
        return SIGNUM_PROTOCOL;
    *value_out = (uint64_t)number;
    return SIGNUM_OK;
}

enum signum_status
signum_json_base64(const struct cJSON *object, const char *name, struct signum_buf *out)
{
    const char *text = signum_json_text(object, name);

    if (text == NULL)
        return SIGNUM_PROTOCOL;
    return signum_base64_decode(out, text);
}

enum signum_status
signum_json_print(const struct cJSON *object, struct signum_buf *out)
{
    char *text = cJSON_PrintUnformatted(object);

    if (text == NULL)
        return SIGNUM_NO_MEMORY;
    signum_buf_put_text(out, text);
    signum_wipe(text, strlen(text)); /* a request body may hold a PIN */
    cJSON_free(text);
    return signum_buf_status(out);
}
