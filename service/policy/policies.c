#include "policy/policies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "policy/candidates.h"
#include "policy/uses.h"

#define POLICIES_MAX 20000

/* A stored document was read when it came; that it cannot be now is a damaged database. */
static enum signum_status
read_row(struct sqlite3_stmt *query, struct signumd_policy *policy_out)
{
    struct signumd_json_reader fault;
    enum signum_status status =
        signumd_policy_read(signum_bytes_of_text(signumd_db_text(query, 0)), policy_out, &fault);

    if (status == SIGNUM_OK) {
        policy_out->version = signumd_db_number(query, 1);
        return SIGNUM_OK;
    }
    signumd_log(SIGNUMD_LOG_ERROR, "a stored policy is damaged: %s %s", fault.field, fault.cause);
    return SIGNUM_INTERNAL;
}

static enum signum_status
add_row(struct sqlite3_stmt *query, struct signumd_policy_set *set, size_t *room)
{
    if (set->count == POLICIES_MAX)
        return SIGNUM_TOO_LARGE;
    if (set->count == *room) {
        size_t more = *room == 0 ? 8 : 2 * *room;
        struct signumd_policy *items = realloc(set->items, more * sizeof *items);
        if (items == NULL)
            return SIGNUM_NO_MEMORY;
        set->items = items;
        *room = more;
    }
    signumd_policy_init(&set->items[set->count]);
    set->count++;
    return read_row(query, &set->items[set->count - 1]);
}

enum signum_status
signumd_policies_load(
    struct signumd_db *db, const char *user, const char *key, struct signumd_policy_set *set_out)
{
    struct sqlite3_stmt *query = NULL;
    size_t room = 0;

    *set_out = (struct signumd_policy_set){NULL, 0};
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT document, version FROM policies"
        " WHERE (?1 IS NULL OR only_user IS NULL OR only_user = ?1)"
        " AND (?2 IS NULL OR only_key IS NULL OR only_key = ?2) ORDER BY name",
        "tt", user, key);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        status = add_row(query, set_out, &room);
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

void
signumd_policy_set_clear(struct signumd_policy_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        signumd_policy_clear(&set->items[i]);
    free(set->items);
    *set = (struct signumd_policy_set){NULL, 0};
}

enum signum_status
signumd_policy_ask(
    struct signumd_db *db, const struct signumd_facts *facts, struct signumd_decision *decision_out)
{
    struct signumd_candidates candidates;

    memset(decision_out, 0, sizeof *decision_out);
    decision_out->reason = "the policies could not be read";
    enum signum_status status = signumd_candidates_find(db, facts->user, facts->key, &candidates);
    for (size_t i = 0; i < candidates.count && status == SIGNUM_OK; i++)
        if (signumd_policy_needs_uses(candidates.items[i].policy, facts))
            status = signumd_uses_load(db, facts, &candidates.items[i]);
    if (status == SIGNUM_OK)
        *decision_out = signumd_policy_judge(facts, candidates.items, candidates.count, NULL);
    signumd_candidates_clear(&candidates);
    return status;
}

/* Adds the next version of a name; document NULL for a removal. */
static enum signum_status
add_version(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
    const char *document, int64_t *version_out)
{
    enum signum_status status = signumd_db_get_number(db, version_out,
        "SELECT coalesce(max(version), 0) + 1 FROM policy_versions WHERE name = ?", "t", name);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_run(db, "INSERT INTO policy_versions VALUES (?, ?, ?, ?, ?)", "titit", name,
        *version_out, document, signumd_timestamp_seconds(), actor->user);
}

/* Does anything else in its place name somebody or something too? */
static bool
has_others(const struct signumd_policy *policy, enum signumd_policy_part part)
{
    const struct signumd_texts *parts = policy->parts;

    if (part == SIGNUMD_PART_KEYS)
        return parts[SIGNUMD_PART_KEY_GROUPS].count > 0;
    if (part == SIGNUMD_PART_KEY_GROUPS)
        return parts[SIGNUMD_PART_KEYS].count > 0;
    return (part != SIGNUMD_PART_USERS && parts[SIGNUMD_PART_USERS].count > 0) ||
           parts[SIGNUMD_PART_ROLES].count > 0 ||
           (part != SIGNUMD_PART_USER_GROUPS && parts[SIGNUMD_PART_USER_GROUPS].count > 0);
}

const char *
signumd_policies_only(const struct signumd_policy *policy, enum signumd_policy_part part)
{
    const struct signumd_texts *texts = &policy->parts[part];

    if (has_others(policy, part))
        return NULL;
    if (texts->count != 1 || strpbrk(texts->items[0], "*?") != NULL)
        return NULL;
    return texts->items[0];
}

