#ifndef SIGNUM_CNG_NOTES_H
#define SIGNUM_CNG_NOTES_H

#include "signum/ksp_abi.h"

#include "core/client.h"
#include "core/lock.h"

/*
 * What a handle remembers for its caller: the window, use context, reason and PIN that were set,
 * and the last failure and request id for the properties "Signum Last Error" and
 * "Signum Request Id".
 * Thread-safe; the lock is held for copying only.
 */
struct signum_notes {
    struct signum_lock lock;
    HWND window;                   /* NULL: not set */
    struct signum_buf use_context; /* UTF-8; empty: not set */
    struct signum_buf reason;      /* the same */
    struct signum_buf pin;         /* the same; a secret */
    struct signum_buf last_error;  /* a sentence; empty: none yet */
    struct signum_buf last_request;
};

/* Which of the texts. */
enum signum_notes_text {
    SIGNUM_NOTES_USE_CONTEXT,
    SIGNUM_NOTES_REASON,
    SIGNUM_NOTES_PIN,
    SIGNUM_NOTES_LAST_ERROR,
    SIGNUM_NOTES_LAST_REQUEST,
};

#define SIGNUM_NOTES_TEXT_MAX 4096 /* bytes of each text */

void signum_notes_init(struct signum_notes *notes);
void signum_notes_clear(struct signum_notes *notes);

void signum_notes_set_window(struct signum_notes *notes, HWND window);
HWND signum_notes_window(struct signum_notes *notes);

/* Replaces a text. On failure the old one stays. */
enum signum_status signum_notes_set_text(struct signum_notes *notes, enum signum_notes_text which,
                                         const char *text) SIGNUM_MUST_USE;

/* Appends a text to `out`; NOT_FOUND if it is empty. */
enum signum_status signum_notes_text(struct signum_notes *notes, enum signum_notes_text which,
                                     struct signum_buf *out) SIGNUM_MUST_USE;

/* Remembers how a call ended: a failure that is more than a slip of the caller, and the request's
   id if there was a request. */
void signum_notes_remember(struct signum_notes *notes, enum signum_status status,
                           const struct signum_report *report);

#endif
