#ifndef SIGNUMD_VERSIONS_H
#define SIGNUMD_VERSIONS_H

#include "hsm/hsm.h"
#include "keys/keys.h"

/*
 * The versions of a key. Its row is the newest version in use; beside it there are the old ones,
 * which sign only for those who ask for them by number and only while they are enabled, and at
 * most one that is pending: its key pair is made, and it waits for its certificate.
 */

/*
 * Puts another version's public key, key pair, state and chain into a key that was found.
 * SIGNUM_NOT_FOUND, with the key as it was, if there is none.
 */
enum signum_status signumd_versions_find(
    struct signumd_db *db, struct signumd_key *key, int64_t version) SIGNUM_MUST_USE;

/* The same for the pending version; the chain of `key` stays as it is. */
enum signum_status signumd_versions_find_pending(
    struct signumd_db *db, struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Makes the pending version, unless there is one, and with `is_active` puts it in use at once.
 * `key_out` is the new version. Failures are as in hsm.h. Audited as key.rotate and key.activate.
 */
enum signum_status signumd_versions_rotate(struct signumd_db *db, struct signumd_hsm *hsm,
    const struct signumd_actor *actor, const char *name, bool is_active, bool keeps_old,
    struct signumd_key *key_out) SIGNUM_MUST_USE;

/*
 * Puts the pending version, which is in `key` with its chain, in place of the one in use. That one
 * becomes an old version: enabled if `keeps_old`, else disabled. Audited as key.activate.
 */
enum signum_status signumd_versions_activate(struct signumd_db *db,
    const struct signumd_actor *actor, const struct signumd_key *key,
    bool keeps_old) SIGNUM_MUST_USE;

/* Enables or disables an old version; only within a transaction. SIGNUM_NOT_FOUND. Audited. */
enum signum_status signumd_versions_enable(struct signumd_db *db,
    const struct signumd_actor *actor, const struct signumd_key *key, int64_t version,
    bool is_enabled) SIGNUM_MUST_USE;

/* Writes {versions: [...]}: key objects of all versions, the oldest first. */
enum signum_status signumd_versions_write(
    struct signumd_db *db, const struct signumd_key *key, struct signum_buf *out) SIGNUM_MUST_USE;

#endif
