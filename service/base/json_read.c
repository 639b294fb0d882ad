#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 32

static bool
is_blank(const char *from, const char *end)
{
    while (from < end && (*from == ' ' || *from == '\t' || *from == '\r' || *from == '\n'))
        from++;
    return from == end;
}

enum signum_status
signumd_json_parse(struct signum_bytes text, struct cJSON **object_out)
{
    const char *end = NULL;

    *object_out = NULL;
    if (text.len == 0 || !signumd_json_is_utf8(text) || !signumd_json_is_strict(text))
        return SIGNUM_PROTOCOL;
    const char *start = (const char *)text.data;
    cJSON *object = cJSON_ParseWithLengthOpts(start, text.len, &end, 0);
    if (object == NULL)
        return SIGNUM_PROTOCOL;
    if (!cJSON_IsObject(object) || !is_blank(end, start + text.len)) {
        cJSON_Delete(object);
        return SIGNUM_PROTOCOL;
    }
    *object_out = object;
    return SIGNUM_OK;
}

void
signumd_json_free(struct cJSON **object)
{
    cJSON_Delete(*object);
    *object = NULL;
}

void
signumd_json_reader_init(struct signumd_json_reader *reader, const struct cJSON *object)
{
    memset(reader, 0, sizeof *reader);
    reader->object = object;
}

void
signumd_json_refuse(struct signumd_json_reader *reader, const char *field, const char *cause)
{
    if (reader->failure != SIGNUM_OK)
        return;
    reader->failure = SIGNUM_INVALID_ARGUMENT;
    (void)snprintf(reader->field, sizeof reader->field, "%s", field);
    (void)snprintf(reader->cause, sizeof reader->cause, "%s", cause);
    /* cutting a foreign name may have cut a character in two */
    if (!signumd_json_is_utf8(signum_bytes_of_text(reader->field)))
        (void)snprintf(reader->field, sizeof reader->field, "(unknown)");
}

void
signumd_json_check_names(struct signumd_json_reader *reader, const char *const *names,
                         size_t count)
{
    bool is_seen[NAMES_MAX] = {false};
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, reader->object)
    {
        size_t i = 0;
        while (i < count && i < NAMES_MAX && strcmp(names[i], item->string) != 0)
            i++;
        if (i == count || i == NAMES_MAX) {
            signumd_json_refuse(reader, item->string, "is not known here");
            return;
        }
        if (is_seen[i]) {
            signumd_json_refuse(reader, item->string, "is given twice");
            return;
        }
        is_seen[i] = true;
    }
}

static const cJSON *
find(struct signumd_json_reader *reader, const char *name)
{
    if (reader->failure != SIGNUM_OK)
        return NULL;
    return cJSON_GetObjectItemCaseSensitive(reader->object, name);
}

bool
signumd_json_has(struct signumd_json_reader *reader, const char *name)
{
    return find(reader, name) != NULL;
}

const char *
signumd_json_get_text(struct signumd_json_reader *reader, const char *name, bool is_required,
                      size_t max)
{
    const cJSON *item = find(reader, name);

    if (item == NULL) {
        if (is_required)
            signumd_json_refuse(reader, name, "is missing");
        return NULL;
    }
    if (!cJSON_IsString(item)) {
        signumd_json_refuse(reader, name, "must be a text");
        return NULL;
    }
    if (strlen(item->valuestring) > max) {
        char cause[64];
        (void)snprintf(cause, sizeof cause, "is longer than %zu bytes", max);
        signumd_json_refuse(reader, name, cause);
        return NULL;
    }
    return item->valuestring;
}

bool
signumd_json_take_secret(struct signumd_json_reader *reader, const char *name, bool is_required,
    size_t max, struct signum_buf *secret_out)
{
    const char *text = signumd_json_get_text(reader, name, is_required, max);

    if (text == NULL)
        return false;
    signum_buf_put_text(secret_out, text);
    signum_wipe((void *)(uintptr_t)text, strlen(text)); /* the document is ours and not constant */
    return true;
}

