#include "audit/audit_proof.h"

#include "audit/audit_tree.h"

static void
put_hash(
    struct signumd_json_writer *writer, const char *name, const struct signumd_merkle_hash *hash)
{
    signumd_json_put_base64(writer, name, (struct signum_bytes){hash->bytes, sizeof hash->bytes});
}

static void
put_proof(struct signumd_json_writer *writer, const struct signumd_merkle_proof *proof)
{
    signumd_json_begin(writer, "proof", '[');
    for (size_t i = 0; i < proof->count; i++)
        put_hash(writer, NULL, &proof->hashes[i]);
    signumd_json_end(writer, ']');
}

/* Replaces -1 by the log's size, and refuses what is larger. */
static enum signum_status
fit_size(struct signumd_db *db, int64_t *size)
{
    struct signumd_merkle_edge edge;
    enum signum_status status = signumd_audit_read_edge(db, &edge);

    if (status == SIGNUM_OK && *size > edge.size)
        return SIGNUM_INVALID_ARGUMENT;
    if (*size < 0)
        *size = edge.size;
    return status;
}

static enum signum_status
write_inclusion(struct signumd_db *db, int64_t index, int64_t size, struct signum_buf *document)
{
    const struct signumd_merkle_source source = signumd_audit_source(db);
    struct signumd_json_writer writer;
    struct signumd_merkle_proof proof;
    struct signumd_merkle_hash leaf;
    struct signumd_merkle_hash root;
    enum signum_status status = fit_size(db, &size);

    if (status == SIGNUM_OK)
        status = signumd_merkle_prove_inclusion(&source, index, size, &proof);
    if (status == SIGNUM_OK)
        status = source.get(source.context, index, 0, &leaf);
    if (status == SIGNUM_OK)
        status = signumd_merkle_root_at(&source, size, &root);
    if (status != SIGNUM_OK)
        return status;
    signumd_json_start(&writer, document);
    signumd_json_put_number(&writer, "index", index);
    signumd_json_put_number(&writer, "size", size);
    put_hash(&writer, "leaf", &leaf);
    put_hash(&writer, "root", &root);
    put_proof(&writer, &proof);
    signumd_json_end(&writer, '}');
    return signum_buf_status(document);
}

enum signum_status
signumd_audit_write_inclusion(
    struct signumd_db *db, int64_t index, int64_t size, struct signum_buf *document_out)
{
    enum signum_status status = signumd_db_begin_read(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, write_inclusion(db, index, size, document_out));
}

static enum signum_status
write_consistency(struct signumd_db *db, int64_t from, int64_t to, struct signum_buf *document)
{
    const struct signumd_merkle_source source = signumd_audit_source(db);
    struct signumd_json_writer writer;
    struct signumd_merkle_proof proof;
    struct signumd_merkle_hash from_root;
    struct signumd_merkle_hash to_root;
    enum signum_status status = fit_size(db, &to);

    if (status == SIGNUM_OK)
        status = signumd_merkle_prove_consistency(&source, from, to, &proof);
    if (status == SIGNUM_OK)
        status = signumd_merkle_root_at(&source, from, &from_root);
    if (status == SIGNUM_OK)
        status = signumd_merkle_root_at(&source, to, &to_root);
    if (status != SIGNUM_OK)
        return status;
    signumd_json_start(&writer, document);
    signumd_json_put_number(&writer, "from", from);
    signumd_json_put_number(&writer, "to", to);
    put_hash(&writer, "from_root", &from_root);
    put_hash(&writer, "to_root", &to_root);
    put_proof(&writer, &proof);
    signumd_json_end(&writer, '}');
    return signum_buf_status(document);
}

enum signum_status
signumd_audit_write_consistency(
    struct signumd_db *db, int64_t from, int64_t to, struct signum_buf *document_out)
{
    enum signum_status status = signumd_db_begin_read(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, write_consistency(db, from, to, document_out));
}
