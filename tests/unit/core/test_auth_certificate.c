#include "fixture_auth.h"

static int
certificate_set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_METHOD, "certificate");
    return result;
}

/* The connection proves it, not the request. */
static void
test_nothing_goes_on_the_request(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_CERTIFICATE_FILE, "/client.pem");
    auth_set(SIGNUM_AUTH_CERTIFICATE_KEY_FILE, "/client.key");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_null(auth_credential());
    assert_int_equal(fix.fake.request_count, 0);
    assert_false(
        fix.auth->method->is_renewed(fix.auth, &fix.budget, &fix.request, &fix.response));
}

static void
test_both_files_are_needed(void **state)
{
    (void)state;
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
    assert_true(auth_cause_has("auth.certificate_file"));
    auth_set(SIGNUM_AUTH_CERTIFICATE_FILE, "/client.pem");
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
    assert_true(auth_cause_has("auth.certificate_key_file"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, certificate_set_up, auth_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_goes_on_the_request),
        TEST(test_both_files_are_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