int64_t
signumd_json_get_number(struct signumd_json_reader *reader, const char *name, int64_t min,
                        int64_t max, int64_t fallback)
{
    const cJSON *item = find(reader, name);

    if (item == NULL)
        return fallback;
    double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    if (!(value >= (double)min && value <= (double)max) || floor(value) != value) {
        char cause[96];
        (void)snprintf(cause, sizeof cause, "must be a whole number from %lld to %lld",
                       (long long)min, (long long)max);
        signumd_json_refuse(reader, name, cause);
        return fallback;
    }
    return (int64_t)value;
}

bool
signumd_json_get_bool(struct signumd_json_reader *reader, const char *name, bool fallback)
{
    const cJSON *item = find(reader, name);

    if (item == NULL)
        return fallback;
    if (!cJSON_IsBool(item))
        signumd_json_refuse(reader, name, "must be true or false");
    return cJSON_IsTrue(item);
}

const struct cJSON *
signumd_json_get_object(struct signumd_json_reader *reader, const char *name)
{
    const cJSON *item = find(reader, name);

    if (item != NULL && !cJSON_IsObject(item)) {
        signumd_json_refuse(reader, name, "must be an object");
        return NULL;
    }
    return item;
}

void
signumd_json_get_raw_object(struct signumd_json_reader *reader, const char *name, size_t max,
                            struct signum_buf *out)
{
    const cJSON *item = signumd_json_get_object(reader, name);

    signumd_json_check_twins(reader, name);
    if (item == NULL || reader->failure != SIGNUM_OK)
        return;
    char *text = cJSON_PrintUnformatted(item);
    if (text == NULL || strlen(text) > max)
        signumd_json_refuse(reader, name, "is too large");
    else
        signum_buf_put_text(out, text);
    free(text);
}

bool
signumd_json_is_empty_array(const struct signumd_json_reader *reader, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(reader->object, name);

    return cJSON_IsArray(item) && item->child == NULL;
}

void
signumd_json_remove(struct cJSON *object, const char *name)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
}

enum signum_status
signumd_json_print_object(const struct cJSON *object, struct signum_buf *out)
{
    char *text = cJSON_PrintUnformatted(object);

    if (text == NULL)
        return SIGNUM_NO_MEMORY;
    signum_buf_put_text(out, text);
    free(text);
    return signum_buf_status(out);
}

void
signumd_json_get_texts(struct signumd_json_reader *reader, const char *name, size_t max,
                       const char *(*take)(void *context, const char *text), void *context)
{
    const cJSON *array = find(reader, name);
    const cJSON *item = NULL;
    size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
    char cause[64];

    if (array == NULL)
        signumd_json_refuse(reader, name, "is missing");
    (void)snprintf(cause, sizeof cause, "must be an array of 1 to %zu texts", max);
    if (count < 1 || count > max)
        signumd_json_refuse(reader, name, cause);
    cJSON_ArrayForEach(item, array)
    {
        if (reader->failure != SIGNUM_OK)
            return;
        const char *fault = cJSON_IsString(item) ? take(context, item->valuestring) : cause;
        if (fault != NULL)
            signumd_json_refuse(reader, name, fault);
    }
}

void
signumd_json_get_list(struct signumd_json_reader *reader, const char *name, size_t max,
                      const char *(*take)(void *context, const char *text), void *context)
{
    const cJSON *array = find(reader, name);
    const cJSON *item = NULL;
    size_t position = 0;

    if (array == NULL)
        return;
    size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
    if (count < 1 || count > max) {
        char cause[64];
        (void)snprintf(cause, sizeof cause, "must be an array of 1 to %zu texts", max);
        signumd_json_refuse(reader, name, cause);
        return;
    }
    cJSON_ArrayForEach(item, array)
    {
        char path[sizeof reader->field];
        const char *fault =
            cJSON_IsString(item) ? take(context, item->valuestring) : "must be a text";
        (void)snprintf(path, sizeof path, "%s[%zu]", name, position++);
        if (fault != NULL)
            signumd_json_refuse(reader, path, fault);
        if (reader->failure != SIGNUM_OK)
            return;
    }
}

bool
signumd_json_is_empty(const struct signumd_json_reader *reader, const char *name)
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(reader->object, name);

    return cJSON_IsArray(array) && cJSON_GetArraySize(array) == 0;
}

void
signumd_json_print(const struct cJSON *value, struct signum_buf *out)
{
    char *text = cJSON_PrintUnformatted(value);

    signum_buf_put_text(out, text == NULL ? "" : text);
    free(text);
}

