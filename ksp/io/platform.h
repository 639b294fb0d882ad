#ifndef SIGNUM_IO_PLATFORM_H
#define SIGNUM_IO_PLATFORM_H

#include <stdio.h>

#include "core/ports.h"

/*
 * The small real ports that are one or two system calls each: clock, random numbers, the process,
 * and its variables. platform_posix.c or platform_win32.c. Nothing to free.
 */

void signum_platform_clock(struct signum_clock *clock_out);
/* getrandom or BCryptGenRandom. */
void signum_platform_random(struct signum_random *random_out);
/* platform_process_posix.c or platform_process_win32.c. */
void signum_platform_process(struct signum_process_context *process_out);

/* Appends the SHA-256 of the rest of a file in hexadecimal; nothing if it is of more than 64 MiB,
   or cannot be read. */
void signum_platform_hash(FILE *file, struct signum_buf *hex_out);

/* Appends a variable of the process as UTF-8; NOT_FOUND if it is not set. */
enum signum_status signum_platform_variable(const char *name,
                                            struct signum_buf *value_out) SIGNUM_MUST_USE;

/* Number of this process. */
unsigned long signum_platform_pid(void);

#endif
