#include "approvals/approvals.h"

#include <stdio.h>
#include <string.h>

#include "approvals/approvals_internal.h"
#include "base/log.h"

#define DIGEST_BYTES_MAX 512
#define ANSWER_MAX ((size_t)16 * 1024)
#define RECORD_MAX ((size_t)32 * 1024)
#define NAME_KEPT_S 86400 /* how long a client's name means an ended request */

static const char *const state_names[SIGNUMD_APPROVAL_STATE_COUNT] = {
    "pending", "approved", "rejected", "cancelled", "expired", "signed"};

const char *
signumd_approval_state_name(enum signumd_approval_state state)
{
    return state_names[state];
}

bool
signumd_approval_state_from_name(const char *name, enum signumd_approval_state *state_out)
{
    for (size_t i = 0; i < SIGNUMD_APPROVAL_STATE_COUNT; i++) {
        if (strcmp(state_names[i], name) != 0)
            continue;
        *state_out = (enum signumd_approval_state)i;
        return true;
    }
    return false;
}

void
signumd_approval_init(struct signumd_approval *approval)
{
    memset(approval, 0, sizeof *approval);
    signum_buf_init(&approval->digest, DIGEST_BYTES_MAX);
    signum_buf_init(&approval->context, SIGNUMD_APPROVAL_CONTEXT_MAX);
    signum_buf_init(&approval->reason, SIGNUMD_APPROVAL_REASON_MAX);
    signum_buf_init(&approval->answer, ANSWER_MAX);
}

void
signumd_approval_clear(struct signumd_approval *approval)
{
    signum_buf_clear(&approval->digest);
    signum_buf_clear(&approval->context);
    signum_buf_clear(&approval->reason);
    signum_buf_clear(&approval->answer);
}

/* Replaces what is in the buffer. */
static void
set_bytes(struct signum_buf *buf, struct signum_bytes bytes)
{
    signum_buf_clear(buf);
    signum_buf_put(buf, bytes.data, bytes.len);
}

static enum signum_status
read_algorithms(struct sqlite3_stmt *query, struct signumd_approval *approval)
{
    const struct signum_scheme_info *scheme = signum_scheme_by_wire(signumd_db_text(query, 6));
    const struct signum_hash_info *hash = signum_hash_by_wire(signumd_db_text(query, 7));

    if (scheme == NULL || hash == NULL ||
        !signumd_approval_state_from_name(signumd_db_text(query, 12), &approval->state))
        return SIGNUM_INTERNAL;
    approval->params.scheme = scheme->id;
    approval->params.hash = hash->id;
    approval->params.salt_len = (uint32_t)signumd_db_number(query, 8);
    return SIGNUM_OK;
}

enum signum_status
signumd_approval_read_row(
    struct sqlite3_stmt *query, int64_t now, struct signumd_approval *approval)
{
    (void)snprintf(approval->id, sizeof approval->id, "%s", signumd_db_text(query, 0));
    approval->number = signumd_db_number(query, 1);
    (void)snprintf(approval->user, sizeof approval->user, "%s", signumd_db_text(query, 2));
    (void)snprintf(approval->key_id, sizeof approval->key_id, "%s", signumd_db_text(query, 3));
    (void)snprintf(approval->key, sizeof approval->key, "%s", signumd_db_text(query, 4));
    approval->version = signumd_db_number(query, 5);
    set_bytes(&approval->digest, signumd_db_bytes(query, 9));
    set_bytes(&approval->context, signum_bytes_of_text(signumd_db_text(query, 10)));
    set_bytes(&approval->reason, signum_bytes_of_text(signumd_db_text(query, 11)));
    approval->created = signumd_db_number(query, 13);
    approval->expires = signumd_db_number(query, 14);
    set_bytes(&approval->answer, signum_bytes_of_text(signumd_db_text(query, 15)));
    enum signum_status status = read_algorithms(query, approval);
    if (status != SIGNUM_OK)
        return status;
    if (approval->state <= SIGNUMD_APPROVAL_APPROVED && approval->expires <= now)
        approval->state = SIGNUMD_APPROVAL_EXPIRED;
    if (signum_buf_status(&approval->context) != SIGNUM_OK ||
        signum_buf_status(&approval->reason) != SIGNUM_OK ||
        signum_buf_status(&approval->answer) != SIGNUM_OK)
        return SIGNUM_NO_MEMORY;
    return signum_buf_status(&approval->digest);
}

enum signum_status
signumd_approvals_find(
    struct signumd_db *db, const char *id, int64_t now, struct signumd_approval *approval_out)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT " SIGNUMD_APPROVAL_COLUMNS " FROM approvals WHERE id = ?", "t", id);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = signumd_approval_read_row(query, now, approval_out);
    signumd_db_end(&query);
    if (status == SIGNUM_OK)
        status = signumd_needs_load(db, approval_out->id, &approval_out->needs);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_approval_set_state(
    struct signumd_db *db, const char *id, enum signumd_approval_state state, int64_t now)
{
    const bool is_open = state <= SIGNUMD_APPROVAL_APPROVED;

