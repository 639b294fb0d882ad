#ifndef SIGNUMD_CANDIDATES_H
#define SIGNUMD_CANDIDATES_H

#include "base/db.h"
#include "policy/policy.h"

/*
 * The policies in force, kept read in memory by each process and found by user and key. Every
 * change of the policies changes a mark in the database, whoever makes it: what is kept under
 * another mark is read anew. So a change is in force for the very next request.
 */
struct signumd_snapshot;

struct signumd_candidates {
    struct signumd_snapshot *snapshot; /* holds the policies */
    struct signumd_candidate *items;
    size_t count;
};

/*
 * Those that can fit the user and key, in an order of no importance; with NULL for both all of
 * them, by name. Nothing of their limits is used yet. `candidates_out` is freed with
 * signumd_candidates_clear(), also after a failure. From any thread.
 */
enum signum_status signumd_candidates_find(struct signumd_db *db, const char *user,
                                           const char *key,
                                           struct signumd_candidates *candidates_out)
    SIGNUM_MUST_USE;
void signumd_candidates_clear(struct signumd_candidates *candidates);

#endif
