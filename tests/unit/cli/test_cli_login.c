#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "fixture_cli.h"

/* login, logout and status of a person, against an issuer and a service behind the fake transport.
 */

#define ISSUER "https://id.test"
#define DOCUMENT                                                                                   \
    "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/token\","                          \
    "\"device_authorization_endpoint\":\"" ISSUER "/device\","                                     \
    "\"authorization_endpoint\":\"" ISSUER "/auth\"}"
#define CODES                                                                                      \
    "{\"device_code\":\"d\",\"user_code\":\"WDJB\",\"verification_uri\":\"" ISSUER "/d\","         \
    "\"verification_uri_complete\":\"" ISSUER "/d?c\",\"expires_in\":60,\"interval\":5}"
#define TOKEN                                                                                      \
    "{\"access_token\":\"" FIXTURE_TOKEN "\",\"refresh_token\":\"r\",\"token_type\":\"Bearer\","   \
    "\"expires_in\":300}"

static struct fixture_cli fixture;
static signum_fake_responder *service;
static void *service_context;
static unsigned polls_pending;   /* before the person is done */
static const char *token_answer; /* with 200, or 400 if it has an error */

static void
put(struct signum_http_response *response, unsigned status, const char *body)
{
    response->status = status;
    signum_buf_put_text(&response->body, body);
}

static enum signum_status
respond(void *context, const struct signum_fake_request *request,
        struct signum_http_response *response, struct signum_buf *cause)
{
    (void)context;
    if (strncmp(request->url, ISSUER, strlen(ISSUER)) != 0)
        return service(service_context, request, response, cause);
    if (strstr(request->url, "/.well-known/") != NULL)
        put(response, 200, DOCUMENT);
    else if (strstr(request->url, "/device") != NULL)
        put(response, 200, CODES);
    else if (polls_pending > 0 && polls_pending-- > 0)
        put(response, 400, "{\"error\":\"authorization_pending\"}");
    else
        put(response, strstr(token_answer, "\"error\"") == NULL ? 200 : 400, token_answer);
    return SIGNUM_OK;
}

static int
set_up(void **state)
{
    (void)state;
    fixture_cli_init(&fixture);
    service = fixture.fake.responder;
    service_context = fixture.fake.responder_context;
    signum_fake_respond_by(&fixture.fake, respond, NULL);
    signum_fake_set_variable(&fixture.fake, "SIGNUM_TOKEN", NULL);
    signum_fake_set_variable(&fixture.fake, "SIGNUM_AUTH_METHOD", "browser");
    signum_fake_set_variable(&fixture.fake, "SIGNUM_ISSUER", ISSUER);
    signum_fake_set_variable(&fixture.fake, "SIGNUM_CLIENT_ID", "desk");
    fixture.fake.browser_query = "code=c&state=%s";
    polls_pending = 0;
    token_answer = TOKEN;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    fixture_cli_clear(&fixture);
    return 0;
}

static void
use_device(void)
{
    signum_fake_set_variable(&fixture.fake, "SIGNUM_AUTH_METHOD", "device");
}

static void
test_browser(void **state)
{
    (void)state;
    assert_int_equal(fixture_cli_run(&fixture, "login", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture.fake.shown, ISSUER "/auth?response_type=code&client_id=desk");
    assert_contains(fixture.err, "waiting for the browser");
    assert_contains(fixture.out, "2 keys may be used");
    assert_int_equal(fixture.fake.secrets.count, 1);
    assert_int_equal(fixture_cli_run(&fixture, "keys", NULL), SIGNUM_EXIT_OK);
    assert_int_equal(fixture_cli_run(&fixture, "status", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture.out, "signed in to by browser");
    assert_contains(fixture.out, "good for 300 seconds, and renewed by itself");
    assert_lacks(fixture.out, FIXTURE_TOKEN);
    assert_int_equal(fixture_cli_run(&fixture, "logout", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture.out, "The token is removed.\n");
    assert_int_equal(fixture.fake.secrets.count, 0);
    assert_int_equal(fixture_cli_run(&fixture, "logout", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture.out, "No token was kept.\n");
}

static void
test_status_as_json(void **state)
{
    (void)state;
    assert_int_equal(fixture_cli_run(&fixture, "login", NULL), SIGNUM_EXIT_OK);
    assert_int_equal(fixture_cli_run(&fixture, "status", "--json", NULL), SIGNUM_EXIT_OK);
    cJSON *json = fixture_cli_json(&fixture);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "method")), "browser");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "kept")));
    assert_int_equal(cJSON_GetObjectItem(json, "keys")->valueint, 2);
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(json, "expires")) ==
                (double)(fixture.fake.unix_seconds + 300));
    cJSON_Delete(json);
}