    return signumd_db_run(db,
        "UPDATE approvals SET state = ?, ended = nullif(?, 0) WHERE id = ?"
        " AND state IN ('pending', 'approved')",
        "tit", state_names[state], is_open ? (int64_t)0 : now, id);
}

static void
put_thing(struct signumd_json_writer *writer, const struct signumd_approval *approval)
{
    const struct signum_sign_params *params = &approval->params;

    signumd_json_put_text(writer, "key", approval->key);
    signumd_json_put_number(writer, "version", approval->version);
    signumd_json_put_text(writer, "scheme", signum_scheme_by_id(params->scheme)->wire);
    signumd_json_put_text(writer, "hash", signum_hash_by_id(params->hash)->wire);
    signumd_json_put_hex(writer, "digest", signum_bytes_of_buf(&approval->digest));
}

enum signum_status
signumd_approval_record(struct signumd_db *db, const struct signumd_actor *actor,
    const char *action, const struct signumd_approval *approval, const char *as, const char *reason)
{
    struct signum_buf body;
    struct signumd_json_writer writer;
    int64_t index = 0;

    signum_buf_init(&body, RECORD_MAX);
    signumd_audit_start(&writer, &body, action, actor);
    signumd_json_put_text(&writer, "approval", approval->id);
    signumd_json_put_text(&writer, "requester", approval->user);
    put_thing(&writer, approval);
    signumd_json_put_text(&writer, "state", state_names[approval->state]);
    if (actor->user == NULL && as != NULL)
        signumd_json_put_text(&writer, "as", as);
    signumd_needs_write(&approval->needs, &writer);
    signumd_json_begin(&writer, "asserted", '{');
    if (reason != NULL && reason[0] != '\0')
        signumd_json_put_text(&writer, "reason", reason);
    if (approval->context.len > 0 && strcmp(action, "request.create") == 0)
        signumd_json_put_raw(&writer, "context", signum_buf_text(&approval->context));
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
    enum signum_status status = signumd_audit_append(db, &body, &index);
    signum_buf_clear(&body);
    return status;
}

/* The one that the client's name was used for lately. SIGNUM_NOT_FOUND if it was not. */
static enum signum_status
find_named(struct signumd_db *db, const struct signumd_approval *wanted,
    const struct signumd_approval_name *name, int64_t now, char id_out[SIGNUMD_ID_SIZE])
{
    struct sqlite3_stmt *query = NULL;
    struct signum_bytes body = {name->body_sha256, SIGNUMD_SHA256_LEN};
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT a.id, n.body_sha256 FROM approval_names n JOIN approvals a ON a.id = n.approval"
        " WHERE n.user = ? AND n.key_id = ? AND n.idempotency_key = ? AND a.expires > ?",
        "ttti", wanted->user, wanted->key_id, name->idempotency_key, now - NAME_KEPT_S);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        (void)snprintf(id_out, SIGNUMD_ID_SIZE, "%s", signumd_db_text(query, 0));
    if (status == SIGNUM_OK && !signum_bytes_is_equal(signumd_db_bytes(query, 1), body))
        status = SIGNUM_INVALID_ARGUMENT;
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

static enum signum_status
find_same(struct signumd_db *db, const struct signumd_approval *wanted, int64_t now,
    char id_out[SIGNUMD_ID_SIZE])
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT id FROM approvals WHERE digest = ? AND user = ? AND key_id = ? AND version = ?"
        " AND scheme = ? AND hash = ? AND salt = ? AND state IN ('pending', 'approved')"
        " AND expires > ? ORDER BY number LIMIT 1",
        "bttittii", signum_bytes_of_buf(&wanted->digest), wanted->user, wanted->key_id,
        wanted->version, signum_scheme_by_id(wanted->params.scheme)->wire,
        signum_hash_by_id(wanted->params.hash)->wire, (int64_t)wanted->params.salt_len, now);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        (void)snprintf(id_out, SIGNUMD_ID_SIZE, "%s", signumd_db_text(query, 0));
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

static enum signum_status
insert(struct signumd_db *db, const struct signumd_approval *approval)
{
    const bool has_context = approval->context.len > 0;
    const bool has_reason = approval->reason.len > 0;

    return signumd_db_run(db,
        "INSERT INTO approvals (id, user, key_id, key, version, scheme, hash, salt, digest,"
        " context, reason, state, created, expires)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)",
        "ttttittibttii", approval->id, approval->user, approval->key_id, approval->key,
        approval->version, signum_scheme_by_id(approval->params.scheme)->wire,
        signum_hash_by_id(approval->params.hash)->wire, (int64_t)approval->params.salt_len,
        signum_bytes_of_buf(&approval->digest),
        has_context ? signum_buf_text(&approval->context) : NULL,
        has_reason ? signum_buf_text(&approval->reason) : NULL, approval->created,
        approval->expires);
}

