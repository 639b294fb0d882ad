#include <string.h>

#include "audit/audit_chain.h"
#include "audit/audit_search.h"
#include "audit/audit_tree.h"

/* The way through the log, record by record. */
struct walk {
    struct signumd_db *db;
    struct signumd_audit_report *report;
    const struct signumd_checkpoint *witness;
    struct sqlite3_stmt *records;
    struct sqlite3_stmt *nodes;
    struct signumd_merkle_edge edge; /* of the records that were right */
};

static void
find_fault(struct walk *walk, int64_t index, const char *fault)
{
    if (walk->report->fault != NULL)
        return;
    walk->report->fault = fault;
    walk->report->bad_index = index;
}

static bool
is_hash(struct signum_bytes bytes, const struct signumd_merkle_hash *hash)
{
    return bytes.len == sizeof hash->bytes && memcmp(bytes.data, hash->bytes, bytes.len) == 0;
}

/* A subtree was completed: the next stored one must be the same. */
static enum signum_status
check_node(void *context, int64_t last, unsigned level, const struct signumd_merkle_hash *hash)
{
    struct walk *walk = context;
    enum signum_status status = signumd_db_next(walk->db, walk->nodes);

    if (status != SIGNUM_OK && status != SIGNUM_NO_MORE_ITEMS)
        return status;
    if (status == SIGNUM_NO_MORE_ITEMS || signumd_db_number(walk->nodes, 0) != last ||
        signumd_db_number(walk->nodes, 1) != (int64_t)level ||
        !is_hash(signumd_db_bytes(walk->nodes, 2), hash))
        find_fault(walk, last, "a hash over this record and those before it is not right");
    return SIGNUM_OK;
}

/* Does the log agree with the witness, if it has just grown to that size? */
static enum signum_status
check_witness(struct walk *walk)
{
    struct signumd_merkle_hash root;

    if (walk->witness == NULL || walk->witness->size != walk->edge.size)
        return SIGNUM_OK;
    enum signum_status status = signumd_merkle_root(&walk->edge, &root);
    if (status == SIGNUM_OK && memcmp(&root, &walk->witness->root, sizeof root) != 0)
        find_fault(walk, walk->edge.size == 0 ? 0 : walk->edge.size - 1,
            "this record or one before it is not the one of the checkpoint");
    return status;
}

static enum signum_status
check_record(struct walk *walk)
{
    struct signumd_merkle_hash leaf;
    const int64_t index = walk->edge.size;
    const char *text = signumd_db_text(walk->records, 1);
    const struct signum_bytes body = {
        (const uint8_t *)text, signumd_db_bytes(walk->records, 1).len};

    if (signumd_db_number(walk->records, 0) != index) {
        find_fault(walk, index, "the record is missing");
        return SIGNUM_OK;
    }
    enum signum_status status = signumd_merkle_leaf(body, &leaf);
    if (status != SIGNUM_OK)
        return status;
    if (!is_hash(signumd_db_bytes(walk->records, 2), &leaf)) {
        find_fault(walk, index, "the record is not what was hashed when it was written");
        return SIGNUM_OK;
    }
    status = signumd_merkle_append(&walk->edge, &leaf, check_node, walk);
    return status == SIGNUM_OK ? check_witness(walk) : status;
}

static enum signum_status
check_records(struct walk *walk)
{
    enum signum_status status = signumd_db_query(
        walk->db, &walk->records, "SELECT idx, body, leaf FROM audit ORDER BY idx", "");

    if (status == SIGNUM_OK)
        status = signumd_db_query(walk->db, &walk->nodes,
            "SELECT last, level, hash FROM audit_nodes ORDER BY last, level", "");
    if (status == SIGNUM_OK)
        status = check_witness(walk);
    while (status == SIGNUM_OK && walk->report->fault == NULL) {
        status = signumd_db_next(walk->db, walk->records);
        if (status != SIGNUM_OK)
            break;
        const struct signumd_merkle_edge before = walk->edge;
        status = check_record(walk);
        if (walk->report->fault != NULL)
            walk->edge = before;
    }
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
check_end(struct walk *walk)
{
    struct signumd_merkle_edge head;
    uint8_t wanted[SIGNUMD_MERKLE_LEVELS * SIGNUMD_SHA256_LEN];
    uint8_t found[sizeof wanted];
    const int64_t count = walk->edge.size;
    enum signum_status status = signumd_db_next(walk->db, walk->nodes);

    if (status == SIGNUM_OK)
        find_fault(walk, count, "there is a hash over records that are not there");
    else if (status != SIGNUM_NO_MORE_ITEMS)
        return status;
    status = signumd_audit_read_edge(walk->db, &head);
    if (status == SIGNUM_INTERNAL) {
        find_fault(walk, count, "the head of the log is damaged");
        return SIGNUM_OK;
    }
    if (status != SIGNUM_OK)
        return status;
    size_t len = signumd_audit_pack_edge(&walk->edge, wanted);
    if (count < head.size)
        find_fault(walk, count, "the record is missing: the end of the log was removed");
    else if (count > head.size || signumd_audit_pack_edge(&head, found) != len ||
             memcmp(wanted, found, len) != 0)
        find_fault(walk, head.size, "the log does not end where its head says");
    if (walk->witness != NULL && walk->witness->size > count)
        find_fault(walk, count, "the record is missing: the checkpoint is of a longer log");
    return SIGNUM_OK;
}

enum signum_status
signumd_audit_verify(struct signumd_db *db, const struct signumd_checkpoint *witness,
    struct signumd_audit_report *report_out)
{
    struct walk walk;

    memset(report_out, 0, sizeof *report_out);
    report_out->bad_index = -1;
    memset(&walk, 0, sizeof walk);
    walk.db = db;
    walk.report = report_out;
    walk.witness = witness;
    /* One transaction, so that records and head are of the same moment while others write */
    enum signum_status status = signumd_db_begin_read(db);
    if (status != SIGNUM_OK)
        return status;
    status = check_records(&walk);
    if (status == SIGNUM_OK && report_out->fault == NULL)
        status = check_end(&walk);
    signumd_db_end(&walk.records);
    signumd_db_end(&walk.nodes);
    if (status == SIGNUM_OK && report_out->fault == NULL)
        status = signumd_audit_check_chain(db, report_out);
    if (status == SIGNUM_OK && report_out->fault == NULL)
        status = signumd_audit_search_check(db, report_out);
    status = signumd_db_finish(db, status);
    if (status != SIGNUM_OK)
        return status;
    report_out->count = walk.edge.size;
    return signumd_merkle_root(&walk.edge, &report_out->root);
}
