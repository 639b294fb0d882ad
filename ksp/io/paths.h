#ifndef SIGNUM_IO_PATHS_H
#define SIGNUM_IO_PATHS_H

#include "core/buf.h"

/*
 * Where things lie on this system; the fixed names of docs/settings.md. Each appends a UTF-8 path
 * and makes nothing. NOT_FOUND if the process has no such place (no home, no profile), otherwise
 * the status of `path_out`.
 */

#define SIGNUM_PATH_MAX 32768 /* bytes of a path */

enum signum_status signum_paths_machine_settings(struct signum_buf *path_out) SIGNUM_MUST_USE;
enum signum_status signum_paths_user_settings(struct signum_buf *path_out) SIGNUM_MUST_USE;
/* The folder of the secret store. */
enum signum_status signum_paths_secrets(struct signum_buf *path_out) SIGNUM_MUST_USE;
/* The log file. */
enum signum_status signum_paths_log(struct signum_buf *path_out) SIGNUM_MUST_USE;

#endif
