#include "base/timestamp.h"
#include "webhooks/deliveries.h"

static void
put_time(struct signumd_json_writer *writer, const char *name, int64_t seconds)
{
    char text[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(seconds, text);
    signumd_json_put_text(writer, name, text);
}

static void
write_row(struct sqlite3_stmt *query, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_number(writer, "number", signumd_db_number(query, 0));
    signumd_json_put_text(writer, "id", signumd_db_text(query, 1));
    signumd_json_put_text(writer, "event", signumd_db_text(query, 2));
    signumd_json_put_text(writer, "state", signumd_db_text(query, 3));
    signumd_json_put_number(writer, "attempts", signumd_db_number(query, 4));
    put_time(writer, "next", signumd_db_number(query, 5));
    signumd_json_put_text(
        writer, "error", signumd_db_is_null(query, 6) ? NULL : signumd_db_text(query, 6));
    put_time(writer, "created", signumd_db_number(query, 7));
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_deliveries_write_page(struct signumd_db *db, const char *webhook, const char *state,
    int64_t after, int64_t limit, struct signumd_json_writer *writer, int64_t *next_out)
{
    struct sqlite3_stmt *query = NULL;
    int64_t last = 0;
    int64_t count = 0;

    *next_out = 0;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT number, id, event, state, attempts, next, error, created FROM deliveries"
        " WHERE webhook = ?1 AND number > ?2 AND (?3 IS NULL OR state = ?3)"
        " ORDER BY number LIMIT ?4",
        "titi", webhook, after, state, limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK && count < limit; count++) {
        last = signumd_db_number(query, 0);
        write_row(query, writer);
        status = signumd_db_next(db, query);
    }
    if (status == SIGNUM_OK)
        *next_out = last;
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
