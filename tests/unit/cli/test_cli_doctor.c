#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "fixture_cli.h"
#include "ksp/cli/doctor.h"

/*
 * doctor: the checks of the service, over fake ports. The three checks of the machine are stubs
 * here (they stand in for doctor_none.c and doctor_win32.c); `machine` says how they end.
 */
static enum signum_check_result machine;

static void
end_check(struct signum_check *check)
{
    if (machine == SIGNUM_CHECK_OK) {
        signum_check_pass(check, "fine");
    } else if (machine == SIGNUM_CHECK_SKIPPED) {
        signum_check_skip(check, "not here");
    } else {
        signum_check_fail(check, SIGNUM_NOT_FOUND, "mend it", "broken");
    }
}

void
signum_doctor_check_dll(struct signum_check *check)
{
    end_check(check);
}

void
signum_doctor_check_registration(struct signum_check *check)
{
    end_check(check);
}

void
signum_doctor_check_provider(struct signum_check *check)
{
    end_check(check);
}

static int
set_up(void **state)
{
    static struct fixture_cli fixture;
    fixture_cli_init(&fixture);
    machine = SIGNUM_CHECK_SKIPPED;
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    fixture_cli_clear(*state);
    return 0;
}

/* The results in order, a letter each: o, f, s. */
static void
assert_results(struct fixture_cli *fixture, enum signum_exit expected, const char *letters)
{
    char found[16] = "";
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--json", NULL), expected);
    cJSON *json = fixture_cli_json(fixture);
    const cJSON *item = NULL;
    unsigned failed = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(json, "checks"))
    {
        const char *result = cJSON_GetStringValue(cJSON_GetObjectItem(item, "result"));
        assert_non_null(result);
        strncat(found, result, 1);
        failed += result[0] == 'f';
        /* every failure has its next step, and nothing else has one */
        assert_int_equal(cJSON_HasObjectItem(item, "next"), result[0] == 'f');
        assert_int_not_equal(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(item, "detail"))), 0);
    }
    assert_int_equal(cJSON_GetObjectItem(json, "failed")->valueint, failed);
    cJSON_Delete(json);
    assert_string_equal(found, letters);
}

static void
test_all_is_well(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_results(fixture, SIGNUM_EXIT_OK, "osssooooo");
    assert_int_equal(fixture->sign_count, 1);
    machine = SIGNUM_CHECK_OK;
    assert_results(fixture, SIGNUM_EXIT_OK, "ooooooooo");
}

static void
test_context(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--context", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture->out, "{\"agent\":\"signum/");
    assert_contains(fixture->out, "\"user\":\"tester\",\"machine\":\"bench\"}\n");
    assert_int_equal(fixture->fake.request_count, 0);
    signum_fake_set_variable(&fixture->fake, "SIGNUM_CONTEXT", "user");
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--context", "--json", NULL),
                     SIGNUM_EXIT_OK);
    assert_contains(fixture->out, "\"context\":");
    assert_contains(fixture->out, "{\"user\":\"tester\"}");
    signum_fake_set_variable(&fixture->fake, "SIGNUM_CONTEXT", "none");
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--context", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->out, "Nothing is told.\n");
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--context", "--key=release", NULL),
                     SIGNUM_EXIT_USAGE);
    signum_fake_set_variable(&fixture->fake, "SIGNUM_CONTEXT", "passwords");
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--context", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "SIGNUM_CONTEXT");
}

static void
test_text_output(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--key=release", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture->out, " 1  settings      ok       service ");
    assert_contains(fixture->out, "https://sign.test, from SIGNUM_ variables, no file\n");
    assert_contains(fixture->out, " 2  dll           skipped  not here\n");
    assert_contains(fixture->out, "the service says it is signumd 9.8.7\n");
    assert_contains(fixture->out, "the clocks agree");
    assert_contains(fixture->out, "2 keys that you may use");
    assert_contains(fixture->out, "key release signed a test text");
    assert_contains(fixture->out, "Everything that could be checked here works.");
}

