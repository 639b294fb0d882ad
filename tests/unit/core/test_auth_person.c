#include "fixture_auth.h"

#define ROTATED                                                                                    \
    "{\"access_token\":\"second\",\"refresh_token\":\"r2\",\"token_type\":\"Bearer\","             \
    "\"expires_in\":300}"

static int
set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_METHOD, "device");
    auth_set(SIGNUM_AUTH_ISSUER, "https://id.test");
    auth_set(SIGNUM_AUTH_CLIENT_ID, "desk");
    return result;
}

/* As `signum login` leaves it: an access token that is good for five minutes, maybe a refresh
 * token. */
static void
log_in(const char *refresh)
{
    struct signum_token token;

    signum_token_init(&token);
    signum_buf_put_text(&token.access, "first");
    signum_buf_put_text(&token.refresh, refresh);
    token.expires_at = fix.fake.unix_seconds + 300;
    assert_int_equal(signum_token_cache_put(signum_oauth_auth_cache(fix.auth), &fix.budget, &token),
                     SIGNUM_OK);
    signum_token_clear(&token);
}

static void
test_nobody_has_signed_in(void **state)
{
    static const char *const methods[] = {"device", "browser"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        auth_set(SIGNUM_AUTH_METHOD, methods[i]);
        auth_open();
        signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
        assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
        assert_true(auth_cause_has("run `signum login`"));
        log_in("r1"); /* and at once it works */
        assert_int_equal(auth_apply(), SIGNUM_OK);
        assert_string_equal(auth_credential(), "Bearer first");
        auth_close();
    }
}

static void
test_refresh_token_rotates(void **state)
{
    (void)state;
    auth_open();
    log_in("r1");
    fix.fake.unix_seconds += 280;
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, ROTATED);
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer second");
    assert_string_equal(fix.fake.requests[1].body,
                        "grant_type=refresh_token&refresh_token=r1&client_id=desk");
    fix.fake.unix_seconds += 280;
    auth_close();
    auth_open(); /* another process uses the new one, and an issuer that gives no other keeps it */
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("third"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_form_field(fix.fake.requests[3].body, "refresh_token"), "r2");
    fix.fake.unix_seconds += 280;
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("fourth"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_form_field(fix.fake.requests[5].body, "refresh_token"), "r2");
}

static void
test_refused_refresh_token(void **state)
{
    (void)state;
    auth_open();
    log_in("r1");
    fix.fake.unix_seconds += 300;
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 400, "{\"error\":\"invalid_grant\"}");
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("invalid_grant"));
    assert_true(auth_cause_has("run `signum login`"));
    auth_close();
    auth_open(); /* another process does not ask again at once */
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("run `signum login`"));
    assert_int_equal(fix.fake.request_count, 2);
    log_in("r9");
    assert_int_equal(auth_apply(), SIGNUM_OK);
}

static void
test_no_refresh_token(void **state)
{
    (void)state;
    auth_open();
    log_in("");
    assert_int_equal(auth_apply(), SIGNUM_OK);
    fix.fake.unix_seconds += 300;
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("too long ago: run `signum login`"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_has_signed_in, set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_refresh_token_rotates, set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_refused_refresh_token, set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_no_refresh_token, set_up, auth_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
