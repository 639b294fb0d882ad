#include "fixture_check.h"

#include <stdio.h>
#include <string.h>

#include "fixture_client.h"
#include "fixture_key.h"

/* A signature that waits for approval, through the real adapter and the engine. */

#define ID "0123456789abcdef0123456789abcdef"

static struct fixture_client fixture;
static struct signum_fake *const fake = &fixture.fake;
static struct signum_key *rsa;

static int
setup(void **state)
{
    (void)state;
    fixture_client_init(&fixture, &signum_protocol_signum);
    rsa = fixture_key(FIXTURE_RSA_2048, 0, "release");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_key_unref(&rsa);
    fixture_client_clear(&fixture);
    return 0;
}

static enum signum_status
sign(uint64_t budget_ms)
{
    static const uint8_t digest[32];
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_SIGN,
        .key = rsa,
        .params = {.scheme = SIGNUM_SCHEME_RSA_PKCS1, .hash = SIGNUM_HASH_SHA256},
        .digest = {digest, sizeof digest},
        .idempotency_key = "once",
    };

    return fixture_client_run(&fixture, &operation, budget_ms);
}

/* An answer of the service about a request; `more` is further members, or "". */
static void
respond(unsigned http, const char *id, const char *state, const char *more)
{
    char text[1024];

    snprintf(text, sizeof text,
        "{\"request\":\"%s\",\"status\":\"%s\",\"approvals\":[{\"group\":\"legal\",\"need\":2,"
        "\"have\":1},{\"group\":null,\"need\":1,\"have\":1}],\"retry_after\":3%s}",
        id, state, more);
    signum_fake_respond(fake, http, text);
}

static void
test_waits_and_gets_it(void **state)
{
    (void)state;
    respond(202, ID, "pending", "");
    respond(200, ID, "pending", "");
    respond(200, ID, "approved", "");
    respond(200, ID, "signed",
        ",\"result\":{\"signature\":\"AQID\",\"key\":{\"name\":\"release\",\"version\":7}}");
    check_status(sign(60000), SIGNUM_OK);
    assert_int_equal(fixture.result.signature.len, 3);
    assert_int_equal(fake->request_count, 4);
    assert_string_equal(fake->requests[0].method, "POST");
    assert_string_equal(fake->requests[1].method, "GET");
    assert_string_equal(fake->requests[1].url, "https://sign.test/v1/requests/" ID);
    assert_string_equal(fake->requests[3].url, "https://sign.test/v1/requests/" ID);
    assert_int_equal(fake->slept_ms, 9000);
}

static void
test_the_budget_ends(void **state)
{
    (void)state;
    respond(202, ID, "pending", "");
    respond(200, ID, "pending", "");
    check_status(sign(5000), SIGNUM_APPROVAL_PENDING);
    assert_int_equal(fake->request_count, 2);
    const char *text = signum_buf_text(&fixture.report.text);
    assert_non_null(
        strstr(text, "the request waits for approval: request " ID ", by legal (1 of 2)"));
    assert_null(strstr(text, "any approver"));
}

/* A day's wait is not thousands of questions. */
static void
test_questions_come_slower(void **state)
{
    (void)state;
    respond(202, ID, "pending", "");
    for (int i = 1; i < SIGNUM_CLIENT_STEPS_MAX; i++)
        respond(200, ID, "pending", "");
    check_status(sign(3600000), SIGNUM_APPROVAL_PENDING);
    assert_int_equal(fake->request_count, SIGNUM_CLIENT_STEPS_MAX);
    assert_true(fake->slept_ms > 600000);
}

