#include "keys/leftovers.h"

#include <stdio.h>

#include "base/log.h"
#include "base/timestamp.h"

enum signum_status
signumd_leftovers_add(struct signumd_db *db, const struct signumd_key *key)
{
    const struct signum_bytes id = signum_bytes_of_buf(&key->token_id);
    enum signum_status status = signumd_db_run(
        db,
        "INSERT OR IGNORE INTO leftovers (token_id, token_label, created) SELECT ?, ?, ?"
        " WHERE NOT EXISTS (SELECT 1 FROM keys WHERE token_id = ? AND token_label = ?)",
        "btibt", id, key->token_label, signumd_timestamp_seconds(), id, key->token_label);

    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status; /* another key has the same pair */
}

/* Token label and identifier of some leftover. SIGNUM_NO_MORE_ITEMS if there is none. */
static enum signum_status
find(struct signumd_db *db, struct signumd_key *pair_out)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT token_id, token_label FROM leftovers ORDER BY created LIMIT 1", "");

    signumd_key_clear(pair_out);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        struct signum_bytes id = signumd_db_bytes(query, 0);
        signum_buf_put(&pair_out->token_id, id.data, id.len);
        (void)snprintf(pair_out->token_label, sizeof pair_out->token_label, "%s",
                       signumd_db_text(query, 1));
        status = signum_buf_status(&pair_out->token_id);
    }
    signumd_db_end(&query);
    return status;
}

static enum signum_status
destroy(struct signumd_db *db, struct signumd_hsm *hsm, const struct signumd_key *pair)
{
    const struct signum_bytes id = signum_bytes_of_buf(&pair->token_id);
    int64_t one = 0;
    enum signum_status status = signumd_db_get_number(
        db, &one, "SELECT 1 FROM keys WHERE token_id = ? AND token_label = ?", "bt", id,
        pair->token_label);

    if (status == SIGNUM_NOT_FOUND)
        status = signumd_hsm_destroy(hsm, pair);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "DELETE FROM leftovers WHERE token_id = ? AND token_label = ?",
                                "bt", id, pair->token_label);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status; /* somebody else was faster */
}

enum signum_status
signumd_leftovers_sweep(struct signumd_db *db, struct signumd_hsm *hsm)
{
    struct signumd_key pair;

    signumd_key_init(&pair);
    enum signum_status status = find(db, &pair);
    while (status == SIGNUM_OK) {
        status = destroy(db, hsm, &pair);
        if (status != SIGNUM_OK)
            signumd_log(SIGNUMD_LOG_ERROR,
                        "the key pair '%s' of a deleted key is still in the token; the next start "
                        "or deletion tries again",
                        pair.token_label);
        else
            status = find(db, &pair);
    }
    signumd_key_clear(&pair);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
