#ifndef SIGNUMD_PINS_H
#define SIGNUMD_PINS_H

#include "keys/keys.h"

/*
 * The PIN of a key: stored as a salted scrypt hash (RFC 7914) together with what the hash cost.
 *
 * Wrong tries are counted for each key and user, so that nobody can lock out somebody else. From
 * the `max`-th wrong try in a row on, each one locks that user out of that key: for a minute, then
 * for twice as long each time, at most a day; from the (4 * max)-th on until somebody unlocks.
 * The right PIN ends the count.
 */

#define SIGNUMD_PIN_MIN 4 /* bytes */
#define SIGNUMD_PIN_MAX 64
#define SIGNUMD_PIN_LOCKED_FOR_GOOD (-1)

/* NULL, or what is wrong with a new PIN (static). */
const char *signumd_pin_fault(struct signum_bytes pin);

/*
 * Stores a PIN in place of the one that is there, forgets all wrong tries, and sets the key's flag
 * needPin if there was no PIN. SIGNUM_KEY_NOT_FOUND; SIGNUM_INVALID_ARGUMENT if it has a fault.
 * Audited as pin.set.
 */
enum signum_status signumd_pins_set(struct signumd_db *db, const struct signumd_actor *actor,
    const char *key_name, struct signum_bytes pin) SIGNUM_MUST_USE;

/*
 * Takes the PIN and the flag needPin away. SIGNUM_KEY_NOT_FOUND, or SIGNUM_NOT_FOUND if there is no
 * PIN. Audited as pin.clear.
 */
enum signum_status signumd_pins_clear(struct signumd_db *db, const struct signumd_actor *actor,
    const char *key_name) SIGNUM_MUST_USE;

/*
 * Forgets the wrong tries of a user, or (`user` NULL) of all. SIGNUM_KEY_NOT_FOUND; nothing is
 * audited when nothing was counted. Audited as pin.unlock.
 */
enum signum_status signumd_pins_unlock(struct signumd_db *db, const struct signumd_actor *actor,
    const char *key_name, const char *user) SIGNUM_MUST_USE;

/* A stored PIN, without the PIN. */
struct signumd_pin {
    uint8_t salt[16];
    uint8_t hash[SIGNUMD_SHA256_LEN];
    struct signumd_scrypt cost;
};

/* SIGNUM_NOT_FOUND if the key has none. */
enum signum_status signumd_pins_find(
    struct signumd_db *db, const char *key_id, struct signumd_pin *pin_out) SIGNUM_MUST_USE;

/* What is known about a user's tries at a key. */
struct signumd_pin_tries {
    int64_t wrong;        /* in a row */
    int64_t locked_until; /* seconds since 1970; 0: not locked; or SIGNUMD_PIN_LOCKED_FOR_GOOD */
};

/* A lock that is over at the time `now` is none. */
enum signum_status signumd_pins_get_tries(struct signumd_db *db, const char *key_id,
    const char *user, int64_t now, struct signumd_pin_tries *tries_out) SIGNUM_MUST_USE;

/*
 * Counts a wrong try of the actor, and gives what is now known; a lock that it begins is audited
 * as pin.lock. Only within a transaction.
 */
enum signum_status signumd_pins_count_wrong(struct signumd_db *db,
    const struct signumd_actor *actor, const struct signumd_key *key, int64_t max, int64_t now,
    struct signumd_pin_tries *tries_out) SIGNUM_MUST_USE;

/* Ends the count of the actor's wrong tries, after the right one. Audited as pin.accept. */
enum signum_status signumd_pins_count_right(struct signumd_db *db,
    const struct signumd_actor *actor, const struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Writes the document {is_set, changed, wrong_total, users: [{user, wrong, locked_until}]}, with
 * the users who have wrong tries; `locked_until` is a time, "unlock", or null.
 */
enum signum_status signumd_pins_write(struct signumd_db *db, const char *key_id, int64_t now,
    struct signum_buf *document_out) SIGNUM_MUST_USE;

#endif
