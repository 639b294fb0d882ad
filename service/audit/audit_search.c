#include "audit/audit_search.h"

#include <string.h>

#define COLUMNS "idx, key, user, time, digest, request, action, decision, outcome"
#define MEMBERS                                                                                    \
    "idx, json_extract(body, '$.key'), json_extract(body, '$.user'), json_extract(body, "          \
    "'$.time'),"                                                                                   \
    " json_extract(body, '$.digest'), json_extract(body, '$.request'),"                            \
    " json_extract(body, '$.action'), json_extract(body, '$.decision'),"                           \
    " json_extract(body, '$.outcome')"

enum signum_status
signumd_audit_search_add(struct signumd_db *db, int64_t index)
{
    return signumd_db_run(db,
        "INSERT INTO audit_search (" COLUMNS ") SELECT " MEMBERS " FROM audit WHERE idx = ?", "i",
        index);
}

static enum signum_status
check_rows(struct signumd_db *db, const char *sql, struct signumd_audit_report *report)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query, sql, "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK && report->fault == NULL) {
        report->fault = "what the record is searched by does not fit the record";
        report->bad_index = signumd_db_number(query, 0);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
check_indexes(struct signumd_db *db, struct signumd_audit_report *report)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, "PRAGMA integrity_check(audit_search)", "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK && report->fault == NULL &&
        strcmp(signumd_db_text(query, 0), "ok") != 0) {
        report->fault = "an index of the database does not fit the records";
        report->bad_index = report->count;
    }
    signumd_db_end(&query);
    return status;
}

enum signum_status
signumd_audit_search_check(struct signumd_db *db, struct signumd_audit_report *report)
{
    enum signum_status status = check_rows(db,
        "SELECT " MEMBERS " FROM audit WHERE json_valid(body)"
        " EXCEPT SELECT " COLUMNS " FROM audit_search ORDER BY 1 LIMIT 1",
        report);

    if (status == SIGNUM_OK)
        status = check_rows(db,
            "SELECT " COLUMNS " FROM audit_search"
            " EXCEPT SELECT " MEMBERS " FROM audit WHERE json_valid(body) ORDER BY 1 LIMIT 1",
            report);
    return status == SIGNUM_OK ? check_indexes(db, report) : status;
}
