#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/buf.h"
#include "base/json.h"
#include "base/timestamp.h"

#define MESSAGE_MAX 2048
#define LINE_MAX_LEN 8192

static bool is_json_log;

void
signumd_log_use_json(bool is_json)
{
    is_json_log = is_json;
}

/* One write per line, so that lines of different threads never mix. */
static void
write_line(struct signum_buf *line)
{
    signum_buf_put_byte(line, '\n');
    if (signum_buf_status(line) == SIGNUM_OK) {
        ssize_t done = write(STDERR_FILENO, line->data, line->len);
        (void)done; /* there is nobody left to tell */
    }
    signum_buf_clear(line);
}

void
signumd_log(enum signumd_log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info"};
    char message[MESSAGE_MAX];
    char now[SIGNUMD_TIMESTAMP_SIZE];
    struct signum_buf line;
    struct signumd_json_writer writer;
    va_list args;

    if (level == SIGNUMD_LOG_INFO && !is_json_log)
        return;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    signum_buf_init(&line, LINE_MAX_LEN);
    if (!is_json_log) {
        signum_buf_printf(&line, "signumd: %s%s", level == SIGNUMD_LOG_WARNING ? "warning: " : "",
                          message);
        write_line(&line);
        return;
    }
    signumd_timestamp_now(now);
    signumd_json_start(&writer, &line);
    signumd_json_put_text(&writer, "time", now);
    signumd_json_put_text(&writer, "level", names[level]);
    signumd_json_put_text(&writer, "message", message);
    signumd_json_end(&writer, '}');
    write_line(&line);
}

void
signumd_log_access(const struct signumd_log_request *request)
{
    char now[SIGNUMD_TIMESTAMP_SIZE];
    struct signum_buf line;
    struct signumd_json_writer writer;

    signumd_timestamp_now(now);
    signum_buf_init(&line, LINE_MAX_LEN);
    signumd_json_start(&writer, &line);
    signumd_json_put_text(&writer, "time", now);
    signumd_json_put_text(&writer, "request", request->request);
    signumd_json_put_text(&writer, "method", request->method);
    signumd_json_put_text(&writer, "path", request->path);
    signumd_json_put_number(&writer, "status", request->status);
    signumd_json_put_text(&writer, "user", request->user);
    signumd_json_put_number(&writer, "ms", request->ms);
    signumd_json_put_text(&writer, "address", request->address);
    if (request->cause != NULL)
        signumd_json_put_text(&writer, "cause", request->cause);
    signumd_json_end(&writer, '}');
    write_line(&line);
}
