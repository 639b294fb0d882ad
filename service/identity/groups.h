#ifndef SIGNUMD_GROUPS_H
#define SIGNUMD_GROUPS_H

#include "identity/users.h"
#include "policy/policy.h"

/*
 * Groups of users, for policies and approvals. A group gives no role. Members are local users, and
 * federated users by their names, whom nobody has to have seen yet.
 */

#define SIGNUMD_MEMBERS_MAX 1000

/* SIGNUM_KEY_EXISTS; SIGNUM_INVALID_ARGUMENT: the name. Audited. */
enum signum_status signumd_groups_add(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name) SIGNUM_MUST_USE;

/*
 * Gives a group exactly these members, and makes it if it is not there. SIGNUM_INVALID_ARGUMENT:
 * the name of the group, or of a federated member; SIGNUM_NOT_FOUND: `missing_out` (borrowed from
 * `members`) is no user. Audited.
 */
enum signum_status signumd_groups_put(struct signumd_db *db, const struct signumd_actor *actor,
    const char *name, const struct signumd_texts *members,
    const char **missing_out) SIGNUM_MUST_USE;

/* With the group goes what policies allow its members. SIGNUM_NOT_FOUND. Audited. */
enum signum_status signumd_groups_remove(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name) SIGNUM_MUST_USE;

/*
 * SIGNUM_NOT_FOUND: no such group; SIGNUM_INVALID_ARGUMENT: no such user; SIGNUM_KEY_EXISTS: he is
 * a member already. Audited.
 */
enum signum_status signumd_groups_join(struct signumd_db *db, const struct signumd_actor *actor,
    const char *name, const char *user) SIGNUM_MUST_USE;

/* SIGNUM_NOT_FOUND if he is no member. Audited. */
enum signum_status signumd_groups_leave(struct signumd_db *db, const struct signumd_actor *actor,
    const char *name, const char *user) SIGNUM_MUST_USE;

/* Takes a user who goes out of all groups. Only within a transaction. */
enum signum_status signumd_groups_forget(struct signumd_db *db, const char *user) SIGNUM_MUST_USE;

/* The names of the groups of a user; freed with signumd_texts_clear(), also after a failure. */
enum signum_status signumd_groups_of(
    struct signumd_db *db, const char *user, struct signumd_texts *groups_out) SIGNUM_MUST_USE;

/* Writes names as an array of texts. */
void signumd_groups_write_names(
    const struct signumd_texts *groups, const char *name, struct signumd_json_writer *writer);

/* Writes one as an item or document: {name, members, created}. SIGNUM_NOT_FOUND. */
enum signum_status signumd_groups_write(
    struct signumd_db *db, const char *name, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Up to `limit` behind the name `after`; `next_out` is the last name if there are more, or "". */
enum signum_status signumd_groups_write_page(struct signumd_db *db, const char *after,
    int64_t limit, struct signumd_json_writer *writer,
    char next_out[SIGNUMD_NAME_MAX + 1]) SIGNUM_MUST_USE;

/* Writes all as items of an array. */
enum signum_status signumd_groups_write_list(
    struct signumd_db *db, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
