#include "base/db.h"

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/db_functions.h"
#include "base/files.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/schema.h"
#include "base/timestamp.h"

#define BUSY_TIMEOUT_MS 10000
#define PATH_SIZE 4096

struct signumd_db {
    sqlite3 *handle;
    bool has_write_lock;
};

/* One writer at a time in this process; SQLite's own wait polls and would starve somebody. */
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;

static enum signum_status
failure(struct signumd_db *db, const char *what)
{
    int code = sqlite3_extended_errcode(db->handle);

    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return SIGNUM_KEY_EXISTS;
    signumd_log(SIGNUMD_LOG_ERROR, "database: %s: %s (%d)", what, sqlite3_errmsg(db->handle), code);
    if ((code & 0xff) == SQLITE_BUSY)
        return SIGNUM_SERVICE_BUSY;
    return (code & 0xff) == SQLITE_NOMEM ? SIGNUM_NO_MEMORY : SIGNUM_IO;
}

static enum signum_status
execute(struct signumd_db *db, const char *sql)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return failure(db, "statement failed");
    return SIGNUM_OK;
}

static enum signum_status
migrate_from(struct signumd_db *db, int64_t done)
{
    size_t count = 0;
    const char *const *steps = signumd_schema_steps(&count);

    if (done < 0 || (size_t)done > count) {
        signumd_log(SIGNUMD_LOG_ERROR,
                    "the database has schema %lld, this program knows %zu: use a newer signumd",
                    (long long)done, count);
        return SIGNUM_NOT_SUPPORTED;
    }
    for (size_t i = (size_t)done; i < count; i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %zu", i + 1);
        enum signum_status status = execute(db, steps[i]);
        if (status == SIGNUM_OK)
            status = execute(db, sql);
        if (status != SIGNUM_OK)
            return status;
    }
    return SIGNUM_OK;
}

static bool
has_schema(const char *path, int64_t schema)
{
    struct signumd_db copy = {NULL, false};
    int64_t found = -1;
    bool is_so = sqlite3_open_v2(path, &copy.handle, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                 signumd_db_schema(&copy, &found) == SIGNUM_OK && found == schema;

    (void)sqlite3_close_v2(copy.handle);
    return is_so;
}

/*
 * What the database was before steps that cannot be undone. Another process may have done them
 * while this one copied; then its copy is the one to keep.
 */
static enum signum_status
keep_copy(struct signumd_db *db, int64_t done, size_t count)
{
    char path[PATH_SIZE];
    char draft[PATH_SIZE + 32];
    const char *file = sqlite3_db_filename(db->handle, "main");
    int len = snprintf(path, sizeof path, "%s.before-%zu", file, count);

    if (len < 0 || (size_t)len >= sizeof path)
        return SIGNUM_TOO_LARGE;
    (void)snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    (void)unlink(draft);
    enum signum_status status = signumd_db_copy(db, draft);
    if (status == SIGNUM_OK && !has_schema(draft, done))
        (void)unlink(draft);
    else if (status == SIGNUM_OK && rename(draft, path) == 0)
        status = signumd_files_sync_parent(path);
    else
        status = SIGNUM_IO;
    if (status != SIGNUM_OK) {
        (void)unlink(draft);
        signumd_log(SIGNUMD_LOG_ERROR,
                    "the database was not brought up to date, because no copy of it could be kept "
                    "as %s",
                    path);
    }
    return status;
}

static enum signum_status
migrate(struct signumd_db *db)
{
    size_t count = 0;
    int64_t done = 0;

    (void)signumd_schema_steps(&count);
    enum signum_status status = signumd_db_schema(db, &done);
    if (status != SIGNUM_OK || (size_t)done == count)
        return status;
    if (done > 0 && (size_t)done < count)
        status = keep_copy(db, done, count);
    if (status == SIGNUM_OK)
        status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_schema(db, &done);
    if (status == SIGNUM_OK)
        status = migrate_from(db, done);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_db_open(const char *path, bool is_new, struct signumd_db **db_out)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (is_new ? SQLITE_OPEN_CREATE : 0);
    struct signumd_db *db = calloc(1, sizeof *db);

    *db_out = NULL;
    if (db == NULL)
        return SIGNUM_NO_MEMORY;
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK ||
        signumd_db_add_functions(db->handle) != SQLITE_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot open the database %s: %s", path,
                    sqlite3_errmsg(db->handle));
        signumd_db_close(&db);
        return SIGNUM_IO;
    }
    (void)sqlite3_extended_result_codes(db->handle, 1);
    (void)sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    enum signum_status status = execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                            "PRAGMA foreign_keys = ON;"
                                            "PRAGMA trusted_schema = OFF;");
    if (status == SIGNUM_OK)
        status = migrate(db);
    if (status != SIGNUM_OK)
        signumd_db_close(&db);
    *db_out = db;
    return status;
}

enum signum_status
signumd_db_copy(struct signumd_db *db, const char *path)
{
    enum signum_status status = signumd_db_run(db, "VACUUM INTO ?", "t", path);

    /* it changes no rows */
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        return status;
    return signumd_files_sync(path);
}

enum signum_status
signumd_db_schema(struct signumd_db *db, int64_t *schema_out)
{
    return signumd_db_get_number(db, schema_out, "PRAGMA user_version", "");
}

void
signumd_db_close(struct signumd_db **db)
{
    if (*db == NULL)
        return;
    (void)sqlite3_close_v2((*db)->handle);
    free(*db);
    *db = NULL;
}

