#include "fixture_check.h"

#include <openssl/rsa.h>
#include <string.h>

#include "core/alg.h"
#include "fixture_key.h"

#define DAMAGED ((int)0x7fffffff)

static void
test_hash_table(void **state)
{
    static const struct {
        enum signum_hash id;
        const char *wire;
        const char *cng;
        size_t len;
    } rows[] = {
        {SIGNUM_HASH_NONE, "none", NULL, 0},         {SIGNUM_HASH_SHA1, "sha1", "SHA1", 20},
        {SIGNUM_HASH_SHA256, "sha256", "SHA256", 32}, {SIGNUM_HASH_SHA384, "sha384", "SHA384", 48},
        {SIGNUM_HASH_SHA512, "sha512", "SHA512", 64},
    };

    (void)state;
    assert_int_equal(COUNT_OF(rows), SIGNUM_HASH_COUNT);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct signum_hash_info *hash = signum_hash_by_id(rows[i].id);
        assert_non_null(hash);
        assert_int_equal(hash->id, rows[i].id);
        assert_string_equal(hash->wire, rows[i].wire);
        assert_int_equal(hash->len, rows[i].len);
        assert_true(hash->len <= SIGNUM_DIGEST_MAX);
        assert_ptr_equal(signum_hash_by_wire(rows[i].wire), hash);
        if (rows[i].cng == NULL) {
            assert_null(hash->cng);
            assert_null(hash->openssl);
            assert_int_equal(hash->prefix_len, 0);
            continue;
        }
        assert_string_equal(hash->cng, rows[i].cng);
        assert_ptr_equal(signum_hash_by_cng(rows[i].cng), hash);
        assert_int_equal(hash->len, EVP_MD_get_size(EVP_get_digestbyname(hash->openssl)));
        /* DigestInfo: SEQUENCE of all that follows, ending with the OCTET STRING of the digest */
        assert_int_equal(hash->prefix[0], 0x30);
        assert_int_equal(hash->prefix[1], hash->prefix_len - 2 + hash->len);
        assert_int_equal(hash->prefix[hash->prefix_len - 2], 0x04);
        assert_int_equal(hash->prefix[hash->prefix_len - 1], hash->len);
    }
}

static void
test_unknown_hashes(void **state)
{
    static const char *const names[] = {
        "", "SHA256 ", "sha-256", "md5", "sha25", "sha2566", "Sha256"};

    (void)state;
    assert_null(signum_hash_by_id(SIGNUM_HASH_COUNT));
    assert_null(signum_hash_by_id((enum signum_hash)DAMAGED));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_null(signum_hash_by_wire(names[i]));
        assert_null(signum_hash_by_cng(names[i]));
    }
    assert_null(signum_hash_by_wire("SHA256"));
    assert_null(signum_hash_by_cng("sha256"));
    assert_null(signum_hash_by_cng("none"));
}

static void
test_scheme_table(void **state)
{
    static const char *const wires[] = {"rsa-pkcs1", "rsa-pss", "ecdsa"};

    (void)state;
    assert_int_equal(COUNT_OF(wires), SIGNUM_SCHEME_COUNT);
    for (size_t i = 0; i < COUNT_OF(wires); i++) {
        const struct signum_scheme_info *scheme = signum_scheme_by_id((enum signum_scheme)i);
        assert_non_null(scheme);
        assert_int_equal(scheme->id, i);
        assert_string_equal(scheme->wire, wires[i]);
        assert_ptr_equal(signum_scheme_by_wire(wires[i]), scheme);
    }
    assert_null(signum_scheme_by_id(SIGNUM_SCHEME_COUNT));
    assert_null(signum_scheme_by_id((enum signum_scheme)DAMAGED));
    assert_null(signum_scheme_by_wire(""));
    assert_null(signum_scheme_by_wire("RSA-PSS"));
    assert_null(signum_scheme_by_wire("rsa"));
}

