#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* In the order of enum signum_log_level. */
static const char *const level_names[] = {"error", "warning", "info", "debug"};

#define LEVEL_COUNT (sizeof level_names / sizeof level_names[0])

const char *
signum_log_level_name(enum signum_log_level level)
{
    if ((unsigned)level >= LEVEL_COUNT)
        return NULL;
    return level_names[level];
}

enum signum_status
signum_log_level_parse(const char *name, enum signum_log_level *level_out)
{
    *level_out = SIGNUM_LOG_INFO;
    if (name == NULL)
        return SIGNUM_INVALID_ARGUMENT;
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level_out = (enum signum_log_level)i;
            return SIGNUM_OK;
        }
    }
    return SIGNUM_BAD_SETTINGS;
}

/* One record is one line, whatever a service or a file name puts into it. */
static void
tame(char *line)
{
    for (char *at = line; *at != 0; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7F)
            *at = '?';
    }
}

/* A cut may fall into a UTF-8 sequence: its head is taken off as well. */
static void
drop_half_character(char *line, size_t len)
{
    size_t start = len;

    while (start > 0 && len - start < 3 && ((unsigned char)line[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char head = (unsigned char)line[start - 1];
    size_t need = head >= 0xF0 ? 3 : head >= 0xE0 ? 2 : head >= 0xC0 ? 1 : 0;
    if (head >= 0xC0 && len - start < need)
        line[start - 1] = 0;
}

void
signum_log_write(const struct signum_log *log, enum signum_log_level level, const char *function,
                 const char *format, ...)
{
    if (log == NULL || log->sink.write == NULL || level > log->level)
        return;
    const char *name = signum_log_level_name(level);
    if (name == NULL)
        return;

    int kept = errno;
    char line[SIGNUM_LOG_LINE_MAX + 1];
    int head = snprintf(line, sizeof line, "%s %s: ", name, function);
    if (head > 0 && (size_t)head < sizeof line) {
        va_list args;
        va_start(args, format);
        int body = vsnprintf(line + head, sizeof line - (size_t)head, format, args);
        va_end(args);
        if (body >= 0 && (size_t)body >= sizeof line - (size_t)head)
            drop_half_character(line, sizeof line - 1);
        tame(line);
        log->sink.write(log->sink.self, level, line);
    }
    errno = kept;
}
