#ifndef SIGNUM_TRANSCRIPTS_TRANSCRIPT_H
#define SIGNUM_TRANSCRIPTS_TRANSCRIPT_H

#include "signum/ksp_abi.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Reading and playing a transcript, whose format is in docs/transcripts.md. One line is one call;
 * it is made, and what it answers is compared with what the line says.
 */

#define FIELDS_MAX 12
#define VALUE_LEN 300
#define DATA_LEN 8448

struct field {
    char name[16];
    char value[VALUE_LEN];
    bool is_text; /* it stood in quotes */
};

struct fields {
    struct field all[FIELDS_MAX];
    size_t count;
};

struct call {
    unsigned line;
    char function[32];
    struct fields arguments;
    bool is_any_status; /* "*" */
    SECURITY_STATUS status;
    struct fields results;
};

/* Splits a line. False if it is no call as docs/transcripts.md has it. */
bool call_parse(const char *text, unsigned line, struct call *call_out);

/* NULL if there is none. */
const struct field *field_find(const struct fields *fields, const char *name);

/* ---- What one call is made of; play.c ---- */

/* A call under way: what it was given and what was wrong with its answer. */
struct play {
    const struct call *call;
    WCHAR texts[4][VALUE_LEN];
    size_t text_count;
    uint8_t data[DATA_LEN]; /* what goes in or comes out */
    DWORD len;
    char found[512]; /* empty: all as written */
};

/* Adds to what was wrong. */
void play_wrong(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A text argument; NULL for null or a missing one. */
const WCHAR *play_text(struct play *play, const char *name);
DWORD play_number(struct play *play, const char *name);
ULONG_PTR play_handle(struct play *play, const char *name);
/* "room": where the answer goes; NULL for null. play->len is its size. */
uint8_t *play_room(struct play *play);

void play_status(struct play *play, SECURITY_STATUS status);
/* "len", and "value" if the line has one. */
void play_result(struct play *play, SECURITY_STATUS status, const uint8_t *data, DWORD len);
/* Gives the handle the name that the line has for it. */
void play_bind(struct play *play, const char *name, ULONG_PTR handle);
/* A text among the results. */
void play_result_text(struct play *play, const char *name, const WCHAR *got);

/* ---- sign.c ---- */

/* Whether made signatures are checked with the provider itself, and kept for openssl. */
extern bool play_verifies;

void play_sign(struct play *play);
void play_verify(struct play *play);

/* ---- calls.c ---- */

/* Makes the call and says "ok LINE FUNCTION" or "not ok". */
void call_play(const struct call *call);

#endif
