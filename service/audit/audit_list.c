#include "audit/audit.h"

#include <string.h>

#define SQL_MAX ((size_t)1024)

const char *const signumd_audit_fields[SIGNUMD_AUDIT_FIELD_COUNT] = {
    [SIGNUMD_AUDIT_KEY] = "key",
    [SIGNUMD_AUDIT_USER] = "user",
    [SIGNUMD_AUDIT_DIGEST] = "digest",
    [SIGNUMD_AUDIT_REQUEST] = "request",
    [SIGNUMD_AUDIT_ACTION] = "action",
    [SIGNUMD_AUDIT_DECISION] = "decision",
    [SIGNUMD_AUDIT_OUTCOME] = "outcome",
    [SIGNUMD_AUDIT_FROM] = "from",
    [SIGNUMD_AUDIT_TO] = "to",
};

bool
signumd_audit_filter_set(
    struct signumd_audit_filter *filter, enum signumd_audit_field field, const char *text)
{
    if (text == NULL)
        return true;
    if (field == SIGNUMD_AUDIT_FROM || field == SIGNUMD_AUDIT_TO) {
        char *time = field == SIGNUMD_AUDIT_FROM ? filter->from : filter->to;
        if (!signumd_timestamp_normalize(text, time))
            return false;
        text = time;
    }
    filter->texts[field] = text;
    return true;
}

bool
signumd_audit_filter_is_empty(const struct signumd_audit_filter *filter)
{
    for (size_t i = 0; i < SIGNUMD_AUDIT_FIELD_COUNT; i++)
        if (filter->texts[i] != NULL)
            return false;
    return true;
}

/* Only what is asked for is in the text, so that SQLite can choose an index. */
static void
put_sql(const struct signumd_audit_filter *filter, struct signum_buf *sql)
{
    signum_buf_put_text(sql, "SELECT idx, body, leaf FROM audit");
    if (!signumd_audit_filter_is_empty(filter))
        signum_buf_put_text(sql, " JOIN audit_search USING (idx)");
    signum_buf_put_text(sql, " WHERE idx > ?10");
    for (int i = 0; i < SIGNUMD_AUDIT_FIELD_COUNT; i++)
        if (filter->texts[i] != NULL)
            signum_buf_printf(sql, " AND %s %s ?%d",
                i < SIGNUMD_AUDIT_FROM ? signumd_audit_fields[i] : "time",
                i < SIGNUMD_AUDIT_FROM    ? "="
                : i == SIGNUMD_AUDIT_FROM ? ">="
                                          : "<",
                i + 1);
    signum_buf_put_text(sql, " ORDER BY idx LIMIT ?11");
}

enum signum_status
signumd_audit_query(struct signumd_db *db, const struct signumd_audit_filter *filter, int64_t after,
    int64_t limit, struct sqlite3_stmt **query_out)
{
    static const struct signumd_audit_filter all;
    const char *const *t = filter == NULL ? all.texts : filter->texts;
    struct signum_buf sql;

    *query_out = NULL;
    signum_buf_init(&sql, SQL_MAX);
    put_sql(filter == NULL ? &all : filter, &sql);
    enum signum_status status = signum_buf_status(&sql);
    if (status == SIGNUM_OK)
        status = signumd_db_query(db, query_out, signum_buf_text(&sql), "tttttttttii", t[0], t[1],
            t[2], t[3], t[4], t[5], t[6], t[7], t[8], after, limit);
    signum_buf_clear(&sql);
    return status;
}

enum signum_status
signumd_audit_write_list(struct signumd_db *db, const struct signumd_audit_filter *filter,
    int64_t after, int64_t limit, struct signumd_json_writer *writer, int64_t *next_out)
{
    struct sqlite3_stmt *query = NULL;
    int64_t last = -1;
    int64_t count = 0;

    *next_out = -1;
    enum signum_status status = signumd_audit_query(db, filter, after, limit + 1, &query);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK && count < limit) {
        last = signumd_db_number(query, 0);
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_number(writer, "index", last);
        signumd_json_put_hex(writer, "leaf", signumd_db_bytes(query, 2));
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
