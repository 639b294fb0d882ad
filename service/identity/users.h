#ifndef SIGNUMD_USERS_H
#define SIGNUMD_USERS_H

#include "audit/audit.h"
#include "base/db.h"
#include "identity/roles.h"

/*
 * Users and what they are. A local user has a row here and a name of 1 to 64 of A-Z a-z 0-9 . _ -,
 * as keys and policies have. A federated user has no row: an issuer of tokens vouches for him, and
 * his name is ISSUER:SUBJECT. A local name has no colon, so the two are never the same.
 */

#define SIGNUMD_NAME_MAX 64
#define SIGNUMD_USER_MAX 200 /* of a federated user's name */
#define SIGNUMD_USER_SIZE (SIGNUMD_USER_MAX + 1)

/* True if it is a permitted name of a local user, key, group or policy. */
bool signumd_name_is_valid(const char *name);

/*
 * True if it is a permitted name of a federated user or of a group that an issuer vouches for: a
 * valid name, a colon, and visible ASCII other than * ? " \ up to SIGNUMD_USER_MAX bytes in all.
 */
bool signumd_name_is_federated(const char *name);

struct signumd_user {
    int64_t id; /* 0 for a federated user */
    char name[SIGNUMD_USER_SIZE];
    unsigned roles; /* a set */
};

/* Has the user one of these roles? */
bool signumd_user_has(const struct signumd_user *user, unsigned roles);

/*
 * Adds a local user with one role at least. SIGNUM_KEY_EXISTS if there is one of that name;
 * SIGNUM_INVALID_ARGUMENT: the name (also "me", which the API uses), or no role. Audited.
 */
enum signum_status signumd_users_add(struct signumd_db *db, const struct signumd_actor *actor,
    const char *name, unsigned roles) SIGNUM_MUST_USE;

/*
 * Gives a user these roles in place of those he has. SIGNUM_NOT_FOUND; SIGNUM_DENIED if the last
 * admin would be none any more; SIGNUM_INVALID_ARGUMENT: no role. Audited.
 */
enum signum_status signumd_users_set_roles(struct signumd_db *db, const struct signumd_actor *actor,
    const char *name, unsigned roles) SIGNUM_MUST_USE;

/*
 * With the user go the tokens, the memberships in groups, and what policies allow him by name.
 * SIGNUM_DENIED for the last admin: only local users count. Audited.
 */
enum signum_status signumd_users_remove(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name) SIGNUM_MUST_USE;

enum signum_status signumd_users_find(
    struct signumd_db *db, const char *name, struct signumd_user *user_out) SIGNUM_MUST_USE;

/* Writes one as an item or document: {name, roles, groups, created}. SIGNUM_NOT_FOUND. */
enum signum_status signumd_users_write(
    struct signumd_db *db, const char *name, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Up to `limit` behind the name `after`; `next_out` is the last name if there are more, or "". */
enum signum_status signumd_users_write_page(struct signumd_db *db, const char *after, int64_t limit,
    struct signumd_json_writer *writer, char next_out[SIGNUMD_NAME_MAX + 1]) SIGNUM_MUST_USE;

/* Writes all as items of an array. */
enum signum_status signumd_users_write_list(
    struct signumd_db *db, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
