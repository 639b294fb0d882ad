#ifndef SIGNUMD_AUDIT_H
#define SIGNUMD_AUDIT_H

#include "audit/checkpoint.h"
#include "base/crypto.h"
#include "base/db.h"
#include "base/json.h"
#include "base/timestamp.h"

/*
 * The audit log: append-only records, numbered from 0, which are the leaves of a Merkle tree
 * (merkle.h). The body is JSON, hashed as the bytes that are stored. What its hashes prove, and
 * what only a checkpoint kept elsewhere can prove, says docs/audit.md.
 */

/* Who did it. A local actor is somebody with access to the state folder. */
struct signumd_actor {
    const char *user;    /* NULL for a local actor */
    const char *token;   /* identifier of the API token; NULL for a local actor */
    const char *request; /* identifier of the HTTP request; NULL for a local actor */
    const char *address; /* of the peer; NULL for a local actor */
    const char *identity; /* JSON object: how he signed in, and what an issuer says; may be NULL */
};

/* The actor of the command line. */
extern const struct signumd_actor signumd_actor_local;

/* Begins a record's body: action, time and actor. The caller adds members and ends with '}'. */
void signumd_audit_start(struct signumd_json_writer *writer, struct signum_buf *body,
                         const char *action, const struct signumd_actor *actor);

/*
 * Appends a record. Only within a transaction (signumd_db_begin); the record is durable when
 * that is finished. `index_out` is its number.
 */
enum signum_status signumd_audit_append(struct signumd_db *db, const struct signum_buf *body,
                                        int64_t *index_out) SIGNUM_MUST_USE;

/*
 * Appends the record of a change. After `actor` come pairs of texts, name and value, ended by
 * NULL; a pair with the value NULL is left out. Only within a transaction.
 */
enum signum_status signumd_audit_change(struct signumd_db *db, const struct signumd_actor *actor,
                                        const char *action,
                                        ...) SIGNUM_MUST_USE __attribute__((sentinel));

/* The same in a transaction of its own. */
enum signum_status signumd_audit_event(struct signumd_db *db, const char *action) SIGNUM_MUST_USE;

/* What records can be searched by: members that must be equal, and two times. */
enum signumd_audit_field {
    SIGNUMD_AUDIT_KEY,
    SIGNUMD_AUDIT_USER,
    SIGNUMD_AUDIT_DIGEST,
    SIGNUMD_AUDIT_REQUEST,
    SIGNUMD_AUDIT_ACTION,
    SIGNUMD_AUDIT_DECISION,
    SIGNUMD_AUDIT_OUTCOME,
    SIGNUMD_AUDIT_FROM, /* at or after */
    SIGNUMD_AUDIT_TO,   /* before */
    SIGNUMD_AUDIT_FIELD_COUNT
};

/* Their names: "key", "user", ... */
extern const char *const signumd_audit_fields[SIGNUMD_AUDIT_FIELD_COUNT];

/* All of what is set must fit; empty, all records do. */
struct signumd_audit_filter {
    const char *texts[SIGNUMD_AUDIT_FIELD_COUNT]; /* borrowed; NULL: any */
    char from[SIGNUMD_TIMESTAMP_SIZE];
    char to[SIGNUMD_TIMESTAMP_SIZE];
};

/* Sets one; NULL changes nothing. False if the text should be a time of RFC 3339 and is not. */
bool signumd_audit_filter_set(struct signumd_audit_filter *filter, enum signumd_audit_field field,
                              const char *text);

bool signumd_audit_filter_is_empty(const struct signumd_audit_filter *filter);

/*
 * Starts a query of the records after the index `after` (-1: from the first) that fit the filter
 * (NULL: all), oldest first, at most `limit`. Columns: index, body, leaf.
 */
enum signum_status signumd_audit_query(struct signumd_db *db,
                                       const struct signumd_audit_filter *filter, int64_t after,
                                       int64_t limit,
                                       struct sqlite3_stmt **query_out) SIGNUM_MUST_USE;

/*
 * Writes up to `limit` of them as items of an array: {index, leaf, record}. `next_out` is the last
 * index written if there are more, else -1.
 */
enum signum_status signumd_audit_write_list(struct signumd_db *db,
                                            const struct signumd_audit_filter *filter,
                                            int64_t after, int64_t limit,
                                            struct signumd_json_writer *writer,
                                            int64_t *next_out) SIGNUM_MUST_USE;

/* Outcome of a check of the whole log. */
struct signumd_audit_report {
    int64_t count;                   /* records found to be right */
    int64_t bad_index;               /* first index that is not right; -1 if all are */
    const char *fault;               /* what is wrong there; NULL if nothing */
    struct signumd_merkle_hash root; /* of the tree of those records */
};

/*
 * Recomputes all hashes, and finds that the log continues the one of the `witness`, a checkpoint
 * whose signature was verified; NULL: none. SIGNUM_OK if it could be done; what was found is in
 * the report.
 */
enum signum_status signumd_audit_verify(struct signumd_db *db,
                                        const struct signumd_checkpoint *witness,
                                        struct signumd_audit_report *report_out) SIGNUM_MUST_USE;

#endif
