#ifndef SIGNUMD_CHECKPOINT_H
#define SIGNUMD_CHECKPOINT_H

#include "audit/merkle.h"
#include "audit/note.h"

/* Checkpoints of a log (c2sp.org/tlog-checkpoint): size and root of its tree in a signed note. */

struct signumd_checkpoint {
    char origin[SIGNUMD_NOTE_NAME_MAX + 1];
    int64_t size;
    struct signumd_merkle_hash root;
};

/* Appends the signed note. The origin is the name of the key. */
enum signum_status signumd_checkpoint_sign(int64_t size, const struct signumd_merkle_hash *root,
    const struct signumd_note_key *key, struct signum_bytes private_pem,
    struct signum_buf *note_out) SIGNUM_MUST_USE;

/*
 * Reads one that the key has signed and whose origin is the key's name. SIGNUM_PROTOCOL if it is
 * not well formed, SIGNUM_BAD_SIGNATURE if it is not the key's.
 */
enum signum_status signumd_checkpoint_open(struct signum_bytes note,
    const struct signumd_note_key *key, struct signumd_checkpoint *checkpoint_out) SIGNUM_MUST_USE;

#endif
