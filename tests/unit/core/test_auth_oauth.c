#include "fixture_auth.h"

static int
client_set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_METHOD, "client-secret");
    auth_set(SIGNUM_AUTH_ISSUER, "https://id.test");
    auth_set(SIGNUM_AUTH_CLIENT_ID, "agent:1");
    auth_set(SIGNUM_AUTH_CLIENT_SECRET, "s3cret&more");
    return result;
}

static void
test_asks_once_and_keeps(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_SCOPE, "sign more");
    auth_set(SIGNUM_AUTH_RESOURCE, "https://sign.test");
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer first");
    assert_string_equal(fix.fake.requests[0].url,
                        "https://id.test/.well-known/openid-configuration");
    assert_string_equal(fix.fake.requests[1].url, "https://id.test/token");
    assert_string_equal(fix.fake.requests[1].body, "grant_type=client_credentials&scope=sign%20more"
                                                   "&resource=https%3A%2F%2Fsign.test");
    /* openssl: printf 'agent%%3A1:s3cret%%26more' | base64 */
    assert_string_equal(signum_fake_request_header(&fix.fake.requests[1], "Authorization"),
                        "Basic YWdlbnQlM0ExOnMzY3JldCUyNm1vcmU=");
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_int_equal(fix.fake.request_count, 2);
    assert_false(signum_fake_is_logged(&fix.fake, "s3cret"));
    assert_false(signum_fake_is_logged(&fix.fake, "Bearer"));
}

