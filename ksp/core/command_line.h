#ifndef SIGNUM_CORE_COMMAND_LINE_H
#define SIGNUM_CORE_COMMAND_LINE_H

#include "buf.h"

/*
 * The command line of the program that signs, as it may be told to the service. Arguments are
 * texts that each end in a NUL, the program first.
 */

/* Splits a command line of Windows into arguments, roughly as the C runtime does. */
void signum_command_line_split(const char *line, struct signum_buf *arguments_out);

/*
 * Appends the arguments as one line, with "***" in place of what is or may be a secret: the values
 * of options that are named like one (/p PASSWORD, --token X, key=...), and texts that look like
 * one (a JWT, a key of a well-known service, the user's part and the query of an address). What is
 * in doubt is left out.
 */
void signum_command_line_redact(struct signum_bytes arguments, struct signum_buf *line_out);

/* Appends the names, without their folders, of arguments that look like files, each with a NUL;
   at most `max` bytes. */
void signum_command_line_files(struct signum_bytes arguments, size_t max,
                               struct signum_buf *names_out);

#endif
