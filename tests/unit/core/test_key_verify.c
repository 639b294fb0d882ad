#include "fixture_check.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <string.h>

#include "core/key.h"
#include "fixture_key.h"

#define PKCS1 SIGNUM_SCHEME_RSA_PKCS1
#define PSS SIGNUM_SCHEME_RSA_PSS

static struct signum_key *keys[FIXTURE_KIND_COUNT];
static struct signum_buf signature;
static uint8_t digest_storage[SIGNUM_DIGEST_MAX];

static int
setup(void **state)
{
    (void)state;
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    for (int i = 0; i < FIXTURE_KIND_COUNT; i++)
        keys[i] = fixture_key((enum fixture_kind)i, 0, "k");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_buf_clear(&signature);
    for (int i = 0; i < FIXTURE_KIND_COUNT; i++)
        signum_key_unref(&keys[i]);
    return 0;
}

static enum signum_status
verify(enum fixture_kind kind, const struct signum_sign_params *params, struct signum_bytes digest)
{
    enum signum_status status =
        signum_key_verify(keys[kind], params, digest, signum_bytes_of_buf(&signature));

    assert_int_equal(ERR_peek_error(), 0);
    return status;
}

/* Every scheme, hash and size, with the salts that people use. */
static void
test_signatures_of_openssl(void **state)
{
    unsigned verified = 0;

    (void)state;
    for (int k = 0; k < FIXTURE_KIND_COUNT; k++) {
        for (int h = 0; h < SIGNUM_HASH_COUNT; h++) {
            for (int s = 0; s < SIGNUM_SCHEME_COUNT; s++) {
                enum fixture_kind kind = (enum fixture_kind)k;
                enum signum_hash hash = (enum signum_hash)h;
                struct signum_bytes digest = fixture_digest(hash, 1, digest_storage);
                struct signum_sign_params params = {(enum signum_scheme)s, hash, 0};
                if (params.scheme == PSS)
                    params.salt_len = (uint32_t)digest.len;
                if (signum_alg_check_params(fixture_alg(kind), fixture_bits(kind), &params,
                                            digest.len) != SIGNUM_OK)
                    continue;
                fixture_sign(fixture_pair(kind, 0), &params, digest, &signature);
                check_status(verify(kind, &params, digest), SIGNUM_OK);
                verified++;
            }
        }
    }
    assert_int_equal(verified, 3 * (5 + 4) + 3 * 5);
}

static void
test_salt_lengths(void **state)
{
    static const uint32_t salts[] = {0, 1, 20, 32, 64, 256 - 32 - 2};
    struct signum_bytes digest = fixture_digest(SIGNUM_HASH_SHA256, 1, digest_storage);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(salts); i++) {
        struct signum_sign_params params = {PSS, SIGNUM_HASH_SHA256, salts[i]};
        fixture_sign(fixture_pair(FIXTURE_RSA_2048, 0), &params, digest, &signature);
        check_status(verify(FIXTURE_RSA_2048, &params, digest), SIGNUM_OK);
        for (size_t j = 0; j < COUNT_OF(salts); j++) {
            params.salt_len = salts[j];
            check_status(verify(FIXTURE_RSA_2048, &params, digest),
                         i == j ? SIGNUM_OK : SIGNUM_BAD_SIGNATURE);
        }
    }
}

/* With no hash name the bytes are padded as they are, of any length that fits. */
static void
test_raw_rsa(void **state)
{
    static const size_t lengths[] = {1, 19, 36, 64, 83, 244, 245};
    static uint8_t bytes[245];
    struct signum_sign_params params = {PKCS1, SIGNUM_HASH_NONE, 0};

    (void)state;
    memset(bytes, 0x5a, sizeof bytes);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct signum_bytes value = {bytes, lengths[i]};
        fixture_sign(fixture_pair(FIXTURE_RSA_2048, 0), &params, value, &signature);
        check_status(verify(FIXTURE_RSA_2048, &params, value), SIGNUM_OK);
        bytes[lengths[i] - 1] ^= 1;
        check_status(verify(FIXTURE_RSA_2048, &params, value), SIGNUM_BAD_SIGNATURE);
        bytes[lengths[i] - 1] ^= 1;
        value.len = lengths[i] > 1 ? lengths[i] - 1 : 2;
        check_status(verify(FIXTURE_RSA_2048, &params, value), SIGNUM_BAD_SIGNATURE);
    }
}

