#include "fixture_check.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

#include "core/key.h"
#include "fixture_key.h"

static struct fixture_key_data data;

static int
setup(void **state)
{
    (void)state;
    fixture_key_data_init(&data, FIXTURE_P256, 0, "release");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    fixture_key_data_clear(&data);
    return 0;
}

/* The key gives nothing of its public half, however often it is asked. */
static void
check_unusable(struct signum_key *key)
{
    const struct signum_sign_params params = {.scheme = SIGNUM_SCHEME_ECDSA,
                                              .hash = SIGNUM_HASH_SHA256};
    uint8_t bytes[SIGNUM_SIGNATURE_MAX] = {1};
    const struct signum_bytes signature = {bytes, signum_key_signature_len(key)};

    for (int i = 0; i < 2; i++) {
        check_status(signum_key_check(key), SIGNUM_PROTOCOL);
        assert_int_equal(ERR_peek_error(), 0);
        assert_int_equal(signum_key_x(key).len, 0);
        assert_int_equal(signum_key_y(key).len, 0);
        assert_int_equal(signum_key_modulus(key).len, 0);
        assert_int_equal(signum_key_exponent(key).len, 0);
    }
    if (signum_key_alg(key)->family == SIGNUM_FAMILY_ECDSA)
        check_status(signum_key_verify(key, &params, (struct signum_bytes){bytes, 32}, signature),
                     SIGNUM_PROTOCOL);
}

/*
 * The fields as they are now are refused, at once for their sizes or when the public key is read:
 * nothing handed out, nothing in OpenSSL's queue.
 */
static void
check_refused(enum signum_status expected)
{
    struct signum_key *key = (struct signum_key *)&data;
    enum signum_status status = signum_key_new(&data.fields, &key);

    if (status == SIGNUM_OK) {
        check_status(expected, SIGNUM_PROTOCOL);
        check_unusable(key);
        signum_key_unref(&key);
        return;
    }
    check_status(status, expected);
    assert_null(key);
    assert_int_equal(ERR_peek_error(), 0);
}

static void
check_accepted(void)
{
    struct signum_key *key = NULL;

    check_status(signum_key_new(&data.fields, &key), SIGNUM_OK);
    assert_non_null(key);
    check_status(signum_key_check(key), SIGNUM_OK);
    check_status(signum_key_check(key), SIGNUM_OK);
    signum_key_unref(&key);
    assert_null(key);
}

static void
test_facts(void **state)
{
    struct signum_key *key = NULL;

    (void)state;
    data.fields.chain_count = 3;
    check_status(signum_key_new(&data.fields, &key), SIGNUM_OK);
    assert_string_equal(signum_key_name(key), "release");
    assert_string_equal(signum_key_id(key), "id-1");
    assert_string_equal(signum_key_etag(key), "etag-1");
    assert_int_equal(signum_key_version(key), 7);
    assert_ptr_equal(signum_key_alg(key), fixture_alg(FIXTURE_P256));
    assert_int_equal(signum_key_bits(key), 256);
    assert_true(signum_key_is_enabled(key));
    assert_int_equal(signum_key_signature_len(key), 64);
    assert_int_equal(signum_key_chain_count(key), 3);
    check_bytes(signum_key_spki(key), data.spki.data, data.spki.len);
    for (size_t i = 0; i < 3; i++)
        check_bytes(signum_key_certificate(key, i), data.leaf.data, data.leaf.len);
    assert_null(signum_key_certificate(key, 3).data);
    assert_int_equal(signum_key_certificate(key, 3).len, 0);
    assert_int_equal(signum_key_certificate(key, SIZE_MAX).len, 0);
    signum_key_unref(&key);
}

/* Nothing of the fields is borrowed after the call. */
static void
test_fields_are_copied(void **state)
{
    char name[] = "release";
    char etag[] = "tag";
    struct signum_key *key = NULL;

    (void)state;
    data.fields.name = name;
    data.fields.etag = etag;
    data.fields.is_enabled = false;
    check_status(signum_key_new(&data.fields, &key), SIGNUM_OK);
    memset(name, 'x', sizeof name - 1);
    memset(etag, 'x', sizeof etag - 1);
    memset(data.spki.data, 0, data.spki.len);
    memset(data.leaf.data, 0, data.leaf.len);
    assert_string_equal(signum_key_name(key), "release");
    assert_string_equal(signum_key_etag(key), "tag");
    assert_false(signum_key_is_enabled(key));
    assert_int_equal(signum_key_spki(key).data[0], 0x30);
    assert_int_equal(signum_key_certificate(key, 0).data[0], 0x30);
    signum_key_unref(&key);
}

static void
check_number(EVP_PKEY *pair, const char *param, size_t width, struct signum_bytes actual)
{
    uint8_t bytes[SIGNUM_SIGNATURE_MAX];
    BIGNUM *number = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(pair, param, &number), 1);
    if (width == 0)
        width = (size_t)BN_num_bytes(number);
    assert_true(BN_bn2binpad(number, bytes, (int)width) > 0);
    BN_free(number);
    check_bytes(actual, bytes, width);
}

