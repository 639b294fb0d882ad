#ifndef SIGNUMD_DB_H
#define SIGNUMD_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/*
 * The database: SQLite in WAL mode with synchronous=FULL, so that a committed transaction
 * survives a power cut. One struct signumd_db is one connection, for one thread at a time.
 *
 * Statements are prepared, their values bound by a short list of types:
 *     t  const char *     text, NULL for SQL null
 *     i  int64_t          whole number
 *     b  struct signum_bytes
 */
struct signumd_db;
struct sqlite3_stmt;

/* Opens the file, creating it if asked, and brings the schema up to date. */
enum signum_status signumd_db_open(const char *path, bool is_new,
                                   struct signumd_db **db_out) SIGNUM_MUST_USE;
void signumd_db_close(struct signumd_db **db);

/*
 * Writes the database as it is at one moment into a new file, while others go on writing. The
 * file is durable when this is done. It must not exist yet.
 */
enum signum_status signumd_db_copy(struct signumd_db *db, const char *path) SIGNUM_MUST_USE;

/* The number of the schema that it has: the steps that were done. */
enum signum_status signumd_db_schema(struct signumd_db *db, int64_t *schema_out) SIGNUM_MUST_USE;

/* Begins a writing transaction. Every begin is followed by one signumd_db_finish(). */
enum signum_status signumd_db_begin(struct signumd_db *db) SIGNUM_MUST_USE;

/* Begins one that only reads: it sees one moment and stops nobody. */
enum signum_status signumd_db_begin_read(struct signumd_db *db) SIGNUM_MUST_USE;

/*
 * Ends it: commits if `status` is SIGNUM_OK, else rolls back. The result is `status`, or the
 * failure of the commit. When it is SIGNUM_OK the changes are on the disk.
 */
enum signum_status signumd_db_finish(struct signumd_db *db,
                                     enum signum_status status) SIGNUM_MUST_USE;

/*
 * A part of a transaction that can fail alone. Every begin is followed by one finish, which keeps
 * or undoes what the part did. The result of the finish is not the part's `status` but
 * the transaction's: a failure of the disk may have ended it.
 */
enum signum_status signumd_db_begin_part(struct signumd_db *db) SIGNUM_MUST_USE;
enum signum_status signumd_db_finish_part(struct signumd_db *db,
                                          enum signum_status status) SIGNUM_MUST_USE;

/*
 * Runs a statement that gives no rows. SIGNUM_KEY_EXISTS if it breaks a uniqueness rule,
 * SIGNUM_NOT_FOUND if it should have changed a row (update, delete) and did not.
 */
enum signum_status signumd_db_run(struct signumd_db *db, const char *sql, const char *types,
                                  ...) SIGNUM_MUST_USE;

/* Starts a query. `query_out` is ended by signumd_db_end(), also after a failure. */
enum signum_status signumd_db_query(struct signumd_db *db, struct sqlite3_stmt **query_out,
                                    const char *sql, const char *types, ...) SIGNUM_MUST_USE;

/* Next row: SIGNUM_OK, or SIGNUM_NO_MORE_ITEMS. */
enum signum_status signumd_db_next(struct signumd_db *db,
                                   struct sqlite3_stmt *query) SIGNUM_MUST_USE;
void signumd_db_end(struct sqlite3_stmt **query);

/* Columns of the row, from 0. Texts and bytes are valid until the next row. */
int64_t signumd_db_number(struct sqlite3_stmt *query, int column);
const char *signumd_db_text(struct sqlite3_stmt *query, int column); /* never NULL */
struct signum_bytes signumd_db_bytes(struct sqlite3_stmt *query, int column);
bool signumd_db_is_null(struct sqlite3_stmt *query, int column);

/* First column of the first row. SIGNUM_NOT_FOUND if there is no row. */
enum signum_status signumd_db_get_number(struct signumd_db *db, int64_t *number_out,
                                         const char *sql, const char *types,
                                         ...) SIGNUM_MUST_USE;

/* A number of connections shared by threads; taking waits for a free one. */
struct signumd_db_pool;

enum signum_status signumd_db_pool_new(const char *path, size_t count,
                                       struct signumd_db_pool **pool_out) SIGNUM_MUST_USE;
void signumd_db_pool_free(struct signumd_db_pool **pool);
struct signumd_db *signumd_db_take(struct signumd_db_pool *pool);
void signumd_db_give(struct signumd_db_pool *pool, struct signumd_db *db);

#endif
