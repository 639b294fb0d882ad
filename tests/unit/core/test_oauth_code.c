#include "fixture_auth.h"

#include "core/auth/oauth_code.h"

/* What each test has: an issuer that offers a browser's sign-in, and one sign-in. */
static struct signum_oauth_server server;
static struct signum_oauth_code code;

static int
set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_CLIENT_ID, "desk");
    signum_oauth_server_init(&server);
    signum_oauth_code_init(&code);
    signum_buf_put_text(&server.issuer, "https://id.test");
    signum_buf_put_text(&server.token_endpoint, "https://id.test/token");
    signum_buf_put_text(&server.authorization_endpoint, "https://id.test/auth");
    return result;
}

static int
tear_down(void **state)
{
    signum_oauth_code_clear(&code);
    signum_oauth_server_clear(&server);
    return auth_tear_down(state);
}

static enum signum_status
start(void)
{
    const struct signum_auth_env env = {&fix.fake.ports, &fix.log, fix.service, &fix.transport,
                                        &fix.transport};

    return signum_oauth_code_start(&env, &server, "http://127.0.0.1:5555/", &code, &fix.cause);
}

/* RFC 7636 appendix B: the octets and what comes of them. */
static enum signum_status
fill_from_rfc(void *self, void *data, size_t len)
{
    static const uint8_t octets[32] = {116, 24,  223, 180, 151, 153, 224, 37,  79,  250, 96,
                                       125, 216, 173, 187, 186, 22,  212, 37,  77,  105, 214,
                                       191, 240, 91,  88,  5,   88,  83,  132, 141, 121};

    (void)self;
    memcpy(data, octets, len);
    return SIGNUM_OK;
}

static void
test_vector_of_rfc_7636(void **state)
{
    (void)state;
    fix.fake.ports.random.fill = fill_from_rfc;
    assert_int_equal(start(), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&code.verifier),
                        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    const char *query = strchr(signum_buf_text(&code.url), '?') + 1;
    assert_string_equal(auth_form_field(query, "code_challenge"),
                        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert_string_equal(auth_form_field(query, "code_challenge_method"), "S256");
}

static void
test_address(void **state)
{
    (void)state;
    auth_set(SIGNUM_AUTH_SCOPE, "sign");
    auth_set(SIGNUM_AUTH_RESOURCE, "https://sign.test");
    assert_int_equal(start(), SIGNUM_OK);
    const char *url = signum_buf_text(&code.url);
    assert_int_equal(strncmp(url, "https://id.test/auth?response_type=code&", 40), 0);
    assert_string_equal(auth_form_field(strchr(url, '?') + 1, "client_id"), "desk");
    assert_string_equal(auth_form_field(url, "redirect_uri"), "http://127.0.0.1:5555/");
    assert_string_equal(auth_form_field(url, "resource"), "https://sign.test");
    assert_string_equal(auth_form_field(url, "state"), signum_buf_text(&code.state));
    assert_string_equal(auth_form_field(url, "prompt"), "");
    assert_null(strstr(url, signum_buf_text(&code.verifier)));
    assert_true(code.state.len >= 22);
}

/* An endpoint may have a query of its own (RFC 6749 section 3.1). */
static void
test_endpoint_with_a_query(void **state)
{
    (void)state;
    signum_buf_put_text(&server.authorization_endpoint, "?tenant=1");
    assert_int_equal(start(), SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&code.url), "/auth?tenant=1&response_type=code&"));
}