static void
test_public_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_KIND_COUNT; i++) {
        enum fixture_kind kind = (enum fixture_kind)i;
        EVP_PKEY *pair = fixture_pair(kind, 0);
        struct signum_key *key = fixture_key(kind, 0, "k");
        size_t field = signum_key_alg(key)->field_len;
        if (field == 0) {
            check_number(pair, OSSL_PKEY_PARAM_RSA_N, 0, signum_key_modulus(key));
            check_number(pair, OSSL_PKEY_PARAM_RSA_E, 0, signum_key_exponent(key));
            assert_int_equal(signum_key_modulus(key).len, signum_key_signature_len(key));
            assert_int_equal(signum_key_x(key).len, 0);
            assert_int_equal(signum_key_y(key).len, 0);
        } else {
            check_number(pair, OSSL_PKEY_PARAM_EC_PUB_X, field, signum_key_x(key));
            check_number(pair, OSSL_PKEY_PARAM_EC_PUB_Y, field, signum_key_y(key));
            assert_int_equal(signum_key_modulus(key).len, 0);
            assert_int_equal(signum_key_exponent(key).len, 0);
        }
        signum_key_unref(&key);
    }
}

/* One coordinate in 256 begins with a zero byte: it is as wide as the field all the same. */
static void
test_coordinates_keep_their_zeros(void **state)
{
    bool is_seen = false;

    (void)state;
    for (int i = 0; i < 10000 && !is_seen; i++) {
        EVP_PKEY *pair = EVP_EC_gen("P-256");
        BIGNUM *x = NULL;
        assert_int_equal(EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_EC_PUB_X, &x), 1);
        if (BN_num_bytes(x) < 32) {
            struct signum_key *key = NULL;
            signum_buf_clear(&data.spki);
            fixture_put_spki(pair, &data.spki);
            data.fields.spki = signum_bytes_of_buf(&data.spki);
            data.fields.chain_count = 0;
            check_status(signum_key_new(&data.fields, &key), SIGNUM_OK);
            assert_int_equal(signum_key_x(key).len, 32);
            assert_int_equal(signum_key_x(key).data[0], 0);
            signum_key_unref(&key);
            is_seen = true;
        }
        BN_free(x);
        EVP_PKEY_free(pair);
    }
    assert_true(is_seen); /* by chance not in one of 10^16 runs */
}

static void
test_references(void **state)
{
    struct signum_key *key = fixture_key(FIXTURE_P256, 0, "k");

    (void)state;
    struct signum_key *other = signum_key_ref(key);
    assert_ptr_equal(other, key);
    signum_key_unref(&key);
    assert_null(key);
    assert_string_equal(signum_key_name(other), "k");
    signum_key_unref(&other);
    signum_key_unref(&other); /* NULL by now */
}

static void
test_name(void **state)
{
    char name[SIGNUM_KEY_NAME_MAX + 2];

    (void)state;
    memset(name, 'n', sizeof name);
    name[SIGNUM_KEY_NAME_MAX] = 0;
    data.fields.name = name;
    check_accepted();
    name[SIGNUM_KEY_NAME_MAX] = 'n';
    name[SIGNUM_KEY_NAME_MAX + 1] = 0;
    check_refused(SIGNUM_PROTOCOL);
    data.fields.name = "";
    check_refused(SIGNUM_PROTOCOL);
    data.fields.name = "n";
    check_accepted();
}

static void
test_algorithm_must_fit_the_public_key(void **state)
{
    (void)state;
    data.fields.alg = NULL;
    check_refused(SIGNUM_PROTOCOL);
    data.fields.alg = fixture_alg(FIXTURE_P384); /* another curve */
    check_refused(SIGNUM_PROTOCOL);
    data.fields.bits = 384;
    check_refused(SIGNUM_PROTOCOL);
    data.fields.alg = fixture_alg(FIXTURE_RSA_2048); /* another family */
    data.fields.bits = 256;
    check_refused(SIGNUM_PROTOCOL);
}

static void
test_rsa_key_is_no_curve(void **state)
{
    (void)state;
    fixture_key_data_clear(&data);
    fixture_key_data_init(&data, FIXTURE_RSA_2048, 0, "release");
    check_accepted();
    data.fields.alg = fixture_alg(FIXTURE_P256);
    check_refused(SIGNUM_PROTOCOL);
}

/* Same size and family, other curve: only the group tells them apart. */
static void
test_curve_of_the_same_size(void **state)
{
    EVP_PKEY *pair = EVP_EC_gen("secp256k1");

    (void)state;
    if (pair == NULL) {
        print_message("this OpenSSL has no secp256k1\n");
        skip();
    }
    data.fields.chain_count = 0;
    signum_buf_clear(&data.spki);
    fixture_put_spki(pair, &data.spki);
    data.fields.spki = signum_bytes_of_buf(&data.spki);
    check_refused(SIGNUM_PROTOCOL);
    EVP_PKEY_free(pair);
}

