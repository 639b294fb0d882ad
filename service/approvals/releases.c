#include "approvals/releases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "approvals/releases_internal.h"
#include "core/base64.h"
#include "policy/policies.h"

#define GROWTH 64

void
signumd_release_init(struct signumd_release *release)
{
    memset(release, 0, sizeof *release);
    release->uses = 1;
}

void
signumd_release_clear(struct signumd_release *release)
{
    signumd_texts_clear(&release->keys);
    free(release->digests);
    free(release->reason);
    signumd_release_init(release);
}

static bool
decode_hex(struct signum_buf *out, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    const size_t len = strlen(text);

    for (size_t i = 0; i + 1 < len; i += 2) {
        const char *high = strchr(digits, text[i] | 0x20);
        const char *low = strchr(digits, text[i + 1] | 0x20);
        if (high == NULL || low == NULL)
            return false;
        signum_buf_put_byte(out, (uint8_t)((high - digits) * 16 + (low - digits)));
    }
    return len % 2 == 0;
}

static struct signumd_release_digest *
grow(struct signumd_release *release)
{
    if (release->count % GROWTH == 0) {
        size_t size = (release->count + GROWTH) * sizeof *release->digests;
        struct signumd_release_digest *more = realloc(release->digests, size);
        if (more == NULL)
            return NULL;
        release->digests = more;
    }
    struct signumd_release_digest *item = &release->digests[release->count++];
    memset(item, 0, sizeof *item);
    return item;
}

/* What is wrong, or NULL; fills in the item. */
static const char *
read_digest(const struct signum_hash_info *hash, const char *text, bool is_base64,
    struct signumd_release_digest *item)
{
    struct signum_buf bytes;
    const char *fault = NULL;

    signum_buf_init(&bytes, SIGNUMD_RELEASE_DIGEST_LEN_MAX);
    const bool is_read =
        is_base64 ? signum_base64_decode(&bytes, text) == SIGNUM_OK : decode_hex(&bytes, text);
    if (!is_read || signum_buf_status(&bytes) != SIGNUM_OK)
        fault = is_base64 ? "is not base64" : "is not hexadecimal";
    else if (bytes.len != hash->len)
        fault = "does not have the length of the hash";
    else
        memcpy(item->bytes, bytes.data, bytes.len);
    item->len = bytes.len;
    item->hash = hash->id;
    signum_buf_clear(&bytes);
    return fault;
}

const char *
signumd_release_add_digest(struct signumd_release *release, const char *hash, const char *digest,
    bool is_base64, const char *scheme)
{
    const struct signum_hash_info *row = signum_hash_by_wire(hash);
    const struct signum_scheme_info *scheme_row =
        scheme == NULL ? NULL : signum_scheme_by_wire(scheme);

    if (row == NULL || row->id == SIGNUM_HASH_NONE)
        return "names a hash that is not offered here";
    if (scheme != NULL && scheme_row == NULL)
        return "names a scheme that is not offered here";
    if (release->count == SIGNUMD_RELEASE_DIGESTS_MAX)
        return "has too many digests";
    struct signumd_release_digest *item = grow(release);
    if (item == NULL)
        return "is too large";
    item->has_scheme = scheme_row != NULL;
    if (scheme_row != NULL)
        item->scheme = scheme_row->id;
    return read_digest(row, digest, is_base64, item);
}

/* Can the policy be about the key? One that names no keys can. */
static bool
is_about(const struct signumd_policy *policy, const char *key)
{
    const struct signumd_texts *keys = &policy->parts[SIGNUMD_PART_KEYS];

    for (size_t i = 0; i < keys->count; i++)
        if (signumd_glob_match(keys->items[i], key, false))
            return true;
    return keys->count == 0;
}

static enum signum_status
add_needs(struct signumd_db *db, const char *key, struct signumd_needs *needs)
{
    struct signumd_policy_set set;
    enum signum_status status = signumd_policies_load(db, NULL, key, &set);

    for (size_t i = 0; i < set.count && status == SIGNUM_OK; i++) {
        const struct signumd_obligations *asked = &set.items[i].obligations;
        if (!set.items[i].is_allow || !is_about(&set.items[i], key))
            continue;
        for (size_t j = 0; j < asked->approval_count && status == SIGNUM_OK; j++)
            status = signumd_needs_add(needs, asked->approvals[j].need, asked->approvals[j].group);
    }
    signumd_policy_set_clear(&set);
    return status;
}

