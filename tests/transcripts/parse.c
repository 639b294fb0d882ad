#include <stdlib.h>
#include <string.h>

#include "transcript.h"

static const char *
skip_blanks(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

/* A word up to `end` or a blank; its place behind it, or NULL if it is empty or too long. */
static const char *
take_word(const char *at, char end, char *word, size_t size)
{
    size_t len = 0;

    while (at[len] != 0 && at[len] != ' ' && at[len] != end)
        len++;
    if (len == 0 || len >= size)
        return NULL;
    memcpy(word, at, len);
    word[len] = 0;
    return at + len;
}

static const char *
take_quoted(const char *at, char *value, size_t size)
{
    size_t len = 0;

    for (at++; *at != '"'; at++) {
        if (*at == '\\')
            at++;
        if (*at == 0 || len + 1 >= size)
            return NULL;
        value[len++] = *at;
    }
    value[len] = 0;
    return at + 1;
}

static const char *
take_field(const char *at, struct fields *fields)
{
    if (fields->count == FIELDS_MAX)
        return NULL;
    struct field *field = &fields->all[fields->count++];
    at = take_word(at, '=', field->name, sizeof field->name);
    if (at == NULL || *at != '=')
        return NULL;
    at++;
    field->is_text = *at == '"';
    if (field->is_text)
        return take_quoted(at, field->value, sizeof field->value);
    return take_word(at, ' ', field->value, sizeof field->value);
}

static const char *
take_status(const char *at, struct call *call)
{
    char word[24];
    char *end = NULL;

    at = take_word(at, ' ', word, sizeof word);
    if (at == NULL)
        return NULL;
    call->is_any_status = strcmp(word, "*") == 0;
    if (call->is_any_status)
        return at;
    call->status = (SECURITY_STATUS)strtoul(word, &end, 16);
    return strncmp(word, "0x", 2) == 0 && *end == 0 ? at : NULL;
}

bool
call_parse(const char *text, unsigned line, struct call *call_out)
{
    struct fields *fields = &call_out->arguments;
    bool has_status = false;

    memset(call_out, 0, sizeof *call_out);
    call_out->line = line;
    const char *at = take_word(skip_blanks(text), ' ', call_out->function,
                               sizeof call_out->function);
    while (at != NULL && *skip_blanks(at) != 0) {
        at = skip_blanks(at);
        if (strncmp(at, "-> ", 3) == 0 && !has_status) {
            at = take_status(at + 3, call_out);
            fields = &call_out->results;
            has_status = true;
        } else {
            at = take_field(at, fields);
        }
    }
    return at != NULL && has_status;
}

const struct field *
field_find(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (strcmp(fields->all[i].name, name) == 0)
            return &fields->all[i];
    return NULL;
}
