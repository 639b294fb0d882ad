#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/auth/auth_oauth.h"
#include "support/fake_ports.h"

#define DOCUMENT                                                                                   \
    "{\"issuer\":\"https://id.test\",\"token_endpoint\":\"https://id.test/token\"}"
#define TOKEN(name) "{\"access_token\":\"" name "\",\"token_type\":\"Bearer\",\"expires_in\":300}"
#define START_TIME 1735689600

static struct signum_fake fake;
static struct signum_settings settings;
static struct signum_service_settings *service;
static struct signum_log sut_log;
static struct signum_transport transport;
static struct signum_auth *auth;
static struct signum_http_request request;
static struct signum_http_response response;
static struct signum_buf cause;
static struct signum_budget budget;

static void
set(enum signum_auth_setting setting, const char *text)
{
    signum_buf_clear(&service->auth[setting]);
    signum_buf_put_text(&service->auth[setting], text);
}

static void
open_auth(void)
{
    const struct signum_auth_env env = {&fake.ports, &sut_log, service, &transport, &transport};

    assert_int_equal(signum_auth_open(&env, &auth), SIGNUM_OK);
}

static int
set_up(void **state)
{
    const struct signum_transport_options options = {.user_agent = "test"};

    (void)state;
    signum_fake_init(&fake);
    signum_settings_init(&settings);
    service = &settings.services[0];
    signum_buf_put_text(&service->name, "main");
    set(SIGNUM_AUTH_METHOD, "client-secret");
    set(SIGNUM_AUTH_ISSUER, "https://id.test");
    set(SIGNUM_AUTH_CLIENT_ID, "agent:1");
    set(SIGNUM_AUTH_CLIENT_SECRET, "s3cret&more");
    sut_log = (struct signum_log){fake.ports.log_sink, SIGNUM_LOG_DEBUG};
    assert_int_equal(
        fake.ports.open_transport(fake.ports.transport_self, &options, &transport), SIGNUM_OK);
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    signum_buf_init(&cause, 4096);
    budget = signum_budget_start(&fake.ports.clock, 30000);
    auth = NULL;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_auth_free(&auth);
    transport.free(transport.self);
    signum_http_request_clear(&request);
    signum_http_response_clear(&response);
    signum_buf_clear(&cause);
    signum_settings_clear(&settings);
    signum_fake_clear(&fake);
    return 0;
}

static enum signum_status
apply(void)
{
    signum_http_request_clear(&request);
    signum_buf_clear(&cause);
    return auth->method->apply(auth, &budget, &request, &cause);
}

static const char *
credential(void)
{
    return signum_http_header(&request.headers, "Authorization");
}

static void
test_asks_once_and_keeps(void **state)
{
    (void)state;
    set(SIGNUM_AUTH_SCOPE, "sign more");
    set(SIGNUM_AUTH_RESOURCE, "https://sign.test");
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("first"));
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer first");
    assert_string_equal(fake.requests[0].url, "https://id.test/.well-known/openid-configuration");
    assert_string_equal(fake.requests[1].url, "https://id.test/token");
    assert_string_equal(fake.requests[1].body, "grant_type=client_credentials&scope=sign%20more"
                                               "&resource=https%3A%2F%2Fsign.test");
    /* openssl: printf 'agent%%3A1:s3cret%%26more' | base64 */
    assert_string_equal(signum_fake_request_header(&fake.requests[1], "Authorization"),
                        "Basic YWdlbnQlM0ExOnMzY3JldCUyNm1vcmU=");
    assert_int_equal(apply(), SIGNUM_OK);
    assert_int_equal(fake.request_count, 2);
    assert_false(signum_fake_is_logged(&fake, "s3cret"));
    assert_false(signum_fake_is_logged(&fake, "Bearer"));
}

/* A second process of the same user takes what the first one left. */
static void
test_shared_by_processes(void **state)
{
    (void)state;
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("first"));
    assert_int_equal(apply(), SIGNUM_OK);
    signum_auth_free(&auth);
    open_auth();
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer first");
    assert_int_equal(fake.request_count, 2);
    signum_auth_free(&auth);
    set(SIGNUM_AUTH_SCOPE, "other"); /* another credential has a token of its own */
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("other"));
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer other");
}

static void
test_expires(void **state)
{
    (void)state;
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("first"));
    assert_int_equal(apply(), SIGNUM_OK);
    fake.unix_seconds = START_TIME + 269; /* half a minute is the leeway */
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer first");
    fake.unix_seconds = START_TIME + 271;
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("second"));
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer second");
}

static void
test_refused_token_is_renewed(void **state)
{
    (void)state;
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("first"));
    assert_int_equal(apply(), SIGNUM_OK);
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("second"));
    assert_true(auth->method->is_renewed(auth, &budget, &request, &response));
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer second");
}

