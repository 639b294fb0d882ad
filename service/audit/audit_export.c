#include "audit/audit_export.h"

#include "audit/audit_key.h"
#include "audit/audit_tree.h"
#include "core/base64.h"

#define PIECE_MAX ((size_t)1024 * 1024)

/* One export on its way. */
struct work {
    const struct signumd_export *wanted;
    const struct signumd_state *state;
    struct signumd_db *db;
    bool is_complete;
    int64_t size;
    struct signum_buf piece; /* the line that is being made */
};

static enum signum_status
flush_piece(struct work *work)
{
    enum signum_status status = signum_buf_status(&work->piece);

    if (status == SIGNUM_OK && work->piece.len > 0)
        status = work->wanted->put(work->wanted->context, signum_bytes_of_buf(&work->piece));
    signum_buf_clear(&work->piece);
    return status;
}

static enum signum_status
put_head(struct work *work)
{
    struct signumd_note_key key;
    struct signum_buf vkey;
    struct signumd_json_writer writer;

    if (work->wanted->format == SIGNUMD_EXPORT_CSV)
        signumd_csv_put_head(&work->piece);
    if (work->wanted->format != SIGNUMD_EXPORT_JSONL)
        return SIGNUM_OK;
    enum signum_status status = signumd_audit_key_read(work->state, work->db, &key);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_init(&vkey, 512);
    signumd_note_key_write(&key, &vkey);
    signumd_json_start(&writer, &work->piece);
    signumd_json_put_text(&writer, "format", "signum-audit-export-1");
    signumd_json_put_text(&writer, "origin", key.name);
    signumd_json_put_text(&writer, "key", signum_buf_text(&vkey));
    signumd_json_put_number(&writer, "size", work->size);
    signumd_json_put_bool(&writer, "complete", work->is_complete);
    signumd_json_end(&writer, '}');
    signum_buf_put_byte(&work->piece, '\n');
    status = signum_buf_status(&vkey);
    signum_buf_clear(&vkey);
    return status;
}

/* The record as a text, so that every JSON reader gives back the bytes that were hashed. */
static enum signum_status
put_json(struct work *work, int64_t index, const char *record)
{
    const struct signumd_merkle_source source = signumd_audit_source(work->db);
    struct signumd_merkle_proof proof;
    struct signumd_json_writer writer;
    enum signum_status status = SIGNUM_OK;

    signumd_json_start(&writer, &work->piece);
    signumd_json_put_number(&writer, "index", index);
    signumd_json_put_text(&writer, "record", record);
    if (!work->is_complete) {
        status = signumd_merkle_prove_inclusion(&source, index, work->size, &proof);
        signumd_json_put_base64(&writer, "proof",
            (struct signum_bytes){proof.hashes[0].bytes, proof.count * SIGNUMD_SHA256_LEN});
    }
    signumd_json_end(&writer, '}');
    signum_buf_put_byte(&work->piece, '\n');
    return status;
}

static enum signum_status
put_record(struct work *work, int64_t index, const char *record)
{
    const struct signumd_export *wanted = work->wanted;
    enum signum_status status =
        wanted->format == SIGNUMD_EXPORT_JSONL ? put_json(work, index, record)
        : wanted->format == SIGNUMD_EXPORT_CSV
            ? signumd_csv_put(&work->piece, index, record)
            : signumd_syslog_put(&work->piece, wanted->facility, index, record);

    return status == SIGNUM_OK ? flush_piece(work) : status;
}

static enum signum_status
put_records(struct work *work)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_audit_query(work->db, &work->wanted->filter, -1, -1, &query);

    if (status == SIGNUM_OK)
        status = signumd_db_next(work->db, query);
    while (status == SIGNUM_OK) {
        status = put_record(work, signumd_db_number(query, 0), signumd_db_text(query, 1));
        if (status == SIGNUM_OK)
            status = signumd_db_next(work->db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
put_end(struct work *work)
{
    struct signum_buf note;
    struct signumd_json_writer writer;

    if (work->wanted->format != SIGNUMD_EXPORT_JSONL)
        return SIGNUM_OK;
    signum_buf_init(&note, SIGNUMD_NOTE_MAX);
    enum signum_status status = signumd_audit_key_checkpoint(work->state, work->db, &note);
    signumd_json_start(&writer, &work->piece);
    signumd_json_put_text(&writer, "checkpoint", signum_buf_text(&note));
    signumd_json_end(&writer, '}');
    signum_buf_put_byte(&work->piece, '\n');
    signum_buf_clear(&note);
    return status == SIGNUM_OK ? flush_piece(work) : status;
}

static enum signum_status
run(struct work *work)
{
    struct signumd_merkle_edge edge;
    enum signum_status status = signumd_audit_read_edge(work->db, &edge);

    work->size = edge.size;
    if (status == SIGNUM_OK)
        status = put_head(work);
    if (status == SIGNUM_OK)
        status = flush_piece(work);
    if (status == SIGNUM_OK)
        status = put_records(work);
    return status == SIGNUM_OK ? put_end(work) : status;
}

enum signum_status
signumd_audit_export(
    const struct signumd_state *state, struct signumd_db *db, const struct signumd_export *wanted)
{
    struct work work = {wanted, state, db, signumd_audit_filter_is_empty(&wanted->filter), 0,
        {NULL, 0, 0, 0, SIGNUM_OK, false}};
    struct signumd_note_key key;

    /* A key that is missing is made now: within the transaction below nothing can be written */
    enum signum_status status = signumd_audit_key_read(state, db, &key);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_begin_read(db);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_init(&work.piece, PIECE_MAX);
    status = run(&work);
    signum_buf_clear(&work.piece);
    return signumd_db_finish(db, status);
}