static enum signum_status
create(struct signumd_db *db, const struct signumd_actor *actor, int64_t now,
    struct signumd_approval *approval)
{
    int64_t open = 0;
    enum signum_status status = signumd_db_get_number(db, &open,
        "SELECT count(*) FROM approvals WHERE user = ? AND state IN ('pending', 'approved')"
        " AND expires > ?",
        "ti", approval->user, now);

    if (status == SIGNUM_OK && open >= SIGNUMD_APPROVALS_OPEN_MAX)
        status = SIGNUM_TOO_LARGE;
    if (status == SIGNUM_OK)
        status = signumd_crypto_random_hex(approval->id, SIGNUMD_ID_SIZE - 1);
    approval->state = SIGNUMD_APPROVAL_PENDING;
    approval->created = now;
    if (status == SIGNUM_OK)
        status = insert(db, approval);
    if (status == SIGNUM_OK)
        status = signumd_needs_store(db, approval->id, &approval->needs);
    if (status == SIGNUM_OK)
        status = signumd_approval_record(
            db, actor, "request.create", approval, NULL, signum_buf_text(&approval->reason));
    return status;
}

/* Adds needs to an open one that lacks them. */
static enum signum_status
raise_needs(
    struct signumd_db *db, const struct signumd_needs *needs, struct signumd_approval *approval)
{
    struct signumd_needs all = approval->needs;
    enum signum_status status = SIGNUM_OK;

    if (approval->state > SIGNUMD_APPROVAL_APPROVED)
        return SIGNUM_OK;
    for (size_t i = 0; i < needs->count && status == SIGNUM_OK; i++)
        status = signumd_needs_add(&all, needs->items[i].need, needs->items[i].group);
    if (status == SIGNUM_OK)
        status = signumd_needs_weigh(db, approval->id, approval->user, &all);
    if (status != SIGNUM_OK)
        return status;
    approval->state =
        signumd_needs_are_met(&all) ? SIGNUMD_APPROVAL_APPROVED : SIGNUMD_APPROVAL_PENDING;
    approval->needs = all;
    status = signumd_needs_store(db, approval->id, &all);
    if (status != SIGNUM_OK)
        return status;
    return signumd_approval_set_state(db, approval->id, approval->state, 0);
}

/* The request that is found takes the place of what was wanted. */
static enum signum_status
join(struct signumd_db *db, const char *id, int64_t now, struct signumd_approval *wanted)
{
    const struct signumd_needs needs = wanted->needs;
    enum signum_status status = signumd_approvals_find(db, id, now, wanted);

    if (status != SIGNUM_OK)
        return status;
    return raise_needs(db, &needs, wanted);
}

/* A name whose request is long over may be used anew. */
static enum signum_status
put_name(struct signumd_db *db, const struct signumd_approval *approval,
    const struct signumd_approval_name *name)
{
    struct signum_bytes body = {name->body_sha256, SIGNUMD_SHA256_LEN};

    return signumd_db_run(db,
        "INSERT OR REPLACE INTO approval_names (user, key_id, idempotency_key, body_sha256,"
        " approval) VALUES (?, ?, ?, ?, ?)",
        "tttbt", approval->user, approval->key_id, name->idempotency_key, body, approval->id);
}

static enum signum_status
place(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_approval_name *name, int64_t now, struct signumd_approval *wanted)
{
    char id[SIGNUMD_ID_SIZE] = "";
    enum signum_status status = find_named(db, wanted, name, now, id);

    if (status == SIGNUM_OK)
        return join(db, id, now, wanted);
    if (status == SIGNUM_NOT_FOUND)
        status = find_same(db, wanted, now, id);
    if (status == SIGNUM_OK)
        status = join(db, id, now, wanted);
    else if (status == SIGNUM_NOT_FOUND)
        status = create(db, actor, now, wanted);
    return status == SIGNUM_OK ? put_name(db, wanted, name) : status;
}

enum signum_status
signumd_approvals_place(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_approval_name *name, int64_t now, struct signumd_approval *wanted)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, place(db, actor, name, now, wanted));
}

/* It is read anew: since it was read, it may have been signed, or its time may have come. */
enum signum_status
signumd_approvals_demand(struct signumd_db *db, const struct signumd_needs *needs, int64_t now,
    struct signumd_approval *approval)
{
    char id[SIGNUMD_ID_SIZE];
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    memcpy(id, approval->id, sizeof id);
    status = signumd_approvals_find(db, id, now, approval);
    if (status == SIGNUM_OK)
        status = raise_needs(db, needs, approval);
    return signumd_db_finish(db, status);
}
