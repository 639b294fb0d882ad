#include "keys/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "keys/key_groups.h"

#define SELECT_KEYS                                                                                \
    "SELECT id, name, version, algorithm, curve, bits, spki, token_id, token_label, is_enabled,"   \
    " flags, expires, owner, description, (SELECT group_concat(g.name, ' ') FROM"                 \
    " (SELECT name FROM key_groups WHERE key_id = keys.id ORDER BY name) g) FROM keys"

void
signumd_key_init(struct signumd_key *key)
{
    memset(key, 0, sizeof *key);
    signum_buf_init(&key->spki, SIGNUMD_SPKI_MAX);
    signum_buf_init(&key->token_id, SIGNUMD_TOKEN_OBJECT_ID_MAX);
    for (size_t i = 0; i < SIGNUMD_CHAIN_MAX; i++)
        signum_buf_init(&key->chain[i], SIGNUMD_CERTIFICATE_MAX);
}

void
signumd_key_clear(struct signumd_key *key)
{
    signum_buf_clear(&key->spki);
    signum_buf_clear(&key->token_id);
    for (size_t i = 0; i < SIGNUMD_CHAIN_MAX; i++)
        signum_buf_clear(&key->chain[i]);
    signumd_texts_clear(&key->groups);
    signumd_key_init(key);
}

static enum signum_status
insert(struct signumd_db *db, const struct signumd_key *key)
{
    return signumd_db_run(
        db,
        "INSERT INTO keys (id, name, version, algorithm, curve, bits, spki, token_id, token_label,"
        " is_enabled, created, flags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "ttittibbtiii", key->id, key->name, key->version, key->alg->wire, key->alg->curve,
        (int64_t)key->bits, signum_bytes_of_buf(&key->spki), signum_bytes_of_buf(&key->token_id),
        key->token_label, (int64_t)key->is_enabled, signumd_timestamp_seconds(),
        (int64_t)key->flags);
}

enum signum_status
signumd_keys_insert(struct signumd_db *db, const struct signumd_actor *actor, const char *action,
                    const struct signumd_key *key)
{
    char bits[16];
    char spki_sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status =
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&key->spki), spki_sha256);

    if (status == SIGNUM_OK)
        status = insert(db, key);
    if (status != SIGNUM_OK)
        return status;
    (void)snprintf(bits, sizeof bits, "%u", (unsigned)key->bits);
    return signumd_audit_change(db, actor, action, "key", key->name, "id", key->id, "algorithm",
                                key->alg->wire, "curve", key->alg->curve, "bits", bits,
                                "spki_sha256", spki_sha256, NULL);
}

enum signum_status
signumd_keys_add(struct signumd_db *db, const struct signumd_actor *actor, const char *action,
                 const struct signumd_key *key)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, signumd_keys_insert(db, actor, action, key));
}

/* A text that may be null, which is "". */
static void
take_text(struct sqlite3_stmt *query, int column, char *text_out, size_t size)
{
    (void)snprintf(text_out, size, "%s",
        signumd_db_is_null(query, column) ? "" : signumd_db_text(query, column));
}

static enum signum_status
read_row(struct sqlite3_stmt *query, struct signumd_key *key_out)
{
    const char *curve = signumd_db_is_null(query, 4) ? NULL : signumd_db_text(query, 4);
    struct signum_bytes spki = signumd_db_bytes(query, 6);
    struct signum_bytes token_id = signumd_db_bytes(query, 7);

    (void)snprintf(key_out->id, sizeof key_out->id, "%s", signumd_db_text(query, 0));
    (void)snprintf(key_out->name, sizeof key_out->name, "%s", signumd_db_text(query, 1));
    key_out->version = signumd_db_number(query, 2);
    key_out->alg = signum_alg_by_wire(signumd_db_text(query, 3), curve);
    key_out->bits = (uint32_t)signumd_db_number(query, 5);
    signum_buf_put(&key_out->spki, spki.data, spki.len);
    signum_buf_put(&key_out->token_id, token_id.data, token_id.len);
    (void)snprintf(key_out->token_label, sizeof key_out->token_label, "%s",
                   signumd_db_text(query, 8));
    key_out->is_enabled = signumd_db_number(query, 9) != 0;
    key_out->flags = (unsigned)signumd_db_number(query, 10);
    key_out->expires = signumd_db_is_null(query, 11) ? 0 : signumd_db_number(query, 11);
    if (key_out->alg == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "key %s has an algorithm that this program does not know",
                    key_out->name);
        return SIGNUM_INTERNAL;
    }
    take_text(query, 12, key_out->owner, sizeof key_out->owner);
    take_text(query, 13, key_out->description, sizeof key_out->description);
    enum signum_status status = signum_buf_status(&key_out->spki);
    if (status == SIGNUM_OK && !signumd_db_is_null(query, 14))
        status = signumd_key_groups_split(signumd_db_text(query, 14), &key_out->groups);
    return status == SIGNUM_OK ? signum_buf_status(&key_out->token_id) : status;
}