/* SIGNUM_KEY_NOT_FOUND if there is none of that name. */
static enum signum_status
check_key(struct signumd_db *db, const char *name)
{
    struct signumd_key key;

    signumd_key_init(&key);
    enum signum_status status = signumd_keys_find(db, name, &key);
    signumd_key_clear(&key);
    return status;
}

static enum signum_status
insert_key(struct signumd_db *db, const char *id, const char *name)
{
    struct signumd_key key;

    signumd_key_init(&key);
    enum signum_status status = signumd_keys_find(db, name, &key);
    if (status == SIGNUM_OK)
        status =
            signumd_db_run(db, "INSERT INTO release_keys (release, key_id, key) VALUES (?, ?, ?)",
                "ttt", id, key.id, name);
    signumd_key_clear(&key);
    return status;
}

static enum signum_status
insert_digests(struct signumd_db *db, const char *id, const struct signumd_release *release)
{
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < release->count && status == SIGNUM_OK; i++) {
        const struct signumd_release_digest *item = &release->digests[i];
        const struct signum_bytes bytes = {item->bytes, item->len};
        status = signumd_db_run(db,
            "INSERT INTO release_digests (release, hash, digest, scheme, used)"
            " VALUES (?, ?, ?, ?, 0)",
            "ttbt", id, signum_hash_by_id(item->hash)->wire, bytes,
            item->has_scheme ? signum_scheme_by_id(item->scheme)->wire : NULL);
    }
    return status;
}

static enum signum_status
insert(struct signumd_db *db, const char *id, const char *creator, int64_t now,
    const struct signumd_release *release)
{
    enum signum_status status = signumd_db_run(db,
        "INSERT INTO releases (id, name, creator, state, uses, reason, created, expires)"
        " VALUES (?, ?, ?, 'pending', ?, ?, ?, ?)",
        "tttitii", id, release->name, creator, release->uses, release->reason, now,
        release->expires);

    for (size_t i = 0; i < release->keys.count && status == SIGNUM_OK; i++) {
        status = insert_key(db, id, release->keys.items[i]);
        if (status == SIGNUM_KEY_EXISTS) /* the same key twice */
            status = SIGNUM_OK;
    }
    if (status == SIGNUM_OK)
        status = insert_digests(db, id, release);
    return status == SIGNUM_OK ? signumd_needs_store(db, id, &release->needs) : status;
}

static enum signum_status
create(struct signumd_db *db, const struct signumd_actor *actor, const char *creator, int64_t now,
    struct signumd_release *release, const char **missing_out)
{
    char id[SIGNUMD_ID_SIZE];
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < release->keys.count && status == SIGNUM_OK; i++) {
        *missing_out = release->keys.items[i];
        status = check_key(db, release->keys.items[i]);
        if (status == SIGNUM_OK)
            status = add_needs(db, release->keys.items[i], &release->needs);
    }
    if (status == SIGNUM_OK && release->needs.count == 0)
        status = SIGNUM_INVALID_ARGUMENT;
    if (status == SIGNUM_OK)
        status = signumd_crypto_random_hex(id, SIGNUMD_ID_SIZE - 1);
    if (status == SIGNUM_OK)
        status = insert(db, id, creator, now, release);
    if (status != SIGNUM_OK)
        return status;
    const struct signumd_release_row row = {
        .name = release->name, .creator = creator, .state = "pending", .needs = release->needs};
    return signumd_release_record(db, actor, "release.create", &row, creator, release->reason);
}

enum signum_status
signumd_releases_create(struct signumd_db *db, const struct signumd_actor *actor,
    const char *creator, int64_t now, struct signumd_release *release, const char **missing_out)
{
    *missing_out = "";
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, create(db, actor, creator, now, release, missing_out));
}
