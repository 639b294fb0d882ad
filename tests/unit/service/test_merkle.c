#include "fixture.h"

#include <stdio.h>

#include "audit/merkle.h"

#define COUNT 8
#define NODES_MAX 64

/* The eight records, and the roots of the first of them, that Certificate Transparency tests by. */
static const struct {
    const char *record; /* hexadecimal */
    const char *root;
} vectors[COUNT] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

/* Stored hashes by their names. */
struct store {
    size_t count;
    struct {
        int64_t last;
        unsigned level;
        struct signumd_merkle_hash hash;
    } nodes[NODES_MAX];
};

static enum signum_status
put(void *context, int64_t last, unsigned level, const struct signumd_merkle_hash *hash)
{
    struct store *store = context;

    assert_true(store->count < NODES_MAX);
    store->nodes[store->count].last = last;
    store->nodes[store->count].level = level;
    store->nodes[store->count].hash = *hash;
    store->count++;
    return SIGNUM_OK;
}

static enum signum_status
get(void *context, int64_t last, unsigned level, struct signumd_merkle_hash *hash_out)
{
    const struct store *store = context;

    for (size_t i = 0; i < store->count; i++)
        if (store->nodes[i].last == last && store->nodes[i].level == level) {
            *hash_out = store->nodes[i].hash;
            return SIGNUM_OK;
        }
    return SIGNUM_INTERNAL;
}

static size_t
from_hex(const char *hex, uint8_t *out)
{
    size_t len = 0;

    for (unsigned byte = 0; sscanf(hex + 2 * len, "%2x", &byte) == 1; len++)
        out[len] = (uint8_t)byte;
    return len;
}

static struct signumd_merkle_hash
leaf_of(int index)
{
    struct signumd_merkle_hash leaf;
    uint8_t record[32];
    const struct signum_bytes bytes = {record, from_hex(vectors[index].record, record)};

    assert_status(signumd_merkle_leaf(bytes, &leaf), SIGNUM_OK);
    return leaf;
}

static void
assert_hash(const struct signumd_merkle_hash *hash, const char *expected)
{
    char hex[SIGNUMD_SHA256_HEX_SIZE];

    signumd_crypto_hex(hash->bytes, sizeof hash->bytes, hex);
    assert_string_equal(hex, expected);
}

/* A tree of all eight, each root checked on the way. */
static void
fill(struct store *store)
{
    struct signumd_merkle_edge edge = {0};
    struct signumd_merkle_hash root;

    store->count = 0;
    for (int i = 0; i < COUNT; i++) {
        const struct signumd_merkle_hash leaf = leaf_of(i);
        assert_status(put(store, i, 0, &leaf), SIGNUM_OK);
        assert_status(signumd_merkle_append(&edge, &leaf, put, store), SIGNUM_OK);
        assert_int_equal(edge.size, i + 1);
        assert_status(signumd_merkle_root(&edge, &root), SIGNUM_OK);
        assert_hash(&root, vectors[i].root);
    }
    assert_int_equal(store->count, COUNT + 7);
}

static void
test_known_roots(void **state)
{
    const struct signumd_merkle_edge empty = {0};
    struct store store;
    struct signumd_merkle_hash root;
    const struct signumd_merkle_source source = {get, &store};

    (void)state;
    fill(&store);
    for (int i = 0; i < COUNT; i++) {
        assert_status(signumd_merkle_root_at(&source, i + 1, &root), SIGNUM_OK);
        assert_hash(&root, vectors[i].root);
    }
    assert_status(signumd_merkle_root(&empty, &root), SIGNUM_OK);
    assert_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_status(signumd_merkle_root_at(&source, 0, &root), SIGNUM_OK);
    assert_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Each proof shows the known root; a changed, short or long one does not. */
static void
test_inclusion(void **state)
{
    struct store store;
    const struct signumd_merkle_source source = {get, &store};
    struct signumd_merkle_proof proof;
    struct signumd_merkle_hash root;

    (void)state;
    fill(&store);
    for (int size = 1; size <= COUNT; size++)
        for (int i = 0; i < size; i++) {
            const struct signumd_merkle_hash leaf = leaf_of(i);
            assert_status(signumd_merkle_prove_inclusion(&source, i, size, &proof), SIGNUM_OK);
            assert_status(signumd_merkle_root_of_proof(&leaf, i, size, &proof, &root), SIGNUM_OK);
            assert_hash(&root, vectors[size - 1].root);
            proof.count++;
            assert_status(
                signumd_merkle_root_of_proof(&leaf, i, size, &proof, &root), SIGNUM_PROTOCOL);
            proof.count--;
            if (proof.count == 0)
                continue;
            proof.hashes[proof.count - 1].bytes[0] ^= 1;
            assert_status(signumd_merkle_root_of_proof(&leaf, i, size, &proof, &root), SIGNUM_OK);
            assert_memory_not_equal(&root, &store.nodes[0].hash, sizeof root);
            proof.count--;
            assert_status(
                signumd_merkle_root_of_proof(&leaf, i, size, &proof, &root), SIGNUM_PROTOCOL);
        }
}

static void
test_bad_arguments(void **state)
{
    struct store store;
    const struct signumd_merkle_source source = {get, &store};
    struct signumd_merkle_proof proof = {0};
    struct signumd_merkle_hash hash = {{0}};

    (void)state;
    fill(&store);
    assert_status(signumd_merkle_prove_inclusion(&source, -1, 3, &proof), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_merkle_prove_inclusion(&source, 3, 3, &proof), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_merkle_prove_consistency(&source, 0, 3, &proof), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_merkle_prove_consistency(&source, 4, 3, &proof), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_merkle_prove_inclusion(&source, 9, 10, &proof), SIGNUM_INTERNAL);
    assert_status(signumd_merkle_root_of_proof(&hash, 2, 2, &proof, &hash), SIGNUM_PROTOCOL);
    assert_status(signumd_merkle_root_of_proof(&hash, -1, 2, &proof, &hash), SIGNUM_PROTOCOL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_roots),
        cmocka_unit_test(test_inclusion),
        cmocka_unit_test(test_bad_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
