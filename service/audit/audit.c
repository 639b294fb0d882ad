#include "audit/audit.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/timestamp.h"

#define BODY_MAX ((size_t)64 * 1024)

const struct signumd_actor signumd_actor_local = {NULL, NULL, NULL, NULL};

void
signumd_audit_start(struct signumd_json_writer *writer, struct signum_buf *body,
                    const char *action, const struct signumd_actor *actor)
{
    char now[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_now(now);
    signumd_json_start(writer, body);
    signumd_json_put_text(writer, "action", action);
    signumd_json_put_text(writer, "time", now);
    signumd_json_put_text(writer, "user", actor->user);
    signumd_json_put_text(writer, "token", actor->token);
    signumd_json_put_text(writer, "request", actor->request);
    signumd_json_begin(writer, "verified", '{');
    if (actor->user == NULL)
        signumd_json_put_number(writer, "uid", (int64_t)getuid());
    else
        signumd_json_put_text(writer, "address", actor->address);
    signumd_json_end(writer, '}');
}

static enum signum_status
leaf_of(struct signum_bytes body, uint8_t leaf_out[SIGNUMD_SHA256_LEN])
{
    static const uint8_t zero = 0;

    return signumd_crypto_sha256((struct signum_bytes){&zero, 1}, body, leaf_out);
}

/* `chain` is replaced by the next value. */
static enum signum_status
link_leaf(uint8_t chain[SIGNUMD_SHA256_LEN], const uint8_t leaf[SIGNUMD_SHA256_LEN])
{
    uint8_t previous[SIGNUMD_SHA256_LEN];

    memcpy(previous, chain, sizeof previous);
    return signumd_crypto_sha256((struct signum_bytes){previous, SIGNUMD_SHA256_LEN},
                                 (struct signum_bytes){leaf, SIGNUMD_SHA256_LEN}, chain);
}

static enum signum_status
read_head(struct signumd_db *db, int64_t *count_out, uint8_t chain_out[SIGNUMD_SHA256_LEN])
{
    struct sqlite3_stmt *query = NULL;

    *count_out = 0;
    memset(chain_out, 0, SIGNUMD_SHA256_LEN);
    enum signum_status status =
        signumd_db_query(db, &query, "SELECT count, chain FROM audit_head WHERE id = 1", "");
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        struct signum_bytes chain = signumd_db_bytes(query, 1);
        *count_out = signumd_db_number(query, 0);
        if (chain.len == SIGNUMD_SHA256_LEN)
            memcpy(chain_out, chain.data, SIGNUMD_SHA256_LEN);
        else
            status = SIGNUM_INTERNAL;
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_INTERNAL : status;
}

enum signum_status
signumd_audit_append(struct signumd_db *db, const struct signum_buf *body, int64_t *index_out)
{
    uint8_t chain[SIGNUMD_SHA256_LEN];
    uint8_t leaf[SIGNUMD_SHA256_LEN];
    int64_t count = 0;

    *index_out = -1;
    enum signum_status status = signum_buf_status(body);
    if (status == SIGNUM_OK)
        status = read_head(db, &count, chain);
    if (status == SIGNUM_OK)
        status = leaf_of(signum_bytes_of_buf(body), leaf);
    if (status == SIGNUM_OK)
        status = link_leaf(chain, leaf);
    if (status != SIGNUM_OK)
        return status;
    struct signum_bytes leaf_bytes = {leaf, sizeof leaf};
    struct signum_bytes chain_bytes = {chain, sizeof chain};
    status = signumd_db_run(db, "INSERT INTO audit (idx, body, leaf, chain) VALUES (?, ?, ?, ?)",
                            "itbb", count, signum_buf_text(body), leaf_bytes, chain_bytes);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "UPDATE audit_head SET count = ?, chain = ? WHERE id = 1",
                                "ib", count + 1, chain_bytes);
    if (status == SIGNUM_OK)
        *index_out = count;
    else if (status == SIGNUM_KEY_EXISTS) /* the head says less than there is: tampered with */
        status = SIGNUM_INTERNAL;
    return status;
}

enum signum_status
signumd_audit_change(struct signumd_db *db, const struct signumd_actor *actor,
                     const char *action, ...)
{
    struct signum_buf body;
    struct signumd_json_writer writer;
    int64_t index = 0;
    va_list pairs;

    signum_buf_init(&body, BODY_MAX);
    signumd_audit_start(&writer, &body, action, actor);
    va_start(pairs, action);
    for (const char *name = va_arg(pairs, const char *); name != NULL;
         name = va_arg(pairs, const char *)) {
        const char *value = va_arg(pairs, const char *);
        if (value != NULL)
            signumd_json_put_text(&writer, name, value);
    }
    va_end(pairs);
    signumd_json_end(&writer, '}');
    enum signum_status status = signumd_audit_append(db, &body, &index);
    signum_buf_clear(&body);
    return status;
}

