#ifndef SIGNUM_CNG_TRANSCRIPT_LINE_H
#define SIGNUM_CNG_TRANSCRIPT_LINE_H

#include "signum/ksp_abi.h"

#include "core/buf.h"

/*
 * One line of a transcript. It is made after the call: what the call refused to look at is not
 * looked at here either. Nothing secret passes: of bytes only their number is written.
 */
struct signum_transcript_line {
    struct signum_buf text;
    SECURITY_STATUS status; /* what the call answered */
    DWORD last_error;       /* the caller's, put back at the end */
    int error_number;       /* the same for errno */
};

/* What a value that stands for something is; each kind has names of its own: P1, K1, K2 ... */
enum signum_transcript_kind {
    SIGNUM_TRANSCRIPT_PROVIDER,
    SIGNUM_TRANSCRIPT_KEY,
    SIGNUM_TRANSCRIPT_SECRET,
    SIGNUM_TRANSCRIPT_BUFFER, /* what FreeBuffer gets: lists, and the state of one */
};

void signum_transcript_begin(struct signum_transcript_line *line, const char *function,
                             SECURITY_STATUS status);

/* For a line that was begun before the call: how it ended. */
void signum_transcript_called(struct signum_transcript_line *line, SECURITY_STATUS status);

/* The name of a handle: 0 for none, ? for one that was never handed out. */
void signum_transcript_put_handle(struct signum_transcript_line *line, const char *name,
                                  enum signum_transcript_kind kind, ULONG_PTR value);
/* Gives the handle a name, if the call succeeded and there is one. */
void signum_transcript_put_new(struct signum_transcript_line *line, const char *name,
                               enum signum_transcript_kind kind, ULONG_PTR value);
void signum_transcript_put_text(struct signum_transcript_line *line, const char *name,
                                LPCWSTR text);
void signum_transcript_put_number(struct signum_transcript_line *line, const char *name,
                                  DWORD value);
void signum_transcript_put_flags(struct signum_transcript_line *line, DWORD flags);
/* How many bytes were given; null for no pointer. Never the bytes. */
void signum_transcript_put_given(struct signum_transcript_line *line, const char *name,
                                 const void *data, DWORD len);
/* padding=none, pkcs1:SHA256 (or pkcs1: without a name), pss:SHA256:32. */
void signum_transcript_put_padding(struct signum_transcript_line *line, const void *info,
                                   DWORD flags);
/* The value of a property, if it is one that is public. */
void signum_transcript_put_value(struct signum_transcript_line *line, LPCWSTR property,
                                 const BYTE *value, DWORD len);
/* Whether a property's value is so secret that not even its length is told. */
bool signum_transcript_is_secret(LPCWSTR property);

/* "-> STATUS": from here on results. */
void signum_transcript_put_answer(struct signum_transcript_line *line);
/* The size that the call stored, if it did. */
void signum_transcript_put_len(struct signum_transcript_line *line, const DWORD *result);

/* Appends the line to the transcript. */
void signum_transcript_end(struct signum_transcript_line *line);

#endif