/* A raw signature over DigestInfo is the same as one that names the hash. */
static void
test_raw_rsa_over_digest_info(void **state)
{
    const struct signum_hash_info *hash = signum_hash_by_id(SIGNUM_HASH_SHA256);
    struct signum_sign_params named = {PKCS1, SIGNUM_HASH_SHA256, 0};
    struct signum_sign_params raw = {PKCS1, SIGNUM_HASH_NONE, 0};
    struct signum_bytes digest = fixture_digest(SIGNUM_HASH_SHA256, 1, digest_storage);
    uint8_t info[SIGNUM_DIGEST_INFO_PREFIX + 32];

    (void)state;
    memcpy(info, hash->prefix, hash->prefix_len);
    memcpy(info + hash->prefix_len, digest.data, digest.len);
    fixture_sign(fixture_pair(FIXTURE_RSA_2048, 0), &named, digest, &signature);
    check_status(
        verify(FIXTURE_RSA_2048, &raw, (struct signum_bytes){info, sizeof info}), SIGNUM_OK);
    check_status(verify(FIXTURE_RSA_2048, &raw, digest), SIGNUM_BAD_SIGNATURE);
}

static const struct {
    const char *label;
    enum fixture_kind kind;
    struct signum_sign_params params;
} cases[] = {
    {"PKCS#1", FIXTURE_RSA_2048, {PKCS1, SIGNUM_HASH_SHA256, 0}},
    {"PKCS#1 3072", FIXTURE_RSA_3072, {PKCS1, SIGNUM_HASH_SHA512, 0}},
    {"PKCS#1 raw", FIXTURE_RSA_2048, {PKCS1, SIGNUM_HASH_NONE, 0}},
    {"PSS", FIXTURE_RSA_2048, {PSS, SIGNUM_HASH_SHA256, 32}},
    {"P-256", FIXTURE_P256, {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256, 0}},
    {"P-384", FIXTURE_P384, {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA384, 0}},
    {"P-521", FIXTURE_P521, {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA512, 0}},
    {"P-256, no hash", FIXTURE_P256, {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_NONE, 0}},
};

static void
test_any_flipped_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct signum_bytes digest = fixture_digest(cases[i].params.hash, 1, digest_storage);
        fixture_sign(fixture_pair(cases[i].kind, 0), &cases[i].params, digest, &signature);
        for (size_t bit = 0; bit < 8 * signature.len; bit += 13) {
            signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            check_row(verify(cases[i].kind, &cases[i].params, digest), SIGNUM_BAD_SIGNATURE,
                      cases[i].label);
            signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        check_row(verify(cases[i].kind, &cases[i].params, digest), SIGNUM_OK, cases[i].label);
    }
}

static void
test_wrong_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct signum_bytes digest = fixture_digest(cases[i].params.hash, 1, digest_storage);
        fixture_sign(fixture_pair(cases[i].kind, 0), &cases[i].params, digest, &signature);
        size_t len = signature.len;
        size_t lengths[] = {0, 1, len / 2, len - 2, len - 1};
        for (size_t j = 0; j < COUNT_OF(lengths); j++) {
            struct signum_bytes cut = {lengths[j] == 0 ? NULL : signature.data, lengths[j]};
            check_row(signum_key_verify(keys[cases[i].kind], &cases[i].params, digest, cut),
                      SIGNUM_BAD_SIGNATURE, cases[i].label);
        }
        signum_buf_put_byte(&signature, 0);
        check_row(verify(cases[i].kind, &cases[i].params, digest), SIGNUM_BAD_SIGNATURE,
                  cases[i].label);
        signum_buf_put_byte(&signature, 0);
        check_row(verify(cases[i].kind, &cases[i].params, digest), SIGNUM_BAD_SIGNATURE,
                  cases[i].label);
    }
}

static void
test_other_digest_and_other_key(void **state)
{
    uint8_t other_storage[SIGNUM_DIGEST_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct signum_bytes digest = fixture_digest(cases[i].params.hash, 1, digest_storage);
        struct signum_bytes other = fixture_digest(cases[i].params.hash, 2, other_storage);
        fixture_sign(fixture_pair(cases[i].kind, 0), &cases[i].params, digest, &signature);
        check_row(verify(cases[i].kind, &cases[i].params, other), SIGNUM_BAD_SIGNATURE,
                  cases[i].label);
        if (cases[i].kind == FIXTURE_RSA_3072)
            continue; /* a second pair of that size costs time and shows nothing new */
        fixture_sign(fixture_pair(cases[i].kind, 1), &cases[i].params, digest, &signature);
        check_row(verify(cases[i].kind, &cases[i].params, digest), SIGNUM_BAD_SIGNATURE,
                  cases[i].label);
    }
}

