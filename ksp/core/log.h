#ifndef SIGNUM_CORE_LOG_H
#define SIGNUM_CORE_LOG_H

#include "ports.h"

/*
 * The log: a level in front of a sink. A line is written once, where the cause is known, and
 * reads "LEVEL function: text". Never a token, PIN, digest or signature in it.
 */
struct signum_log {
    struct signum_log_sink sink;
    enum signum_log_level level; /* lines above it are dropped */
};

#define SIGNUM_LOG_LINE_MAX 2048 /* bytes; longer lines are cut */

/* `log` may be NULL: nothing is written. Control characters in the text become '?'. */
void signum_log_write(const struct signum_log *log, enum signum_log_level level,
                      const char *function, const char *format, ...)
    SIGNUM_PRINTF(4, 5);

/* "error", "warning", "info", "debug"; NULL if out of range. */
const char *signum_log_level_name(enum signum_log_level level);

/* The level of that name; BAD_SETTINGS if there is none. */
enum signum_status signum_log_level_parse(const char *name,
                                          enum signum_log_level *level_out) SIGNUM_MUST_USE;

#define signum_log_error(log, ...) signum_log_write(log, SIGNUM_LOG_ERROR, __func__, __VA_ARGS__)
#define signum_log_warning(log, ...)                                                               \
    signum_log_write(log, SIGNUM_LOG_WARNING, __func__, __VA_ARGS__)
#define signum_log_info(log, ...) signum_log_write(log, SIGNUM_LOG_INFO, __func__, __VA_ARGS__)
#define signum_log_debug(log, ...) signum_log_write(log, SIGNUM_LOG_DEBUG, __func__, __VA_ARGS__)

#endif
