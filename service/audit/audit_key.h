#ifndef SIGNUMD_AUDIT_KEY_H
#define SIGNUMD_AUDIT_KEY_H

#include "audit/audit.h"
#include "audit/note.h"
#include "base/state.h"

/*
 * The key that signs checkpoints. audit.key in the state folder is the private key, audit.vkey the
 * verifier key, which also has the log's name. A folder without them gets them at first use; a
 * new key for a lost one keeps the name. That there is a new one is recorded.
 */

/*
 * Makes both files, for a log whose name begins with `host`; NULL: with the machine's name.
 * The verifier key is appended to `vkey_out`.
 */
enum signum_status signumd_audit_key_make(const struct signumd_state *state, const char *host,
    struct signum_buf *vkey_out) SIGNUM_MUST_USE;

/* Reads the verifier key, after having made the key if need be. */
enum signum_status signumd_audit_key_read(const struct signumd_state *state, struct signumd_db *db,
    struct signumd_note_key *key_out) SIGNUM_MUST_USE;

/* Appends a checkpoint of the log as it is now. */
enum signum_status signumd_audit_key_checkpoint(const struct signumd_state *state,
    struct signumd_db *db, struct signum_buf *note_out) SIGNUM_MUST_USE;

#endif
