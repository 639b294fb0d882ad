#include "protocol_json.h"

#include <cjson/cJSON.h>
#include <stdio.h>
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

/* C11 has no timegm(). */
int64_t
signum_json_seconds(const char *text)
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

static void
wipe_texts(struct cJSON *item)
{
    for (; item != NULL; item = item->next) {
        if (item->valuestring != NULL)
            signum_wipe(item->valuestring, strlen(item->valuestring));
        wipe_texts(item->child);
    }
}

void
signum_json_free_secret(struct cJSON *object)
{
    wipe_texts(object);
    cJSON_Delete(object);
}
