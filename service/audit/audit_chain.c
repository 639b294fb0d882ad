#include "audit/audit_chain.h"

#include <string.h>

static const char broken[] = "the record does not follow the one before it";

static bool
is_hash(struct signum_bytes bytes, const uint8_t hash[SIGNUMD_SHA256_LEN])
{
    return bytes.len == SIGNUMD_SHA256_LEN && memcmp(bytes.data, hash, bytes.len) == 0;
}

/* `chain` is replaced by the next value. */
static enum signum_status
link_leaf(uint8_t chain[SIGNUMD_SHA256_LEN], struct signum_bytes leaf)
{
    uint8_t previous[SIGNUMD_SHA256_LEN];

    memcpy(previous, chain, sizeof previous);
    return signumd_crypto_sha256((struct signum_bytes){previous, sizeof previous}, leaf, chain);
}

/* `chain` becomes the value behind the last row, `count` the number of rows. */
static enum signum_status
follow(struct signumd_db *db, struct signumd_audit_report *report,
    uint8_t chain[SIGNUMD_SHA256_LEN], int64_t *count)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT c.idx, c.chain, a.leaf FROM audit_chain c LEFT JOIN audit a ON a.idx = c.idx"
        " ORDER BY c.idx",
        "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        status = link_leaf(chain, signumd_db_bytes(query, 2));
        if (status != SIGNUM_OK)
            break;
        if (signumd_db_number(query, 0) != *count || !is_hash(signumd_db_bytes(query, 1), chain)) {
            report->fault = broken;
            report->bad_index = *count;
            break;
        }
        (*count)++;
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_audit_check_chain(struct signumd_db *db, struct signumd_audit_report *report)
{
    uint8_t chain[SIGNUMD_SHA256_LEN] = {0};
    struct sqlite3_stmt *query = NULL;
    int64_t count = 0;
    enum signum_status status = follow(db, report, chain, &count);

    if (status != SIGNUM_OK || report->fault != NULL)
        return status;
    status = signumd_db_query(db, &query, "SELECT count, chain FROM audit_chain_head", "");
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_NO_MORE_ITEMS ||
        (status == SIGNUM_OK && (signumd_db_number(query, 0) != count ||
                                    !is_hash(signumd_db_bytes(query, 1), chain)))) {
        report->fault = "the first part of the log does not end where it did";
        report->bad_index = count;
        status = SIGNUM_OK;
    }
    signumd_db_end(&query);
    return status;
}
