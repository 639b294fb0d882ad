#include "audit/audit_key.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_tree.h"
#include "audit/checkpoint.h"
#include "base/log.h"

#define PEM_MAX ((size_t)4096)
#define VKEY_MAX ((size_t)512)
#define HOST_MAX 96
#define NUMBER_DIGITS 16

static bool
has_files(const struct signumd_state *state)
{
    return signumd_state_has(state, SIGNUMD_FILE_AUDIT_KEY) &&
           signumd_state_has(state, SIGNUMD_FILE_AUDIT_VKEY);
}

static enum signum_status
read_vkey(const struct signumd_state *state, struct signumd_note_key *key_out)
{
    struct signum_buf text;

    memset(key_out, 0, sizeof *key_out);
    signum_buf_init(&text, VKEY_MAX);
    enum signum_status status = signumd_state_read(state, SIGNUMD_FILE_AUDIT_VKEY, &text);
    if (status == SIGNUM_OK &&
        signumd_note_key_read(signum_buf_text(&text), key_out) != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "%s in the state folder is not a verifier key",
            SIGNUMD_FILE_AUDIT_VKEY);
        status = SIGNUM_BAD_SETTINGS;
    }
    signum_buf_clear(&text);
    return status;
}

/* HOST/audit/NUMBER: the number tells logs of the same host apart. */
static enum signum_status
make_name(
    const struct signumd_state *state, const char *host, char name_out[SIGNUMD_NOTE_NAME_MAX + 1])
{
    struct signumd_note_key old;
    char own[HOST_MAX + 1] = "localhost";
    char number[NUMBER_DIGITS + 1];

    if (signumd_state_has(state, SIGNUMD_FILE_AUDIT_VKEY)) {
        enum signum_status status = read_vkey(state, &old);
        (void)snprintf(name_out, SIGNUMD_NOTE_NAME_MAX + 1, "%s", old.name);
        return status;
    }
    if (host == NULL && gethostname(own, sizeof own - 1) != 0)
        (void)snprintf(own, sizeof own, "localhost");
    enum signum_status status = signumd_crypto_random_hex(number, NUMBER_DIGITS);
    (void)snprintf(name_out, SIGNUMD_NOTE_NAME_MAX + 1, "%.*s/audit/%s", HOST_MAX,
        host == NULL ? own : host, number);
    return status;
}

enum signum_status
signumd_audit_key_make(
    const struct signumd_state *state, const char *host, struct signum_buf *vkey_out)
{
    struct signumd_note_key key;
    struct signum_buf pem;
    char name[SIGNUMD_NOTE_NAME_MAX + 1];
    uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN];

    signum_buf_init_secret(&pem, PEM_MAX);
    enum signum_status status = make_name(state, host, name);
    if (status == SIGNUM_OK)
        status = signumd_ed25519_make(&pem);
    if (status == SIGNUM_OK)
        status = signumd_ed25519_public(signum_bytes_of_buf(&pem), public_key);
    if (status == SIGNUM_OK)
        status = signumd_note_key_init(&key, name, public_key);
    if (status == SIGNUM_OK) {
        signumd_note_key_write(&key, vkey_out);
        status = signum_buf_status(vkey_out);
    }
    if (status == SIGNUM_OK)
        status =
            signumd_state_write(state, SIGNUMD_FILE_AUDIT_KEY, signum_bytes_of_buf(&pem), 0600);
    if (status == SIGNUM_OK)
        status = signumd_state_write(
            state, SIGNUMD_FILE_AUDIT_VKEY, signum_bytes_of_buf(vkey_out), 0644);
    signum_buf_clear(&pem);
    return status;
}

/* The transaction also keeps other threads and processes from making them at the same time. */
static enum signum_status
ensure_files(const struct signumd_state *state, struct signumd_db *db)
{
    struct signum_buf vkey;

    if (has_files(state))
        return SIGNUM_OK;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_init(&vkey, VKEY_MAX);
    if (!has_files(state)) {
        status = signumd_audit_key_make(state, NULL, &vkey);
        if (status == SIGNUM_OK)
            status = signumd_audit_change(
                db, &signumd_actor_local, "audit.init", "audit_key", signum_buf_text(&vkey), NULL);
    }
    signum_buf_clear(&vkey);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_audit_key_read(
    const struct signumd_state *state, struct signumd_db *db, struct signumd_note_key *key_out)
{
    enum signum_status status = ensure_files(state, db);

    memset(key_out, 0, sizeof *key_out);
    return status == SIGNUM_OK ? read_vkey(state, key_out) : status;
}

/* A checkpoint that the published key does not verify would be of no use to anybody. */
static enum signum_status
check_pair(struct signum_bytes pem, const struct signumd_note_key *key)
{
    uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN];
    enum signum_status status = signumd_ed25519_public(pem, public_key);

    if (status != SIGNUM_OK || memcmp(public_key, key->public_key, sizeof public_key) == 0)
        return status;
    signumd_log(SIGNUMD_LOG_ERROR, "%s and %s in the state folder do not belong together",
        SIGNUMD_FILE_AUDIT_KEY, SIGNUMD_FILE_AUDIT_VKEY);
    return SIGNUM_BAD_SETTINGS;
}

enum signum_status
signumd_audit_key_checkpoint(
    const struct signumd_state *state, struct signumd_db *db, struct signum_buf *note_out)
{
    struct signumd_note_key key;
    struct signumd_merkle_edge edge;
    struct signumd_merkle_hash root;
    struct signum_buf pem;

    signum_buf_init_secret(&pem, PEM_MAX);
    enum signum_status status = signumd_audit_key_read(state, db, &key);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_AUDIT_KEY, &pem);
    if (status == SIGNUM_OK)
        status = check_pair(signum_bytes_of_buf(&pem), &key);
    if (status == SIGNUM_OK)
        status = signumd_audit_read_edge(db, &edge);
    if (status == SIGNUM_OK)
        status = signumd_merkle_root(&edge, &root);
    if (status == SIGNUM_OK)
        status =
            signumd_checkpoint_sign(edge.size, &root, &key, signum_bytes_of_buf(&pem), note_out);
    signum_buf_clear(&pem);
    return status;
}
