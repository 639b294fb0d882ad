#ifndef SIGNUMD_NOTE_H
#define SIGNUMD_NOTE_H

#include "base/ed25519.h"

/*
 * Signed notes (c2sp.org/signed-note): a text, an empty line, and lines with signatures, of which
 * those by Ed25519 keys are made and verified here. A verifier key is written
 *
 *     NAME+ID+KEY      ID: eight hexadecimal digits, KEY: base64 of 0x01 || public key
 *
 * Names are printable ASCII here, without space and plus.
 */

#define SIGNUMD_NOTE_NAME_MAX 128
#define SIGNUMD_NOTE_ID_LEN 4
#define SIGNUMD_NOTE_MAX ((size_t)64 * 1024)

struct signumd_note_key {
    char name[SIGNUMD_NOTE_NAME_MAX + 1];
    uint8_t id[SIGNUMD_NOTE_ID_LEN];
    uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN];
};

/* SIGNUM_INVALID_ARGUMENT if the name cannot be one. */
enum signum_status signumd_note_key_init(struct signumd_note_key *key_out, const char *name,
    const uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN]) SIGNUM_MUST_USE;

/* Appends the verifier key. */
void signumd_note_key_write(const struct signumd_note_key *key, struct signum_buf *text_out);

/* Reads one; white space at its end is fine. SIGNUM_PROTOCOL if it is not well formed. */
enum signum_status signumd_note_key_read(
    const char *text, struct signumd_note_key *key_out) SIGNUM_MUST_USE;

/* Appends `text`, which ends in a newline, the empty line and the signature of the key. */
enum signum_status signumd_note_sign(struct signum_bytes text, const struct signumd_note_key *key,
    struct signum_bytes private_pem, struct signum_buf *note_out) SIGNUM_MUST_USE;

/*
 * Verifies the signature of the key; those of others are ignored. `text_out` is the text in `note`.
 * SIGNUM_PROTOCOL if it is not a note, SIGNUM_BAD_SIGNATURE if the key has not signed it.
 */
enum signum_status signumd_note_open(struct signum_bytes note, const struct signumd_note_key *key,
    struct signum_bytes *text_out) SIGNUM_MUST_USE;

#endif