static void
test_machine_failure_is_a_failure(void **state)
{
    machine = SIGNUM_CHECK_FAILED;
    assert_results(*state, SIGNUM_EXIT_FAILED, "offfooooo");
}

static void
test_no_settings(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_SERVICE_URL", NULL);
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", NULL);
    assert_results(fixture, SIGNUM_EXIT_FAILED, "fssssssss");
}

static void
test_wrong_settings(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TIMEOUT_MS", "soon");
    assert_results(fixture, SIGNUM_EXIT_FAILED, "fssssssss");
    assert_contains(fixture->out, "SIGNUM_TIMEOUT_MS");
}

static void
test_unreachable_service(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_respond_by(&fixture->fake, NULL, NULL);
    assert_results(fixture, SIGNUM_EXIT_FAILED, "osssfssss");
}

static void
test_refused_token(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", "old");
    assert_results(fixture, SIGNUM_EXIT_FAILED, "osssoofss");
    assert_contains(fixture->out, "get a new token");
}

static void
test_no_token(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", NULL);
    assert_results(fixture, SIGNUM_EXIT_FAILED, "osssoofss");
    assert_contains(fixture->out, "signum login");
}

static void
test_no_key(void **state)
{
    struct fixture_cli *fixture = *state;
    fixture->is_empty = true;
    assert_results(fixture, SIGNUM_EXIT_FAILED, "osssooofs");
}

static void
test_denied_and_forged_signatures(void **state)
{
    struct fixture_cli *fixture = *state;
    fixture->is_denied = true;
    assert_results(fixture, SIGNUM_EXIT_FAILED, "osssoooof");
    fixture->is_denied = false;
    fixture->is_forging = true;
    assert_results(fixture, SIGNUM_EXIT_FAILED, "osssoooof");
    assert_contains(fixture->out, "do not use the result");
}

static void
test_unknown_key_and_service(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--key=nobody", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->out, "9  signature     FAILED");
    assert_contains(fixture->out, "next: check the name");
    assert_int_equal(fixture_cli_run(fixture, "doctor", "--key=elsewhere/release", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->out, "1  settings      FAILED");
}

/* Answers the time of the service as it was some seconds ago. */
static enum signum_status
respond_late(void *context, const struct signum_fake_request *request,
             struct signum_http_response *response, struct signum_buf *cause)
{
    const struct signum_fake *fake = context;
    (void)cause;
    response->status = strstr(request->url, "/info") != NULL ? 200 : 503;
    fixture_cli_put_info(&response->body, fake->unix_seconds - 301);
    return SIGNUM_OK;
}

static void
test_clock_skew(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_respond_by(&fixture->fake, respond_late, &fixture->fake);
    assert_results(fixture, SIGNUM_EXIT_FAILED, "osssoffss");
    assert_contains(fixture->out, "seconds ahead of the service's");
    assert_contains(fixture->out, "set this machine's clock");
}

static void
test_names_the_settings_file(void **state)
{
    struct fixture_cli *fixture = *state;
    fixture->fake.user_path = "/home/u/signum.json";
    signum_fake_set_file(&fixture->fake, "/home/u/signum.json", "{\"timeout_ms\":1000}");
    assert_int_equal(fixture_cli_run(fixture, "doctor", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture->out, "from /home/u/signum.json\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_is_well),
        TEST(test_context),
        TEST(test_text_output),
        TEST(test_machine_failure_is_a_failure),
        TEST(test_no_settings),
        TEST(test_wrong_settings),
        TEST(test_unreachable_service),
        TEST(test_refused_token),
        TEST(test_no_token),
        TEST(test_no_key),
        TEST(test_denied_and_forged_signatures),
        TEST(test_unknown_key_and_service),
        TEST(test_clock_skew),
        TEST(test_names_the_settings_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
