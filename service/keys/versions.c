#include "keys/versions.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"

#define STATE_PENDING "pending"
#define STATE_ENABLED "enabled"
#define STATE_DISABLED "disabled"
#define NUMBER_SIZE 24

static void
number_text(int64_t number, char text_out[NUMBER_SIZE])
{
    (void)snprintf(text_out, NUMBER_SIZE, "%lld", (long long)number);
}

/* The key's own identity, algorithm and demands stay; disabled as a whole is disabled in all. */
static enum signum_status
take_row(struct sqlite3_stmt *query, struct signumd_key *key)
{
    const char *state = signumd_db_text(query, 1);
    struct signum_bytes spki = signumd_db_bytes(query, 2);
    struct signum_bytes token_id = signumd_db_bytes(query, 3);

    key->version = signumd_db_number(query, 0);
    key->is_pending = strcmp(state, STATE_PENDING) == 0;
    key->is_enabled = key->is_enabled && strcmp(state, STATE_ENABLED) == 0;
    signum_buf_clear(&key->spki);
    signum_buf_clear(&key->token_id);
    signum_buf_put(&key->spki, spki.data, spki.len);
    signum_buf_put(&key->token_id, token_id.data, token_id.len);
    (void)snprintf(key->token_label, sizeof key->token_label, "%s", signumd_db_text(query, 4));
    enum signum_status status = signum_buf_status(&key->spki);
    return status == SIGNUM_OK ? signum_buf_status(&key->token_id) : status;
}

static enum signum_status
read_chain(struct signumd_db *db, struct signumd_key *key)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT der FROM version_certificates WHERE key_id = ? AND version = ? ORDER BY position",
        "ti", key->id, key->version);

    key->chain_count = 0;
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK && key->chain_count < SIGNUMD_CHAIN_MAX) {
        struct signum_bytes der = signumd_db_bytes(query, 0);
        struct signum_buf *certificate = &key->chain[key->chain_count++];
        signum_buf_clear(certificate);
        signum_buf_put(certificate, der.data, der.len);
        status = signum_buf_status(certificate);
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

#define SELECT_VERSION                                                                             \
    "SELECT version, state, spki, token_id, token_label FROM key_versions WHERE key_id = ? AND "

enum signum_status
signumd_versions_find(struct signumd_db *db, struct signumd_key *key, int64_t version)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, SELECT_VERSION "version = ?", "ti", key->id, version);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = take_row(query, key);
    signumd_db_end(&query);
    if (status == SIGNUM_OK)
        status = read_chain(db, key);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_versions_find_pending(struct signumd_db *db, struct signumd_key *key)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, SELECT_VERSION "state = 'pending'", "t", key->id);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = take_row(query, key);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

/* What the key's row is now becomes an old version. */
static enum signum_status
archive(struct signumd_db *db, const char *key_id, bool keeps_old)
{
    enum signum_status status = signumd_db_run(db,
        "INSERT INTO key_versions (key_id, version, state, spki, token_id, token_label, created)"
        " SELECT id, version, ?, spki, token_id, token_label, created FROM keys WHERE id = ?",
        "tt", keeps_old ? STATE_ENABLED : STATE_DISABLED, key_id);

    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "INSERT INTO version_certificates SELECT c.key_id, k.version, c.position, c.der"
            " FROM certificates c JOIN keys k ON k.id = c.key_id WHERE c.key_id = ?",
            "t", key_id);
    if (status == SIGNUM_OK || status == SIGNUM_NOT_FOUND) /* there may be no certificates */
        status = signumd_db_run(db, "DELETE FROM certificates WHERE key_id = ?", "t", key_id);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
put_in_use(struct signumd_db *db, const struct signumd_key *key)
{
    enum signum_status status = signumd_db_run(db,
        "UPDATE keys SET version = ?, spki = ?, token_id = ?, token_label = ?, created = ?"
        " WHERE id = ?",
        "ibbtit", key->version, signum_bytes_of_buf(&key->spki),
        signum_bytes_of_buf(&key->token_id), key->token_label, signumd_timestamp_seconds(),
        key->id);

    for (size_t i = 0; status == SIGNUM_OK && i < key->chain_count; i++)
        status =
            signumd_db_run(db, "INSERT INTO certificates (key_id, position, der) VALUES (?, ?, ?)",
                "tib", key->id, (int64_t)i, signum_bytes_of_buf(&key->chain[i]));
    return status;
}

static enum signum_status
activate(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_key *key,
    bool keeps_old)
{
    char number[NUMBER_SIZE];
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status = signumd_key_certificate_sha256(key, sha256);

    number_text(key->version, number);
    if (status == SIGNUM_OK) /* none: somebody was faster */
        status = signumd_db_run(db,
            "DELETE FROM key_versions WHERE key_id = ? AND version = ? AND state = 'pending'", "ti",
            key->id, key->version);
    if (status == SIGNUM_OK)
        status = archive(db, key->id, keeps_old);
    if (status == SIGNUM_OK)
        status = put_in_use(db, key);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "key.activate", "key", key->name, "version",
            number, "old", keeps_old ? STATE_ENABLED : STATE_DISABLED, "certificate_sha256",
            sha256[0] == '\0' ? NULL : sha256, NULL);
    return status;
}

enum signum_status
signumd_versions_activate(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, bool keeps_old)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, activate(db, actor, key, keeps_old));
}

