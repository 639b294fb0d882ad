#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/secret_store.h"
#include "support/system.h"

static char base[64];
static char folder[128];
static struct signum_secret_store store;
static struct signum_buf secret;

static int
set_up(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(folder, sizeof folder, "%s/deep/secrets", base);
    signum_buf_init_secret(&secret, SIGNUM_SECRET_MAX);
    return signum_secret_store_open(folder, &store) == SIGNUM_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_secret_store_clear(&store);
    signum_buf_clear(&secret);
    signum_temp_folder_remove(base);
    return 0;
}

static enum signum_status
get(const char *name)
{
    signum_buf_clear(&secret);
    return store.get(store.self, name, &secret);
}

static enum signum_status
put(const char *name, const char *text)
{
    return store.put(store.self, name, signum_bytes_of_text(text));
}

static void
test_put_get_replace_remove(void **state)
{
    (void)state;
    assert_int_equal(get("main"), SIGNUM_NOT_FOUND);
    assert_int_equal(store.remove(store.self, "main"), SIGNUM_NOT_FOUND);
    assert_int_equal(put("main", "first"), SIGNUM_OK);
    assert_int_equal(put("other", "third"), SIGNUM_OK);
    assert_int_equal(put("main", "the second, longer"), SIGNUM_OK);
    assert_int_equal(get("main"), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&secret), "the second, longer");
    assert_int_equal(get("other"), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&secret), "third");
    assert_int_equal(store.remove(store.self, "main"), SIGNUM_OK);
    assert_int_equal(get("main"), SIGNUM_NOT_FOUND);
    assert_int_equal(get("other"), SIGNUM_OK);
}

static void
test_any_bytes(void **state)
{
    uint8_t bytes[256];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(store.put(store.self, "b", (struct signum_bytes){bytes, sizeof bytes}),
                     SIGNUM_OK);
    assert_int_equal(get("b"), SIGNUM_OK);
    assert_int_equal(secret.len, sizeof bytes);
    assert_memory_equal(secret.data, bytes, sizeof bytes);
}

static void
test_names(void **state)
{
    static const char *const bad[] = {"", "a b", "a/b", "..\\x", "a:b", "\xc3\xa9", "a\n",
        "12345678901234567890123456789012345678901234567890123456789012345"};
    static const char *const good[] = {".", "..", "CON", "a.b_c-D9",
        "1234567890123456789012345678901234567890123456789012345678901234"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(put(bad[i], "x"), SIGNUM_INVALID_ARGUMENT);
        assert_int_equal(get(bad[i]), SIGNUM_INVALID_ARGUMENT);
        assert_int_equal(store.remove(store.self, bad[i]), SIGNUM_INVALID_ARGUMENT);
    }
    assert_int_equal(put(NULL, "x"), SIGNUM_INVALID_ARGUMENT);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(put(good[i], good[i]), SIGNUM_OK);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(get(good[i]), SIGNUM_OK);
        assert_string_equal(signum_buf_text(&secret), good[i]);
    }
}

static void
test_size_limits(void **state)
{
    uint8_t *large = calloc(1, SIGNUM_SECRET_MAX + 1);

    (void)state;
    assert_non_null(large);
    assert_int_equal(store.put(store.self, "l", (struct signum_bytes){large,
                                                                      SIGNUM_SECRET_MAX + 1}),
                     SIGNUM_TOO_LARGE);
    assert_int_equal(get("l"), SIGNUM_NOT_FOUND);
    assert_int_equal(store.put(store.self, "l", (struct signum_bytes){large, SIGNUM_SECRET_MAX}),
                     SIGNUM_OK);
    assert_int_equal(get("l"), SIGNUM_OK);
    assert_int_equal(secret.len, SIGNUM_SECRET_MAX);
    free(large);
    struct signum_buf small;
    signum_buf_init_secret(&small, 8);
    assert_int_equal(store.get(store.self, "l", &small), SIGNUM_TOO_LARGE);
    signum_buf_clear(&small);
}

static void
test_folder_that_cannot_be_made(void **state)
{
    struct signum_secret_store broken;
    char path[160];

    (void)state;
    (void)snprintf(path, sizeof path, "%s/file", base);
    signum_temp_file_write(path, "not a folder");
    (void)snprintf(path, sizeof path, "%s/file/secrets", base);
    assert_int_equal(signum_secret_store_open(path, &broken), SIGNUM_OK);
    assert_int_equal(broken.put(broken.self, "a", signum_bytes_of_text("x")), SIGNUM_IO);
    assert_int_equal(broken.get(broken.self, "a", &secret), SIGNUM_NOT_FOUND);
    signum_secret_store_clear(&broken);
    assert_null(broken.self);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_put_get_replace_remove), TEST(test_any_bytes),
        TEST(test_names),                  TEST(test_size_limits),
        TEST(test_folder_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
