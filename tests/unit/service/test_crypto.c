#include "fixture.h"

#include <string.h>

#include "base/crypto.h"

static void
test_sha256(void **state)
{
    /* FIPS 180-4 example "abc", given whole and in two parts */
    static const char wanted[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    char text[SIGNUMD_SHA256_HEX_SIZE];
    uint8_t hash[SIGNUMD_SHA256_LEN];

    (void)state;
    assert_status(signumd_crypto_sha256_hex(signum_bytes_of_text("abc"), text), SIGNUM_OK);
    assert_string_equal(text, wanted);
    assert_status(
        signumd_crypto_sha256(signum_bytes_of_text("a"), signum_bytes_of_text("bc"), hash),
        SIGNUM_OK);
    signumd_crypto_hex(hash, sizeof hash, text);
    assert_string_equal(text, wanted);
}

static void
test_random(void **state)
{
    char one[33];
    char two[33];

    (void)state;
    assert_status(signumd_crypto_random_hex(one, 32), SIGNUM_OK);
    assert_status(signumd_crypto_random_hex(two, 32), SIGNUM_OK);
    assert_int_equal(strspn(one, "0123456789abcdef"), 32);
    assert_string_not_equal(one, two);
    assert_status(signumd_crypto_random_hex(one, 31), SIGNUM_INVALID_ARGUMENT);
    assert_string_equal(one, "");
    assert_status(signumd_crypto_random_hex(one, 66), SIGNUM_INVALID_ARGUMENT);
}

static void
test_equality(void **state)
{
    (void)state;
    assert_true(signumd_crypto_is_equal("abc", "abd", 2));
    assert_false(signumd_crypto_is_equal("abc", "abd", 3));
    assert_true(signumd_crypto_is_equal("", "x", 0));
}

/* RFC 7914 section 12 (the first 32 of 64 bytes, which do not depend on the length) */
static void
test_scrypt(void **state)
{
    static const struct signumd_scrypt good = {1024, 8, 16};
    static const struct signumd_scrypt bad[] = {
        {0, 8, 1}, {1, 8, 1}, {1000, 8, 1}, {1024, 0, 1}, {1024, 8, -1}, {1 << 24, 8, 1}};
    uint8_t hash[SIGNUMD_SHA256_LEN];
    char hex[SIGNUMD_SHA256_HEX_SIZE];

    (void)state;
    assert_status(signumd_crypto_scrypt(
                      signum_bytes_of_text("password"), signum_bytes_of_text("NaCl"), &good, hash),
        SIGNUM_OK);
    signumd_crypto_hex(hash, sizeof hash, hex);
    assert_string_equal(hex, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(signumd_crypto_scrypt(signum_bytes_of_text("password"),
                          signum_bytes_of_text("NaCl"), &bad[i], hash),
            SIGNUM_CRYPTO);
}

/* RFC 4231 section 4.3 */
static void
test_hmac(void **state)
{
    uint8_t mac[SIGNUMD_SHA256_LEN];
    char hex[SIGNUMD_SHA256_HEX_SIZE];

    (void)state;
    assert_status(signumd_crypto_hmac_sha256(signum_bytes_of_text("Jefe"),
                      signum_bytes_of_text("what do ya want for nothing?"), mac),
        SIGNUM_OK);
    signumd_crypto_hex(mac, sizeof mac, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void
test_bad_public_keys(void **state)
{
    struct signum_buf spki;
    const struct signum_alg *p256 = signum_alg_by_wire("ecdsa", "P-256");
    uint8_t point[65] = {4, 1};

    (void)state;
    signum_buf_init(&spki, 1000);
    assert_int_not_equal(
        signumd_pubkey_from_ec(p256, (struct signum_bytes){point, sizeof point}, &spki), SIGNUM_OK);
    assert_int_not_equal(signumd_pubkey_from_ec(p256, (struct signum_bytes){point, 3}, &spki),
                         SIGNUM_OK);
    assert_int_equal(spki.len, 0);
    signum_buf_clear(&spki);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_scrypt),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_bad_public_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
