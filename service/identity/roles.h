#ifndef SIGNUMD_ROLES_H
#define SIGNUMD_ROLES_H

#include <stdbool.h>

#include "base/json.h"

/* What a user may do besides what policies allow. A user has a set of them. */

enum signumd_role {
    SIGNUMD_ROLE_SIGNER, /* only what policies allow */
    SIGNUMD_ROLE_AUDITOR,
    SIGNUMD_ROLE_KEY_MANAGER,
    SIGNUMD_ROLE_POLICY_MANAGER,
    SIGNUMD_ROLE_APPROVER, /* only what policies ask his groups for */
    SIGNUMD_ROLE_ADMIN,
    SIGNUMD_ROLE_COUNT
};

/* Sets of roles. */
#define SIGNUMD_ROLE_BIT(role) (1u << (role))
#define SIGNUMD_ROLES_ALL (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_COUNT) - 1u)

/* All names of a set with commas between them, and the NUL. */
#define SIGNUMD_ROLES_TEXT_SIZE 96

/* "admin", "key-manager", ... */
const char *signumd_role_name(enum signumd_role role);
bool signumd_role_from_name(const char *name, enum signumd_role *role_out);

/* A set from names with commas between them. False if one is no role; the set is empty then. */
bool signumd_roles_read(const char *text, unsigned *roles_out);

/* The names of a set in the order above, with commas between them. */
void signumd_roles_text(unsigned roles, char text_out[SIGNUMD_ROLES_TEXT_SIZE]);

/* The same as an array. */
void signumd_roles_write(unsigned roles, const char *name, struct signumd_json_writer *writer);

/* The role's bit for the optional array member; 0 if it is absent. A failure is the reader's. */
unsigned signumd_roles_get(struct signumd_json_reader *reader, const char *name);

#endif