void
signumd_json_get_names(struct signumd_json_reader *reader,
                       void (*take)(void *context, struct signumd_json_reader *reader,
                                    const char *name),
                       void *context)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, reader->object)
    {
        if (reader->failure != SIGNUM_OK)
            return;
        take(context, reader, item->string);
    }
}

/* 2^53: up to here every whole number is what it was in the text. */
#define WHOLE_MAX 9007199254740992.0

static bool
is_value(const cJSON *item, bool (*is_it)(const void *context, const char *text),
         const void *context)
{
    char text[32];

    if (cJSON_IsString(item))
        return is_it(context, item->valuestring);
    if (cJSON_IsBool(item))
        return is_it(context, cJSON_IsTrue(item) ? "true" : "false");
    if (!cJSON_IsNumber(item) || fabs(item->valuedouble) > WHOLE_MAX ||
        floor(item->valuedouble) != item->valuedouble)
        return false;
    (void)snprintf(text, sizeof text, "%.0f", item->valuedouble);
    return is_it(context, text);
}

bool
signumd_json_has_value(const struct cJSON *object, const char *name,
                       bool (*is_it)(const void *context, const char *text), const void *context)
{
    const cJSON *found = NULL;
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, object)
    {
        if (strcmp(item->string, name) != 0)
            continue;
        if (found != NULL)
            return false;
        found = item;
    }
    if (!cJSON_IsArray(found))
        return is_value(found, is_it, context);
    cJSON_ArrayForEach(item, found)
    {
        if (is_value(item, is_it, context))
            return true;
    }
    return false;
}

void
signumd_json_pass_failure(struct signumd_json_reader *reader, const char *name,
                          const struct signumd_json_reader *inner)
{
    char path[2 * sizeof inner->field];

    if (inner->failure == SIGNUM_OK)
        return;
    (void)snprintf(path, sizeof path, "%s%s%s", name, inner->field[0] == '\0' ? "" : ".",
                   inner->field);
    signumd_json_refuse(reader, path, inner->cause);
}

void
signumd_json_get_objects(struct signumd_json_reader *reader, const char *name, size_t max,
                         void (*take)(void *context, struct signumd_json_reader *item),
                         void *context)
{
    const cJSON *array = find(reader, name);
    const cJSON *item = NULL;
    size_t position = 0;
    size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;

    if (array != NULL && (count < 1 || count > max)) {
        char cause[64];
        (void)snprintf(cause, sizeof cause, "must be an array of 1 to %zu objects", max);
        signumd_json_refuse(reader, name, cause);
        return;
    }
    cJSON_ArrayForEach(item, array)
    {
        struct signumd_json_reader inner;
        char path[sizeof inner.field];
        (void)snprintf(path, sizeof path, "%s[%zu]", name, position++);
        signumd_json_reader_init(&inner, item);
        if (cJSON_IsObject(item))
            take(context, &inner);
        else
            signumd_json_refuse(&inner, "", "must be an object");
        signumd_json_pass_failure(reader, path, &inner);
        if (reader->failure != SIGNUM_OK)
            return;
    }
}

void
signumd_json_each(const struct cJSON *document, const char *name,
                  void (*visit)(const void *context, struct signumd_json_reader *item),
                  const void *context)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(document, name))
    {
        struct signumd_json_reader reader;
        signumd_json_reader_init(&reader, item);
        visit(context, &reader);
    }
}

/* The texts of an array with commas between, as many as there is room for. */
static const char *
show_list(const cJSON *array, char *space, size_t size)
{
    const cJSON *item = NULL;
    size_t len = 0;

    space[0] = '\0';
    cJSON_ArrayForEach(item, array)
    {
        (void)snprintf(space + len, size - len, "%s%s", len == 0 ? "" : ",",
                       cJSON_IsString(item) ? item->valuestring : "-");
        len = strlen(space);
    }
    return len == 0 ? "-" : space;
}

const char *
signumd_json_show(struct signumd_json_reader *reader, const char *name, char *space, size_t size)
{
    const cJSON *item = find(reader, name);

    if (cJSON_IsString(item))
        return item->valuestring;
    if (cJSON_IsArray(item))
        return show_list(item, space, size);
    if (!cJSON_IsNumber(item))
        return "-";
    (void)snprintf(space, size, "%.0f", item->valuedouble);
    return space;
}
