#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "io/settings_source.h"
#include "support/system.h"

static char base[64];
static char path[128];
static struct signum_settings_source source;
static struct signum_buf out;
static struct signum_buf cause;

static int
set_up(void **state)
{
    (void)state;
    signum_temp_folder_make(base, sizeof base);
    (void)snprintf(path, sizeof path, "%s/file", base);
    signum_settings_source_open(&source);
    signum_buf_init(&out, 4096);
    signum_buf_init(&cause, 1024);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_buf_clear(&out);
    signum_buf_clear(&cause);
    signum_temp_folder_remove(base);
    return 0;
}

static enum signum_status
read_file(const char *name, enum signum_file_trust trust)
{
    signum_buf_clear(&out);
    signum_buf_clear(&cause);
    return source.read_file(source.self, name, trust, &out, &cause);
}

static void
test_variable(void **state)
{
    (void)state;
    signum_system_set_variable("SIGNUM_TEST_X", "a value");
    assert_int_equal(source.variable(source.self, "SIGNUM_TEST_X", &out), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&out), "a value");
    signum_system_set_variable("SIGNUM_TEST_X", NULL);
    signum_buf_clear(&out);
    assert_int_equal(source.variable(source.self, "SIGNUM_TEST_X", &out), SIGNUM_NOT_FOUND);
    assert_int_equal(out.len, 0);
}

static void
test_variable_that_is_too_long(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    signum_system_set_variable("SIGNUM_TEST_X", text);
    assert_int_equal(source.variable(source.self, "SIGNUM_TEST_X", &out), SIGNUM_TOO_LARGE);
    signum_system_set_variable("SIGNUM_TEST_X", NULL);
}

static void
test_file(void **state)
{
    char text[5000];

    (void)state;
    assert_int_equal(read_file(path, SIGNUM_FILE_SETTINGS), SIGNUM_NOT_FOUND);
    signum_temp_file_write(path, "content\n");
    assert_int_equal(read_file(path, SIGNUM_FILE_SETTINGS), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&out), "content\n");
    assert_int_equal(cause.len, 0);
    signum_temp_file_write(path, "");
    assert_int_equal(read_file(path, SIGNUM_FILE_SETTINGS), SIGNUM_OK);
    assert_int_equal(out.len, 0);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    signum_temp_file_write(path, text);
    assert_int_equal(read_file(path, SIGNUM_FILE_SETTINGS), SIGNUM_TOO_LARGE);
}

static void
test_folder_is_no_file(void **state)
{
    (void)state;
    assert_int_equal(read_file(base, SIGNUM_FILE_SETTINGS), SIGNUM_IO);
    assert_true(cause.len > 0);
    (void)snprintf(path, sizeof path, "%s/none/file", base);
    assert_int_equal(read_file(path, SIGNUM_FILE_SETTINGS), SIGNUM_NOT_FOUND);
}

static void
test_places_end_as_documented(void **state)
{
    (void)state;
    assert_int_equal(source.machine_file(source.self, &out), SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&out), "ignum"));
    signum_buf_clear(&out);
    assert_int_equal(source.user_file(source.self, &out), SIGNUM_OK);
    const char *text = signum_buf_text(&out);
    assert_string_equal(text + strlen(text) - strlen("signum.json"), "signum.json");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_variable),          TEST(test_variable_that_is_too_long),
        TEST(test_file),              TEST(test_folder_is_no_file),
        TEST(test_places_end_as_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