/* bcrypt.h: BCRYPT_RSAPUBLIC_MAGIC, BCRYPT_ECDSA_PUBLIC_P256_MAGIC and so on */
static const struct {
    enum fixture_kind kind;
    const char *wire;
    const char *curve;
    const char *cng;
    const char *cng_group;
    const char *magic; /* as it stands in memory */
    size_t signature_len;
} known[] = {
    {FIXTURE_RSA_2048, "rsa", NULL, "RSA", "RSA", "RSA1", 256},
    {FIXTURE_RSA_3072, "rsa", NULL, "RSA", "RSA", "RSA1", 384},
    {FIXTURE_RSA_4096, "rsa", NULL, "RSA", "RSA", "RSA1", 512},
    {FIXTURE_P256, "ecdsa", "P-256", "ECDSA_P256", "ECDSA", "ECS1", 64},
    {FIXTURE_P384, "ecdsa", "P-384", "ECDSA_P384", "ECDSA", "ECS3", 96},
    {FIXTURE_P521, "ecdsa", "P-521", "ECDSA_P521", "ECDSA", "ECS5", 132},
};

static void
test_algorithm_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const struct signum_alg *alg = signum_alg_by_wire(known[i].wire, known[i].curve);
        uint32_t bits = fixture_bits(known[i].kind);
        assert_non_null(alg);
        assert_string_equal(alg->cng, known[i].cng);
        assert_string_equal(alg->cng_group, known[i].cng_group);
        for (int byte = 0; byte < 4; byte++)
            assert_int_equal(alg->blob_magic >> (8 * byte) & 0xff, known[i].magic[byte]);
        assert_true(signum_alg_has_bits(alg, bits));
        assert_int_equal(signum_alg_signature_len(alg, bits), known[i].signature_len);
    }
}

static void
test_algorithms_are_consistent(void **state)
{
    size_t count = 0;
    const struct signum_alg *all = signum_alg_all(&count);

    (void)state;
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        bool is_rsa = all[i].family == SIGNUM_FAMILY_RSA;
        assert_ptr_equal(signum_alg_by_wire(all[i].wire, all[i].curve), &all[i]);
        assert_true(signum_alg_has_bits(&all[i], all[i].bits_min));
        assert_true(signum_alg_has_bits(&all[i], all[i].bits_max));
        assert_true(signum_alg_has_bits(&all[i], all[i].bits_default));
        assert_true(signum_alg_signature_len(&all[i], all[i].bits_max) <= SIGNUM_SIGNATURE_MAX);
        assert_int_equal(is_rsa, all[i].curve == NULL);
        assert_int_equal(is_rsa, all[i].oid == NULL);
        assert_int_equal(is_rsa, all[i].field_len == 0);
        if (!is_rsa)
            assert_int_equal(all[i].field_len, (all[i].bits_default + 7) / 8);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(all[i].cng, all[j].cng);
            assert_int_not_equal(all[i].blob_magic, all[j].blob_magic);
        }
    }
}

/* The curve's identifier as OpenSSL knows it. */
static void
test_curve_identifiers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const struct signum_alg *alg = fixture_alg(known[i].kind);
        if (alg->family == SIGNUM_FAMILY_RSA)
            continue;
        char name[32];
        assert_int_equal(EVP_PKEY_get_group_name(fixture_pair(known[i].kind, 0), name,
                                                 sizeof name, NULL), 1);
        const ASN1_OBJECT *object = OBJ_nid2obj(OBJ_txt2nid(name));
        assert_int_equal(OBJ_length(object), alg->oid_len);
        assert_memory_equal(OBJ_get0_data(object), alg->oid, alg->oid_len);
    }
}

static void
test_unknown_algorithms(void **state)
{
    (void)state;
    assert_null(signum_alg_by_wire("", NULL));
    assert_null(signum_alg_by_wire("RSA", NULL));
    assert_null(signum_alg_by_wire("dsa", NULL));
    assert_null(signum_alg_by_wire("rsa", "P-256"));
    assert_null(signum_alg_by_wire("rsa", ""));
    assert_null(signum_alg_by_wire("ecdsa", NULL));
    assert_null(signum_alg_by_wire("ecdsa", ""));
    assert_null(signum_alg_by_wire("ecdsa", "P-224"));
    assert_null(signum_alg_by_wire("ecdsa", "p-256"));
    assert_null(signum_alg_by_wire("ecdsa", "prime256v1"));
}

