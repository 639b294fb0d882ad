#ifndef SIGNUMD_DRAFT_H
#define SIGNUMD_DRAFT_H

#include "core/buf.h"

/*
 * A folder that comes up as a whole or not at all: it is filled under another name beside its
 * place, and renamed when it is complete.
 */
struct signumd_draft {
    char *place;  /* absolute, where it shall be */
    char *folder; /* absolute, where it is for now; NULL once it is published */
};

/*
 * Makes an empty draft with mode 0700. SIGNUM_KEY_EXISTS, logged, if there is something at the
 * place already, other than an empty folder. To be cleared also after a failure.
 */
enum signum_status signumd_draft_begin(
    const char *place, struct signumd_draft *draft_out) SIGNUM_MUST_USE;

/* Puts it at its place, durably. Never in the place of something that has come up meanwhile. */
enum signum_status signumd_draft_publish(struct signumd_draft *draft) SIGNUM_MUST_USE;

/* Removes the draft if it was not published. */
void signumd_draft_clear(struct signumd_draft *draft);

#endif
