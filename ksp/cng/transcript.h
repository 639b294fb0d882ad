#ifndef SIGNUM_CNG_TRANSCRIPT_H
#define SIGNUM_CNG_TRANSCRIPT_H

#include "signum/ksp_abi.h"

/*
 * The recorder: writes down which calls a program makes, so that the tests can make them again.
 * Off unless the variable SIGNUM_TRANSCRIPT names a file when the table is asked for; then every
 * call is one more line of that file. docs/transcripts.md has the format and what is left out.
 *
 * Returns the table to hand out: `real` itself, or one whose entries call those of `real` and
 * record. Thread-safe.
 */
NCRYPT_KEY_STORAGE_FUNCTION_TABLE *
signum_transcript_table(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *real);

/* ---- Between transcript.c and the files that record ---- */

/* The table that is recorded. */
const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *signum_transcript_real(void);

/* Appends a finished line to the file; its cost is the host's, its failure nobody's. */
void signum_transcript_append(const char *line);

/* Each puts its entries into the table. */
void signum_transcript_wrap_objects(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table);
void signum_transcript_wrap_keys(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table);
void signum_transcript_wrap_others(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table);

#endif