static void
test_bits(void **state)
{
    static const uint32_t rsa_good[] = {2048, 3072, 4096};
    static const uint32_t rsa_bad[] = {
        0, 1024, 2047, 2049, 2560, 3071, 4095, 4097, 5120, UINT32_MAX};
    static const uint32_t p521_bad[] = {0, 256, 520, 522, 528, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rsa_good); i++)
        assert_true(signum_alg_has_bits(fixture_alg(FIXTURE_RSA_2048), rsa_good[i]));
    for (size_t i = 0; i < COUNT_OF(rsa_bad); i++)
        assert_false(signum_alg_has_bits(fixture_alg(FIXTURE_RSA_2048), rsa_bad[i]));
    assert_true(signum_alg_has_bits(fixture_alg(FIXTURE_P521), 521));
    for (size_t i = 0; i < COUNT_OF(p521_bad); i++)
        assert_false(signum_alg_has_bits(fixture_alg(FIXTURE_P521), p521_bad[i]));
}

static void
test_schemes_of_algorithms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const struct signum_alg *alg = fixture_alg(known[i].kind);
        bool is_rsa = known[i].curve == NULL;
        assert_int_equal(signum_alg_has_scheme(alg, SIGNUM_SCHEME_RSA_PKCS1), is_rsa);
        assert_int_equal(signum_alg_has_scheme(alg, SIGNUM_SCHEME_RSA_PSS), is_rsa);
        assert_int_equal(signum_alg_has_scheme(alg, SIGNUM_SCHEME_ECDSA), !is_rsa);
        assert_false(signum_alg_has_scheme(alg, SIGNUM_SCHEME_COUNT));
        assert_false(signum_alg_has_scheme(alg, (enum signum_scheme)DAMAGED));
        assert_false(signum_alg_has_scheme(alg, (enum signum_scheme)32));
    }
}

