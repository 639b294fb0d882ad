#ifndef SIGNUMD_KEY_GROUPS_H
#define SIGNUMD_KEY_GROUPS_H

#include "keys/keys.h"

/*
 * Groups of keys, which policies name in what.groups. A group is there as long as a key is in it;
 * it has a name as keys have.
 */

/*
 * Puts a key into a group. SIGNUM_KEY_NOT_FOUND; SIGNUM_INVALID_ARGUMENT: the name of the group;
 * SIGNUM_KEY_EXISTS: it is in it already; SIGNUM_TOO_LARGE: it is in SIGNUMD_KEY_GROUPS_MAX groups.
 * Audited as key.change with all groups of the key, as the next is.
 */
enum signum_status signumd_key_groups_add(struct signumd_db *db, const struct signumd_actor *actor,
    const char *group, const char *key_name) SIGNUM_MUST_USE;

/* SIGNUM_KEY_NOT_FOUND; SIGNUM_NOT_FOUND: the key is not in it. */
enum signum_status signumd_key_groups_remove(struct signumd_db *db,
    const struct signumd_actor *actor, const char *group, const char *key_name) SIGNUM_MUST_USE;

/*
 * Puts a key into exactly these groups, whose names are valid. Only within a transaction. Audited
 * if that changes anything.
 */
enum signum_status signumd_key_groups_replace(struct signumd_db *db,
    const struct signumd_actor *actor, const struct signumd_key *key,
    const struct signumd_texts *groups) SIGNUM_MUST_USE;

/* The groups of a key by its name, none for no key; freed by the caller, also after a failure. */
enum signum_status signumd_key_groups_of(
    struct signumd_db *db, const char *key_name, struct signumd_texts *groups_out) SIGNUM_MUST_USE;

/* Adds the names in a text with spaces between them. */
enum signum_status signumd_key_groups_split(
    const char *text, struct signumd_texts *groups) SIGNUM_MUST_USE;

/* Writes all as items {name, keys} of an array. */
enum signum_status signumd_key_groups_write(
    struct signumd_db *db, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