/* Signed with one padding or hash, verified as another of the same length. */
static void
test_other_parameters(void **state)
{
    struct signum_sign_params pkcs1 = {PKCS1, SIGNUM_HASH_SHA256, 0};
    struct signum_sign_params raw = {PKCS1, SIGNUM_HASH_NONE, 0};
    struct signum_sign_params pss = {PSS, SIGNUM_HASH_SHA256, 32};
    struct signum_bytes digest = fixture_digest(SIGNUM_HASH_SHA256, 1, digest_storage);
    EVP_PKEY *pair = fixture_pair(FIXTURE_RSA_2048, 0);

    (void)state;
    fixture_sign(pair, &pkcs1, digest, &signature);
    check_status(verify(FIXTURE_RSA_2048, &pss, digest), SIGNUM_BAD_SIGNATURE);
    check_status(verify(FIXTURE_RSA_2048, &raw, digest), SIGNUM_BAD_SIGNATURE);
    fixture_sign(pair, &raw, digest, &signature);
    check_status(verify(FIXTURE_RSA_2048, &pkcs1, digest), SIGNUM_BAD_SIGNATURE);
    fixture_sign(pair, &pss, digest, &signature);
    check_status(verify(FIXTURE_RSA_2048, &pkcs1, digest), SIGNUM_BAD_SIGNATURE);
}

static void
set_half(size_t half, size_t offset, const BIGNUM *value)
{
    assert_true(BN_bn2binpad(value, signature.data + offset, (int)half) > 0);
}

/* r and s: zero, swapped, or the order itself (FIPS 186-5 6.4.2 wants them in [1, n-1]). */
static void
test_ecdsa_halves(void **state)
{
    static const enum fixture_kind curves[] = {FIXTURE_P256, FIXTURE_P384, FIXTURE_P521};
    struct signum_sign_params params = {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256, 0};
    struct signum_bytes digest = fixture_digest(SIGNUM_HASH_SHA256, 1, digest_storage);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(curves); i++) {
        size_t half = fixture_alg(curves[i])->field_len;
        EVP_PKEY *pair = fixture_pair(curves[i], 0);
        uint8_t r[66];
        BIGNUM *order = NULL;
        assert_int_equal(EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
        for (size_t offset = 0; offset <= half; offset += half) {
            fixture_sign(pair, &params, digest, &signature);
            memset(signature.data + offset, 0, half);
            check_status(verify(curves[i], &params, digest), SIGNUM_BAD_SIGNATURE);
            set_half(half, offset, order);
            check_status(verify(curves[i], &params, digest), SIGNUM_BAD_SIGNATURE);
            memset(signature.data + offset, 0xff, half);
            check_status(verify(curves[i], &params, digest), SIGNUM_BAD_SIGNATURE);
        }
        memset(signature.data, 0, signature.len);
        check_status(verify(curves[i], &params, digest), SIGNUM_BAD_SIGNATURE);

        fixture_sign(pair, &params, digest, &signature);
        memcpy(r, signature.data, half);
        memmove(signature.data, signature.data + half, half);
        memcpy(signature.data + half, r, half);
        check_status(verify(curves[i], &params, digest), SIGNUM_BAD_SIGNATURE);
        BN_free(order);
    }
}

/* The parameters are checked before the signature is looked at. */
static void
test_parameters_first(void **state)
{
    struct signum_sign_params params = {PKCS1, SIGNUM_HASH_SHA256, 0};
    struct signum_bytes digest = fixture_digest(SIGNUM_HASH_SHA256, 1, digest_storage);

    (void)state;
    signum_buf_put_text(&signature, "nothing like a signature");
    check_status(verify(FIXTURE_P256, &params, digest), SIGNUM_BAD_ALGORITHM);
    check_status(verify(FIXTURE_RSA_2048, &params, digest), SIGNUM_BAD_SIGNATURE);
    digest.len = 31;
    check_status(verify(FIXTURE_RSA_2048, &params, digest), SIGNUM_INVALID_ARGUMENT);
    digest.len = 0;
    check_status(verify(FIXTURE_RSA_2048, &params, digest), SIGNUM_INVALID_ARGUMENT);
    digest.len = 32;
    params.hash = SIGNUM_HASH_COUNT;
    check_status(verify(FIXTURE_RSA_2048, &params, digest), SIGNUM_INVALID_ARGUMENT);
    params.hash = SIGNUM_HASH_SHA256;
    params.scheme = SIGNUM_SCHEME_ECDSA;
    check_status(verify(FIXTURE_RSA_2048, &params, digest), SIGNUM_BAD_ALGORITHM);
    params.scheme = PSS;
    params.salt_len = 223;
    check_status(verify(FIXTURE_RSA_2048, &params, digest), SIGNUM_INVALID_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_signatures_of_openssl),
        TEST(test_salt_lengths),
        TEST(test_raw_rsa),
        TEST(test_raw_rsa_over_digest_info),
        TEST(test_any_flipped_bit),
        TEST(test_wrong_lengths),
        TEST(test_other_digest_and_other_key),
        TEST(test_other_parameters),
        TEST(test_ecdsa_halves),
        TEST(test_parameters_first),
    };

    return cmocka_run_group_tests_name("key_verify", tests, NULL, NULL);
}