static enum signum_status
read_chain(struct signumd_db *db, struct signumd_key *key)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT der FROM certificates WHERE key_id = ? ORDER BY position", "t",
        key->id);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK && key->chain_count < SIGNUMD_CHAIN_MAX) {
        struct signum_bytes der = signumd_db_bytes(query, 0);
        struct signum_buf *certificate = &key->chain[key->chain_count];
        signum_buf_put(certificate, der.data, der.len);
        status = signum_buf_status(certificate);
        key->chain_count++;
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_keys_find(struct signumd_db *db, const char *name, struct signumd_key *key_out)
{
    struct sqlite3_stmt *query = NULL;

    signumd_key_clear(key_out);
    enum signum_status status = signumd_db_query(db, &query, SELECT_KEYS " WHERE name = ?", "t",
                                                 name);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = read_row(query, key_out);
    signumd_db_end(&query);
    if (status == SIGNUM_OK)
        status = read_chain(db, key_out);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_KEY_NOT_FOUND : status;
}

enum signum_status
signumd_keys_walk(struct signumd_db *db, const char *after, signumd_keys_visit *visit,
                  void *context)
{
    struct sqlite3_stmt *query = NULL;
    bool is_wanted = true;
    enum signum_status status =
        signumd_db_query(db, &query, SELECT_KEYS " WHERE name > ? ORDER BY name", "t", after);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK && is_wanted) {
        struct signumd_key key;
        signumd_key_init(&key);
        status = read_row(query, &key);
        if (status == SIGNUM_OK)
            status = read_chain(db, &key);
        if (status == SIGNUM_OK)
            is_wanted = visit(context, &key);
        signumd_key_clear(&key);
        if (status == SIGNUM_OK && is_wanted)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
replace_chain(struct signumd_db *db, const struct signumd_key *key)
{
    enum signum_status status =
        signumd_db_run(db, "DELETE FROM certificates WHERE key_id = ?", "t", key->id);

    if (status == SIGNUM_NOT_FOUND) /* there was no chain */
        status = SIGNUM_OK;
    for (size_t i = 0; status == SIGNUM_OK && i < key->chain_count; i++)
        status = signumd_db_run(
            db, "INSERT INTO certificates (key_id, position, der) VALUES (?, ?, ?)", "tib",
            key->id, (int64_t)i, signum_bytes_of_buf(&key->chain[i]));
    return status;
}

enum signum_status
signumd_keys_set_chain(struct signumd_db *db, const struct signumd_actor *actor,
                       const char *action, const struct signumd_key *key)
{
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status = signumd_key_certificate_sha256(key, sha256);

    if (status == SIGNUM_OK)
        status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = replace_chain(db, key);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, action, "key", key->name, "certificate_sha256",
                                      sha256[0] == '\0' ? NULL : sha256, NULL);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_key_certificate_sha256(const struct signumd_key *key,
                               char text_out[SIGNUMD_SHA256_HEX_SIZE])
{
    text_out[0] = '\0';
    if (key->chain_count == 0)
        return SIGNUM_OK;
    return signumd_crypto_sha256_hex(signum_bytes_of_buf(&key->chain[0]), text_out);
}
