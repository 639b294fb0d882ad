#include <stdio.h>
#include <string.h>

#include "keys/leftovers.h"
#include "policy/policies.h"

enum signum_status
signumd_key_begin(struct signumd_key *key, const char *name)
{
    signumd_key_clear(key);
    (void)snprintf(key->name, sizeof key->name, "%s", name);
    (void)snprintf(key->token_label, sizeof key->token_label, "%s", name);
    key->version = 1;
    key->is_enabled = true;
    return signumd_crypto_random_hex(key->id, SIGNUMD_ID_SIZE - 1);
}

enum signum_status
signumd_key_choose(struct signumd_key *key, const char *algorithm, int64_t bits, const char *curve)
{
    if (strcmp(algorithm, "ecdsa") == 0 && curve == NULL)
        curve = "P-256";
    const struct signum_alg *alg = signum_alg_by_wire(algorithm, curve);
    if (alg == NULL)
        return SIGNUM_BAD_ALGORITHM;
    if (alg->curve != NULL && bits != 0)
        return SIGNUM_INVALID_ARGUMENT;
    if (bits == 0)
        bits = alg->bits_default;
    if (bits < 0 || bits > UINT32_MAX || !signum_alg_has_bits(alg, (uint32_t)bits))
        return SIGNUM_BAD_ALGORITHM;
    key->alg = alg;
    key->bits = (uint32_t)bits;
    return SIGNUM_OK;
}

/* An answer to the making of the key would be wrong from now on. */
static enum signum_status
forget_answers(struct signumd_db *db, const char *name)
{
    enum signum_status status = signumd_db_run(db, "DELETE FROM answers WHERE key_id = ? || ?",
                                               "tt", SIGNUMD_CREATE_PREFIX, name);

    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

/* The key pairs of the other versions go too. */
static enum signum_status
leave_versions(struct signumd_db *db, const struct signumd_key *key)
{
    enum signum_status status = signumd_db_run(db,
        "INSERT OR IGNORE INTO leftovers (token_id, token_label, created)"
        " SELECT token_id, token_label, created FROM key_versions WHERE key_id = ?",
        "t", key->id);

    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
remove_found(struct signumd_db *db, const struct signumd_actor *actor,
             const struct signumd_key *key)
{
    char spki_sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status =
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&key->spki), spki_sha256);

    if (status == SIGNUM_OK)
        status = signumd_policies_forget(db, actor, SIGNUMD_PART_KEYS, key->name);
    if (status == SIGNUM_OK)
        status = leave_versions(db, key);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "DELETE FROM keys WHERE id = ?", "t", key->id);
    if (status == SIGNUM_OK)
        status = signumd_leftovers_add(db, key);
    if (status == SIGNUM_OK)
        status = forget_answers(db, key->name);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "key.delete", "key", key->name, "id", key->id,
                                      "spki_sha256", spki_sha256, NULL);
    return status;
}

enum signum_status
signumd_keys_remove(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    struct signumd_key key;
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    signumd_key_init(&key);
    status = signumd_keys_find(db, name, &key);
    if (status == SIGNUM_OK && key.chain_count > 0)
        status = SIGNUM_DENIED;
    if (status == SIGNUM_OK)
        status = remove_found(db, actor, &key);
    signumd_key_clear(&key);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_keys_enable(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
                    bool is_enabled)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db, "UPDATE keys SET is_enabled = ? WHERE name = ?", "it",
                            (int64_t)is_enabled, name);
    if (status == SIGNUM_NOT_FOUND)
        status = SIGNUM_KEY_NOT_FOUND;
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, is_enabled ? "key.enable" : "key.disable", "key",
                                      name, NULL);
    return signumd_db_finish(db, status);
}
