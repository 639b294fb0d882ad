#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/log.h"
#include "support/fake_ports.h"

static struct signum_fake fake;
static struct signum_log sut;

static int
set_up(void **state)
{
    (void)state;
    signum_fake_init(&fake);
    sut = (struct signum_log){fake.ports.log_sink, SIGNUM_LOG_INFO};
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_fake_clear(&fake);
    return 0;
}

static void
test_line_has_level_function_and_text(void **state)
{
    (void)state;
    signum_log_warning(&sut, "took %d ms", 42);
    assert_int_equal(fake.line_count, 1);
    assert_string_equal(fake.lines[0],
                        "warning test_line_has_level_function_and_text: took 42 ms");
}

static void
test_lines_above_the_level_are_dropped(void **state)
{
    (void)state;
    signum_log_debug(&sut, "not seen");
    assert_int_equal(fake.line_count, 0);
    signum_log_info(&sut, "seen");
    signum_log_error(&sut, "seen");
    assert_int_equal(fake.line_count, 2);
    sut.level = SIGNUM_LOG_ERROR;
    signum_log_warning(&sut, "not seen");
    assert_int_equal(fake.line_count, 2);
}

static void
test_no_log_is_fine(void **state)
{
    (void)state;
    signum_log_write(NULL, SIGNUM_LOG_ERROR, "f", "text");
    sut.sink.write = NULL;
    signum_log_error(&sut, "text");
    signum_log_write(&sut, (enum signum_log_level)99, "f", "text");
    assert_int_equal(fake.line_count, 0);
}

static void
test_one_record_is_one_line(void **state)
{
    (void)state;
    signum_log_error(&sut, "%s", "a\nerror forged: b\r\tc\x1b[31m\x7f \xc3\xa9");
    assert_int_equal(fake.line_count, 1);
    assert_non_null(strstr(fake.lines[0], "a?error forged: b??c?[31m? \xc3\xa9"));
}

static void
test_long_line_is_cut_between_characters(void **state)
{
    char text[SIGNUM_LOG_LINE_MAX + 100];

    (void)state;
    /* Two-byte characters, with and without an odd byte in front: one of both is cut inside. */
    for (int odd = 0; odd < 2; odd++) {
        size_t at = 0;
        if (odd)
            text[at++] = '.';
        while (at + 2 < sizeof text) {
            text[at++] = '\xc3';
            text[at++] = '\xa9';
        }
        text[at] = 0;
        signum_log_write(&sut, SIGNUM_LOG_ERROR, "f", "%s", text);
        const char *line = fake.lines[odd];
        size_t len = strlen(line);
        assert_true(len <= SIGNUM_LOG_LINE_MAX && len >= SIGNUM_LOG_LINE_MAX - 1);
        assert_int_equal((unsigned char)line[len - 1], 0xa9);
    }
}

static void
test_errno_is_kept(void **state)
{
    (void)state;
    errno = EDOM;
    signum_log_error(&sut, "text");
    assert_int_equal(errno, EDOM);
}

static void
test_level_names(void **state)
{
    enum signum_log_level level = SIGNUM_LOG_ERROR;

    (void)state;
    for (int i = SIGNUM_LOG_ERROR; i <= SIGNUM_LOG_DEBUG; i++) {
        const char *name = signum_log_level_name((enum signum_log_level)i);
        assert_non_null(name);
        assert_int_equal(signum_log_level_parse(name, &level), SIGNUM_OK);
        assert_int_equal(level, i);
    }
    assert_null(signum_log_level_name((enum signum_log_level)4));
    assert_null(signum_log_level_name((enum signum_log_level)-1));
    assert_int_equal(signum_log_level_parse("Info", &level), SIGNUM_BAD_SETTINGS);
    assert_int_equal(signum_log_level_parse("", &level), SIGNUM_BAD_SETTINGS);
    assert_int_equal(signum_log_level_parse(NULL, &level), SIGNUM_INVALID_ARGUMENT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_line_has_level_function_and_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lines_above_the_level_are_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_log_is_fine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_record_is_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_line_is_cut_between_characters, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_errno_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_level_names, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
