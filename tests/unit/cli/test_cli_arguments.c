#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "fixture_cli.h"

#ifdef _WIN32
#define IS_WINDOWS true
#define NULL_DEVICE "NUL"
#else
#define IS_WINDOWS false
#define NULL_DEVICE "/dev/null"
#endif

/* Arguments, help and exit codes of the command as a whole. */

static int
set_up(void **state)
{
    static struct fixture_cli fixture;
    fixture_cli_init(&fixture);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    fixture_cli_clear(*state);
    return 0;
}

static void
test_no_verb_is_a_usage_error(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, (char *)NULL), SIGNUM_EXIT_USAGE);
    assert_string_equal(fixture->out, "");
    assert_string_equal(fixture->err, "signum: a verb is missing; see 'signum --help'\n");
}

static void
test_unknown_verb_is_a_usage_error(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "sing", NULL), SIGNUM_EXIT_USAGE);
    assert_string_equal(fixture->err, "signum: 'sing' is not a verb; see 'signum --help'\n");
}

static void
test_help_names_every_verb(void **state)
{
    struct fixture_cli *fixture = *state;
    size_t count = 0;
    const struct signum_verb *const *verbs = signum_cli_verbs(&count);
    assert_int_equal(fixture_cli_run(fixture, "--help", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->err, "");
    for (size_t i = 0; i < count; i++) {
        assert_contains(fixture->out, verbs[i]->name);
        assert_contains(fixture->out, verbs[i]->summary);
    }
}

static void
test_each_verb_explains_itself_with_an_example(void **state)
{
    struct fixture_cli *fixture = *state;
    size_t count = 0;
    const struct signum_verb *const *verbs = signum_cli_verbs(&count);
    assert_true(count >= 9);
    for (size_t i = 0; i < count; i++) {
        char command[64];
        snprintf(command, sizeof(command), "\n  signum %s", verbs[i]->name);
        assert_int_equal(fixture_cli_run(fixture, verbs[i]->name, "--help", NULL), SIGNUM_EXIT_OK);
        assert_contains(fixture->out, "Usage: signum ");
        assert_contains(fixture->out, "\nExample");
        assert_contains(fixture->out, command);
        assert_string_equal(fixture->err, "");
    }
    assert_int_equal(fixture->fake.request_count, 0);
}

static void
test_help_lines_fit_a_console(void **state)
{
    struct fixture_cli *fixture = *state;
    size_t count = 0;
    const struct signum_verb *const *verbs = signum_cli_verbs(&count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fixture_cli_run(fixture, verbs[i]->name, "--help", NULL), SIGNUM_EXIT_OK);
        for (const char *line = strtok(fixture->out, "\n"); line != NULL;
             line = strtok(NULL, "\n")) {
            if (strlen(line) > 100) {
                fail_msg("too long in the help of %s: %s", verbs[i]->name, line);
            }
        }
    }
}

