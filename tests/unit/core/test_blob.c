#include "fixture_check.h"

#include <string.h>

#include "core/blob.h"
#include "fixture_key.h"

static uint32_t
le32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* bcrypt.h: BCRYPT_RSAKEY_BLOB is six ULONGs, then the exponent, then the modulus */
static void
check_rsa(const struct signum_buf *blob, const struct signum_key *key)
{
    struct signum_bytes modulus = signum_key_modulus(key);
    struct signum_bytes exponent = signum_key_exponent(key);

    assert_int_equal(blob->len, 24 + exponent.len + modulus.len);
    assert_memory_equal(blob->data, "RSA1", 4);
    assert_int_equal(le32(blob->data + 4), signum_key_bits(key));
    assert_int_equal(le32(blob->data + 8), 3);
    assert_int_equal(le32(blob->data + 12), signum_key_bits(key) / 8);
    assert_int_equal(le32(blob->data + 16), 0);
    assert_int_equal(le32(blob->data + 20), 0);
    assert_memory_equal(blob->data + 24, "\x01\x00\x01", 3);
    assert_memory_equal(blob->data + 27, modulus.data, modulus.len);
    assert_true(blob->data[27] >= 0x80);
}

/* bcrypt.h: BCRYPT_ECCKEY_BLOB is two ULONGs, then x and y */
static void
check_ecc(const struct signum_buf *blob, const struct signum_key *key, const char *magic,
          uint32_t width)
{
    assert_int_equal(blob->len, 8 + 2 * width);
    assert_memory_equal(blob->data, magic, 4);
    assert_int_equal(le32(blob->data + 4), width);
    assert_int_equal(signum_key_x(key).len, width);
    assert_memory_equal(blob->data + 8, signum_key_x(key).data, width);
    assert_memory_equal(blob->data + 8 + width, signum_key_y(key).data, width);
}

static void
test_rsa(void **state)
{
    static const enum signum_blob_type types[] = {SIGNUM_BLOB_PUBLIC, SIGNUM_BLOB_RSA_PUBLIC};

    (void)state;
    for (int kind = FIXTURE_RSA_2048; kind <= FIXTURE_RSA_4096; kind++) {
        struct signum_key *key = fixture_key((enum fixture_kind)kind, 0, "k");
        for (size_t i = 0; i < COUNT_OF(types); i++) {
            struct signum_buf blob;
            signum_buf_init(&blob, SIGNUM_BLOB_MAX);
            check_status(signum_blob_export(key, types[i], &blob), SIGNUM_OK);
            check_rsa(&blob, key);
            signum_buf_clear(&blob);
        }
        signum_key_unref(&key);
    }
}

static void
test_ecc(void **state)
{
    static const enum signum_blob_type types[] = {SIGNUM_BLOB_PUBLIC, SIGNUM_BLOB_ECC_PUBLIC};
    static const char *const magics[] = {"ECS1", "ECS3", "ECS5"};
    static const uint32_t widths[] = {32, 48, 66};

    (void)state;
    for (size_t curve = 0; curve < COUNT_OF(magics); curve++) {
        struct signum_key *key = fixture_key((enum fixture_kind)(FIXTURE_P256 + curve), 0, "k");
        for (size_t i = 0; i < COUNT_OF(types); i++) {
            struct signum_buf blob;
            signum_buf_init(&blob, SIGNUM_BLOB_MAX);
            check_status(signum_blob_export(key, types[i], &blob), SIGNUM_OK);
            check_ecc(&blob, key, magics[curve], widths[curve]);
            signum_buf_clear(&blob);
        }
        signum_key_unref(&key);
    }
}

static void
test_type_must_fit_the_family(void **state)
{
    struct signum_key *rsa = fixture_key(FIXTURE_RSA_2048, 0, "k");
    struct signum_key *ecc = fixture_key(FIXTURE_P256, 0, "k");
    struct signum_buf blob;

    (void)state;
    signum_buf_init(&blob, SIGNUM_BLOB_MAX);
    check_status(signum_blob_export(rsa, SIGNUM_BLOB_ECC_PUBLIC, &blob), SIGNUM_BAD_TYPE);
    check_status(signum_blob_export(ecc, SIGNUM_BLOB_RSA_PUBLIC, &blob), SIGNUM_BAD_TYPE);
    check_status(signum_blob_export(ecc, (enum signum_blob_type)99, &blob), SIGNUM_BAD_TYPE);
    assert_int_equal(blob.len, 0);
    check_status(signum_buf_status(&blob), SIGNUM_OK);
    signum_key_unref(&rsa);
    signum_key_unref(&ecc);
}

static void
test_appends_and_reports_room(void **state)
{
    struct signum_key *key = fixture_key(FIXTURE_P256, 0, "k");
    struct signum_buf blob;

    (void)state;
    signum_buf_init(&blob, 1 + 72);
    signum_buf_put_byte(&blob, 'x');
    check_status(signum_blob_export(key, SIGNUM_BLOB_PUBLIC, &blob), SIGNUM_OK);
    assert_int_equal(blob.len, 73);
    assert_memory_equal(blob.data, "xECS1", 5);
    signum_buf_clear(&blob);
    signum_buf_init(&blob, 71);
    check_status(signum_blob_export(key, SIGNUM_BLOB_PUBLIC, &blob), SIGNUM_TOO_LARGE);
    signum_buf_clear(&blob);
    signum_key_unref(&key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rsa),
        cmocka_unit_test(test_ecc),
        cmocka_unit_test(test_type_must_fit_the_family),
        cmocka_unit_test(test_appends_and_reports_room),
    };

    return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
