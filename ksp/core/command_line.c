#include "command_line.h"

#include <string.h>

#define HIDDEN "***"
#define EXTENSION_MAX 10

/* How a name gives away that its value is a secret. In lower case. */
enum match { WHOLE, PART };

static const struct {
    const char *text;
    enum match match;
    bool is_of_next; /* without a value of its own, the next argument is the value */
} secret_names[] = {
    {"p", WHOLE, true},       {"pw", WHOLE, true},     {"pin", WHOLE, true},
    {"sas", WHOLE, true},     {"auth", WHOLE, true},   {"bearer", WHOLE, true},
    {"kvs", WHOLE, true},     {"kva", WHOLE, true},    {"key", WHOLE, false},
    {"pass", PART, true},     {"pwd", PART, true},     {"secret", PART, true},
    {"token", PART, true},    {"apikey", PART, true},  {"api-key", PART, true},
    {"api_key", PART, true},  {"credential", PART, true}, {"authorization", PART, true},
    {"accesskey", PART, true}, {"access-key", PART, true}, {"access_key", PART, true},
    {"accountkey", PART, true}, {"signature", PART, false}, {"private-key", PART, false},
};

/* How a text gives itself away. "{{" is where a token's software takes a PIN in a key's name. */
static const struct {
    const char *text;
    bool is_anywhere;
} secret_texts[] = {
    {"eyJ", false},    {"ghp_", false},     {"gho_", false},  {"ghs_", false},  {"ghu_", false},
    {"glpat-", false}, {"github_pat_", false}, {"xoxb-", false}, {"{{", true},
    {"-----BEGIN", true},
};

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_same(const char *text, const char *lower_text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(text[i]) != lower_text[i])
            return false;
    return true;
}

/* Is a name of `len` bytes, without its dashes or slash, that of a secret? */
static bool
is_secret_name(const char *name, size_t len, bool is_of_next)
{
    for (size_t i = 0; i < sizeof secret_names / sizeof secret_names[0]; i++) {
        size_t want = strlen(secret_names[i].text);
        if (want > len || (is_of_next && !secret_names[i].is_of_next))
            continue;
        size_t last = secret_names[i].match == PART ? len - want : 0;
        if (secret_names[i].match == WHOLE && want != len)
            continue;
        for (size_t at = 0; at <= last; at++)
            if (is_same(name + at, secret_names[i].text, want))
                return true;
    }
    return false;
}

static bool
is_option(const char *argument)
{
    return argument[0] == '-' || argument[0] == '/';
}

static const char *
name_of(const char *argument)
{
    return argument + strspn(argument, "-/");
}

/* Where the value of NAME=VALUE or NAME:VALUE begins, if it is a secret; else NULL. */
static const char *
secret_value(const char *argument)
{
    static const char separators[] = ":=";
    const char *name = name_of(argument);

    for (size_t i = 0; i < sizeof separators - 1; i++) {
        const char *end = strchr(name, separators[i]);
        if (end != NULL && is_secret_name(name, (size_t)(end - name), false))
            return end + 1;
    }
    return NULL;
}

static bool
looks_secret(const char *text)
{
    for (size_t i = 0; i < sizeof secret_texts / sizeof secret_texts[0]; i++) {
        const char *found = strstr(text, secret_texts[i].text);
        if (found != NULL && (secret_texts[i].is_anywhere || found == text ||
                              found[-1] == '=' || found[-1] == ':' || found[-1] == ' '))
            return true;
    }
    return false;
}

/* Does the argument after this one hold a secret? */
static bool
hides_next(const char *argument)
{
    const char *name = name_of(argument);

    if (!is_option(argument))
        return strlen(name) == 6 && is_same(name, "bearer", 6);
    return strpbrk(name, ":=") == NULL && is_secret_name(name, strlen(name), true);
}

