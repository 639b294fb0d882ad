#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "transcript.h"

#define BINDINGS_MAX 512
#define GUARD 0xA5 /* what lies where nothing was written */

/* A handle that nobody ever handed out. */
#define STRANGER ((ULONG_PTR)0x5150AF)

static struct {
    char name[16];
    ULONG_PTR handle;
} bindings[BINDINGS_MAX];
static size_t binding_count;

/* The size that the last call stored: "*" as a room stands for it. */
static DWORD last_len;

void
play_wrong(struct play *play, const char *format, ...)
{
    size_t len = strlen(play->found);
    va_list arguments;

    va_start(arguments, format);
    (void)snprintf(play->found + len, sizeof play->found - len, "%s", "; ");
    len = strlen(play->found);
    (void)vsnprintf(play->found + len, sizeof play->found - len, format, arguments);
    va_end(arguments);
}

static const struct field *
argument(struct play *play, const char *name)
{
    const struct field *field = field_find(&play->call->arguments, name);

    if (field == NULL)
        play_wrong(play, "the line has no %s", name);
    return field;
}

static bool
is_word(const struct field *field, const char *word)
{
    return !field->is_text && strcmp(field->value, word) == 0;
}

const WCHAR *
play_text(struct play *play, const char *name)
{
    const struct field *field = argument(play, name);

    if (field == NULL || is_word(field, "null") || play->text_count == 4)
        return NULL;
    WCHAR *text = play->texts[play->text_count++];
    if (MultiByteToWideChar(CP_UTF8, 0, field->value, -1, text, VALUE_LEN) == 0)
        play_wrong(play, "%s is no text", name);
    return text;
}

static DWORD
number_of(const struct field *field)
{
    if (is_word(field, "ptr"))
        return sizeof(void *);
    if (is_word(field, "*"))
        return last_len;
    return (DWORD)strtoul(field->value, NULL, 0);
}

DWORD
play_number(struct play *play, const char *name)
{
    const struct field *field = argument(play, name);

    return field == NULL ? 0 : number_of(field);
}

ULONG_PTR
play_handle(struct play *play, const char *name)
{
    const struct field *field = argument(play, name);

    if (field == NULL || is_word(field, "0"))
        return 0;
    if (is_word(field, "?"))
        return STRANGER;
    for (size_t i = binding_count; i > 0; i--)
        if (strcmp(bindings[i - 1].name, field->value) == 0)
            return bindings[i - 1].handle;
    play_wrong(play, "nothing is called %s", field->value);
    return 0;
}

uint8_t *
play_room(struct play *play)
{
    const struct field *field = argument(play, "room");

    memset(play->data, GUARD, sizeof play->data);
    play->len = 0;
    if (field == NULL || is_word(field, "null"))
        return NULL;
    play->len = number_of(field);
    if (play->len >= sizeof play->data) {
        play_wrong(play, "no room for %lu bytes", (unsigned long)play->len);
        play->len = 0;
    }
    return play->data;
}

void
play_status(struct play *play, SECURITY_STATUS status)
{
    if (!play->call->is_any_status && status != play->call->status)
        play_wrong(play, "0x%08lX, not 0x%08lX", (unsigned long)status,
                   (unsigned long)play->call->status);
}

static void
compare_value(struct play *play, const struct field *field, const uint8_t *data, DWORD len)
{
    WCHAR text[VALUE_LEN];
    DWORD number;
    char *end = NULL;
    DWORD wanted = (DWORD)strtoul(field->value, &end, 0);

    if (!field->is_text && *end == 0 && len == sizeof number) {
        memcpy(&number, data, sizeof number);
        if (number != wanted)
            play_wrong(play, "value %lu, not %lu", (unsigned long)number, (unsigned long)wanted);
        return;
    }
    int cch = MultiByteToWideChar(CP_UTF8, 0, field->value, -1, text, VALUE_LEN);
    if (cch <= 0 || len != (DWORD)cch * sizeof(WCHAR) || memcmp(data, text, len) != 0)
        play_wrong(play, "the value is not %s", field->value);
}

void
play_result(struct play *play, SECURITY_STATUS status, const uint8_t *data, DWORD len)
{
    const struct field *wanted = field_find(&play->call->results, "len");
    const struct field *value = field_find(&play->call->results, "value");

    if (wanted != NULL && !is_word(wanted, "*") && number_of(wanted) != len)
        play_wrong(play, "len %lu, not %s", (unsigned long)len, wanted->value);
    if (status == ERROR_SUCCESS || status == NTE_BUFFER_TOO_SMALL)
        last_len = len;
    if (data != NULL && len < play->len)
        for (DWORD i = len; i < play->len; i++)
            if (data[i] != GUARD && status == ERROR_SUCCESS) {
                play_wrong(play, "written behind the end");
                break;
            }
    if (data != NULL && data[play->len] != GUARD)
        play_wrong(play, "written behind the room");
    if (value != NULL && data != NULL && len <= play->len)
        compare_value(play, value, data, len);
}

void
play_bind(struct play *play, const char *name, ULONG_PTR handle)
{
    const struct field *field = field_find(&play->call->results, name);

    if (field == NULL) {
        if (handle != 0)
            play_wrong(play, "a %s although the line has none", name);
        return;
    }
    if (handle == 0)
        play_wrong(play, "no %s", name);
    if (binding_count == BINDINGS_MAX) {
        play_wrong(play, "too many names");
        return;
    }
    (void)snprintf(bindings[binding_count].name, sizeof bindings[binding_count].name, "%s",
                   field->value);
    bindings[binding_count++].handle = handle;
}

void
play_result_text(struct play *play, const char *name, const WCHAR *got)
{
    const struct field *field = field_find(&play->call->results, name);
    char text[VALUE_LEN];

    if (field == NULL || is_word(field, "*"))
        return;
    if (WideCharToMultiByte(CP_UTF8, 0, got, -1, text, sizeof text, NULL, NULL) == 0 ||
        strcmp(text, field->value) != 0)
        play_wrong(play, "%s is not %s", name, field->value);
}
