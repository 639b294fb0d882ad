#include "audit/merkle.h"

#include <string.h>

enum signum_status
signumd_merkle_leaf(struct signum_bytes record, struct signumd_merkle_hash *leaf_out)
{
    static const uint8_t prefix = 0;

    return signumd_crypto_sha256((struct signum_bytes){&prefix, 1}, record, leaf_out->bytes);
}

enum signum_status
signumd_merkle_node(const struct signumd_merkle_hash *left, const struct signumd_merkle_hash *right,
    struct signumd_merkle_hash *node_out)
{
    uint8_t first[1 + SIGNUMD_SHA256_LEN] = {1};
    uint8_t second[SIGNUMD_SHA256_LEN];

    memcpy(first + 1, left->bytes, SIGNUMD_SHA256_LEN);
    memcpy(second, right->bytes, SIGNUMD_SHA256_LEN);
    return signumd_crypto_sha256((struct signum_bytes){first, sizeof first},
        (struct signum_bytes){second, sizeof second}, node_out->bytes);
}

enum signum_status
signumd_merkle_append(struct signumd_merkle_edge *edge, const struct signumd_merkle_hash *leaf,
    enum signum_status (*take)(
        void *context, int64_t last, unsigned level, const struct signumd_merkle_hash *hash),
    void *context)
{
    struct signumd_merkle_hash hash = *leaf;
    unsigned level = 0;

    for (; ((edge->size >> level) & 1) != 0; level++) {
        if (level + 1 == SIGNUMD_MERKLE_LEVELS)
            return SIGNUM_TOO_LARGE;
        enum signum_status status = signumd_merkle_node(&edge->hashes[level], &hash, &hash);
        if (status == SIGNUM_OK)
            status = take(context, edge->size, level + 1, &hash);
        if (status != SIGNUM_OK)
            return status;
    }
    edge->hashes[level] = hash;
    edge->size++;
    return SIGNUM_OK;
}

enum signum_status
signumd_merkle_root(const struct signumd_merkle_edge *edge, struct signumd_merkle_hash *root_out)
{
    const struct signum_bytes none = {NULL, 0};
    bool is_first = true;

    memset(root_out, 0, sizeof *root_out);
    if (edge->size == 0)
        return signumd_crypto_sha256(none, none, root_out->bytes);
    for (unsigned level = 0; level < SIGNUMD_MERKLE_LEVELS; level++) {
        enum signum_status status = SIGNUM_OK;
        if (((edge->size >> level) & 1) == 0)
            continue;
        if (is_first)
            *root_out = edge->hashes[level];
        else
            status = signumd_merkle_node(&edge->hashes[level], root_out, root_out);
        if (status != SIGNUM_OK)
            return status;
        is_first = false;
    }
    return SIGNUM_OK;
}

/* The largest power of two below `size`, which is at least 2, as its exponent. */
static unsigned
split_level(int64_t size)
{
    unsigned level = 0;

    while (((int64_t)2 << level) < size)
        level++;
    return level;
}

/* MTH of the `size` leaves from `start` on, as sections 2.1.1 and 2.1.2 cut them off. */
static enum signum_status
hash_range(const struct signumd_merkle_source *source, int64_t start, int64_t size,
    struct signumd_merkle_hash *hash_out)
{
    struct signumd_merkle_hash right;

    if (size == 1)
        return source->get(source->context, start, 0, hash_out);
    unsigned level = split_level(size);
    int64_t half = (int64_t)1 << level;
    if (size == half * 2)
        return source->get(source->context, start + size - 1, level + 1, hash_out);
    enum signum_status status = source->get(source->context, start + half - 1, level, hash_out);
    if (status == SIGNUM_OK)
        status = hash_range(source, start + half, size - half, &right);
    return status == SIGNUM_OK ? signumd_merkle_node(hash_out, &right, hash_out) : status;
}

