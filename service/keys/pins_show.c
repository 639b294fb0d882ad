#include "base/timestamp.h"
#include "keys/pins.h"

static void
put_time(struct signumd_json_writer *writer, const char *name, int64_t seconds)
{
    char text[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(seconds, text);
    signumd_json_put_text(writer, name, text);
}

static void
write_user(struct sqlite3_stmt *query, int64_t now, struct signumd_json_writer *writer)
{
    int64_t until = signumd_db_is_null(query, 2) ? 0 : signumd_db_number(query, 2);

    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "user", signumd_db_text(query, 0));
    signumd_json_put_number(writer, "wrong", signumd_db_number(query, 1));
    if (until == SIGNUMD_PIN_LOCKED_FOR_GOOD)
        signumd_json_put_text(writer, "locked_until", "unlock");
    else if (until > now)
        put_time(writer, "locked_until", until);
    else
        signumd_json_put_text(writer, "locked_until", NULL);
    signumd_json_end(writer, '}');
}

static enum signum_status
write_users(
    struct signumd_db *db, const char *key_id, int64_t now, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT user, wrong, locked_until FROM pin_tries WHERE key_id = ? ORDER BY user", "t",
        key_id);

    signumd_json_begin(writer, "users", '[');
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        write_user(query, now, writer);
        status = signumd_db_next(db, query);
    }
    signumd_json_end(writer, ']');
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
write_pin(struct signumd_db *db, const char *key_id, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT changed, wrong_total FROM key_pins WHERE key_id = ?", "t", key_id);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    signumd_json_put_bool(writer, "is_set", status == SIGNUM_OK);
    if (status == SIGNUM_OK)
        put_time(writer, "changed", signumd_db_number(query, 0));
    else
        signumd_json_put_text(writer, "changed", NULL);
    signumd_json_put_number(
        writer, "wrong_total", status == SIGNUM_OK ? signumd_db_number(query, 1) : 0);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_pins_write(
    struct signumd_db *db, const char *key_id, int64_t now, struct signum_buf *document_out)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, document_out);
    enum signum_status status = write_pin(db, key_id, &writer);
    if (status == SIGNUM_OK)
        status = write_users(db, key_id, now, &writer);
    signumd_json_end(&writer, '}');
    return status;
}
