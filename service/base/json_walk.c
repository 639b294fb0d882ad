#include "base/json.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 32
#define EXACT_MAX 9007199254740992.0 /* 2^53: whole numbers are exact up to there */
#define STEP_SIZE 256

void
signumd_json_get_raw_array(
    struct signumd_json_reader *reader, const char *name, struct signum_buf *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(reader->object, name);

    if (item == NULL || reader->failure != SIGNUM_OK)
        return;
    if (!cJSON_IsArray(item)) {
        signumd_json_refuse(reader, name, "must be an array");
        return;
    }
    signumd_json_print(item, out);
    if (signum_buf_status(out) != SIGNUM_OK)
        signumd_json_refuse(reader, name, "is too large");
}

/* The member at a path: a name, or "/name/name" for a member of a member. */
static const cJSON *
find_path(const cJSON *object, const char *path)
{
    char step[STEP_SIZE];

    if (path[0] != '/')
        return cJSON_GetObjectItemCaseSensitive(object, path);
    while (*path == '/' && object != NULL) {
        size_t len = strcspn(path + 1, "/");
        if (len >= sizeof step)
            return NULL;
        (void)snprintf(step, sizeof step, "%.*s", (int)len, path + 1);
        object = cJSON_GetObjectItemCaseSensitive(object, step);
        path += 1 + len;
    }
    return object;
}

/* False if the item is neither a text, a whole number nor true or false. */
static bool
take_one(const cJSON *item, void (*take)(void *context, const char *text), void *context)
{
    char number[NUMBER_SIZE];

    if (cJSON_IsString(item)) {
        take(context, item->valuestring);
        return true;
    }
    if (cJSON_IsBool(item)) {
        take(context, cJSON_IsTrue(item) ? "true" : "false");
        return true;
    }
    if (!cJSON_IsNumber(item) || item->valuedouble < -EXACT_MAX || item->valuedouble > EXACT_MAX ||
        item->valuedouble != (double)(int64_t)item->valuedouble)
        return false;
    (void)snprintf(number, sizeof number, "%lld", (long long)item->valuedouble);
    take(context, number);
    return true;
}

void
signumd_json_values(const struct cJSON *object, const char *path,
    void (*take)(void *context, const char *text), void *context)
{
    const cJSON *found = find_path(object, path);
    const cJSON *item = NULL;

    if (!cJSON_IsArray(found)) {
        (void)take_one(found, take, context);
        return;
    }
    cJSON_ArrayForEach(item, found)
    {
        (void)take_one(item, take, context);
    }
}

void
signumd_json_put_copy(
    struct signumd_json_writer *writer, const struct cJSON *object, const char *name, size_t max)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    struct signum_buf text;

    if (item == NULL)
        return;
    signum_buf_init(&text, max);
    signumd_json_print(item, &text);
    signumd_json_put_raw(
        writer, name, signum_buf_status(&text) == SIGNUM_OK ? signum_buf_text(&text) : "null");
    signum_buf_clear(&text);
}
