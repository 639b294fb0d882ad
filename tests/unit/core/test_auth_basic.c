#include "fixture_auth.h"

static int
basic_set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_METHOD, "basic");
    auth_set(SIGNUM_AUTH_USERNAME, "Aladdin");
    auth_set(SIGNUM_AUTH_PASSWORD, "open sesame");
    return result;
}

/* The example of RFC 7617 section 2. */
static void
test_header(void **state)
{
    (void)state;
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_int_equal(fix.fake.request_count, 0);
}

static void
test_bad_names(void **state)
{
    (void)state;
    auth_open();
    auth_set(SIGNUM_AUTH_USERNAME, "");
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
    auth_set(SIGNUM_AUTH_USERNAME, "a:b");
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
    assert_true(auth_cause_has("auth.username"));
}

static void
test_no_password(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_PASSWORD, "");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("password"));
    auth_set(SIGNUM_AUTH_PASSWORD_FILE, "/pw");
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("/pw"));
    signum_fake_set_file(&fix.fake, "/pw", "\n");
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_null(auth_credential());
}

/* A password that was changed in its file counts for the next try. */
static void
test_changed_password(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_PASSWORD, "");
    auth_set(SIGNUM_AUTH_PASSWORD_STORE, "pw");
    signum_fake_set_secret(&fix.fake, "pw", "old");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_false(
        fix.auth->method->is_renewed(fix.auth, &fix.budget, &fix.request, &fix.response));
    signum_fake_set_secret(&fix.fake, "pw", "new");
    assert_true(fix.auth->method->is_renewed(fix.auth, &fix.budget, &fix.request, &fix.response));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_header, basic_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_bad_names, basic_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_no_password, basic_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_changed_password, basic_set_up, auth_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
