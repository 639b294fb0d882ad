#ifndef SIGNUM_CLI_CONSOLE_H
#define SIGNUM_CLI_CONSOLE_H

#include <stdio.h>

#include "core/buf.h"

/* What a command line program needs of its system (console_posix.c, console_win32.c). */

/* The arguments in UTF-8. `argv_out` is the caller's own argv, or an array that lives until the
   process ends. NO_MEMORY, INVALID_ARGUMENT (not valid Unicode). */
enum signum_status signum_console_arguments(int *argc_inout, char **argv,
                                             char ***argv_out) SIGNUM_MUST_USE;

/* Prepares stdin, stdout and stderr: UTF-8 on a console, and the same bytes on every system. */
void signum_console_streams(void);

/* fopen() with a UTF-8 path, always binary: `mode` is "rb" or "wb". NULL on failure. */
FILE *signum_console_fopen(const char *path, const char *mode);

/* Asks on the terminal that `in` is, without showing the answer if it is a secret, and appends the
   line. NOT_SUPPORTED if there is no terminal, IO, TOO_LARGE. */
enum signum_status signum_console_ask(FILE *in, const char *question, bool is_secret,
                                      struct signum_buf *answer_out) SIGNUM_MUST_USE;

/* Removes a file; no matter if it is not there. */
void signum_console_remove(const char *path);

#endif
