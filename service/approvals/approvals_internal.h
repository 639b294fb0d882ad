#ifndef SIGNUMD_APPROVALS_INTERNAL_H
#define SIGNUMD_APPROVALS_INTERNAL_H

#include "approvals/approvals.h"

/* Between the parts of the approvals: finding, changing, showing. */

/* The columns that signumd_approval_read_row() takes, in its order. */
#define SIGNUMD_APPROVAL_COLUMNS                                                                   \
    "id, number, user, key_id, key, version, scheme, hash, salt, digest, context, reason, state,"  \
    " created, expires, answer"

/* Fills in all but the needs. SIGNUM_INTERNAL if the row is not one of ours. */
enum signum_status signumd_approval_read_row(
    struct sqlite3_stmt *query, int64_t now, struct signumd_approval *approval) SIGNUM_MUST_USE;

/* Writes the new state; only from a state that is open. SIGNUM_NOT_FOUND if it was not. */
enum signum_status signumd_approval_set_state(struct signumd_db *db, const char *id,
    enum signumd_approval_state state, int64_t now) SIGNUM_MUST_USE;

/* Appends the audit record of a change; texts may be NULL. */
enum signum_status signumd_approval_record(struct signumd_db *db, const struct signumd_actor *actor,
    const char *action, const struct signumd_approval *approval, const char *as,
    const char *reason) SIGNUM_MUST_USE;

#endif
