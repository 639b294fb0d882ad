#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/auth/auth.h"
#include "support/fake_ports.h"

static struct signum_fake fake;
static struct signum_settings settings;
static struct signum_service_settings *service;
static struct signum_log sut_log;
static struct signum_auth *auth;
static struct signum_http_request request;
static struct signum_http_response response;
static struct signum_buf cause;
static struct signum_budget budget;

static int
set_up(void **state)
{
    (void)state;
    signum_fake_init(&fake);
    signum_settings_init(&settings);
    service = &settings.services[0];
    signum_buf_put_text(&service->name, "main");
    signum_buf_put_text(&service->auth[SIGNUM_AUTH_METHOD], "token");
    sut_log = (struct signum_log){fake.ports.log_sink, SIGNUM_LOG_DEBUG};
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    signum_buf_init(&cause, 4096);
    budget = signum_budget_start(&fake.ports.clock, 1000);
    auth = NULL;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_auth_free(&auth);
    signum_http_request_clear(&request);
    signum_http_response_clear(&response);
    signum_buf_clear(&cause);
    signum_settings_clear(&settings);
    signum_fake_clear(&fake);
    return 0;
}

static void
open_auth(void)
{
    const struct signum_auth_env env = {&fake.ports, &sut_log, service, NULL, NULL};

    assert_int_equal(signum_auth_open(&env, &auth), SIGNUM_OK);
    assert_non_null(auth);
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
test_method_by_name(void **state)
{
    const struct signum_auth_env env = {&fake.ports, &sut_log, service, NULL, NULL};

    (void)state;
    assert_ptr_equal(signum_auth_method_by_name("token"), &signum_auth_token);
    assert_null(signum_auth_method_by_name("Token"));
    assert_null(signum_auth_method_by_name(NULL));
    signum_buf_clear(&service->auth[SIGNUM_AUTH_METHOD]);
    signum_buf_put_text(&service->auth[SIGNUM_AUTH_METHOD], "magic");
    assert_int_equal(signum_auth_open(&env, &auth), SIGNUM_BAD_SETTINGS);
    assert_null(auth);
    assert_true(signum_fake_is_logged(&fake, "magic"));
    signum_auth_free(&auth);
}

static void
test_variable_then_file_then_store(void **state)
{
    (void)state;
    signum_fake_set_secret(&fake, "kept", "from-store");
    signum_fake_set_file(&fake, "/token", "from-file\r\n");
    signum_buf_put_text(&service->auth[SIGNUM_AUTH_TOKEN_STORE], "kept");
    open_auth();
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer from-store");
    signum_auth_free(&auth);

    signum_buf_put_text(&service->auth[SIGNUM_AUTH_TOKEN_FILE], "/token");
    open_auth();
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer from-file");
    signum_auth_free(&auth);

    signum_buf_put_text(&service->auth[SIGNUM_AUTH_TOKEN], "from-variable");
    open_auth();
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer from-variable");
}

static void
test_store_is_asked_by_the_service_name(void **state)
{
    (void)state;
    signum_fake_set_secret(&fake, "main", "by-name");
    open_auth();
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer by-name");
}

static void
test_no_token_says_what_to_run(void **state)
{
    (void)state;
    open_auth();
    assert_int_equal(apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_non_null(strstr(signum_buf_text(&cause), "signum login --token-file FILE"));
    assert_non_null(strstr(signum_buf_text(&cause), "SIGNUM_TOKEN_FILE"));
    assert_null(credential());
}

static void
test_missing_and_refused_file(void **state)
{
    (void)state;
    signum_buf_put_text(&service->auth[SIGNUM_AUTH_TOKEN_FILE], "/token");
    open_auth();
    assert_int_equal(apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_non_null(strstr(signum_buf_text(&cause), "/token"));
    signum_fake_refuse_file(&fake, "/token", SIGNUM_IO);
    assert_int_equal(apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_non_null(strstr(signum_buf_text(&cause), "refused by the fake"));
    signum_fake_set_file(&fake, "/token", "now-there");
    assert_int_equal(apply(), SIGNUM_OK);
}

static void
test_what_is_not_a_token_is_refused(void **state)
{
    static const char *const texts[] = {"",     "\n",          "two words", "a\nb",
                                        "a=b",  "=",           "t\xc3\xa9", "\xff\xfe",
                                        "a\"b", "Bearer abc", "a,b"};

    (void)state;
    signum_buf_put_text(&service->auth[SIGNUM_AUTH_TOKEN_FILE], "/token");
    open_auth();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        signum_fake_set_file(&fake, "/token", texts[i]);
        assert_int_equal(apply(), SIGNUM_SIGN_IN_REQUIRED);
        assert_null(credential());
    }
    signum_fake_set_file(&fake, "/token", "AZaz09-._~+/==");
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer AZaz09-._~+/==");
}

static void
test_cause_never_holds_the_token(void **state)
{
    (void)state;
    signum_buf_put_text(&service->auth[SIGNUM_AUTH_TOKEN], "hush hush");
    open_auth();
    assert_int_equal(apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_null(strstr(signum_buf_text(&cause), "hush"));
    assert_int_equal(fake.line_count, 0);
}

static void
test_too_long_token(void **state)
{
    char text[SIGNUM_HTTP_HEADER_MAX + 1];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    signum_fake_set_secret(&fake, "main", text);
    open_auth();
    assert_int_equal(apply(), SIGNUM_TOO_LARGE);
    assert_non_null(strstr(signum_buf_text(&cause), "too long"));
}

static void
test_token_is_kept_in_memory(void **state)
{
    (void)state;
    signum_fake_set_secret(&fake, "main", "first");
    open_auth();
    assert_int_equal(fake.call_count, 0);
    assert_int_equal(apply(), SIGNUM_OK);
    size_t calls = fake.call_count;
    signum_fake_set_secret(&fake, "main", "second");
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer first");
    assert_int_equal(fake.call_count, calls);
}

static void
test_refused_token_is_read_again(void **state)
{
    (void)state;
    signum_fake_set_secret(&fake, "main", "first");
    open_auth();
    assert_int_equal(apply(), SIGNUM_OK);
    assert_false(auth->method->is_renewed(auth, &budget, &request, &response));
    signum_fake_set_secret(&fake, "main", "second");
    assert_true(auth->method->is_renewed(auth, &budget, &request, &response));
    assert_int_equal(apply(), SIGNUM_OK);
    assert_string_equal(credential(), "Bearer second");
    assert_false(auth->method->is_renewed(auth, &budget, &request, &response));
    signum_fake_set_secret(&fake, "main", NULL);
    assert_false(auth->method->is_renewed(auth, &budget, &request, &response));
}

/* Two requests went out with the old token; the first of them to be refused finds the new one. */
static void
test_token_renewed_by_another_thread(void **state)
{
    struct signum_http_request other;

    (void)state;
    signum_http_request_init(&other);
    signum_fake_set_secret(&fake, "main", "first");
    open_auth();
    assert_int_equal(apply(), SIGNUM_OK);
    assert_int_equal(auth->method->apply(auth, &budget, &other, &cause), SIGNUM_OK);
    signum_fake_set_secret(&fake, "main", "second");
    assert_true(auth->method->is_renewed(auth, &budget, &request, &response));
    size_t calls = fake.call_count;
    assert_true(auth->method->is_renewed(auth, &budget, &other, &response));
    assert_int_equal(fake.call_count, calls);
    /* with the new token on it, a refusal is a refusal */
    signum_http_truncate_headers(&other.headers, 0);
    assert_int_equal(auth->method->apply(auth, &budget, &other, &cause), SIGNUM_OK);
    assert_false(auth->method->is_renewed(auth, &budget, &other, &response));
    signum_http_request_clear(&other);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_method_by_name),
        TEST(test_variable_then_file_then_store),
        TEST(test_store_is_asked_by_the_service_name),
        TEST(test_no_token_says_what_to_run),
        TEST(test_missing_and_refused_file),
        TEST(test_what_is_not_a_token_is_refused),
        TEST(test_cause_never_holds_the_token),
        TEST(test_too_long_token),
        TEST(test_token_is_kept_in_memory),
        TEST(test_refused_token_is_read_again),
        TEST(test_token_renewed_by_another_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