enum signum_status
signumd_merkle_root_at(
    const struct signumd_merkle_source *source, int64_t size, struct signumd_merkle_hash *root_out)
{
    const struct signumd_merkle_edge empty = {0};

    if (size == 0)
        return signumd_merkle_root(&empty, root_out);
    return hash_range(source, 0, size, root_out);
}

static enum signum_status
put_range(const struct signumd_merkle_source *source, int64_t start, int64_t size,
    struct signumd_merkle_proof *proof)
{
    if (proof->count == SIGNUMD_MERKLE_PROOF_MAX)
        return SIGNUM_TOO_LARGE;
    return hash_range(source, start, size, &proof->hashes[proof->count++]);
}

static enum signum_status
put_path(const struct signumd_merkle_source *source, int64_t index, int64_t start, int64_t size,
    struct signumd_merkle_proof *proof)
{
    if (size == 1)
        return SIGNUM_OK;
    int64_t half = (int64_t)1 << split_level(size);
    if (index < half) {
        enum signum_status status = put_path(source, index, start, half, proof);
        return status == SIGNUM_OK ? put_range(source, start + half, size - half, proof) : status;
    }
    enum signum_status status = put_path(source, index - half, start + half, size - half, proof);
    return status == SIGNUM_OK ? put_range(source, start, half, proof) : status;
}

enum signum_status
signumd_merkle_prove_inclusion(const struct signumd_merkle_source *source, int64_t index,
    int64_t size, struct signumd_merkle_proof *proof_out)
{
    memset(proof_out, 0, sizeof *proof_out);
    if (index < 0 || index >= size)
        return SIGNUM_INVALID_ARGUMENT;
    return put_path(source, index, 0, size, proof_out);
}

/* SUBPROOF(from, D[size], is_known): the other side has the root of the subtree if it is known. */
static enum signum_status
put_subproof(const struct signumd_merkle_source *source, int64_t from, int64_t start, int64_t size,
    bool is_known, struct signumd_merkle_proof *proof)
{
    if (from == size)
        return is_known ? SIGNUM_OK : put_range(source, start, size, proof);
    int64_t half = (int64_t)1 << split_level(size);
    if (from <= half) {
        enum signum_status status = put_subproof(source, from, start, half, is_known, proof);
        return status == SIGNUM_OK ? put_range(source, start + half, size - half, proof) : status;
    }
    enum signum_status status =
        put_subproof(source, from - half, start + half, size - half, false, proof);
    return status == SIGNUM_OK ? put_range(source, start, half, proof) : status;
}

enum signum_status
signumd_merkle_prove_consistency(const struct signumd_merkle_source *source, int64_t from,
    int64_t to, struct signumd_merkle_proof *proof_out)
{
    memset(proof_out, 0, sizeof *proof_out);
    if (from <= 0 || from > to)
        return SIGNUM_INVALID_ARGUMENT;
    return put_subproof(source, from, 0, to, true, proof_out);
}

enum signum_status
signumd_merkle_root_of_proof(const struct signumd_merkle_hash *leaf, int64_t index, int64_t size,
    const struct signumd_merkle_proof *proof, struct signumd_merkle_hash *root_out)
{
    int64_t place = index;
    int64_t last = size - 1;

    *root_out = *leaf;
    if (index < 0 || index >= size)
        return SIGNUM_PROTOCOL;
    for (size_t i = 0; i < proof->count; i++) {
        enum signum_status status = SIGNUM_OK;
        if (last == 0)
            return SIGNUM_PROTOCOL;
        if ((place & 1) == 1 || place == last) {
            status = signumd_merkle_node(&proof->hashes[i], root_out, root_out);
            for (; (place & 1) == 0 && place != 0; place >>= 1)
                last >>= 1;
        } else {
            status = signumd_merkle_node(root_out, &proof->hashes[i], root_out);
        }
        if (status != SIGNUM_OK)
            return status;
        place >>= 1;
        last >>= 1;
    }
    return last == 0 ? SIGNUM_OK : SIGNUM_PROTOCOL;
}