static void
test_status_before_login(void **state)
{
    (void)state;
    assert_int_equal(fixture_cli_run(&fixture, "status", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture.out, "No token is kept.");
    assert_contains(fixture.err, "run `signum login`");
}

static void
test_no_browser(void **state)
{
    (void)state;
    fixture.fake.has_browser = false;
    assert_int_equal(fixture_cli_run(&fixture, "login", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture.err, "no browser could be opened here");
    assert_contains(fixture.err, ISSUER "/auth?");
}

static void
test_browser_fails(void **state)
{
    static const struct {
        const char *query;
        const char *words;
    } rows[] = {
        {NULL, "did not come back in time"},
        {"code=c&state=guessed", "another question"},
        {"code=c&state=%s&iss=https%3A%2F%2Fevil.test", "another issuer"},
        {"error=access_denied&state=%s", "access_denied"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture.fake.browser_query = rows[i].query;
        assert_int_equal(fixture_cli_run(&fixture, "login", NULL), SIGNUM_EXIT_FAILED);
        assert_contains(fixture.err, rows[i].words);
        assert_int_equal(fixture.fake.secrets.count, 0);
        assert_int_equal(fixture.fake.listeners_open, 0);
    }
}

static void
test_device(void **state)
{
    (void)state;
    use_device();
    polls_pending = 2;
    assert_int_equal(fixture_cli_run(&fixture, "login", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture.err, "open " ISSUER "/d\n");
    assert_contains(fixture.err, "enter the code WDJB");
    assert_contains(fixture.err, "or open " ISSUER "/d?c");
    assert_contains(fixture.out, "2 keys may be used");
    assert_string_equal(fixture.fake.shown, "");
    assert_int_equal(fixture.fake.slept_ms, 15000);
}

static void
test_device_for_the_browser_method(void **state)
{
    (void)state;
    assert_int_equal(fixture_cli_run(&fixture, "login", "--device", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture.err, "enter the code WDJB");
    assert_string_equal(fixture.fake.shown, "");
}

static void
test_device_fails(void **state)
{
    (void)state;
    use_device();
    token_answer = "{\"error\":\"access_denied\"}";
    assert_int_equal(fixture_cli_run(&fixture, "login", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture.err, "access_denied");
    token_answer = "{\"error\":\"authorization_pending\"}";
    assert_int_equal(fixture_cli_run(&fixture, "login", "--timeout", "20", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_int_equal(fixture.fake.secrets.count, 0);
}

static void
test_no_refresh_token(void **state)
{
    (void)state;
    token_answer = "{\"access_token\":\"" FIXTURE_TOKEN "\",\"token_type\":\"Bearer\","
                   "\"expires_in\":300}";
    assert_int_equal(fixture_cli_run(&fixture, "login", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture.err, "offline_access");
    assert_int_equal(fixture_cli_run(&fixture, "status", NULL), SIGNUM_EXIT_OK);
    assert_lacks(fixture.out, "renewed");
}

static void
test_timeout_of_the_command_line(void **state)
{
    static const char *const bad[] = {"0", "3601", "-1", "x", ""};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(fixture_cli_run(&fixture, "login", "--timeout", bad[i], NULL),
                         SIGNUM_EXIT_USAGE);
}

static void
test_service_that_nobody_named(void **state)
{
    static const char *const verbs[] = {"login", "logout", "status"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fixture_cli_run(&fixture, verbs[i], "--service", "other", NULL),
                         SIGNUM_EXIT_FAILED);
        assert_contains(fixture.err, "no service of that name");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_browser, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_as_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_before_login, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_browser, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_browser_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_device, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_device_for_the_browser_method, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_device_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_refresh_token, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeout_of_the_command_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_service_that_nobody_named, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
