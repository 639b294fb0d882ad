#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "base/json.h"
#include "base/timestamp.h"

#define MESSAGE_MAX 2048
#define LINE_MAX_LEN 8192
#define SENT_MAX 512 /* a byte may take six in JSON, and there are two of them */

static const char *const names[] = {"error", "warning", "info"};
/* syslog's priorities 3, 4 and 6, as the journal reads them at the begin of a line */
static const char *const priorities[] = {"<3>", "<4>", "<6>"};

static bool is_json_log;
static bool is_journal;
static atomic_int max_level = SIGNUMD_LOG_INFO;
static _Thread_local const char *current_request;

/* JOURNAL_STREAM has device and inode of the stream that systemd has made (systemd.exec(5)). */
static bool
has_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device = 0;
    unsigned long long inode = 0;
    struct stat facts;

    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &facts) == 0 && facts.st_dev == device && facts.st_ino == inode;
}

void
signumd_log_use_json(bool is_json)
{
    is_json_log = is_json;
    is_journal = is_json && has_journal();
}

bool
signumd_log_level_by_name(const char *name, enum signumd_log_level *level_out)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *level_out = (enum signumd_log_level)i;
        return true;
    }
    return false;
}

void
signumd_log_use_level(enum signumd_log_level level)
{
    atomic_store(&max_level, (int)level);
}

void
signumd_log_use_request(const char *request)
{
    current_request = request;
}

static bool
is_left_out(enum signumd_log_level level)
{
    return (int)level > atomic_load(&max_level);
}

static void
start_line(struct signum_buf *line, struct signumd_json_writer *writer,
           enum signumd_log_level level)
{
    char now[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_now(now);
    signum_buf_init(line, LINE_MAX_LEN);
    if (is_journal)
        signum_buf_put_text(line, priorities[level]);
    signumd_json_start(writer, line);
    signumd_json_put_text(writer, "time", now);
    signumd_json_put_text(writer, "level", names[level]);
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
    char message[MESSAGE_MAX];
    struct signum_buf line;
    struct signumd_json_writer writer;
    va_list args;

    if (is_left_out(level) || (level == SIGNUMD_LOG_INFO && !is_json_log))
        return;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (!is_json_log) {
        signum_buf_init(&line, LINE_MAX_LEN);
        signum_buf_printf(&line, "signumd: %s%s", level == SIGNUMD_LOG_WARNING ? "warning: " : "",
                          message);
        write_line(&line);
        return;
    }
    start_line(&line, &writer, level);
    /* not under the name that the line of a finished request has */
    if (current_request != NULL)
        signumd_json_put_text(&writer, "during", current_request);
    signumd_json_put_text(&writer, "message", message);
    signumd_json_end(&writer, '}');
    write_line(&line);
}

/* What a client sent, cut so that it cannot make the line too long to be written. */
static void
put_cut(struct signumd_json_writer *writer, const char *name, const char *text)
{
    char cut[SENT_MAX + 1];
    size_t len = strnlen(text, SENT_MAX);

    /* not in the middle of a character */
    while (text[len] != '\0' && len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    memcpy(cut, text, len);
    cut[len] = '\0';
    signumd_json_put_text(writer, name, cut);
}

void
signumd_log_access(const struct signumd_log_request *request)
{
    enum signumd_log_level level = request->status >= 500 ? SIGNUMD_LOG_ERROR : SIGNUMD_LOG_INFO;
    struct signum_buf line;
    struct signumd_json_writer writer;

    if (is_left_out(level))
        return;
    start_line(&line, &writer, level);
    signumd_json_put_text(&writer, "request", request->request);
    put_cut(&writer, "method", request->method);
    put_cut(&writer, "path", request->path);
    signumd_json_put_number(&writer, "status", request->status);
    signumd_json_put_text(&writer, "user", request->user);
    signumd_json_put_number(&writer, "ms", request->ms);
    signumd_json_put_text(&writer, "address", request->address);
    if (request->cause != NULL)
        signumd_json_put_text(&writer, "cause", request->cause);
    signumd_json_end(&writer, '}');
    write_line(&line);
}