/* signtool opens the provider four times; a wrong secret is sent once. */
static void
test_failure_is_remembered(void **state)
{
    (void)state;
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 401,
                        "{\"error\":\"invalid_client\",\"error_description\":\"no such client\"}");
    assert_int_equal(apply(), SIGNUM_CREDENTIAL_REFUSED);
    assert_non_null(strstr(signum_buf_text(&cause), "invalid_client: no such client"));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(apply(), SIGNUM_CREDENTIAL_REFUSED);
    assert_int_equal(fake.request_count, 2);
    fake.unix_seconds = START_TIME + SIGNUM_TOKEN_FAILURE_S;
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("late"));
    assert_int_equal(apply(), SIGNUM_OK);
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
        open_auth();
        signum_fake_respond(&fake, 200, DOCUMENT);
        signum_fake_respond(&fake, rows[i].http, rows[i].body);
        assert_int_equal(apply(), rows[i].status);
        assert_non_null(strstr(signum_buf_text(&cause), rows[i].words));
        assert_non_null(strstr(signum_buf_text(&cause), "https://id.test/token"));
        signum_auth_free(&auth);
    }
}

static void
test_busy_server_is_asked_again(void **state)
{
    (void)state;
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 503, "");
    signum_fake_respond_header(&fake, "Retry-After", "2");
    signum_fake_respond(&fake, 200, TOKEN("first"));
    assert_int_equal(apply(), SIGNUM_OK);
    assert_int_equal(fake.slept_ms, 2000);
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
        open_auth();
        signum_fake_respond(&fake, rows[i].http, rows[i].body);
        assert_int_equal(apply(), rows[i].status);
        assert_non_null(strstr(signum_buf_text(&cause), "https://id.test/.well-known/"));
        signum_auth_free(&auth);
    }
    set(SIGNUM_AUTH_ISSUER, "http://id.test");
    open_auth();
    assert_int_equal(apply(), SIGNUM_BAD_SETTINGS);
}

/* RFC 8414 section 3.1 puts the well-known part before the issuer's path. */
static void
test_discovery_of_oauth(void **state)
{
    (void)state;
    set(SIGNUM_AUTH_ISSUER, "https://id.test/tenant");
    open_auth();
    signum_fake_respond(&fake, 404, "");
    signum_fake_respond(
        &fake, 200,
        "{\"issuer\":\"https://id.test/tenant\",\"token_endpoint\":\"https://id.test/t\"}");
    signum_fake_respond(&fake, 200, TOKEN("first"));
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(fake.requests[0].url,
                        "https://id.test/tenant/.well-known/openid-configuration");
    assert_string_equal(fake.requests[1].url,
                        "https://id.test/.well-known/oauth-authorization-server/tenant");
}

static void
test_secret_missing(void **state)
{
    (void)state;
    signum_buf_clear(&service->auth[SIGNUM_AUTH_CLIENT_SECRET]);
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    assert_int_equal(apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_non_null(strstr(signum_buf_text(&cause), "client secret"));
    signum_auth_free(&auth);
    set(SIGNUM_AUTH_CLIENT_SECRET_FILE, "/secret");
    signum_fake_set_file(&fake, "/secret", "from-file\r\n");
    open_auth();
    signum_fake_respond(&fake, 200, DOCUMENT);
    signum_fake_respond(&fake, 200, TOKEN("first"));
    assert_int_equal(apply(), SIGNUM_OK);
    /* printf 'agent%%3A1:from-file' | base64 */
    assert_string_equal(signum_fake_request_header(&fake.requests[2], "Authorization"),
                        "Basic YWdlbnQlM0ExOmZyb20tZmlsZQ==");
}

/* Each call of a port that can fail: a clear status, no leak, and the next try works. */
static void
test_each_call_fails(void **state)
{
    (void)state;
    for (size_t i = 1;; i++) {
        open_auth();
        signum_fake_set_secret(&fake, signum_oauth_auth_cache(auth)->name, NULL);
        signum_fake_respond(&fake, 200, DOCUMENT);
        signum_fake_respond(&fake, 200, TOKEN("first"));
        fake.call_count = 0;
        fake.fail_at = i;
        enum signum_status status = apply();
        bool was_reached = fake.call_count >= i;
        fake.fail_at = 0;
        if (status == SIGNUM_OK)
            assert_string_equal(credential(), "Bearer first");
        while (signum_fake_waiting(&fake) > 0)
            (void)transport.send(transport.self, &request, 1000, &response, &cause);
        signum_http_response_clear(&response);
        signum_auth_free(&auth);
        if (!was_reached)
            break;
        assert_true(i < 50);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_asks_once_and_keeps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared_by_processes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_expires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_token_is_renewed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failure_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_busy_server_is_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_discovery, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_discovery_of_oauth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_secret_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_call_fails, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
