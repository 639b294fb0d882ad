#include "fixture_auth.h"

#include "core/auth/oauth_device.h"

#define CODES                                                                                      \
    "{\"device_code\":\"d\",\"user_code\":\"WDJB-MJHT\",\"verification_uri\":\"https://id.test/"   \
    "d\","                                                                                         \
    "\"verification_uri_complete\":\"https://id.test/d?c=1\",\"expires_in\":60,\"interval\":3}"

static struct signum_oauth_server server;
static struct signum_oauth_device device;
static struct signum_token token;

static int
set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_CLIENT_ID, "desk");
    signum_oauth_server_init(&server);
    signum_oauth_device_init(&device);
    signum_token_init(&token);
    signum_buf_put_text(&server.token_endpoint, "https://id.test/token");
    signum_buf_put_text(&server.device_endpoint, "https://id.test/device");
    return result;
}

static int
tear_down(void **state)
{
    signum_token_clear(&token);
    signum_oauth_device_clear(&device);
    signum_oauth_server_clear(&server);
    return auth_tear_down(state);
}

static enum signum_status
start(unsigned http, const char *body)
{
    const struct signum_auth_env env = {&fix.fake.ports, &fix.log, fix.service, &fix.transport,
                                        &fix.transport};

    signum_oauth_device_clear(&device);
    signum_buf_clear(&fix.cause);
    signum_fake_respond(&fix.fake, http, body);
    return signum_oauth_device_start(&env, &fix.budget, &server, &device, &fix.cause);
}

static enum signum_status
poll(unsigned http, const char *body)
{
    const struct signum_auth_env env = {&fix.fake.ports, &fix.log, fix.service, &fix.transport,
                                        &fix.transport};

    signum_buf_clear(&fix.cause);
    signum_fake_respond(&fix.fake, http, body);
    return signum_oauth_device_poll(&env, &fix.budget, &server, &device, &token, &fix.cause);
}

static void
test_start(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_SCOPE, "sign");
    assert_int_equal(start(200, CODES), SIGNUM_OK);
    assert_string_equal(fix.fake.requests[0].url, "https://id.test/device");
    assert_string_equal(fix.fake.requests[0].body, "client_id=desk&scope=sign");
    assert_string_equal(signum_buf_text(&device.user_code), "WDJB-MJHT");
    assert_string_equal(signum_buf_text(&device.url), "https://id.test/d");
    assert_string_equal(signum_buf_text(&device.url_complete), "https://id.test/d?c=1");
    assert_int_equal(device.interval_ms, 3000);
    assert_int_equal(device.deadline_ms, fix.fake.now_ms + 60000);
}

/* Without interval it is 5 seconds (RFC 8628 section 3.2); Entra ID gives no complete address. */
static void
test_deviations(void **state)
{
    (void)state;
    assert_int_equal(start(200, "{\"device_code\":\"d\",\"user_code\":\"A\","
                                "\"verification_url\":\"https://id.test/old\",\"expires_in\":60}"),
                     SIGNUM_OK);
    assert_string_equal(signum_buf_text(&device.url), "https://id.test/old");
    assert_int_equal(device.url_complete.len, 0);
    assert_int_equal(device.interval_ms, 5000);
}

static void
test_bad_codes(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{\"user_code\":\"A\",\"verification_uri\":\"https://id.test\"}",
        "{\"device_code\":\"d\",\"verification_uri\":\"https://id.test\"}",
        "{\"device_code\":\"d\",\"user_code\":\"A\"}",
        "{\"device_code\":\"d\",\"user_code\":\"A\\u001b[2J\",\"verification_uri\":\"https://a\"}",
        "{\"device_code\":\"d\",\"user_code\":\"A\",\"verification_uri\":\"https://a\\nb\"}",
        "{\"device_code\":\"d\",\"user_code\":\"A\",\"verification_uri\":\"file:///etc\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        assert_int_equal(start(200, bodies[i]), SIGNUM_PROTOCOL);
        assert_true(fix.cause.len > 0);
    }
    assert_int_equal(start(400, "{\"error\":\"unauthorized_client\"}"), SIGNUM_BAD_SETTINGS);
    signum_buf_clear(&server.device_endpoint);
    assert_int_equal(start(200, CODES), SIGNUM_NOT_SUPPORTED);
}

static void
test_poll(void **state)
{
    (void)state;
    assert_int_equal(start(200, CODES), SIGNUM_OK);
    assert_int_equal(poll(400, "{\"error\":\"authorization_pending\"}"), SIGNUM_APPROVAL_PENDING);
    assert_int_equal(device.interval_ms, 3000);
    assert_int_equal(poll(400, "{\"error\":\"slow_down\"}"), SIGNUM_APPROVAL_PENDING);
    assert_int_equal(device.interval_ms, 8000);
    assert_int_equal(poll(503, ""), SIGNUM_APPROVAL_PENDING);
    assert_int_equal(poll(400, "{\"error\":\"access_denied\"}"), SIGNUM_DENIED);
    assert_int_equal(poll(400, "{\"error\":\"authorization_declined\"}"), SIGNUM_DENIED);
    assert_int_equal(poll(400, "{\"error\":\"expired_token\"}"), SIGNUM_SIGN_IN_REQUIRED);
    assert_int_equal(poll(400, "{\"error\":\"bad_verification_code\"}"), SIGNUM_SIGN_IN_REQUIRED);
    assert_int_equal(poll(200, AUTH_TOKEN("mine")), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&token.access), "mine");
    const char *form = fix.fake.requests[1].body;
    assert_string_equal(auth_form_field(form, "grant_type"),
                        "urn:ietf:params:oauth:grant-type:device_code");
    assert_string_equal(auth_form_field(form, "device_code"), "d");
}

static void
test_codes_end(void **state)
{
    (void)state;
    assert_int_equal(start(200, CODES), SIGNUM_OK);
    fix.fake.now_ms += 60000;
    assert_int_equal(poll(200, AUTH_TOKEN("late")), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("in time"));
    assert_int_equal(fix.fake.request_count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deviations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_codes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_poll, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_codes_end, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
