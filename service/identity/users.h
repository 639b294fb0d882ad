#ifndef SIGNUMD_USERS_H
#define SIGNUMD_USERS_H

#include "audit/audit.h"
#include "base/db.h"

/* Users and what they are. Names: 1 to 64 of A-Z a-z 0-9 . _ -, as keys and rules have. */

#define SIGNUMD_NAME_MAX 64

enum signumd_role {
    SIGNUMD_ROLE_SIGNER, /* only what policies allow */
    SIGNUMD_ROLE_AUDITOR,
    SIGNUMD_ROLE_KEY_MANAGER,
    SIGNUMD_ROLE_POLICY_MANAGER,
    SIGNUMD_ROLE_ADMIN,
    SIGNUMD_ROLE_COUNT
};

/* Sets of roles, for routes. */
#define SIGNUMD_ROLE_BIT(role) (1u << (role))
#define SIGNUMD_ROLES_ALL (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_COUNT) - 1u)

/* True if it is a permitted name of a user, key or rule. */
bool signumd_name_is_valid(const char *name);

/* "admin", "key-manager", ... */
const char *signumd_role_name(enum signumd_role role);
bool signumd_role_from_name(const char *name, enum signumd_role *role_out);

struct signumd_user {
    int64_t id;
    char name[SIGNUMD_NAME_MAX + 1];
    enum signumd_role role;
};

/* SIGNUM_KEY_EXISTS if there is one of that name. Audited. */
enum signum_status signumd_users_add(struct signumd_db *db, const struct signumd_actor *actor,
                                     const char *name, enum signumd_role role) SIGNUM_MUST_USE;

/*
 * With the user go the tokens, and what policies allow him by name. SIGNUM_DENIED for the last
 * admin. Audited.
 */
enum signum_status signumd_users_remove(struct signumd_db *db, const struct signumd_actor *actor,
                                        const char *name) SIGNUM_MUST_USE;

enum signum_status signumd_users_find(struct signumd_db *db, const char *name,
                                      struct signumd_user *user_out) SIGNUM_MUST_USE;

/* Writes all as items of an array: {name, role, created}. */
enum signum_status signumd_users_write_list(struct signumd_db *db,
                                            struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
