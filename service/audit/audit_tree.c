#include "audit/audit_tree.h"

#include <string.h>

#include "base/log.h"

#define EDGE_MAX (SIGNUMD_MERKLE_LEVELS * SIGNUMD_SHA256_LEN)

size_t
signumd_audit_pack_edge(const struct signumd_merkle_edge *edge, uint8_t out[EDGE_MAX])
{
    size_t len = 0;

    for (unsigned level = SIGNUMD_MERKLE_LEVELS; level-- > 0;)
        if (((edge->size >> level) & 1) != 0) {
            memcpy(out + len, edge->hashes[level].bytes, SIGNUMD_SHA256_LEN);
            len += SIGNUMD_SHA256_LEN;
        }
    return len;
}

static enum signum_status
unpack_edge(int64_t size, struct signum_bytes packed, struct signumd_merkle_edge *edge)
{
    size_t place = 0;

    if (size < 0 || (size >> SIGNUMD_MERKLE_LEVELS) != 0)
        return SIGNUM_INTERNAL;
    edge->size = size;
    for (unsigned level = SIGNUMD_MERKLE_LEVELS; level-- > 0;) {
        if (((size >> level) & 1) == 0)
            continue;
        if (packed.len - place < SIGNUMD_SHA256_LEN)
            return SIGNUM_INTERNAL;
        memcpy(edge->hashes[level].bytes, packed.data + place, SIGNUMD_SHA256_LEN);
        place += SIGNUMD_SHA256_LEN;
    }
    return place == packed.len ? SIGNUM_OK : SIGNUM_INTERNAL;
}

enum signum_status
signumd_audit_read_edge(struct signumd_db *db, struct signumd_merkle_edge *edge_out)
{
    struct sqlite3_stmt *query = NULL;

    memset(edge_out, 0, sizeof *edge_out);
    enum signum_status status =
        signumd_db_query(db, &query, "SELECT count, edge FROM audit_head WHERE id = 1", "");
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = unpack_edge(signumd_db_number(query, 0), signumd_db_bytes(query, 1), edge_out);
    signumd_db_end(&query);
    if (status != SIGNUM_NO_MORE_ITEMS && status != SIGNUM_INTERNAL)
        return status;
    signumd_log(SIGNUMD_LOG_ERROR, "the head of the audit log is damaged: signumd audit verify");
    return SIGNUM_INTERNAL;
}

static enum signum_status
store_node(void *context, int64_t last, unsigned level, const struct signumd_merkle_hash *hash)
{
    const struct signum_bytes bytes = {hash->bytes, sizeof hash->bytes};

    return signumd_db_run(context, "INSERT INTO audit_nodes (last, level, hash) VALUES (?, ?, ?)",
        "iib", last, (int64_t)level, bytes);
}

enum signum_status
signumd_audit_add_leaf(
    struct signumd_db *db, struct signumd_merkle_edge *edge, const struct signumd_merkle_hash *leaf)
{
    uint8_t packed[EDGE_MAX];
    enum signum_status status = signumd_merkle_append(edge, leaf, store_node, db);

    if (status != SIGNUM_OK)
        return status;
    const struct signum_bytes bytes = {packed, signumd_audit_pack_edge(edge, packed)};
    return signumd_db_run(
        db, "UPDATE audit_head SET count = ?, edge = ? WHERE id = 1", "ib", edge->size, bytes);
}

static enum signum_status
get_hash(void *context, int64_t last, unsigned level, struct signumd_merkle_hash *hash_out)
{
    struct signumd_db *db = context;
    struct sqlite3_stmt *query = NULL;

    memset(hash_out, 0, sizeof *hash_out);
    enum signum_status status =
        level == 0 ? signumd_db_query(db, &query, "SELECT leaf FROM audit WHERE idx = ?", "i", last)
                   : signumd_db_query(db, &query,
                         "SELECT hash FROM audit_nodes WHERE last = ? AND level = ?", "ii", last,
                         (int64_t)level);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        const struct signum_bytes hash = signumd_db_bytes(query, 0);
        if (hash.len == sizeof hash_out->bytes)
            memcpy(hash_out->bytes, hash.data, hash.len);
        else
            status = SIGNUM_INTERNAL;
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_INTERNAL : status;
}

struct signumd_merkle_source
signumd_audit_source(struct signumd_db *db)
{
    return (struct signumd_merkle_source){get_hash, db};
}