static void
test_wrong_options_are_usage_errors(void **state)
{
    struct fixture_cli *fixture = *state;
    static const struct {
        const char *argv[6];
        const char *text;
    } cases[] = {
        {{"keys", "--colour"}, "keys: --colour is not an option that it has"},
        {{"keys", "-x"}, "keys: -x is not an option that it has"},
        {{"keys", "extra"}, "keys: 'extra' is one argument too many"},
        {{"version", "--json=1"}, "is not an option that it has"},
        {{"login"}, "login: --token-file is missing"},
        {{"login", "--token-file"}, "login: --token-file needs a value"},
        {{"login", "--token-file", "a", "--token-file", "b"}, "login: --token-file is given twice"},
        {{"logout", "x"}, "logout: 'x' is one argument too many"},
        {{"register", "--force"}, "register: --force is not an option that it has"},
        {{"unregister", "x"}, "unregister: 'x' is one argument too many"},
        {{"certs"}, "certs: say what to do: certs sync"},
        {{"certs", "list"}, "certs: say what to do: certs sync"},
        {{"certs", "sync", "more"}, "certs: 'more' is one argument too many"},
        {{"doctor", "--key"}, "doctor: --key needs a value"},
        {{"sign"}, "sign: --key is missing"},
        {{"sign", "--key", "k"}, "sign: give either --in or --digest"},
        {{"sign", "--key", "k", "--in", "f", "--digest=00"}, "sign: give either --in or --digest"},
        {{"sign", "--key", "k", "--digest=00", "--hash=md5"}, "sign: 'md5' is not a hash"},
        {{"sign", "--key", "k", "--digest=00", "--scheme=dsa"}, "sign: 'dsa' is not a scheme"},
        {{"sign", "--key", "k", "--digest=00"}, "sign: a sha256 digest has 32 bytes, not 1"},
        {{"sign", "--key", "k", "--digest=0g"}, "sign: --digest is not hexadecimal"},
        {{"sign", "--key", "k", "--digest=000"}, "sign: --digest is not hexadecimal"},
        {{"sign", "--key", "k", "--digest="}, "sign: --digest is not hexadecimal"},
        {{"sign", "--key", "k", "--digest=00", "--salt=3"}, "sign: --salt goes with --scheme"},
        {{"sign", "--key=k", "--digest=00", "--scheme=rsa-pss", "--salt=-1"},
         "sign: '-1' is not a salt length"},
        {{"sign", "--key=k", "--digest=00", "--scheme=rsa-pss", "--salt=9999"},
         "sign: '9999' is not a salt length"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *argv = cases[i].argv;
        assert_int_equal(
            fixture_cli_run(fixture, argv[0], argv[1], argv[2], argv[3], argv[4], argv[5], NULL),
            SIGNUM_EXIT_USAGE);
        assert_contains(fixture->err, cases[i].text);
        assert_contains(fixture->err, "; see 'signum ");
        assert_string_equal(fixture->out, "");
    }
    assert_int_equal(fixture->fake.request_count, 0);
}

static void
test_usage_error_is_an_object_with_json(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "keys", "--colour", "--json", NULL),
                     SIGNUM_EXIT_USAGE);
    cJSON *json = fixture_cli_json(fixture);
    const cJSON *error = cJSON_GetObjectItem(json, "error");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(error, "status")),
                        "INVALID_ARGUMENT");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(error, "next")),
                        "see 'signum keys --help'");
    assert_contains(fixture->err, "signum: keys: --colour");
    cJSON_Delete(json);
}

static void
test_version(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "version", NULL), SIGNUM_EXIT_OK);
    assert_int_equal(strncmp(fixture->out, "signum ", 7), 0);
    assert_int_equal(fixture_cli_run(fixture, "--version", NULL), SIGNUM_EXIT_OK);
    assert_int_equal(fixture_cli_run(fixture, "version", "--json", NULL), SIGNUM_EXIT_OK);
    cJSON *json = fixture_cli_json(fixture);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "name")), "signum");
    assert_int_equal(cJSON_GetObjectItem(json, "bits")->valueint, sizeof(void *) * 8);
    cJSON_Delete(json);
}

static void
test_windows_only_verbs_say_so(void **state)
{
    struct fixture_cli *fixture = *state;
    static const char *const verbs[] = {"register", "unregister"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fixture_cli_run(fixture, verbs[i], NULL), SIGNUM_EXIT_FAILED);
        assert_contains(fixture->err, "run this on the Windows machine");
        assert_string_equal(fixture->out, "");
    }
}

static void
test_a_stream_that_cannot_be_written_is_a_failure(void **state)
{
    struct fixture_cli *fixture = *state;
    FILE *broken = tmpfile();
    char *argv[] = {(char *)"signum", (char *)"version", NULL};
    assert_non_null(broken);
    /* A stream that is open for reading only. */
    FILE *closed = freopen(NULL_DEVICE, "rb", broken);
    assert_non_null(closed);
    assert_int_equal(signum_cli_run(&fixture->fake.ports, closed, closed, stderr, 2, argv),
                     SIGNUM_EXIT_FAILED);
    fclose(closed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_verb_is_a_usage_error),
        TEST(test_unknown_verb_is_a_usage_error),
        TEST(test_help_names_every_verb),
        TEST(test_each_verb_explains_itself_with_an_example),
        TEST(test_help_lines_fit_a_console),
        TEST(test_wrong_options_are_usage_errors),
        TEST(test_usage_error_is_an_object_with_json),
        TEST(test_version),
        TEST(test_a_stream_that_cannot_be_written_is_a_failure),
    };
    const struct CMUnitTest elsewhere[] = {
        TEST(test_windows_only_verbs_say_so), /* on Windows it would register */
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    return IS_WINDOWS ? failed : failed + cmocka_run_group_tests(elsewhere, NULL, NULL);
}