static enum signum_status
record_pending(
    struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_key *key)
{
    char number[NUMBER_SIZE];
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status = signumd_crypto_sha256_hex(signum_bytes_of_buf(&key->spki), sha256);

    number_text(key->version, number);
    if (status == SIGNUM_OK)
        status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db,
        "INSERT INTO key_versions (key_id, version, state, spki, token_id, token_label, created)"
        " SELECT id, ?, 'pending', ?, ?, ?, ? FROM keys WHERE id = ? AND NOT EXISTS"
        " (SELECT 1 FROM key_versions v WHERE v.key_id = keys.id AND v.state = 'pending')",
        "ibbtit", key->version, signum_bytes_of_buf(&key->spki),
        signum_bytes_of_buf(&key->token_id), key->token_label, signumd_timestamp_seconds(),
        key->id);
    if (status == SIGNUM_NOT_FOUND) /* deleted meanwhile, or somebody was faster */
        status = SIGNUM_KEY_EXISTS;
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "key.rotate", "key", key->name, "version", number,
            "spki_sha256", sha256, NULL);
    return signumd_db_finish(db, status);
}

/* The key pair first, outside of a transaction: the token may take seconds. */
static enum signum_status
make_pending(struct signumd_db *db, struct signumd_hsm *hsm, const struct signumd_actor *actor,
    struct signumd_key *key)
{
    int64_t newest = 0;
    enum signum_status status = signumd_db_get_number(db, &newest,
        "SELECT coalesce(max(version), 0) FROM key_versions WHERE key_id = ?", "t", key->id);

    if (status != SIGNUM_OK)
        return status;
    key->version = (newest > key->version ? newest : key->version) + 1;
    key->is_pending = true;
    signum_buf_clear(&key->spki);
    /* the label of the first version is the key's name, which may be as long as a label */
    (void)snprintf(key->token_label, sizeof key->token_label, "%.40s-v%lld-%.8s", key->name,
        (long long)(key->version % 10000000), key->id);
    status = signumd_hsm_generate(hsm, key);
    if (status != SIGNUM_OK)
        return status;
    status = record_pending(db, actor, key);
    if (status != SIGNUM_OK && signumd_hsm_destroy(hsm, key) != SIGNUM_OK)
        return SIGNUM_CRYPTO;
    return status;
}

enum signum_status
signumd_versions_rotate(struct signumd_db *db, struct signumd_hsm *hsm,
    const struct signumd_actor *actor, const char *name, bool is_active, bool keeps_old,
    struct signumd_key *key_out)
{
    enum signum_status status = signumd_keys_find(db, name, key_out);

    if (status != SIGNUM_OK)
        return status;
    key_out->chain_count = 0;
    status = signumd_versions_find_pending(db, key_out);
    if (status == SIGNUM_NOT_FOUND)
        status = make_pending(db, hsm, actor, key_out);
    if (status != SIGNUM_OK || !is_active)
        return status;
    status = signumd_versions_activate(db, actor, key_out, keeps_old);
    return status == SIGNUM_OK ? signumd_keys_find(db, name, key_out) : status;
}

enum signum_status
signumd_versions_enable(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key, int64_t version, bool is_enabled)
{
    char number[NUMBER_SIZE];
    enum signum_status status = signumd_db_run(db,
        "UPDATE key_versions SET state = ? WHERE key_id = ? AND version = ?"
        " AND state <> 'pending'",
        "tti", is_enabled ? STATE_ENABLED : STATE_DISABLED, key->id, version);

    number_text(version, number);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, is_enabled ? "key.enable" : "key.disable", "key",
            key->name, "version", number, NULL);
    return status;
}

/* The newest number behind `after` of all versions but the one in use; 0 if there is none. */
static enum signum_status
next_version(struct signumd_db *db, const char *key_id, int64_t after, int64_t *version_out)
{
    return signumd_db_get_number(db, version_out,
        "SELECT coalesce(min(version), 0) FROM key_versions WHERE key_id = ? AND version > ?", "ti",
        key_id, after);
}

static enum signum_status
write_version(
    struct signumd_db *db, const char *name, int64_t version, struct signumd_json_writer *writer)
{
    struct signumd_key key;

    signumd_key_init(&key);
    enum signum_status status = signumd_keys_find(db, name, &key);
    if (status == SIGNUM_OK && version != key.version)
        status = signumd_versions_find(db, &key, version);
    if (status == SIGNUM_OK)
        status = signumd_key_write(&key, writer);
    signumd_key_clear(&key);
    return status;
}

enum signum_status
signumd_versions_write(struct signumd_db *db, const struct signumd_key *key, struct signum_buf *out)
{
    struct signumd_json_writer writer;
    int64_t version = 0;
    bool is_shown = false;

    signumd_json_start(&writer, out);
    signumd_json_begin(&writer, "versions", '[');
    enum signum_status status = next_version(db, key->id, 0, &version);
    while (status == SIGNUM_OK && (version != 0 || !is_shown)) {
        bool is_own = !is_shown && (version == 0 || version > key->version);
        status = write_version(db, key->name, is_own ? key->version : version, &writer);
        is_shown = is_shown || is_own;
        if (status == SIGNUM_OK && !is_own)
            status = next_version(db, key->id, version, &version);
    }
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    return status;
}
