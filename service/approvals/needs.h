#ifndef SIGNUMD_NEEDS_H
#define SIGNUMD_NEEDS_H

#include "audit/audit.h"
#include "policy/policy.h"

/*
 * Who must say yes, and who has: m of a group, for several groups. A subject is what is voted on:
 * the identifier of a signing request that waits, or of a release. One person counts for one group
 * of a subject only, for whichever of the person's groups lacks somebody: two groups that each
 * need one person need two people.
 */

#define SIGNUMD_NEEDS_MAX 8
#define SIGNUMD_NEED_MAX 64 /* people of one group */
#define SIGNUMD_VOTES_MAX 128
#define SIGNUMD_VOTE_REASON_MAX 1024

struct signumd_need {
    int64_t need;
    int64_t have;
    char group[SIGNUMD_NAME_MAX + 1]; /* "": any approver */
};

struct signumd_needs {
    struct signumd_need items[SIGNUMD_NEEDS_MAX];
    size_t count;
};

/* Somebody who may vote, as the service knows him. All borrowed. */
struct signumd_voter {
    const char *name;
    bool is_approver;                   /* has the role */
    const struct signumd_texts *groups; /* NULL: none */
};

struct signumd_vote {
    const char *subject;
    struct signumd_voter voter;
    bool is_approval; /* else a rejection */
    const char *reason;
    int64_t time;
};

/*
 * Adds a need; of two for one group the greater holds. SIGNUM_INVALID_ARGUMENT if it is not 1 to
 * SIGNUMD_NEED_MAX or the name is none, SIGNUM_TOO_LARGE if there is no room.
 */
enum signum_status signumd_needs_add(
    struct signumd_needs *needs, int64_t need, const char *group) SIGNUM_MUST_USE;

/*
 * Sets what there is of each need. `masks` has one item per person: the bit i is set if the person
 * is in the group of needs->items[i]. As many needs are met as can be met at once.
 */
void signumd_needs_count(struct signumd_needs *needs, const unsigned *masks, size_t count);

/* Is everything needed there? No needs are never met. */
bool signumd_needs_are_met(const struct signumd_needs *needs);

/* May he vote on what needs this? The role and one of the groups, that is. */
bool signumd_needs_has_voter(const struct signumd_needs *needs, const struct signumd_voter *voter);

/* Stores the needs of a subject in place of those it has. Only within a transaction. */
enum signum_status signumd_needs_store(
    struct signumd_db *db, const char *subject, const struct signumd_needs *needs) SIGNUM_MUST_USE;

/* The needs of a subject and what there is of them. */
enum signum_status signumd_needs_load(
    struct signumd_db *db, const char *subject, struct signumd_needs *needs_out) SIGNUM_MUST_USE;

/* What there is of other needs by the votes on a subject; the votes of `without` do not count. */
enum signum_status signumd_needs_weigh(struct signumd_db *db, const char *subject,
    const char *without, struct signumd_needs *needs) SIGNUM_MUST_USE;

/*
 * Stores a vote and the groups it can count for; a later one of the same person takes its place.
 * Only within a transaction.
 */
enum signum_status signumd_votes_store(struct signumd_db *db, const struct signumd_vote *vote,
    const struct signumd_needs *needs) SIGNUM_MUST_USE;

/* Has the person approved the subject? */
enum signum_status signumd_votes_has(
    struct signumd_db *db, const char *subject, const char *user, bool *has_out) SIGNUM_MUST_USE;

/* Writes the member approvals: [{group, need, have}]. A group "" is written as null. */
void signumd_needs_write(const struct signumd_needs *needs, struct signumd_json_writer *writer);

/* Writes the member votes: [{user, vote, reason, time}], the oldest first. */
enum signum_status signumd_votes_write(
    struct signumd_db *db, const char *subject, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