/* A second process of the same user takes what the first one left. */
static void
test_shared_by_processes(void **state)
{
    (void)state;
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    auth_close();
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer first");
    assert_int_equal(fix.fake.request_count, 2);
    auth_close();
    auth_set(SIGNUM_AUTH_SCOPE, "other"); /* another credential has a token of its own */
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("other"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer other");
}

static void
test_expires(void **state)
{
    (void)state;
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    fix.fake.unix_seconds = AUTH_START_TIME + 269; /* half a minute is the leeway */
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer first");
    fix.fake.unix_seconds = AUTH_START_TIME + 271;
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("second"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer second");
}

static void
test_refused_token_is_renewed(void **state)
{
    (void)state;
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("second"));
    assert_true(fix.auth->method->is_renewed(fix.auth, &fix.budget, &fix.request, &fix.response));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(auth_credential(), "Bearer second");
}

/* signtool opens the provider four times; a wrong secret is sent once. */
static void
test_failure_is_remembered(void **state)
{
    (void)state;
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 401,
                        "{\"error\":\"invalid_client\",\"error_description\":\"no such client\"}");
    assert_int_equal(auth_apply(), SIGNUM_CREDENTIAL_REFUSED);
    assert_non_null(strstr(signum_buf_text(&fix.cause), "invalid_client: no such client"));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(auth_apply(), SIGNUM_CREDENTIAL_REFUSED);
    assert_int_equal(fix.fake.request_count, 2);
    auth_close();
    auth_open(); /* another process */
    assert_int_equal(auth_apply(), SIGNUM_CREDENTIAL_REFUSED);
    assert_true(auth_cause_has("invalid_client: no such client"));
    assert_true(auth_cause_has("a moment ago"));
    assert_int_equal(fix.fake.request_count, 2);
    fix.fake.unix_seconds = AUTH_START_TIME + SIGNUM_TOKEN_FAILURE_S;
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("late"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
}

static void
test_answers(void **state)
{
    static const struct {
        unsigned http;
        const char *body;
        enum signum_status status;
        const char *words;
    } rows[] = {
        {400, "{\"error\":\"invalid_grant\"}", SIGNUM_CREDENTIAL_REFUSED, "invalid_grant"},
        {400, "{\"error\":\"invalid_scope\"}", SIGNUM_BAD_SETTINGS, "invalid_scope"},
        {400, "{\"error\":\"invalid_target\"}", SIGNUM_BAD_SETTINGS, "invalid_target"},
        {400, "{\"error\":\"unheard_of\"}", SIGNUM_SERVICE_ERROR, "unheard_of"},
        {400, "{\"error\":7}", SIGNUM_PROTOCOL, "HTTP 400"},
        {401, "no JSON", SIGNUM_CREDENTIAL_REFUSED, "HTTP 401"},
        {404, "", SIGNUM_PROTOCOL, "HTTP 404"},
        {200, "", SIGNUM_PROTOCOL, "not a JSON object"},
        {200, "[]", SIGNUM_PROTOCOL, "not a JSON object"},
        {200, "{\"token_type\":\"Bearer\"}", SIGNUM_PROTOCOL, "no access_token"},
        {200, "{\"access_token\":\"a\"}", SIGNUM_PROTOCOL, "no access_token"},
        {200, "{\"access_token\":\"\",\"token_type\":\"Bearer\"}", SIGNUM_PROTOCOL,
         "no access_token"},
        {200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":\"x\"}",
         SIGNUM_PROTOCOL, "expires_in"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auth_open();
        fix.fake.unix_seconds += SIGNUM_TOKEN_FAILURE_S; /* no failure is remembered any more */
        signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
        signum_fake_respond(&fix.fake, rows[i].http, rows[i].body);
        assert_int_equal(auth_apply(), rows[i].status);
        assert_non_null(strstr(signum_buf_text(&fix.cause), rows[i].words));
        assert_non_null(strstr(signum_buf_text(&fix.cause), "https://id.test/token"));
        auth_close();
    }
}

static void
test_busy_server_is_asked_again(void **state)
{
    (void)state;
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 503, "");
    signum_fake_respond_header(&fix.fake, "Retry-After", "2");
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_int_equal(fix.fake.slept_ms, 2000);
}

static void
test_discovery(void **state)
{
    static const struct {
        unsigned http;
        const char *body;
        enum signum_status status;
    } rows[] = {
        {200, "{\"issuer\":\"https://other.test\",\"token_endpoint\":\"https://id.test/token\"}",
         SIGNUM_PROTOCOL},
        {200, "{\"issuer\":\"https://id.test\"}", SIGNUM_PROTOCOL},
        {200, "{\"issuer\":\"https://id.test\",\"token_endpoint\":\"http://id.test/token\"}",
         SIGNUM_PROTOCOL},
        {200, "{", SIGNUM_PROTOCOL},
        {500, "", SIGNUM_SERVICE_BUSY},
        {302, "", SIGNUM_PROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auth_open();
        signum_fake_respond(&fix.fake, rows[i].http, rows[i].body);
        assert_int_equal(auth_apply(), rows[i].status);
        assert_non_null(strstr(signum_buf_text(&fix.cause), "https://id.test/.well-known/"));
        auth_close();
    }
    auth_set(SIGNUM_AUTH_ISSUER, "http://id.test");
    auth_open();
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
}

/* RFC 8414 section 3.1 puts the well-known part before the issuer's path. */
static void
test_discovery_of_oauth(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_ISSUER, "https://id.test/tenant");
    auth_open();
    signum_fake_respond(&fix.fake, 404, "");
    signum_fake_respond(
        &fix.fake, 200,
        "{\"issuer\":\"https://id.test/tenant\",\"token_endpoint\":\"https://id.test/t\"}");
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    assert_string_equal(fix.fake.requests[0].url,
                        "https://id.test/tenant/.well-known/openid-configuration");
    assert_string_equal(fix.fake.requests[1].url,
                        "https://id.test/.well-known/oauth-authorization-server/tenant");
}

static void
test_secret_missing(void **state)
{
    (void)state;
    signum_buf_clear(&fix.service->auth[SIGNUM_AUTH_CLIENT_SECRET]);
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_non_null(strstr(signum_buf_text(&fix.cause), "client secret"));
    auth_close();
    auth_set(SIGNUM_AUTH_CLIENT_SECRET_FILE, "/secret");
    signum_fake_set_file(&fix.fake, "/secret", "from-file\r\n");
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    /* printf 'agent%%3A1:from-file' | base64 */
    assert_string_equal(signum_fake_request_header(&fix.fake.requests[2], "Authorization"),
                        "Basic YWdlbnQlM0ExOmZyb20tZmlsZQ==");
}

/* Each call of a port that can fail: a clear status, no leak, and the next try works. */
static void
test_each_call_fails(void **state)
{
    (void)state;
    for (size_t i = 1;; i++) {
        auth_open();
        signum_fake_set_secret(&fix.fake, signum_oauth_auth_cache(fix.auth)->name, NULL);
        signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
        signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
        fix.fake.call_count = 0;
        fix.fake.fail_at = i;
        enum signum_status status = auth_apply();
        bool was_reached = fix.fake.call_count >= i;
        fix.fake.fail_at = 0;
        if (status == SIGNUM_OK)
            assert_string_equal(auth_credential(), "Bearer first");
        while (signum_fake_waiting(&fix.fake) > 0)
            (void)fix.transport.send(fix.transport.self, &fix.request, 1000, &fix.response,
                                     &fix.cause);
        signum_http_response_clear(&fix.response);
        auth_close();
        if (!was_reached)
            break;
        assert_true(i < 50);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_asks_once_and_keeps, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_shared_by_processes, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_expires, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_refused_token_is_renewed, client_set_up,
                                        auth_tear_down),
        cmocka_unit_test_setup_teardown(test_failure_is_remembered, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_answers, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_busy_server_is_asked_again, client_set_up,
                                        auth_tear_down),
        cmocka_unit_test_setup_teardown(test_discovery, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_discovery_of_oauth, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_secret_missing, client_set_up, auth_tear_down),
        cmocka_unit_test_setup_teardown(test_each_call_fails, client_set_up, auth_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
