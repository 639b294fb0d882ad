#include "fixture_check.h"

#include <string.h>

#include "fixture_key.h"

/* Certificates of a caller, taken apart before they go anywhere. */

static struct signum_key *key;
static struct signum_buf der;
static struct signum_bytes chain[SIGNUM_KEY_CHAIN_MAX];
static size_t count;

static int
setup(void **state)
{
    (void)state;
    key = fixture_key(FIXTURE_P256, 0, "release");
    signum_buf_init(&der, 2 * SIGNUM_KEY_CHAIN_MAX * SIGNUM_KEY_CERT_MAX);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_buf_clear(&der);
    signum_key_unref(&key);
    return 0;
}

static void
put(enum fixture_kind kind, unsigned which)
{
    fixture_put_certificate(fixture_pair(kind, which), "certificate", &der);
}

static enum signum_status
read_chain(void)
{
    count = 99;
    return signum_key_read_chain(key, signum_bytes_of_buf(&der), chain, &count);
}

static void
check_refused(void)
{
    check_status(read_chain(), SIGNUM_INVALID_ARGUMENT);
    assert_int_equal(count, 0);
}

static void
test_leaf(void **state)
{
    (void)state;
    put(FIXTURE_P256, 0);
    check_status(read_chain(), SIGNUM_OK);
    assert_int_equal(count, 1);
    check_bytes(chain[0], der.data, der.len);
}

static void
test_longest_chain(void **state)
{
    size_t len = 0;

    (void)state;
    put(FIXTURE_P256, 0);
    for (int i = 1; i < SIGNUM_KEY_CHAIN_MAX; i++)
        put(FIXTURE_RSA_2048, 0);
    check_status(read_chain(), SIGNUM_OK);
    assert_int_equal(count, SIGNUM_KEY_CHAIN_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(chain[i].data, der.data + len);
        len += chain[i].len;
    }
    assert_int_equal(len, der.len);
    put(FIXTURE_RSA_2048, 0);
    check_refused();
}

static void
test_leaf_of_another_key(void **state)
{
    (void)state;
    put(FIXTURE_P256, 1);
    check_refused();
    signum_buf_clear(&der);
    put(FIXTURE_RSA_2048, 0); /* an issuer before its leaf */
    put(FIXTURE_P256, 0);
    check_refused();
}

static void
test_no_certificates(void **state)
{
    static const char *const rows[] = {"x", "-----BEGIN CERTIFICATE-----", "0", "00"};

    (void)state;
    check_refused();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        signum_buf_clear(&der);
        signum_buf_put_text(&der, rows[i]);
        check_refused();
    }
}

/* What is cut off or appended is not passed over. */
static void
test_cut_and_appended(void **state)
{
    (void)state;
    put(FIXTURE_P256, 0);
    size_t len = der.len;
    for (size_t cut = 1; cut < len; cut += 7) {
        der.len = len - cut;
        check_refused();
    }
    der.len = len;
    signum_buf_put_byte(&der, 0);
    check_refused();
}

static void
test_too_large(void **state)
{
    (void)state;
    put(FIXTURE_P256, 0);
    while (der.len <= (size_t)SIGNUM_KEY_CHAIN_MAX * SIGNUM_KEY_CERT_MAX)
        signum_buf_put_byte(&der, '0');
    check_refused();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_leaf),
        TEST(test_longest_chain),
        TEST(test_leaf_of_another_key),
        TEST(test_no_certificates),
        TEST(test_cut_and_appended),
        TEST(test_too_large),
    };

    return cmocka_run_group_tests_name("key_chain", tests, NULL, NULL);
}
