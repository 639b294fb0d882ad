#ifndef SIGNUMD_AUDIT_TREE_H
#define SIGNUMD_AUDIT_TREE_H

#include "audit/merkle.h"
#include "base/db.h"

/*
 * The log's tree in the database: leaves stand with the records, the roots of complete subtrees in
 * a table of their own, the right edge in the head. Appending writes as many hashes as the record
 * completes subtrees, one on the average.
 */

/* The head: how many records there are, and the right edge. SIGNUM_INTERNAL if it is damaged. */
enum signum_status signumd_audit_read_edge(
    struct signumd_db *db, struct signumd_merkle_edge *edge_out) SIGNUM_MUST_USE;

/* Appends a leaf: writes completed subtrees and the head. Only within a transaction. */
enum signum_status signumd_audit_add_leaf(struct signumd_db *db, struct signumd_merkle_edge *edge,
    const struct signumd_merkle_hash *leaf) SIGNUM_MUST_USE;

/* The stored hashes, for proofs. Borrows the database. */
struct signumd_merkle_source signumd_audit_source(struct signumd_db *db);

/* The edge as the head has it: the largest subtree first. `out` holds it all. */
size_t signumd_audit_pack_edge(const struct signumd_merkle_edge *edge,
    uint8_t out[SIGNUMD_MERKLE_LEVELS * SIGNUMD_SHA256_LEN]);

#endif