static void
test_consent(void **state)
{
    static const struct {
        const char *scope;
        const char *prompt;
    } rows[] = {
        {"openid offline_access", "consent"},
        {"sign offline_access openid", "consent"},
        {"offline_access", ""},
        {"openid", ""},
        {"openid_x offline_access", ""},
        {"xopenid offline_access", ""},
        {"xopenid openid offline_access", "consent"},
        {"openid offline_accessible", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        signum_oauth_code_clear(&code);
        auth_set(SIGNUM_AUTH_SCOPE, rows[i].scope);
        assert_int_equal(start(), SIGNUM_OK);
        assert_string_equal(auth_form_field(signum_buf_text(&code.url), "prompt"), rows[i].prompt);
    }
}

static void
test_not_offered(void **state)
{
    (void)state;
    signum_buf_clear(&server.authorization_endpoint);
    assert_int_equal(start(), SIGNUM_NOT_SUPPORTED);
    fix.fake.fail_at = fix.fake.call_count + 1;
    signum_buf_put_text(&server.authorization_endpoint, "https://id.test/auth");
    assert_int_equal(start(), SIGNUM_IO);
}

/* In `query`, %S stands for the state that was sent. */
static enum signum_status
accept(const char *query)
{
    struct signum_buf text;
    const char *hole = strstr(query, "%S");

    signum_buf_init(&text, 4096);
    signum_buf_put(&text, query, hole == NULL ? strlen(query) : (size_t)(hole - query));
    if (hole != NULL)
        signum_buf_printf(&text, "%s%s", signum_buf_text(&code.state), hole + 2);
    signum_buf_clear(&fix.cause);
    signum_buf_clear(&code.code);
    enum signum_status status =
        signum_oauth_code_accept(&server, signum_buf_text(&text), &code, &fix.cause);
    signum_buf_clear(&text);
    return status;
}

static void
test_answers(void **state)
{
    static const struct {
        const char *query;
        enum signum_status status;
        const char *words;
    } rows[] = {
        {"code=a&state=%S", SIGNUM_OK, ""},
        {"state=%S&code=a&iss=https%3A%2F%2Fid.test", SIGNUM_OK, ""},
        {"code=a&state=%S&iss=https%3A%2F%2Fevil.test", SIGNUM_CREDENTIAL_REFUSED,
         "another issuer"},
        {"code=a&state=%S&iss=", SIGNUM_CREDENTIAL_REFUSED, "another issuer"},
        {"code=a", SIGNUM_CREDENTIAL_REFUSED, "another question"},
        {"code=a&state=", SIGNUM_CREDENTIAL_REFUSED, "another question"},
        {"code=a&state=%Sx", SIGNUM_CREDENTIAL_REFUSED, "another question"},
        {"code=a&xstate=%S", SIGNUM_CREDENTIAL_REFUSED, "another question"},
        {"error=access_denied&error_description=not+me&state=%S", SIGNUM_DENIED,
         "access_denied: not me"},
        {"error=server_error&state=%S", SIGNUM_SERVICE_ERROR, "server_error"},
        {"error=access_denied", SIGNUM_CREDENTIAL_REFUSED, "another question"},
        {"state=%S", SIGNUM_PROTOCOL, "no code"},
        {"state=%S&code=", SIGNUM_PROTOCOL, "no code"},
        {"state=%S&code=%00", SIGNUM_PROTOCOL, "no code"},
        {"state=%S&code=%zz", SIGNUM_PROTOCOL, "no code"},
        {"state=%S&code=%4", SIGNUM_PROTOCOL, "no code"},
        {"", SIGNUM_CREDENTIAL_REFUSED, "another question"},
    };

    (void)state;
    assert_int_equal(start(), SIGNUM_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(accept(rows[i].query), rows[i].status);
        assert_true(auth_cause_has(rows[i].words));
    }
    assert_int_equal(accept("code=a%2Bb+c&state=%S"), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&code.code), "a+b c");
}

/* RFC 9207 section 2.4: an issuer that says that it names itself must do so. */
static void
test_issuer_that_must_name_itself(void **state)
{
    (void)state;
    server.has_iss = true;
    assert_int_equal(start(), SIGNUM_OK);
    assert_int_equal(accept("code=a&state=%S"), SIGNUM_CREDENTIAL_REFUSED);
    assert_int_equal(accept("code=a&state=%S&iss=https%3A%2F%2Fid.test"), SIGNUM_OK);
}

static void
test_redeem(void **state)
{
    const struct signum_auth_env env = {&fix.fake.ports, &fix.log, fix.service, &fix.transport,
                                        &fix.transport};
    struct signum_token token;

    (void)state;
    signum_token_init(&token);
    assert_int_equal(start(), SIGNUM_OK);
    assert_int_equal(accept("code=abc&state=%S"), SIGNUM_OK);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(
        signum_oauth_code_redeem(&env, &fix.budget, &server, &code, &token, &fix.cause), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&token.access), "first");
    const char *form = fix.fake.requests[0].body;
    assert_string_equal(auth_form_field(form, "grant_type"), "authorization_code");
    assert_string_equal(auth_form_field(form, "code"), "abc");
    assert_string_equal(auth_form_field(form, "code_verifier"), signum_buf_text(&code.verifier));
    assert_string_equal(auth_form_field(form, "redirect_uri"), "http://127.0.0.1:5555/");
    signum_fake_respond(&fix.fake, 400, "{\"error\":\"invalid_grant\"}");
    assert_int_equal(
        signum_oauth_code_redeem(&env, &fix.budget, &server, &code, &token, &fix.cause),
        SIGNUM_CREDENTIAL_REFUSED);
    signum_token_clear(&token);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vector_of_rfc_7636, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_endpoint_with_a_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_consent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_offered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_issuer_that_must_name_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_redeem, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