/* SHA-256 of the document in force; empty if there is none. */
static enum signum_status
hash_of_stored(struct signumd_db *db, const char *name, char hex_out[SIGNUMD_SHA256_HEX_SIZE])
{
    struct sqlite3_stmt *query = NULL;

    hex_out[0] = '\0';
    enum signum_status status =
        signumd_db_query(db, &query, "SELECT document FROM policies WHERE name = ?", "t", name);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status =
            signumd_crypto_sha256_hex(signum_bytes_of_text(signumd_db_text(query, 0)), hex_out);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
record(struct signumd_db *db, const struct signumd_actor *actor, const char *action,
    const struct signumd_policy *policy, const char *document, const char *before)
{
    char version[24];
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    const char *user = signumd_policies_only(policy, SIGNUMD_PART_USERS);
    const char *key = signumd_policies_only(policy, SIGNUMD_PART_KEYS);
    enum signum_status status = signumd_crypto_sha256_hex(signum_bytes_of_text(document), sha256);

    if (status != SIGNUM_OK)
        return status;
    (void)snprintf(version, sizeof version, "%lld", (long long)policy->version);
    return signumd_audit_change(db, actor, action, "rule", policy->name, "name", user, "key", key,
        "version", version, "document_sha256", sha256, "before_sha256",
        before[0] == '\0' ? NULL : before, NULL);
}

static enum signum_status
store_document(struct signumd_db *db, const struct signumd_actor *actor,
    struct signumd_policy *policy, const char *action, const char *document)
{
    char before[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status = hash_of_stored(db, policy->name, before);

    if (status == SIGNUM_OK)
        status = add_version(db, actor, policy->name, document, &policy->version);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "INSERT OR REPLACE INTO policies VALUES (?, ?, ?, ?, ?)",
            "tittt", policy->name, policy->version, document,
            signumd_policies_only(policy, SIGNUMD_PART_USERS),
            signumd_policies_only(policy, SIGNUMD_PART_KEYS));
    return status == SIGNUM_OK ? record(db, actor, action, policy, document, before) : status;
}

enum signum_status
signumd_policies_store(struct signumd_db *db, const struct signumd_actor *actor,
    struct signumd_policy *policy, const char *action, bool must_be_new)
{
    struct signum_buf document;
    int64_t one = 0;
    enum signum_status status =
        signumd_db_get_number(db, &one, "SELECT 1 FROM policies WHERE name = ?", "t", policy->name);

    if (status == SIGNUM_OK && must_be_new)
        return SIGNUM_KEY_EXISTS;
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        return status;
    signum_buf_init(&document, SIGNUMD_POLICY_BODY_MAX);
    signumd_policy_write(policy, &document);
    status = signum_buf_status(&document);
    if (status == SIGNUM_OK)
        status = store_document(db, actor, policy, action, signum_buf_text(&document));
    signum_buf_clear(&document);
    return status;
}

static enum signum_status
check_expected(struct signumd_db *db, const char *name, const struct signumd_expected *expected)
{
    int64_t version = 0;

    if (expected == NULL)
        return SIGNUM_OK;
    enum signum_status status = signumd_db_get_number(
        db, &version, "SELECT version FROM policies WHERE name = ?", "t", name);
    if (status != SIGNUM_OK)
        return status == SIGNUM_NOT_FOUND ? SIGNUM_DENIED : status;
    for (size_t i = 0; i < expected->count; i++)
        if (expected->versions[i] == version)
            return SIGNUM_OK;
    return expected->is_any ? SIGNUM_OK : SIGNUM_DENIED;
}

enum signum_status
signumd_policies_put(struct signumd_db *db, const struct signumd_actor *actor,
    struct signumd_policy *policy, const struct signumd_expected *expected)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = check_expected(db, policy->name, expected);
    if (status == SIGNUM_OK)
        status = signumd_policies_store(db, actor, policy, "policy.put", false);
    return signumd_db_finish(db, status);
}

static enum signum_status
load_version(
    struct signumd_db *db, const char *name, int64_t version, struct signumd_policy *policy_out)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT document, version FROM policy_versions"
        " WHERE name = ? AND version = ? AND document IS NOT NULL",
        "ti", name, version);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = read_row(query, policy_out);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_policies_restore(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
    int64_t version, struct signumd_policy *policy_out)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = load_version(db, name, version, policy_out);
    if (status == SIGNUM_OK)
        status = signumd_policies_store(db, actor, policy_out, "policy.restore", false);
    return signumd_db_finish(db, status);
}

static enum signum_status
remove_one(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    char version[24];
    char before[SIGNUMD_SHA256_HEX_SIZE];
    int64_t number = 0;
    enum signum_status status = hash_of_stored(db, name, before);

    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "DELETE FROM policies WHERE name = ?", "t", name);
    if (status == SIGNUM_OK)
        status = signumd_uses_forget(db, name);
    if (status == SIGNUM_OK)
        status = add_version(db, actor, name, NULL, &number);
    (void)snprintf(version, sizeof version, "%lld", (long long)number);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "policy.remove", "rule", name, "version", version,
            "before_sha256", before, NULL);
    return status;
}

enum signum_status
signumd_policies_remove(struct signumd_db *db, const struct signumd_actor *actor, const char *name,
    const struct signumd_expected *expected)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = check_expected(db, name, expected);
    if (status == SIGNUM_OK)
        status = remove_one(db, actor, name);
    return signumd_db_finish(db, status);
}

static enum signum_status
forget_in(struct signumd_db *db, const struct signumd_actor *actor, struct signumd_policy *policy,
    enum signumd_policy_part part, const char *name)
{
    struct signumd_texts *texts = &policy->parts[part];

    if (!policy->is_allow || !signumd_texts_has(texts, name))
        return SIGNUM_OK;
    signumd_texts_remove(texts, name);
    if (texts->count == 0 && !has_others(policy, part))
        return remove_one(db, actor, policy->name);
    return signumd_policies_store(db, actor, policy, "policy.put", false);
}

enum signum_status
signumd_policies_forget(struct signumd_db *db, const struct signumd_actor *actor,
    enum signumd_policy_part part, const char *name)
{
    struct signumd_policy_set set;
    const char *user = part == SIGNUMD_PART_USERS ? name : NULL;
    const char *key = part == SIGNUMD_PART_KEYS ? name : NULL;
    enum signum_status status = signumd_policies_load(db, user, key, &set);

    for (size_t i = 0; i < set.count && status == SIGNUM_OK; i++)
        status = forget_in(db, actor, &set.items[i], part, name);
    signumd_policy_set_clear(&set);
    return status;
}
