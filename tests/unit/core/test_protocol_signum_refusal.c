#include "fixture_check.h"

#include <stdio.h>
#include <string.h>

#include "core/protocol.h"
#include "fixture_key.h"

/* What the adapter makes of refusals: each HTTP status, each problem code (RFC 9457). */

static struct signum_http_response response;
static struct signum_result result;

static int
setup(void **state)
{
    (void)state;
    signum_http_response_init(&response);
    signum_result_init(&result);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_http_response_clear(&response);
    signum_result_clear(&result);
    return 0;
}

static enum signum_status
refuse(unsigned http, const char *body)
{
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_GET,
        .base_url = "https://sign.test",
        .key_name = "release",
    };
    struct signum_exchange exchange;
    enum signum_next next = SIGNUM_NEXT_WAIT;

    signum_result_clear(&result);
    signum_buf_clear(&response.body);
    signum_buf_put_text(&response.body, body);
    response.status = http;
    signum_exchange_init(&exchange);
    enum signum_status status =
        signum_protocol_signum.accept(&operation, &exchange, &response, &result, &next);
    assert_int_equal(next, SIGNUM_NEXT_DONE);
    assert_int_equal(result.key_count, 0);
    signum_exchange_clear(&exchange);
    return status;
}

static void
test_http_status(void **state)
{
    static const struct {
        unsigned http;
        enum signum_status status;
    } rows[] = {
        {100, SIGNUM_SERVICE_ERROR}, {201, SIGNUM_SERVICE_ERROR}, {202, SIGNUM_SERVICE_ERROR},
        {204, SIGNUM_SERVICE_ERROR}, {301, SIGNUM_SERVICE_ERROR}, {302, SIGNUM_SERVICE_ERROR},
        {400, SIGNUM_SERVICE_ERROR}, {401, SIGNUM_CREDENTIAL_REFUSED}, {403, SIGNUM_DENIED},
        {404, SIGNUM_SERVICE_ERROR}, {405, SIGNUM_SERVICE_ERROR}, {408, SIGNUM_SERVICE_BUSY},
        {409, SIGNUM_SERVICE_ERROR}, {413, SIGNUM_SERVICE_ERROR}, {422, SIGNUM_SERVICE_ERROR},
        {429, SIGNUM_SERVICE_BUSY}, {500, SIGNUM_SERVICE_ERROR}, {502, SIGNUM_SERVICE_BUSY},
        {503, SIGNUM_SERVICE_BUSY}, {504, SIGNUM_SERVICE_BUSY}, {0, SIGNUM_SERVICE_ERROR},
    };
    static const char *const bodies[] = {"", "<html>", "[]", "{}", "{\"code\":7,\"detail\":[]}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t j = 0; j < COUNT_OF(bodies); j++) {
            char expected[20];
            snprintf(expected, sizeof expected, "HTTP %u", rows[i].http);
            check_row(refuse(rows[i].http, bodies[j]), rows[i].status, expected);
            check_text(&result.cause, expected);
        }
    }
}

