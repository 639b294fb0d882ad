#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 63
#define DEPTH_MAX 64

/* The text from a position on; ends at `end`. */
struct scan {
    const uint8_t *at;
    const uint8_t *end;
};

static bool
is_digit(const struct scan *scan, size_t offset)
{
    return scan->at + offset < scan->end && scan->at[offset] >= '0' && scan->at[offset] <= '9';
}

static size_t
digits_at(const struct scan *scan, size_t offset)
{
    size_t count = 0;

    while (is_digit(scan, offset + count))
        count++;
    return count;
}

static bool
is_at(const struct scan *scan, size_t offset, const char *choice)
{
    if (scan->at + offset >= scan->end || scan->at[offset] == '\0')
        return false;
    return strchr(choice, scan->at[offset]) != NULL;
}

/* Length of the number (RFC 8259 section 6) that begins here, or 0. */
static size_t
number_len(const struct scan *scan)
{
    size_t len = is_at(scan, 0, "-") ? 1 : 0;
    size_t whole = digits_at(scan, len);

    if (whole == 0 || (whole > 1 && is_at(scan, len, "0")))
        return 0;
    len += whole;
    if (is_at(scan, len, ".")) {
        size_t part = digits_at(scan, len + 1);
        if (part == 0)
            return 0;
        len += 1 + part;
    }
    if (is_at(scan, len, "eE")) {
        size_t sign = is_at(scan, len + 1, "+-") ? 1 : 0;
        size_t exponent = digits_at(scan, len + 1 + sign);
        if (exponent == 0)
            return 0;
        len += 1 + sign + exponent;
    }
    return len;
}

static bool
skip_number(struct scan *scan)
{
    char text[NUMBER_MAX + 1];
    size_t len = number_len(scan);

    if (len == 0 || len > NUMBER_MAX)
        return false;
    memcpy(text, scan->at, len);
    text[len] = '\0';
    scan->at += len;
    return isfinite(strtod(text, NULL));
}

/* The four digits behind \u; false also for NUL, at which the library would end the text. */
static bool
skip_hex(struct scan *scan)
{
    bool is_zero = true;

    for (size_t i = 0; i < 4; i++) {
        if (!is_at(scan, i, "0123456789abcdefABCDEF"))
            return false;
        is_zero = is_zero && scan->at[i] == '0';
    }
    scan->at += 4;
    return !is_zero;
}

static bool
skip_string(struct scan *scan)
{
    scan->at++;
    while (scan->at < scan->end && *scan->at != '"') {
        uint8_t byte = *scan->at++;
        if (byte < 0x20)
            return false;
        if (byte != '\\')
            continue;
        if (!is_at(scan, 0, "\"\\/bfnrtu"))
            return false;
        byte = *scan->at++;
        if (byte == 'u' && !skip_hex(scan))
            return false;
    }
    if (scan->at == scan->end)
        return false;
    scan->at++;
    return true;
}

/* A string, a number, or one character of what stands between them. */
static bool
skip_one(struct scan *scan, int *depth)
{
    if (is_at(scan, 0, "\""))
        return skip_string(scan);
    if (is_at(scan, 0, "-0123456789"))
        return skip_number(scan);
    if (!is_at(scan, 0, " \t\r\n{}[]:,truefalsn"))
        return false;
    if (is_at(scan, 0, "{["))
        ++*depth;
    if (is_at(scan, 0, "}]"))
        --*depth;
    scan->at++;
    return *depth <= DEPTH_MAX;
}

bool
signumd_json_is_strict(struct signum_bytes text)
{
    struct scan scan = {text.data, text.data + text.len};
    int depth = 0;

    while (scan.at < scan.end)
        if (!skip_one(&scan, &depth))
            return false;
    return true;
}

static int
compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* True also if memory is short: then the object is refused. */
static bool
has_twin_names(const cJSON *object)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    const char **names = calloc(count + 1, sizeof *names);
    const cJSON *item = NULL;
    bool is_found = false;
    size_t i = 0;

    if (names == NULL)
        return true;
    cJSON_ArrayForEach(item, object) names[i++] = item->string;
    qsort(names, count, sizeof *names, compare);
    for (i = 1; i < count && !is_found; i++)
        is_found = strcmp(names[i - 1], names[i]) == 0;
    free(names);
    return is_found;
}

static bool
has_twins(const cJSON *value)
{
    const cJSON *item = NULL;

    if (cJSON_IsObject(value) && has_twin_names(value))
        return true;
    cJSON_ArrayForEach(item, value)
    {
        if (has_twins(item))
            return true;
    }
    return false;
}

void
signumd_json_check_twins(struct signumd_json_reader *reader, const char *name)
{
    const cJSON *item = signumd_json_get_object(reader, name);

    if (item != NULL && has_twins(item))
        signumd_json_refuse(reader, name, "has a member twice");
}