static void
test_how_it_ends(void **state)
{
    static const struct {
        const char *state;
        const char *more;
        enum signum_status status;
        const char *text;
    } rows[] = {
        {"rejected",
            ",\"votes\":[{\"vote\":\"approve\",\"reason\":\"yes\"},{\"vote\":\"reject\","
            "\"reason\":\"not today\"}]",
            SIGNUM_APPROVAL_REJECTED, "request " ID " was rejected: not today"},
        {"rejected", "", SIGNUM_APPROVAL_REJECTED, "request " ID " was rejected"},
        {"rejected", ",\"votes\":[{\"vote\":\"reject\",\"reason\":null}]", SIGNUM_APPROVAL_REJECTED,
            "request " ID " was rejected"},
        {"cancelled", "", SIGNUM_APPROVAL_REJECTED, "request " ID " was cancelled"},
        {"expired", "", SIGNUM_APPROVAL_EXPIRED, "request " ID " has expired"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        respond(202, ID, "pending", "");
        respond(200, ID, rows[i].state, rows[i].more);
        check_row(sign(60000), rows[i].status, rows[i].state);
        check_text(&fixture.result.cause, rows[i].text);
        signum_result_clear(&fixture.result);
    }
}

static void
test_refusals(void **state)
{
    static const struct {
        unsigned http;
        const char *code;
        enum signum_status status;
    } rows[] = {
        {403, "approval-rejected", SIGNUM_APPROVAL_REJECTED},
        {410, "request-expired", SIGNUM_APPROVAL_EXPIRED},
        {403, "denied", SIGNUM_DENIED},
        {409, "key-disabled", SIGNUM_KEY_DISABLED},
    };
    char body[200];

    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        const bool is_later = i >= COUNT_OF(rows);
        const size_t row = i % COUNT_OF(rows);
        snprintf(body, sizeof body, "{\"code\":\"%s\",\"detail\":\"why\"}", rows[row].code);
        if (is_later)
            respond(202, ID, "pending", "");
        signum_fake_respond(fake, rows[row].http, body);
        check_row(sign(60000), rows[row].status, rows[row].code);
        signum_result_clear(&fixture.result);
    }
}

/* Another request's answer, and everything that is not an answer. */
static void
test_wrong_answers(void **state)
{
    static const char other[] = "fedcba9876543210fedcba9876543210";
    static const char *const firsts[] = {"{}", "[]", "", "{\"request\":\"" ID "\"}",
        "{\"request\":7,\"status\":\"pending\"}",
        "{\"request\":\"../info\",\"status\":\"pending\"}",
        "{\"request\":\"\",\"status\":\"pending\"}", "{\"request\":\"a\",\"status\":\"asleep\"}",
        "{\"request\":\"a\",\"status\":\"signed\",\"result\":{\"signature\":\"AQID\",\"key\":{"
        "\"name\":\"release\"}}}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(firsts); i++) {
        signum_fake_respond(fake, 202, firsts[i]);
        check_row(sign(60000), SIGNUM_PROTOCOL, firsts[i]);
        signum_result_clear(&fixture.result);
    }
    static const char *const results[] = {"", ",\"result\":null", ",\"result\":{}",
        ",\"result\":{\"signature\":\"AQID\"}",
        ",\"result\":{\"signature\":\"AQID\",\"key\":{\"name\":\"other\",\"version\":7}}"};
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        respond(202, ID, "pending", "");
        respond(200, ID, "signed", results[i]);
        check_row(sign(60000), SIGNUM_PROTOCOL, results[i]);
        signum_result_clear(&fixture.result);
    }
    respond(202, ID, "pending", "");
    respond(200, other, "signed",
        ",\"result\":{\"signature\":\"AQID\",\"key\":{\"name\":\"release\",\"version\":7}}");
    check_status(sign(60000), SIGNUM_PROTOCOL);
}

/* retry_after is obeyed within bounds. */
static void
test_pace(void **state)
{
    static const struct {
        const char *retry_after;
        unsigned slept_ms;
    } rows[] = {{"0", 1000}, {"5", 5000}, {"900", 60000}, {"-1", 1000}, {"\"2\"", 1000}};
    char body[200];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t before = fake->slept_ms;
        snprintf(body, sizeof body,
            "{\"request\":\"" ID "\",\"status\":\"pending\",\"retry_after\":%s}",
            rows[i].retry_after);
        signum_fake_respond(fake, 202, body);
        respond(200, ID, "cancelled", "");
        check_row(sign(600000), SIGNUM_APPROVAL_REJECTED, rows[i].retry_after);
        assert_int_equal(fake->slept_ms - before, rows[i].slept_ms);
        signum_result_clear(&fixture.result);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_waits_and_gets_it),
        TEST(test_the_budget_ends),
        TEST(test_questions_come_slower),
        TEST(test_how_it_ends),
        TEST(test_refusals),
        TEST(test_wrong_answers),
        TEST(test_pace),
    };

    return cmocka_run_group_tests_name("protocol_signum_approval", tests, NULL, NULL);
}
