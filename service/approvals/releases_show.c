#include <stdio.h>

#include "approvals/releases.h"
#include "base/timestamp.h"

static void
put_time(struct signumd_json_writer *writer, const char *name, int64_t seconds)
{
    char text[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(seconds, text);
    signumd_json_put_text(writer, name, text);
}

static enum signum_status
write_keys(struct signumd_db *db, const char *id, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT key FROM release_keys WHERE release = ? ORDER BY key", "t", id);

    signumd_json_begin(writer, "keys", '[');
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK; status = signumd_db_next(db, query))
        signumd_json_put_text(writer, NULL, signumd_db_text(query, 0));
    signumd_json_end(writer, ']');
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
write_digests(struct signumd_db *db, const char *id, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT hash, digest, scheme, used FROM release_digests WHERE release = ? ORDER BY number",
        "t", id);

    signumd_json_begin(writer, "digests", '[');
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK; status = signumd_db_next(db, query)) {
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "hash", signumd_db_text(query, 0));
        signumd_json_put_base64(writer, "digest", signumd_db_bytes(query, 1));
        signumd_json_put_text(
            writer, "scheme", signumd_db_is_null(query, 2) ? NULL : signumd_db_text(query, 2));
        signumd_json_put_number(writer, "used", signumd_db_number(query, 3));
        signumd_json_end(writer, '}');
    }
    signumd_json_end(writer, ']');
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

#define COLUMNS                                                                                    \
    "SELECT r.id, r.name, CASE WHEN r.state IN ('pending', 'active') AND r.expires <= ?1"          \
    " THEN 'expired' ELSE r.state END, r.creator, r.reason, r.uses, r.created, r.expires,"         \
    " (SELECT count(*) FROM release_digests d WHERE d.release = r.id),"                            \
    " (SELECT total(used) FROM release_digests d WHERE d.release = r.id) FROM releases r "

static enum signum_status
write_row(struct signumd_db *db, struct sqlite3_stmt *query, bool is_whole,
    struct signumd_json_writer *writer)
{
    const char *id = signumd_db_text(query, 0);
    struct signumd_needs needs;
    enum signum_status status = signumd_needs_load(db, id, &needs);

    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", signumd_db_text(query, 1));
    signumd_json_put_text(writer, "status", signumd_db_text(query, 2));
    signumd_json_put_text(writer, "user", signumd_db_text(query, 3));
    signumd_json_put_text(
        writer, "reason", signumd_db_is_null(query, 4) ? NULL : signumd_db_text(query, 4));
    signumd_json_put_number(writer, "uses", signumd_db_number(query, 5));
    put_time(writer, "created", signumd_db_number(query, 6));
    put_time(writer, "expires", signumd_db_number(query, 7));
    signumd_json_put_number(writer, "count", signumd_db_number(query, 8));
    signumd_json_put_number(writer, "used", signumd_db_number(query, 9));
    signumd_needs_write(&needs, writer);
    if (status == SIGNUM_OK)
        status = signumd_votes_write(db, id, writer);
    if (status == SIGNUM_OK)
        status = write_keys(db, id, writer);
    if (status == SIGNUM_OK && is_whole)
        status = write_digests(db, id, writer);
    signumd_json_end(writer, '}');
    return status;
}

enum signum_status
signumd_releases_write(struct signumd_db *db, const char *name, int64_t now, bool is_whole,
    struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, COLUMNS "WHERE r.name = ?2", "it", now, name);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = write_row(db, query, is_whole, writer);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_releases_write_page(struct signumd_db *db, const char *after, int64_t limit, int64_t now,
    struct signumd_json_writer *writer, char next_out[SIGNUMD_NAME_MAX + 1])
{
    struct sqlite3_stmt *query = NULL;
    char last[SIGNUMD_NAME_MAX + 1] = "";
    int64_t count = 0;

    next_out[0] = '\0';
    enum signum_status status = signumd_db_query(db, &query,
        COLUMNS "WHERE r.name > ?2 ORDER BY r.name LIMIT ?3", "iti", now, after, limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK && count < limit; count++) {
        (void)snprintf(last, sizeof last, "%s", signumd_db_text(query, 1));
        status = write_row(db, query, false, writer);
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    if (status == SIGNUM_OK)
        (void)snprintf(next_out, sizeof last, "%s", last);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
