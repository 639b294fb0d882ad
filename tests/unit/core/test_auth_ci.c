#include "fixture_auth.h"

/* {"alg":"none"} . {"exp":1735689900} . x */
#define JOB_TOKEN "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MzU2ODk5MDB9.eA"

static int
ci_set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_METHOD, "ci");
    auth_set(SIGNUM_AUTH_CI, "auto");
    auth_set(SIGNUM_AUTH_AUDIENCE, "https://sign.test/?a=b");
    return result;
}

static void
test_github(void **state)
{
    (void)state;
    signum_fake_set_variable(&fix.fake, "ACTIONS_ID_TOKEN_REQUEST_URL",
                             "https://actions.test/token?version=2");
    signum_fake_set_variable(&fix.fake, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ask-me");
    auth_open();
    signum_fake_respond(&fix.fake, 200, "{\"count\":1,\"value\":\"" JOB_TOKEN "\"}");
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer " JOB_TOKEN);
    assert_string_equal(fix.fake.requests[0].url,
                        "https://actions.test/token?version=2"
                        "&audience=https%3A%2F%2Fsign.test%2F%3Fa%3Db");
    assert_string_equal(signum_fake_request_header(&fix.fake.requests[0], "Authorization"),
                        "Bearer ask-me");
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_int_equal(fix.fake.request_count, 1);
    fix.fake.unix_seconds = AUTH_START_TIME + 280; /* its claim exp is near */
    signum_fake_respond(&fix.fake, 500, "");
    assert_int_equal(auth_apply(), SIGNUM_SERVICE_BUSY);
    assert_true(auth_cause_has("CI system"));
}

/* The address gets a secret. */
static void
test_github_in_the_clear(void **state)
{
    (void)state;
    signum_fake_set_variable(&fix.fake, "ACTIONS_ID_TOKEN_REQUEST_URL", "http://actions.test/");
    signum_fake_set_variable(&fix.fake, "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ask-me");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
    assert_int_equal(fix.fake.request_count, 0);
}

static void
test_gitlab(void **state)
{
    (void)state;
    signum_fake_set_variable(&fix.fake, "SIGNUM_ID_TOKEN", JOB_TOKEN);
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer " JOB_TOKEN);
    auth_close();
    auth_set(SIGNUM_AUTH_CI_TOKEN_VARIABLE, "MY_TOKEN");
    signum_fake_set_variable(&fix.fake, "MY_TOKEN", "other.token.x");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer other.token.x");
}

/* Two jobs of one machine, one behind the other, do not share what is kept. */
static void
test_jobs_are_apart(void **state)
{
    (void)state;
    signum_fake_set_variable(&fix.fake, "SIGNUM_ID_TOKEN", JOB_TOKEN);
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    auth_close();
    signum_fake_set_variable(&fix.fake, "SIGNUM_ID_TOKEN", "second.job.x");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer second.job.x");
}

static void
test_files(void **state)
{
    static const struct {
        const char *system;
        const char *variable;
        const char *path;
    } rows[] = {
        {"azure", "AZURE_FEDERATED_TOKEN_FILE", "/azure/token"},
        {"kubernetes", NULL, "/var/run/secrets/kubernetes.io/serviceaccount/token"},
        {"auto", "AZURE_FEDERATED_TOKEN_FILE", "/azure/token"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auth_set(SIGNUM_AUTH_CI, rows[i].system);
        if (rows[i].variable != NULL)
            signum_fake_set_variable(&fix.fake, rows[i].variable, rows[i].path);
        signum_fake_set_file(&fix.fake, rows[i].path, "file.token.x\n");
        auth_open();
        assert_int_equal(auth_apply(), SIGNUM_OK);
        assert_string_equal(auth_credential(), "Bearer file.token.x");
        auth_close();
        if (rows[i].variable != NULL)
            signum_fake_set_variable(&fix.fake, rows[i].variable, NULL);
    }
    auth_set(SIGNUM_AUTH_CI, "file");
    auth_set(SIGNUM_AUTH_CI_TOKEN_FILE, "/gone");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("/gone"));
}

static void
test_nothing_there(void **state)
{
    (void)state;
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("id-token: write"));
    assert_int_equal(fix.fake.request_count, 0);
}

/* RFC 8693. */
static void
test_exchange(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_EXCHANGE, "true");
    auth_set(SIGNUM_AUTH_ISSUER, "https://id.test");
    auth_set(SIGNUM_AUTH_CLIENT_ID, "agent");
    signum_fake_set_variable(&fix.fake, "SIGNUM_ID_TOKEN", JOB_TOKEN);
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("exchanged"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer exchanged");
    const char *form = fix.fake.requests[1].body;
    assert_string_equal(auth_form_field(form, "grant_type"),
                        "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_string_equal(auth_form_field(form, "subject_token"), JOB_TOKEN);
    assert_string_equal(auth_form_field(form, "subject_token_type"),
                        "urn:ietf:params:oauth:token-type:jwt");
    assert_string_equal(auth_form_field(form, "audience"), "https://sign.test/?a=b");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_github, ci_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_github_in_the_clear, ci_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_gitlab, ci_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_jobs_are_apart, ci_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_files, ci_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_there, ci_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_exchange, ci_set_up, auth_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
