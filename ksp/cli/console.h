#ifndef SIGNUM_CLI_CONSOLE_H
#define SIGNUM_CLI_CONSOLE_H

#include <stdio.h>

#include "core/status.h"

/* What a command line program needs of its system (console_posix.c, console_win32.c). */

/* The arguments in UTF-8. `argv_out` is the caller's own argv, or an array that lives until the
   process ends. NO_MEMORY, INVALID_ARGUMENT (not valid Unicode). */
enum signum_status signum_console_arguments(int *argc_inout, char **argv,
                                             char ***argv_out) SIGNUM_MUST_USE;

/* Prepares stdin, stdout and stderr: UTF-8 on a console, and the same bytes on every system. */
void signum_console_streams(void);

/* fopen() with a UTF-8 path, always binary: `mode` is "rb" or "wb". NULL on failure. */
FILE *signum_console_fopen(const char *path, const char *mode);

/* Removes a file; no matter if it is not there. */
void signum_console_remove(const char *path);

#endif
