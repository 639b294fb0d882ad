#ifndef SIGNUM_IO_LOG_FILE_H
#define SIGNUM_IO_LOG_FILE_H

#include "core/ports.h"

/*
 * The log sink that appends to a file: "2025-01-31T12:00:00.123Z 4711 " and the line. Several
 * processes share the file: each line is one append. When it has grown to SIGNUM_LOG_FILE_MAX it
 * becomes FILE.1 (one such file is kept). Never fails towards its caller, keeps errno and
 * LastError, writes nowhere else.
 */

#define SIGNUM_LOG_FILE_MAX (5u << 20) /* bytes */

/* Opens the sink; no file is touched before the first line. NO_MEMORY. */
enum signum_status signum_log_file_open(struct signum_log_sink *sink_out) SIGNUM_MUST_USE;
void signum_log_file_clear(struct signum_log_sink *sink);

/* ---- Between log_file.c and the platform's part ---- */

/* Appends one finished line (with its line end) to the file, which becomes `old_path` first if it
   has reached `max_len`. */
void signum_log_file_append(const char *path, const char *old_path, uint64_t max_len,
                            struct signum_bytes line);
/* Appends "2025-01-31T12:00:00.123Z" for now. */
void signum_log_file_put_time(struct signum_buf *out);

#endif
