#include "audit/audit.h"

enum signum_status
signumd_audit_write_list(struct signumd_db *db, int64_t after, int64_t limit,
    struct signumd_json_writer *writer, int64_t *next_out)
{
    struct sqlite3_stmt *query = NULL;
    int64_t last = -1;
    int64_t count = 0;

    *next_out = -1;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT idx, body, leaf FROM audit WHERE idx > ? ORDER BY idx LIMIT ?", "ii", after,
        limit + 1);
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
