#ifndef SIGNUMD_RELEASES_INTERNAL_H
#define SIGNUMD_RELEASES_INTERNAL_H

#include "approvals/releases.h"

/* Between the parts of the releases: making, changing, showing. */

/* What a change and its record need to know of one. The texts are borrowed. */
struct signumd_release_row {
    const char *name;
    const char *creator;
    const char *state;
    struct signumd_needs needs;
};

/* Appends the audit record of a change; `reason` may be NULL. */
enum signum_status signumd_release_record(struct signumd_db *db, const struct signumd_actor *actor,
    const char *action, const struct signumd_release_row *row, const char *as,
    const char *reason) SIGNUM_MUST_USE;

#endif
