#include "fixture_check.h"

#include <string.h>

#include "core/context.h"
#include "support/fake_ports.h"

/* What is told about the caller: once per process, part by part, never too much, never a secret. */

#define ARGUMENTS "signtool\0sign\0/p\0hunter2\0C:\\out\\a.exe\0"
#define TOO_LONG 9000

static struct signum_fake fake;
static struct signum_log log_of_test;
static struct signum_context_text context;

static int
setup(void **state)
{
    (void)state;
    signum_fake_init(&fake);
    fake.arguments = ARGUMENTS;
    fake.arguments_len = sizeof ARGUMENTS - 1;
    log_of_test = (struct signum_log){fake.ports.log_sink, SIGNUM_LOG_DEBUG};
    signum_context_text_init(&context, &fake.ports, &log_of_test, SIGNUM_CONTEXT_ALL);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_context_text_clear(&context);
    signum_fake_clear(&fake);
    return 0;
}

static unsigned
parts_of(const char *setting)
{
    unsigned parts = 0;

    assert_null(signum_context_parse(setting, &parts));
    return parts;
}

static void
test_setting(void **state)
{
    unsigned parts = 5;

    (void)state;
    assert_int_equal(parts_of("all"), SIGNUM_CONTEXT_ALL);
    assert_int_equal(parts_of("none"), 0);
    assert_int_equal(parts_of(""), 0);
    assert_int_equal(parts_of(" user,machine  ci, "),
                     1u << SIGNUM_CONTEXT_USER | 1u << SIGNUM_CONTEXT_MACHINE |
                         1u << SIGNUM_CONTEXT_CI);
    assert_non_null(signum_context_parse("user,password", &parts));
    assert_non_null(signum_context_parse("use", &parts));
    assert_non_null(signum_context_parse("all,user", &parts));
    assert_int_equal(parts, 5);
}

static void
test_all_parts_once(void **state)
{
    (void)state;
    signum_fake_set_variable(&fake, "GITHUB_REPOSITORY", "me/tool");
    signum_fake_set_variable(&fake, "GITHUB_TOKEN", "hunter2");
    signum_fake_set_variable(&fake, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hunter2");
    const char *text = signum_context_text(&context);
    assert_non_null(strstr(text, "{\"agent\":\"signum/"));
    assert_non_null(strstr(text, ",\"process\":{\"path\":\"/opt/test/signtool\",\"command_line\":"
                                 "\"signtool sign /p *** C:\\\\out\\\\a.exe\"},"
                                 "\"user\":\"tester\",\"machine\":\"bench\","
                                 "\"ci\":{\"GITHUB_REPOSITORY\":\"me/tool\"},"
                                 "\"files\":[\"a.exe\"]}"));
    assert_null(strstr(text, "hunter2"));
    assert_ptr_equal(signum_context_text(&context), text);
    assert_int_equal(fake.times_described, 1);
    assert_int_equal(fake.asked_parts, SIGNUM_CONTEXT_ALL);
}

static void
test_each_part_can_be_switched_off(void **state)
{
    (void)state;
    context.parts = parts_of("user");
    assert_string_equal(signum_context_text(&context), "{\"user\":\"tester\"}");
    assert_int_equal(fake.asked_parts, parts_of("user"));
}

static void
test_nothing_is_told_nor_found_out(void **state)
{
    (void)state;
    context.parts = 0;
    assert_null(signum_context_text(&context));
    assert_int_equal(fake.times_described, 0);
}

static void
test_failure_is_logged_and_told_once(void **state)
{
    (void)state;
    fake.call_count = 0;
    fake.fail_at = 1;
    fake.fail_status = SIGNUM_NO_MEMORY;
    assert_null(signum_context_text(&context));
    assert_null(signum_context_text(&context));
    assert_int_equal(signum_fake_logged_count(&fake, "cannot be described"), 1);
}

static void
test_bytes_that_are_no_text(void **state)
{
    static const char bytes[] = "x\0a\xff\xc3\xa4\xed\xa0\x80\nb\xc3\0";

    (void)state;
    fake.arguments = bytes;
    fake.arguments_len = sizeof bytes - 1;
    context.parts = parts_of("command_line");
    assert_string_equal(signum_context_text(&context),
                        "{\"process\":{\"command_line\":\"x a?\xc3\xa4????b?\"}}");
}

static void
test_too_long(void **state)
{
    static char many[TOO_LONG + 2];

    (void)state;
    /* each quote is two bytes of JSON, and each name of a file counts too */
    memset(many, '"', TOO_LONG);
    memcpy(many + 2, "\0", 1);
    fake.arguments = many;
    fake.arguments_len = TOO_LONG + 1;
    const char *text = signum_context_text(&context);
    assert_true(strlen(text) <= SIGNUM_CONTEXT_TEXT_MAX);
    assert_non_null(strstr(text, "\"machine\":\"bench\""));
    const char *line = strstr(text, "\"command_line\":\"");
    assert_non_null(line);
    assert_true(strlen(line) < 2500);
}

static void
test_spare_parts_go_first(void **state)
{
    static char path[400];

    (void)state;
    memset(path, '"', sizeof path - 1);
    static const char *const names[] = {
        "GITHUB_REF", "GITHUB_SHA", "GITHUB_JOB", "CI_JOB_ID", "CI_JOB_NAME", "CI_COMMIT_SHA",
        "JOB_NAME", "GIT_COMMIT", "GIT_BRANCH", "BUILD_BUILDID", "BUILD_NUMBER", "GITHUB_ACTOR",
        "GITHUB_WORKFLOW", "GITHUB_RUN_ID", "FORGEJO_REF", "FORGEJO_SHA", "FORGEJO_JOB"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        signum_fake_set_variable(&fake, names[i], path);
    const char *text = signum_context_text(&context);
    assert_non_null(strstr(text, "\"command_line\""));
    assert_null(strstr(text, "\"ci\""));
    assert_true(strlen(text) <= SIGNUM_CONTEXT_TEXT_MAX);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_setting),
        TEST(test_all_parts_once),
        TEST(test_each_part_can_be_switched_off),
        TEST(test_nothing_is_told_nor_found_out),
        TEST(test_failure_is_logged_and_told_once),
        TEST(test_bytes_that_are_no_text),
        TEST(test_too_long),
        TEST(test_spare_parts_go_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