enum signum_status
signumd_audit_event(struct signumd_db *db, const char *action)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(db, &signumd_actor_local, action, NULL);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_audit_write_list(struct signumd_db *db, int64_t after, int64_t limit,
                         struct signumd_json_writer *writer, int64_t *next_out)
{
    struct sqlite3_stmt *query = NULL;
    int64_t last = -1;
    int64_t count = 0;

    *next_out = -1;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT idx, body, leaf, chain FROM audit WHERE idx > ? ORDER BY idx LIMIT ?",
        "ii", after, limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK && count < limit) {
        last = signumd_db_number(query, 0);
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_number(writer, "index", last);
        signumd_json_put_hex(writer, "leaf", signumd_db_bytes(query, 2));
        signumd_json_put_hex(writer, "chain", signumd_db_bytes(query, 3));
        signumd_json_put_raw(writer, "record", signumd_db_text(query, 1));
        signumd_json_end(writer, '}');
        count++;
        status = signumd_db_next(db, query);
    }
    if (status == SIGNUM_OK)
        *next_out = last;
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

/* What is wrong with the row, if it should have the index and follow the chain; NULL if nothing. */
static const char *
check_row(struct sqlite3_stmt *query, int64_t index, uint8_t chain[SIGNUMD_SHA256_LEN],
          enum signum_status *status)
{
    uint8_t leaf[SIGNUMD_SHA256_LEN];
    const char *text = signumd_db_text(query, 1);

    if (signumd_db_number(query, 0) != index)
        return "the record is missing";
    *status = leaf_of((struct signum_bytes){(const uint8_t *)text, signumd_db_bytes(query, 1).len},
                      leaf);
    if (*status != SIGNUM_OK)
        return NULL;
    struct signum_bytes stored = signumd_db_bytes(query, 2);
    if (stored.len != sizeof leaf || memcmp(stored.data, leaf, sizeof leaf) != 0)
        return "the record is not what was hashed when it was written";
    *status = link_leaf(chain, leaf);
    if (*status != SIGNUM_OK)
        return NULL;
    stored = signumd_db_bytes(query, 3);
    if (stored.len != SIGNUMD_SHA256_LEN || memcmp(stored.data, chain, SIGNUMD_SHA256_LEN) != 0)
        return "the record does not follow the one before it";
    return NULL;
}

static enum signum_status
check_rows(struct signumd_db *db, struct signumd_audit_report *report,
           uint8_t chain[SIGNUMD_SHA256_LEN])
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT idx, body, leaf, chain FROM audit ORDER BY idx", "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        uint8_t before[SIGNUMD_SHA256_LEN];
        memcpy(before, chain, sizeof before);
        report->fault = check_row(query, report->count, chain, &status);
        if (report->fault != NULL) {
            memcpy(chain, before, sizeof before);
            report->bad_index = report->count;
            break;
        }
        report->count++;
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_audit_verify(struct signumd_db *db, struct signumd_audit_report *report_out)
{
    uint8_t chain[SIGNUMD_SHA256_LEN] = {0};
    uint8_t head[SIGNUMD_SHA256_LEN];
    int64_t count = 0;

    memset(report_out, 0, sizeof *report_out);
    report_out->bad_index = -1;
    /* One transaction, so that records and head are of the same moment while others write */
    enum signum_status status = signumd_db_begin_read(db);
    if (status != SIGNUM_OK)
        return status;
    status = read_head(db, &count, head);
    if (status == SIGNUM_OK)
        status = check_rows(db, report_out, chain);
    status = signumd_db_finish(db, status);
    if (status != SIGNUM_OK)
        return status;
    signumd_crypto_hex(chain, sizeof chain, report_out->chain);
    if (report_out->fault != NULL)
        return SIGNUM_OK;
    if (report_out->count != count || memcmp(chain, head, sizeof head) != 0) {
        report_out->bad_index = report_out->count < count ? report_out->count : count;
        report_out->fault = report_out->count < count
                                ? "the record is missing: the end of the log was removed"
                                : "the log does not end where its head says";
    }
    return SIGNUM_OK;
}