/* An address without the user's part and the query; other texts as they are. */
static void
put_plain(const char *argument, struct signum_buf *out)
{
    const char *scheme = strstr(argument, "://");

    if (scheme == NULL) {
        signum_buf_put_text(out, argument);
        return;
    }
    const char *host = scheme + 3;
    const char *at = memchr(host, '@', strcspn(host, "/?#"));
    signum_buf_put(out, argument, (size_t)(host - argument));
    if (at != NULL)
        signum_buf_put_text(out, HIDDEN);
    host = at != NULL ? at : host;
    size_t len = strcspn(host, "?");
    signum_buf_put(out, host, len);
    if (host[len] != 0)
        signum_buf_put_text(out, "?" HIDDEN);
}

static void
put_argument(const char *argument, bool is_hidden, struct signum_buf *out)
{
    const char *value = secret_value(argument);

    if (is_hidden || (value == NULL && looks_secret(argument)))
        signum_buf_put_text(out, HIDDEN);
    else if (value != NULL) {
        signum_buf_put(out, argument, (size_t)(value - argument));
        signum_buf_put_text(out, HIDDEN);
    } else {
        bool is_quoted = *argument == 0 || strpbrk(argument, " \t") != NULL;
        signum_buf_put_text(out, is_quoted ? "\"" : "");
        put_plain(argument, out);
        signum_buf_put_text(out, is_quoted ? "\"" : "");
    }
}

/* The argument at `at`, which goes on to the next one; NULL at the end. */
static const char *
next_argument(struct signum_bytes arguments, size_t *at)
{
    const char *text = (const char *)arguments.data + *at;

    if (*at >= arguments.len || memchr(text, 0, arguments.len - *at) == NULL)
        return NULL;
    *at += strlen(text) + 1;
    return text;
}

void
signum_command_line_redact(struct signum_bytes arguments, struct signum_buf *line_out)
{
    size_t at = 0;
    bool is_first = true;
    bool is_hidden = false;
    const char *argument = next_argument(arguments, &at);

    for (; argument != NULL; argument = next_argument(arguments, &at)) {
        if (!is_first)
            signum_buf_put_byte(line_out, ' ');
        put_argument(argument, is_hidden, line_out);
        is_hidden = !is_first && hides_next(argument);
        is_first = false;
    }
}

/* A name with an extension, that is no option, no address and no assignment. */
static bool
looks_like_file(const char *argument, const char *name)
{
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    const char *dot = strrchr(name, '.');

    if (argument[0] == '-' || strstr(argument, "://") != NULL || strchr(argument, '=') != NULL)
        return false;
    if (dot == NULL || dot == name)
        return false;
    size_t len = strlen(dot + 1);
    return len > 0 && len <= EXTENSION_MAX && strspn(dot + 1, allowed) == len;
}

void
signum_command_line_files(struct signum_bytes arguments, size_t max, struct signum_buf *names_out)
{
    size_t at = 0;
    bool is_hidden = false;
    const char *argument = next_argument(arguments, &at); /* the program is told elsewhere */

    while (argument != NULL) {
        argument = next_argument(arguments, &at);
        if (argument == NULL)
            return;
        const char *name = argument;
        for (const char *c = argument; *c != 0; c++)
            if (*c == '/' || *c == '\\')
                name = c + 1;
        if (!is_hidden && secret_value(argument) == NULL && !looks_secret(argument) &&
            looks_like_file(argument, name) && names_out->len + strlen(name) < max)
            signum_buf_put(names_out, name, strlen(name) + 1);
        is_hidden = hides_next(argument);
    }
}

void
signum_command_line_split(const char *line, struct signum_buf *arguments_out)
{
    bool is_quoted = false;
    bool is_within = false;

    for (; *line != 0; line++) {
        if (!is_quoted && (*line == ' ' || *line == '\t')) {
            if (is_within)
                signum_buf_put_byte(arguments_out, 0);
            is_within = false;
            continue;
        }
        is_within = true;
        if (line[0] == '\\' && line[1] == '"')
            signum_buf_put_byte(arguments_out, (uint8_t)*++line);
        else if (*line == '"')
            is_quoted = !is_quoted;
        else
            signum_buf_put_byte(arguments_out, (uint8_t)*line);
    }
    if (is_within)
        signum_buf_put_byte(arguments_out, 0);
}