static void
test_problem_codes(void **state)
{
    static const struct {
        unsigned http;
        const char *code;
        enum signum_status status;
    } rows[] = {
        {400, "bad-request", SIGNUM_KEY_NOT_FOUND},
        {401, "unauthenticated", SIGNUM_CREDENTIAL_REFUSED},
        {403, "denied", SIGNUM_DENIED},
        {404, "not-found", SIGNUM_SERVICE_ERROR},
        {404, "key-not-found", SIGNUM_KEY_NOT_FOUND},
        {405, "method-not-allowed", SIGNUM_SERVICE_ERROR},
        {409, "idempotency-conflict", SIGNUM_SERVICE_BUSY},
        {409, "key-exists", SIGNUM_KEY_EXISTS},
        {409, "key-has-certificate", SIGNUM_DENIED},
        {422, "certificate-mismatch", SIGNUM_INVALID_ARGUMENT},
        {409, "key-disabled", SIGNUM_KEY_DISABLED},
        {409, "version-mismatch", SIGNUM_SERVICE_ERROR},
        {409, "key-expired", SIGNUM_KEY_DISABLED},
        {409, "pin-not-set", SIGNUM_PIN_REQUIRED},
        {422, "pin-required", SIGNUM_PIN_REQUIRED},
        {403, "pin-wrong", SIGNUM_PIN_WRONG},
        {403, "pin-locked", SIGNUM_PIN_LOCKED},
        {422, "reason-required", SIGNUM_REASON_REQUIRED},
        {503, "busy", SIGNUM_SERVICE_BUSY},
        {413, "too-large", SIGNUM_SERVICE_ERROR},
        {415, "unsupported-media-type", SIGNUM_SERVICE_ERROR},
        {422, "unsupported-algorithm", SIGNUM_BAD_ALGORITHM},
        {422, "idempotency-mismatch", SIGNUM_SERVICE_ERROR},
        {503, "hsm-unavailable", SIGNUM_SERVICE_BUSY},
        {500, "internal", SIGNUM_SERVICE_ERROR},
        {418, "from-the-future", SIGNUM_SERVICE_ERROR},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[200];
        char cause[100];
        snprintf(body, sizeof body,
                 "{\"type\":\"about:blank\",\"status\":%u,\"detail\":\"why\",\"code\":\"%s\"}",
                 rows[i].http, rows[i].code);
        check_row(refuse(rows[i].http, body), rows[i].status, rows[i].code);
        snprintf(cause, sizeof cause, "why (%s)", rows[i].code);
        check_text(&result.cause, cause);
    }
}

static void
test_code_without_detail(void **state)
{
    (void)state;
    check_status(refuse(404, "{\"code\":\"key-not-found\"}"), SIGNUM_KEY_NOT_FOUND);
    check_text(&result.cause, "HTTP 404 (key-not-found)");
    check_status(refuse(404, "{\"detail\":\"nothing here\"}"), SIGNUM_SERVICE_ERROR);
    check_text(&result.cause, "nothing here");
    check_status(refuse(404, "{\"code\":\"KEY-NOT-FOUND\"}"), SIGNUM_SERVICE_ERROR);
}

/* Long words of a service never change what the status is, and never grow beyond the buffer. */
static void
test_long_words(void **state)
{
    static char body[5000];
    char word[3000];

    (void)state;
    memset(word, 'w', sizeof word);
    word[sizeof word - 1] = 0;
    snprintf(body, sizeof body, "{\"code\":\"key-disabled\",\"detail\":\"%s\"}", word);
    check_status(refuse(409, body), SIGNUM_KEY_DISABLED);
    assert_int_equal(result.cause.len, 512 + strlen(" (key-disabled)"));
    assert_non_null(strstr(signum_buf_text(&result.cause), "w (key-disabled)"));
    snprintf(body, sizeof body, "{\"code\":\"%s\",\"detail\":\"short\"}", word);
    check_status(refuse(409, body), SIGNUM_SERVICE_ERROR);
    assert_int_equal(result.cause.len, strlen("short (") + 64 + 1);
}

static void
test_retry_after(void **state)
{
    (void)state;
    check_status(signum_http_add_header(&response.headers, "Retry-After", "7"), SIGNUM_OK);
    check_status(refuse(503, "{\"code\":\"hsm-unavailable\"}"), SIGNUM_SERVICE_BUSY);
    assert_int_equal(result.wait_ms, 7000);
    signum_http_truncate_headers(&response.headers, 0);
    check_status(refuse(503, ""), SIGNUM_SERVICE_BUSY);
    assert_int_equal(result.wait_ms, 0);
}

static void
test_request_id(void **state)
{
    (void)state;
    check_status(signum_http_add_header(&response.headers, "signum-request", "req-9"), SIGNUM_OK);
    check_status(refuse(500, ""), SIGNUM_SERVICE_ERROR);
    check_text(&result.request, "req-9");
    signum_http_truncate_headers(&response.headers, 0);
    check_status(refuse(500, ""), SIGNUM_SERVICE_ERROR);
    check_text(&result.request, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_http_status),
        TEST(test_problem_codes),
        TEST(test_code_without_detail),
        TEST(test_long_words),
        TEST(test_retry_after),
        TEST(test_request_id),
    };

    return cmocka_run_group_tests_name("protocol_signum_refusal", tests, NULL, NULL);
}
