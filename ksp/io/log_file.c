#include "io/log_file.h"

#include <stdlib.h>

#include "core/lock.h"
#include "core/log.h"
#include "io/paths.h"
#include "io/platform.h"

#define HEAD_MAX 64 /* bytes of time and process number */

struct log_file {
    struct signum_lock lock;
    char *path; /* NULL: the platform's place */
};

/* The lock is not held while the file is written. */
static enum signum_status
put_path(struct log_file *log, struct signum_buf *path_out)
{
    bool is_directed = false;

    signum_lock_acquire(&log->lock);
    if (log->path != NULL) {
        signum_buf_put_text(path_out, log->path);
        is_directed = true;
    }
    signum_lock_release(&log->lock);
    return is_directed ? signum_buf_status(path_out) : signum_paths_log(path_out);
}

static void
write_line(void *self, enum signum_log_level level, const char *line)
{
    struct signum_buf path;
    struct signum_buf old_path;
    struct signum_buf record;

    (void)level;
    signum_buf_init(&path, SIGNUM_PATH_MAX);
    signum_buf_init(&old_path, SIGNUM_PATH_MAX);
    signum_buf_init(&record, SIGNUM_LOG_LINE_MAX + HEAD_MAX);
    enum signum_status status = put_path(self, &path);
    if (status == SIGNUM_OK) {
        signum_buf_printf(&old_path, "%s.1", signum_buf_text(&path));
        signum_log_file_put_time(&record);
        signum_buf_printf(&record, " %lu %s\n", signum_platform_pid(), line);
        if (signum_buf_status(&record) == SIGNUM_OK && signum_buf_status(&old_path) == SIGNUM_OK)
            signum_log_file_append(signum_buf_text(&path), signum_buf_text(&old_path),
                                   SIGNUM_LOG_FILE_MAX, signum_bytes_of_buf(&record));
    }
    signum_buf_clear(&record);
    signum_buf_clear(&old_path);
    signum_buf_clear(&path);
}

static void
direct(void *self, const char *path)
{
    struct log_file *log = self;
    char *copy = path == NULL || *path == 0 ? NULL : signum_text_copy(path);

    signum_lock_acquire(&log->lock);
    char *before = log->path;
    log->path = copy;
    signum_lock_release(&log->lock);
    free(before);
}

enum signum_status
signum_log_file_open(struct signum_log_sink *sink_out)
{
    *sink_out = (struct signum_log_sink){0};
    struct log_file *log = calloc(1, sizeof *log);
    if (log == NULL)
        return SIGNUM_NO_MEMORY;
    signum_lock_init(&log->lock);
    *sink_out = (struct signum_log_sink){log, write_line, direct};
    return SIGNUM_OK;
}

void
signum_log_file_clear(struct signum_log_sink *sink)
{
    struct log_file *log = sink->self;

    if (log != NULL) {
        free(log->path);
        signum_lock_clear(&log->lock);
    }
    free(log);
    *sink = (struct signum_log_sink){0};
}