/* OpenSSL signs, and the block inside must be 00 01 FF.. 00, our prefix, the digest. */
static void
test_digest_info_is_what_openssl_writes(void **state)
{
    EVP_PKEY *pair = fixture_pair(FIXTURE_RSA_2048, 0);
    struct signum_buf signature;

    (void)state;
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    for (int id = SIGNUM_HASH_SHA1; id < SIGNUM_HASH_COUNT; id++) {
        const struct signum_hash_info *hash = signum_hash_by_id((enum signum_hash)id);
        struct signum_sign_params params = {SIGNUM_SCHEME_RSA_PKCS1, hash->id, 0};
        uint8_t storage[SIGNUM_DIGEST_MAX];
        uint8_t block[256];
        size_t len = sizeof block;
        struct signum_bytes digest = fixture_digest(hash->id, 3, storage);
        fixture_sign(pair, &params, digest, &signature);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
        assert_int_equal(EVP_PKEY_verify_recover_init(context), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
        assert_int_equal(EVP_PKEY_verify_recover(context, block, &len, signature.data,
                                                 signature.len), 1);
        EVP_PKEY_CTX_free(context);
        assert_int_equal(len, sizeof block);
        const uint8_t *info = block + len - digest.len - hash->prefix_len;
        assert_int_equal(info[-1], 0);
        assert_int_equal(info[-2], 0xff);
        assert_memory_equal(info, hash->prefix, hash->prefix_len);
        assert_memory_equal(info + hash->prefix_len, digest.data, digest.len);
    }
    signum_buf_clear(&signature);
}

/* The rules of the header, written once more and plainly. */
static enum signum_status
expected_status(enum fixture_kind kind, enum signum_scheme scheme, enum signum_hash hash,
                uint32_t salt, size_t len)
{
    static const size_t lengths[] = {0, 20, 32, 48, 64};
    static const size_t infos[] = {0, 15, 19, 19, 19};
    size_t modulus = fixture_bits(kind) / 8;
    bool is_rsa_key = kind <= FIXTURE_RSA_4096;

    if (is_rsa_key != (scheme != SIGNUM_SCHEME_ECDSA))
        return SIGNUM_BAD_ALGORITHM;
    if (hash != SIGNUM_HASH_NONE && len != lengths[hash])
        return SIGNUM_INVALID_ARGUMENT;
    if (scheme == SIGNUM_SCHEME_ECDSA)
        return len == 20 || len == 32 || len == 48 || len == 64 ? SIGNUM_OK
                                                                : SIGNUM_INVALID_ARGUMENT;
    if (scheme == SIGNUM_SCHEME_RSA_PSS) {
        if (hash == SIGNUM_HASH_NONE)
            return SIGNUM_INVALID_ARGUMENT;
        return len + salt + 2 <= modulus ? SIGNUM_OK : SIGNUM_INVALID_ARGUMENT;
    }
    return len > 0 && infos[hash] + len + 11 <= modulus ? SIGNUM_OK : SIGNUM_INVALID_ARGUMENT;
}

static void
test_params_matrix(void **state)
{
    static const uint32_t salts[] = {0, 20, 32, 64, 190, 222, 223, 234, 235, 446, 447, 2048};
    unsigned fine = 0;

    (void)state;
    for (unsigned row = 0; row < FIXTURE_KIND_COUNT * SIGNUM_SCHEME_COUNT * SIGNUM_HASH_COUNT;
         row++) {
        enum fixture_kind kind = (enum fixture_kind)(row % FIXTURE_KIND_COUNT);
        struct signum_sign_params params = {
            .scheme = (enum signum_scheme)(row / FIXTURE_KIND_COUNT % SIGNUM_SCHEME_COUNT),
            .hash = (enum signum_hash)(row / FIXTURE_KIND_COUNT / SIGNUM_SCHEME_COUNT),
        };
        for (size_t i = 0; i < COUNT_OF(salts); i++) {
            params.salt_len = salts[i];
            for (size_t len = 0; len <= 520; len++) {
                enum signum_status expected =
                    expected_status(kind, params.scheme, params.hash, salts[i], len);
                enum signum_status actual = signum_alg_check_params(
                    fixture_alg(kind), fixture_bits(kind), &params, len);
                fine += actual == SIGNUM_OK;
                if (actual != expected)
                    print_error("kind %d scheme %d hash %d salt %u len %u\n", kind, params.scheme,
                                params.hash, (unsigned)salts[i], (unsigned)len);
                check_status(actual, expected);
            }
        }
    }
    assert_true(fine > 0);
}

static void
test_params_out_of_range(void **state)
{
    const struct signum_alg *rsa = fixture_alg(FIXTURE_RSA_2048);
    struct signum_sign_params params = {SIGNUM_SCHEME_RSA_PSS, SIGNUM_HASH_SHA256, 32};

    (void)state;
    check_status(signum_alg_check_params(rsa, 2048, &params, 32), SIGNUM_OK);
    params.salt_len = UINT32_MAX; /* must not wrap to something that fits */
    check_status(signum_alg_check_params(rsa, 2048, &params, 32), SIGNUM_INVALID_ARGUMENT);
    params.salt_len = UINT32_MAX - 33;
    check_status(signum_alg_check_params(rsa, 2048, &params, 32), SIGNUM_INVALID_ARGUMENT);
    params.salt_len = 32;
    params.hash = SIGNUM_HASH_COUNT;
    check_status(signum_alg_check_params(rsa, 2048, &params, 32), SIGNUM_INVALID_ARGUMENT);
    params.hash = SIGNUM_HASH_SHA256;
    params.scheme = SIGNUM_SCHEME_COUNT;
    check_status(signum_alg_check_params(rsa, 2048, &params, 32), SIGNUM_BAD_ALGORITHM);
    params.scheme = SIGNUM_SCHEME_RSA_PKCS1;
    params.hash = SIGNUM_HASH_NONE;
    check_status(signum_alg_check_params(rsa, 2048, &params, SIZE_MAX), SIGNUM_INVALID_ARGUMENT);
    check_status(
        signum_alg_check_params(rsa, 2048, &params, SIZE_MAX - 10), SIGNUM_INVALID_ARGUMENT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_table),
        cmocka_unit_test(test_unknown_hashes),
        cmocka_unit_test(test_scheme_table),
        cmocka_unit_test(test_algorithm_table),
        cmocka_unit_test(test_algorithms_are_consistent),
        cmocka_unit_test(test_curve_identifiers),
        cmocka_unit_test(test_unknown_algorithms),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_schemes_of_algorithms),
        cmocka_unit_test(test_digest_info_is_what_openssl_writes),
        cmocka_unit_test(test_params_matrix),
        cmocka_unit_test(test_params_out_of_range),
    };

    return cmocka_run_group_tests_name("alg", tests, NULL, NULL);
}