enum signum_status
signumd_db_begin(struct signumd_db *db)
{
    (void)pthread_mutex_lock(&write_lock);
    enum signum_status status = execute(db, "BEGIN IMMEDIATE");
    db->has_write_lock = status == SIGNUM_OK;
    if (status != SIGNUM_OK)
        (void)pthread_mutex_unlock(&write_lock);
    return status;
}

enum signum_status
signumd_db_begin_read(struct signumd_db *db)
{
    return execute(db, "BEGIN");
}

enum signum_status
signumd_db_finish(struct signumd_db *db, enum signum_status status)
{
    int64_t begin = signumd_timestamp_monotonic_ms();
    if (status == SIGNUM_OK) {
        status = execute(db, "COMMIT");
        if (db->has_write_lock)
            signumd_metrics_observe(SIGNUMD_METRIC_COMMIT_SECONDS, NULL,
                                    (double)(signumd_timestamp_monotonic_ms() - begin) / 1000);
    }
    if (status != SIGNUM_OK)
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    if (db->has_write_lock)
        (void)pthread_mutex_unlock(&write_lock);
    db->has_write_lock = false;
    return status;
}

enum signum_status
signumd_db_begin_part(struct signumd_db *db)
{
    return execute(db, "SAVEPOINT part");
}

enum signum_status
signumd_db_finish_part(struct signumd_db *db, enum signum_status status)
{
    if (sqlite3_get_autocommit(db->handle) != 0) /* there is no transaction any more */
        return status == SIGNUM_OK ? SIGNUM_INTERNAL : status;
    return execute(db, status == SIGNUM_OK ? "RELEASE part" : "ROLLBACK TO part; RELEASE part");
}

static int
bind_bytes(sqlite3_stmt *query, int position, struct signum_bytes bytes)
{
    if (bytes.len > INT_MAX)
        return SQLITE_TOOBIG;
    /* a NULL pointer would bind SQL null instead of no bytes */
    const void *data = bytes.data == NULL ? "" : (const void *)bytes.data;
    return sqlite3_bind_blob(query, position, data, (int)bytes.len, SQLITE_TRANSIENT);
}

static enum signum_status
prepare(struct signumd_db *db, sqlite3_stmt **query_out, const char *sql, const char *types,
        va_list values)
{
    *query_out = NULL;
    if (sqlite3_prepare_v2(db->handle, sql, -1, query_out, NULL) != SQLITE_OK)
        return failure(db, "cannot prepare a statement");
    for (int i = 0; types[i] != '\0'; i++) {
        int code = SQLITE_MISUSE;
        if (types[i] == 't')
            code = sqlite3_bind_text(*query_out, i + 1, va_arg(values, const char *), -1,
                                     SQLITE_TRANSIENT);
        else if (types[i] == 'i')
            code = sqlite3_bind_int64(*query_out, i + 1, va_arg(values, int64_t));
        else if (types[i] == 'b')
            code = bind_bytes(*query_out, i + 1, va_arg(values, struct signum_bytes));
        if (code != SQLITE_OK)
            return failure(db, "cannot bind a value");
    }
    return SIGNUM_OK;
}

enum signum_status
signumd_db_run(struct signumd_db *db, const char *sql, const char *types, ...)
{
    sqlite3_stmt *query = NULL;
    va_list values;

    va_start(values, types);
    enum signum_status status = prepare(db, &query, sql, types, values);
    va_end(values);
    if (status == SIGNUM_OK && sqlite3_step(query) != SQLITE_DONE)
        status = failure(db, "statement failed");
    (void)sqlite3_finalize(query);
    if (status == SIGNUM_OK && sqlite3_changes(db->handle) == 0)
        status = SIGNUM_NOT_FOUND;
    return status;
}

enum signum_status
signumd_db_query(struct signumd_db *db, struct sqlite3_stmt **query_out, const char *sql,
                 const char *types, ...)
{
    va_list values;

    va_start(values, types);
    enum signum_status status = prepare(db, query_out, sql, types, values);
    va_end(values);
    return status;
}

enum signum_status
signumd_db_next(struct signumd_db *db, struct sqlite3_stmt *query)
{
    int code = sqlite3_step(query);

    if (code == SQLITE_ROW)
        return SIGNUM_OK;
    return code == SQLITE_DONE ? SIGNUM_NO_MORE_ITEMS : failure(db, "query failed");
}

void
signumd_db_end(struct sqlite3_stmt **query)
{
    (void)sqlite3_finalize(*query);
    *query = NULL;
}

int64_t
signumd_db_number(struct sqlite3_stmt *query, int column)
{
    return sqlite3_column_int64(query, column);
}

const char *
signumd_db_text(struct sqlite3_stmt *query, int column)
{
    const unsigned char *text = sqlite3_column_text(query, column);

    return text == NULL ? "" : (const char *)text;
}

struct signum_bytes
signumd_db_bytes(struct sqlite3_stmt *query, int column)
{
    struct signum_bytes bytes = {sqlite3_column_blob(query, column), 0};

    bytes.len = (size_t)sqlite3_column_bytes(query, column);
    return bytes;
}

bool
signumd_db_is_null(struct sqlite3_stmt *query, int column)
{
    return sqlite3_column_type(query, column) == SQLITE_NULL;
}

enum signum_status
signumd_db_get_number(struct signumd_db *db, int64_t *number_out, const char *sql,
                      const char *types, ...)
{
    sqlite3_stmt *query = NULL;
    va_list values;

    *number_out = 0;
    va_start(values, types);
    enum signum_status status = prepare(db, &query, sql, types, values);
    va_end(values);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        *number_out = signumd_db_number(query, 0);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}