static void
test_bits_must_fit_the_public_key(void **state)
{
    static const uint32_t bad[] = {0, 1024, 2047, 2049, 3072, 4096, 16384, 16385, 0x80000800u,
                                   UINT32_MAX};

    (void)state;
    fixture_key_data_clear(&data);
    fixture_key_data_init(&data, FIXTURE_RSA_2048, 0, "release");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        data.fields.bits = bad[i];
        check_refused(SIGNUM_PROTOCOL);
    }
}

static void
test_public_key_must_be_der(void **state)
{
    (void)state;
    data.fields.spki.len = 0;
    check_refused(SIGNUM_PROTOCOL);
    for (size_t len = 1; len < data.spki.len; len++) {
        data.fields.spki.len = len; /* cut anywhere */
        check_refused(SIGNUM_PROTOCOL);
    }
    signum_buf_put_byte(&data.spki, 0);
    data.fields.spki = signum_bytes_of_buf(&data.spki); /* one byte behind it */
    check_refused(SIGNUM_PROTOCOL);
    data.fields.spki = signum_bytes_of_buf(&data.leaf); /* a certificate is no public key */
    check_refused(SIGNUM_PROTOCOL);
}

static void
test_public_key_must_be_a_point(void **state)
{
    (void)state;
    data.spki.data[data.spki.len - 1] ^= 1; /* no longer on the curve */
    data.fields.chain_count = 0;
    check_refused(SIGNUM_PROTOCOL);
}

static void
test_large_public_key(void **state)
{
    static uint8_t bytes[SIGNUM_KEY_SPKI_MAX + 1];

    (void)state;
    data.fields.spki = (struct signum_bytes){bytes, sizeof bytes - 1};
    check_refused(SIGNUM_PROTOCOL);
    data.fields.spki.len++;
    check_refused(SIGNUM_TOO_LARGE);
}

static void
test_leaf_must_be_of_this_key(void **state)
{
    struct signum_buf other;

    (void)state;
    signum_buf_init(&other, SIGNUM_KEY_CERT_MAX);
    fixture_put_certificate(fixture_pair(FIXTURE_P256, 1), "other", &other);
    data.chain[0] = signum_bytes_of_buf(&other);
    check_refused(SIGNUM_PROTOCOL);
    data.fields.chain_count = 2; /* in the wrong order: leaf second */
    check_refused(SIGNUM_PROTOCOL);
    data.chain[0] = signum_bytes_of_buf(&data.leaf);
    data.chain[1] = signum_bytes_of_buf(&other);
    check_accepted();
    signum_buf_clear(&other);
    data.fields.chain_count = 1;
    fixture_put_certificate(fixture_pair(FIXTURE_RSA_2048, 0), "rsa", &other);
    data.chain[0] = signum_bytes_of_buf(&other);
    check_refused(SIGNUM_PROTOCOL);
    signum_buf_clear(&other);
}

static void
test_leaf_must_be_der(void **state)
{
    (void)state;
    data.chain[0] = (struct signum_bytes){NULL, 0};
    check_refused(SIGNUM_PROTOCOL);
    data.chain[0] = (struct signum_bytes){data.leaf.data, data.leaf.len - 1};
    check_refused(SIGNUM_PROTOCOL);
    data.chain[0] = signum_bytes_of_buf(&data.spki);
    check_refused(SIGNUM_PROTOCOL);
    signum_buf_put_byte(&data.leaf, 0);
    data.chain[0] = signum_bytes_of_buf(&data.leaf); /* one byte behind it */
    check_refused(SIGNUM_PROTOCOL);
}

static void
test_number_of_certificates(void **state)
{
    (void)state;
    data.fields.chain_count = 0;
    check_accepted();
    data.fields.chain_count = SIGNUM_KEY_CHAIN_MAX;
    check_accepted();
    data.fields.chain_count = SIGNUM_KEY_CHAIN_MAX + 1;
    check_refused(SIGNUM_PROTOCOL);
    data.fields.chain_count = SIZE_MAX;
    check_refused(SIGNUM_PROTOCOL);
}

static void
test_large_certificate(void **state)
{
    static uint8_t bytes[SIGNUM_KEY_CERT_MAX + 1];

    (void)state;
    data.fields.chain_count = 2;
    data.chain[1] = (struct signum_bytes){bytes, SIGNUM_KEY_CERT_MAX};
    check_accepted(); /* what stands above the leaf is the verifier's to judge */
    data.chain[1].len++;
    check_refused(SIGNUM_TOO_LARGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_facts),
        TEST(test_fields_are_copied),
        TEST(test_public_numbers),
        TEST(test_coordinates_keep_their_zeros),
        TEST(test_references),
        TEST(test_name),
        TEST(test_algorithm_must_fit_the_public_key),
        TEST(test_rsa_key_is_no_curve),
        TEST(test_curve_of_the_same_size),
        TEST(test_bits_must_fit_the_public_key),
        TEST(test_public_key_must_be_der),
        TEST(test_public_key_must_be_a_point),
        TEST(test_large_public_key),
        TEST(test_leaf_must_be_of_this_key),
        TEST(test_leaf_must_be_der),
        TEST(test_number_of_certificates),
        TEST(test_large_certificate),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
