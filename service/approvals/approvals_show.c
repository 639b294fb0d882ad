#include <string.h>

#include "approvals/approvals.h"
#include "approvals/approvals_internal.h"
#include "base/timestamp.h"

#define RETRY_AFTER_S 2

static void
put_time(struct signumd_json_writer *writer, const char *name, int64_t seconds)
{
    char text[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(seconds, text);
    signumd_json_put_text(writer, name, text);
}

/* How it stands: what both forms begin with. */
static void
put_state(const struct signumd_approval *approval, struct signumd_json_writer *writer)
{
    signumd_json_put_text(writer, "request", approval->id);
    signumd_json_put_text(writer, "status", signumd_approval_state_name(approval->state));
    signumd_needs_write(&approval->needs, writer);
    put_time(writer, "expires", approval->expires);
    signumd_json_put_number(writer, "retry_after", RETRY_AFTER_S);
}

void
signumd_approval_write_pending(
    const struct signumd_approval *approval, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, NULL, '{');
    put_state(approval, writer);
    signumd_json_end(writer, '}');
}

static void
put_thing(const struct signumd_approval *approval, struct signumd_json_writer *writer)
{
    const struct signum_sign_params *params = &approval->params;
    const bool has_context = approval->context.len > 0;
    const bool has_reason = approval->reason.len > 0;

    signumd_json_put_text(writer, "user", approval->user);
    signumd_json_put_text(writer, "key", approval->key);
    signumd_json_put_number(writer, "version", approval->version);
    signumd_json_put_text(writer, "scheme", signum_scheme_by_id(params->scheme)->wire);
    signumd_json_put_text(writer, "hash", signum_hash_by_id(params->hash)->wire);
    if (params->scheme == SIGNUM_SCHEME_RSA_PSS)
        signumd_json_put_number(writer, "salt", params->salt_len);
    signumd_json_put_base64(writer, "digest", signum_bytes_of_buf(&approval->digest));
    signumd_json_put_raw(
        writer, "context", has_context ? signum_buf_text(&approval->context) : "null");
    signumd_json_put_text(writer, "reason", has_reason ? signum_buf_text(&approval->reason) : NULL);
    put_time(writer, "created", approval->created);
}

enum signum_status
signumd_approval_write(struct signumd_db *db, const struct signumd_approval *approval,
    bool is_requester, struct signumd_json_writer *writer)
{
    const bool has_result = is_requester && approval->answer.len > 0;

    signumd_json_begin(writer, NULL, '{');
    put_state(approval, writer);
    signumd_json_put_number(writer, "number", approval->number);
    put_thing(approval, writer);
    enum signum_status status = signumd_votes_write(db, approval->id, writer);
    signumd_json_put_raw(
        writer, "result", has_result ? signum_buf_text(&approval->answer) : "null");
    signumd_json_end(writer, '}');
    return status;
}

/* The identifiers of a page, and then each by itself: its needs and votes are rows of their own. */
static enum signum_status
write_item(struct signumd_db *db, struct sqlite3_stmt *query,
    const struct signumd_approval_filter *filter, int64_t now, struct signumd_json_writer *writer)
{
    struct signumd_approval approval;

    signumd_approval_init(&approval);
    enum signum_status status =
        signumd_approvals_find(db, signumd_db_text(query, 1), now, &approval);
    if (status == SIGNUM_OK)
        status = signumd_approval_write(db, &approval,
            filter->reader != NULL && strcmp(filter->reader, approval.user) == 0, writer);
    signumd_approval_clear(&approval);
    return status;
}

static const char *
or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

enum signum_status
signumd_approvals_write_page(struct signumd_db *db, const struct signumd_approval_filter *filter,
    int64_t after, int64_t limit, int64_t now, struct signumd_json_writer *writer,
    int64_t *next_out)
{
    struct sqlite3_stmt *query = NULL;
    int64_t last = 0;
    int64_t count = 0;

    *next_out = 0;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT number, id FROM approvals WHERE number > ?1 AND (?2 = '' OR user = ?2)"
        " AND (?3 = '' OR key = ?3) AND (?4 = '' OR ?4 = CASE WHEN state IN ('pending',"
        " 'approved') AND expires <= ?5 THEN 'expired' ELSE state END)"
        " ORDER BY number LIMIT ?6",
        "itttii", after, or_empty(filter->user), or_empty(filter->key), or_empty(filter->state),
        now, limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK && count < limit; count++) {
        last = signumd_db_number(query, 0);
        status = write_item(db, query, filter, now, writer);
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    if (status == SIGNUM_OK)
        *next_out = last;
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
