#ifndef SIGNUMD_OWNERS_H
#define SIGNUMD_OWNERS_H

#include "keys/keys.h"

/*
 * The owner of a key: a user ("user:alice") or a group of users ("group:release-managers"). Owners
 * look after their key without the role key-manager; who may sign is still a matter of policies.
 */

/* Is it such a text, with a permitted name? */
bool signumd_owner_is_valid(const char *owner);

/* Is the user the owner, or in the group that is? "" is nobody. */
bool signumd_owner_is(const char *owner, const char *user, const struct signumd_texts *groups);

/*
 * Is there such a user or group here? Federated users need not have been seen. SIGNUM_NOT_FOUND if
 * not, SIGNUM_INVALID_ARGUMENT if it is not valid.
 */
enum signum_status signumd_owner_check(struct signumd_db *db, const char *owner) SIGNUM_MUST_USE;

/* The owner of a key; "" if nobody is, or if there is no such key. */
enum signum_status signumd_owner_find(struct signumd_db *db, const char *key_name,
    char owner_out[SIGNUMD_OWNER_SIZE]) SIGNUM_MUST_USE;

/*
 * Takes all keys away from "user:NAME" or "group:NAME" ("user" or "group" is the `kind`), so that
 * who later gets the name does not get the keys. Only within a transaction. Audited.
 */
enum signum_status signumd_owners_forget(struct signumd_db *db, const struct signumd_actor *actor,
    const char *kind, const char *name) SIGNUM_MUST_USE;

#endif
