#ifndef SIGNUMD_AUDIT_PROOF_H
#define SIGNUMD_AUDIT_PROOF_H

#include "audit/audit.h"

/*
 * Proofs about the log, as the JSON documents of the REST API; hashes in them are base64. A size
 * of -1 is the log's size now. SIGNUM_INVALID_ARGUMENT if there is no such record or size.
 */

/* That the record is in the log of that size: {index, size, leaf, root, proof[]}. */
enum signum_status signumd_audit_write_inclusion(struct signumd_db *db, int64_t index, int64_t size,
    struct signum_buf *document_out) SIGNUM_MUST_USE;

/* That the log of one size continues the smaller one: {from, to, from_root, to_root, proof[]}. */
enum signum_status signumd_audit_write_consistency(struct signumd_db *db, int64_t from, int64_t to,
    struct signum_buf *document_out) SIGNUM_MUST_USE;

#endif
