#ifndef SIGNUMD_MERKLE_H
#define SIGNUMD_MERKLE_H

#include "base/crypto.h"

/*
 * The Merkle tree of RFC 6962 section 2.1, over SHA-256:
 *
 *     leaf = SHA-256(0x00 || record)      node = SHA-256(0x01 || left || right)
 *
 * A tree of n leaves is split at the largest power of two below n. Its complete subtrees, those of
 * 2^level leaves, never change when leaves are appended, so each is named by its level and by the
 * index of its last leaf, and can be kept.
 */

#define SIGNUMD_MERKLE_LEVELS 48
#define SIGNUMD_MERKLE_PROOF_MAX ((size_t)2 * SIGNUMD_MERKLE_LEVELS)

struct signumd_merkle_hash {
    uint8_t bytes[SIGNUMD_SHA256_LEN];
};

struct signumd_merkle_proof {
    size_t count;
    struct signumd_merkle_hash hashes[SIGNUMD_MERKLE_PROOF_MAX];
};

/*
 * What is needed of a tree to append to it: for each bit that is set in its size, the root of the
 * complete subtree of that level at its right edge.
 */
struct signumd_merkle_edge {
    int64_t size;
    struct signumd_merkle_hash hashes[SIGNUMD_MERKLE_LEVELS];
};

enum signum_status signumd_merkle_leaf(
    struct signum_bytes record, struct signumd_merkle_hash *leaf_out) SIGNUM_MUST_USE;

enum signum_status signumd_merkle_node(const struct signumd_merkle_hash *left,
    const struct signumd_merkle_hash *right, struct signumd_merkle_hash *node_out) SIGNUM_MUST_USE;

/*
 * Appends a leaf. For each subtree of two and more leaves that it completes, `take` is called, the
 * smallest first; its failure ends the call, and the edge is of no use any more.
 */
enum signum_status signumd_merkle_append(struct signumd_merkle_edge *edge,
    const struct signumd_merkle_hash *leaf,
    enum signum_status (*take)(
        void *context, int64_t last, unsigned level, const struct signumd_merkle_hash *hash),
    void *context) SIGNUM_MUST_USE;

/* The root; of an empty tree it is SHA-256 of nothing. */
enum signum_status signumd_merkle_root(
    const struct signumd_merkle_edge *edge, struct signumd_merkle_hash *root_out) SIGNUM_MUST_USE;

/* Gives the root of the complete subtree of 2^level leaves that ends with the leaf `last`. */
struct signumd_merkle_source {
    enum signum_status (*get)(
        void *context, int64_t last, unsigned level, struct signumd_merkle_hash *hash_out);
    void *context;
};

/* The root of the first `size` leaves. */
enum signum_status signumd_merkle_root_at(const struct signumd_merkle_source *source, int64_t size,
    struct signumd_merkle_hash *root_out) SIGNUM_MUST_USE;

/* PATH(index, D[size]) of section 2.1.1; index < size. */
enum signum_status signumd_merkle_prove_inclusion(const struct signumd_merkle_source *source,
    int64_t index, int64_t size, struct signumd_merkle_proof *proof_out) SIGNUM_MUST_USE;

/* PROOF(from, D[to]) of section 2.1.2; 0 < from <= to. */
enum signum_status signumd_merkle_prove_consistency(const struct signumd_merkle_source *source,
    int64_t from, int64_t to, struct signumd_merkle_proof *proof_out) SIGNUM_MUST_USE;

/*
 * The root of a tree of `size` leaves in which the proof shows the leaf at `index` (RFC 9162
 * section 2.1.3.2). SIGNUM_PROTOCOL if the proof has not the right length.
 */
enum signum_status signumd_merkle_root_of_proof(const struct signumd_merkle_hash *leaf,
    int64_t index, int64_t size, const struct signumd_merkle_proof *proof,
    struct signumd_merkle_hash *root_out) SIGNUM_MUST_USE;

#endif
