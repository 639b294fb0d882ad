#include "fixture_check.h"

#include <stdio.h>
#include <string.h>

#include "core/client.h"
#include "fixture_client.h"
#include "fixture_key.h"

/* The engine with the service's own protocol: retries, credentials, reports. */

#define GOOD_SIGN "{\"signature\":\"Zm9v\",\"key\":{\"name\":\"release\"}}"
#define GOOD_INFO "{\"name\":\"s\",\"version\":\"1\"}"
#define BUSY "{\"code\":\"hsm-unavailable\",\"detail\":\"the HSM sleeps\"}"

static struct fixture_client fixture;
static struct signum_fake *const fake = &fixture.fake;
static struct signum_key *key;

static int
setup(void **state)
{
    (void)state;
    fixture_client_init(&fixture, &signum_protocol_signum);
    key = fixture_key(FIXTURE_RSA_2048, 0, "release");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    fixture_client_clear(&fixture);
    signum_key_unref(&key);
    return 0;
}

static enum signum_status
run_info(uint64_t budget_ms)
{
    struct signum_operation operation = {.kind = SIGNUM_OPERATION_INFO};

    return fixture_client_run(&fixture, &operation, budget_ms);
}

static enum signum_status
run_sign(uint64_t budget_ms)
{
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_SIGN,
        .key = key,
        .params = {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_SHA256, 0},
        .digest = signum_bytes_of_text("DIGESTDIGESTDIGESTDIGESTDIGEST32"),
        .idempotency_key = "idem-1",
    };

    return fixture_client_run(&fixture, &operation, budget_ms);
}

static size_t
authorization_count(const struct signum_fake_request *request)
{
    size_t count = 0;

    const char *at = strstr(request->headers, "Authorization:");
    while (at != NULL) {
        count++;
        at = strstr(at + 1, "Authorization:");
    }
    return count;
}

static void
check_request_token(size_t index, const char *token)
{
    assert_int_equal(authorization_count(&fake->requests[index]), 1);
    assert_string_equal(signum_fake_request_header(&fake->requests[index], "Authorization"),
                        token);
}

static void
test_one_request(void **state)
{
    (void)state;
    signum_fake_respond(fake, 200, GOOD_INFO);
    check_status(run_info(30000), SIGNUM_OK);
    check_text(&fixture.result.name, "s");
    assert_int_equal(fake->request_count, 1);
    assert_string_equal(fake->requests[0].url, "https://sign.test/v1/info");
    assert_int_equal(fake->requests[0].timeout_ms, 30000);
    /* what everybody may ask gets no credential */
    assert_int_equal(authorization_count(&fake->requests[0]), 0);
    assert_int_equal(fake->slept_ms, 0);
    assert_int_equal(fixture.report.text.len, 0);
    assert_int_equal(signum_fake_logged_count(fake, "ERROR"), 0);
}

/* The same request goes out again: same idempotency key, same body, one credential. */
static void
test_retry_repeats_the_request(void **state)
{
    (void)state;
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "connection reset");
    signum_fake_respond(fake, 503, BUSY);
    signum_fake_respond(fake, 200, GOOD_SIGN);
    check_status(run_sign(30000), SIGNUM_OK);
    check_text(&fixture.result.signature, "foo");
    assert_int_equal(fixture.result.cause.len, 0);
    assert_int_equal(fake->request_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(fake->requests[i].method, "POST");
        assert_string_equal(fake->requests[i].url, fake->requests[0].url);
        assert_string_equal(fake->requests[i].headers, fake->requests[0].headers);
        assert_string_equal(fake->requests[i].body, fake->requests[0].body);
        assert_string_equal(signum_fake_request_header(&fake->requests[i], "Idempotency-Key"),
                            "idem-1");
        check_request_token(i, "Bearer secret-token-1");
    }
    assert_true(fake->slept_ms >= 100 + 200 && fake->slept_ms <= 200 + 400);
    assert_int_equal(fake->requests[2].timeout_ms, 30000 - fake->slept_ms);
    assert_int_equal(signum_fake_logged_count(fake, "trying again"), 2);
}

static void
test_tries_are_used_up(void **state)
{
    (void)state;
    for (int i = 1; i <= 4; i++) {
        char id[20];
        signum_fake_respond(fake, 503, BUSY);
        snprintf(id, sizeof id, "req-%d", i);
        signum_fake_respond_header(fake, "Signum-Request", id);
    }
    check_status(run_sign(30000), SIGNUM_SERVICE_BUSY);
    assert_int_equal(fake->request_count, 3);
    assert_int_equal(fixture.result.signature.len, 0);
    check_status(fixture.report.status, SIGNUM_SERVICE_BUSY);
    check_text(&fixture.report.request, "req-3");
    check_text(&fixture.report.text,
               "sign release at https://sign.test: the service is not ready; it may be tried "
               "again: the HSM sleeps (hsm-unavailable)");
    /* the caller logs the report: it is not written twice */
    assert_false(signum_fake_is_logged(fake, "req-3"));
    assert_int_equal(signum_fake_logged_count(fake, "trying again"), 2);
}

static void
test_retry_after_is_obeyed(void **state)
{
    (void)state;
    signum_fake_respond(fake, 503, BUSY);
    signum_fake_respond_header(fake, "Retry-After", "7");
    signum_fake_respond(fake, 200, GOOD_INFO);
    check_status(run_info(30000), SIGNUM_OK);
    assert_int_equal(fake->slept_ms, 7000);
    assert_int_equal(fake->requests[1].timeout_ms, 23000);
}

static void
test_retry_after_beyond_the_budget(void **state)
{
    (void)state;
    signum_fake_respond(fake, 503, BUSY);
    signum_fake_respond_header(fake, "Retry-After", "30");
    check_status(run_info(30000), SIGNUM_SERVICE_BUSY);
    assert_int_equal(fake->request_count, 1);
    assert_int_equal(fake->slept_ms, 0);
}

/* Retry-After of one try does not hang over to the next. */
static void
test_wish_is_forgotten(void **state)
{
    (void)state;
    signum_fake_respond(fake, 503, BUSY);
    signum_fake_respond_header(fake, "Retry-After", "5");
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    signum_fake_respond(fake, 200, GOOD_INFO);
    check_status(run_info(30000), SIGNUM_OK);
    assert_true(fake->slept_ms >= 5200 && fake->slept_ms <= 5400);
}

static void
test_what_is_not_retried(void **state)
{
    static const enum signum_status failures[] = {SIGNUM_TIMEOUT, SIGNUM_TLS, SIGNUM_TOO_LARGE,
                                                  SIGNUM_NO_MEMORY};
    static const struct {
        unsigned http;
        const char *body;
        enum signum_status status;
    } answers[] = {
        {403, "{\"code\":\"denied\"}", SIGNUM_DENIED},
        {404, "{\"code\":\"key-not-found\"}", SIGNUM_KEY_NOT_FOUND},
        {422, "{\"code\":\"unsupported-algorithm\"}", SIGNUM_BAD_ALGORITHM},
        {500, "{\"code\":\"internal\"}", SIGNUM_SERVICE_ERROR},
        {200, "nonsense", SIGNUM_PROTOCOL},
        {302, "", SIGNUM_SERVICE_ERROR},
    };
    size_t expected = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        signum_fake_respond_failure(fake, failures[i], "why");
        check_status(run_sign(30000), failures[i]);
        assert_int_equal(fake->request_count, ++expected);
    }
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        signum_fake_respond(fake, answers[i].http, answers[i].body);
        check_status(run_sign(30000), answers[i].status);
        assert_int_equal(fake->request_count, ++expected);
    }
    assert_int_equal(fake->slept_ms, 0);
}

static void
test_budget(void **state)
{
    (void)state;
    check_status(run_info(0), SIGNUM_TIMEOUT);
    assert_int_equal(fake->request_count, 0);
    check_status(fixture.report.status, SIGNUM_TIMEOUT);

    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    check_status(run_info(99), SIGNUM_NETWORK); /* less than the shortest delay */
    assert_int_equal(fake->request_count, 1);

    signum_fake_respond(fake, 200, GOOD_INFO);
    signum_fake_respond_after(fake, 5000);
    check_status(run_info(4000), SIGNUM_TIMEOUT);
    assert_int_equal(fake->requests[1].timeout_ms, 4000);
    assert_int_equal(fake->request_count, 2);
}

/* The first answer took so long that nothing is left for the second. */
static void
test_budget_covers_all_tries(void **state)
{
    (void)state;
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    signum_fake_respond_after(fake, 29950);
    signum_fake_respond(fake, 200, GOOD_INFO);
    check_status(run_info(30000), SIGNUM_NETWORK);
    assert_int_equal(fake->request_count, 1);
}

static void
test_credential_renewed_once(void **state)
{
    (void)state;
    fixture.auth.is_renewing = true;
    signum_fake_respond(fake, 401, "{\"code\":\"unauthenticated\"}");
    signum_fake_respond(fake, 200, GOOD_SIGN);
    check_status(run_sign(30000), SIGNUM_OK);
    assert_int_equal(fake->request_count, 2);
    check_request_token(0, "Bearer secret-token-1");
    check_request_token(1, "Bearer secret-token-2");
    assert_string_equal(fake->requests[1].body, fake->requests[0].body);
    assert_string_equal(signum_fake_request_header(&fake->requests[1], "Idempotency-Key"),
                        "idem-1");
    assert_int_equal(fake->slept_ms, 0);
}

static void
test_credential_refused_twice(void **state)
{
    (void)state;
    fixture.auth.is_renewing = true;
    for (int i = 0; i < 3; i++)
        signum_fake_respond(fake, 401, "{\"code\":\"unauthenticated\",\"detail\":\"revoked\"}");
    check_status(run_sign(30000), SIGNUM_CREDENTIAL_REFUSED);
    assert_int_equal(fake->request_count, 2);
    assert_int_equal(fixture.auth.asked, 1);
    assert_non_null(strstr(signum_buf_text(&fixture.report.text), "revoked"));
}

static void
test_credential_that_cannot_be_renewed(void **state)
{
    (void)state;
    signum_fake_respond(fake, 401, "");
    check_status(run_sign(30000), SIGNUM_CREDENTIAL_REFUSED);
    assert_int_equal(fake->request_count, 1);
    assert_int_equal(fixture.auth.asked, 1);
}

static void
test_no_credential(void **state)
{
    (void)state;
    fixture.auth.failure = SIGNUM_SIGN_IN_REQUIRED;
    check_status(run_sign(30000), SIGNUM_SIGN_IN_REQUIRED);
    assert_int_equal(fake->request_count, 0);
    assert_non_null(strstr(signum_buf_text(&fixture.report.text), "sign in first"));
}

/* No random number: the delay is the full one, but there is a retry all the same. */
static void
test_no_jitter(void **state)
{
    (void)state;
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    signum_fake_respond(fake, 200, GOOD_INFO);
    fake->fail_at = 2; /* send, then the random number */
    fake->fail_status = SIGNUM_CRYPTO;
    check_status(run_info(30000), SIGNUM_OK);
    assert_int_equal(fake->slept_ms, 200);
}

static void
check_silent_about(const char *secret)
{
    assert_null(strstr(signum_buf_text(&fixture.report.text), secret));
    assert_null(strstr(signum_buf_text(&fixture.report.request), secret));
    assert_false(signum_fake_is_logged(fake, secret));
}

/* What a person is told, at the most talkative level: all but the secrets. */
static void
test_report_and_log(void **state)
{
    (void)state;
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "connection refused");
    signum_fake_respond(fake, 403, "{\"code\":\"denied\",\"detail\":\"rule night\"}");
    signum_fake_respond_header(fake, "Signum-Request", "req-42");
    check_status(run_sign(30000), SIGNUM_DENIED);
    check_text(&fixture.report.text, "sign release at https://sign.test: the service's policy "
                                     "does not allow this: rule night (denied)");
    check_text(&fixture.report.request, "req-42");
    assert_true(signum_fake_is_logged(fake, "connection refused; trying again"));
    assert_true(signum_fake_is_logged(fake, "POST https://sign.test/v1/keys/release/sign"));
    check_silent_about("secret-token");
    check_silent_about("Bearer");
    check_silent_about("idem-1");
    check_silent_about("DIGEST");
    check_silent_about("RElHRVNU");     /* the digest in base64 */
    check_silent_about("444947455354"); /* and in hexadecimal */
}

/* The report of an earlier failure is replaced as a whole. */
static void
test_report_is_replaced(void **state)
{
    (void)state;
    signum_fake_respond(fake, 500, "{\"detail\":\"first\"}");
    signum_fake_respond_header(fake, "Signum-Request", "req-1");
    signum_fake_respond_failure(fake, SIGNUM_TLS, "second");
    check_status(run_info(30000), SIGNUM_SERVICE_ERROR);
    check_status(run_info(30000), SIGNUM_TLS);
    check_status(fixture.report.status, SIGNUM_TLS);
    assert_null(strstr(signum_buf_text(&fixture.report.text), "first"));
    assert_non_null(strstr(signum_buf_text(&fixture.report.text), "info at"));
    assert_int_equal(fixture.report.request.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_request),
        TEST(test_retry_repeats_the_request),
        TEST(test_tries_are_used_up),
        TEST(test_retry_after_is_obeyed),
        TEST(test_retry_after_beyond_the_budget),
        TEST(test_wish_is_forgotten),
        TEST(test_what_is_not_retried),
        TEST(test_budget),
        TEST(test_budget_covers_all_tries),
        TEST(test_credential_renewed_once),
        TEST(test_credential_refused_twice),
        TEST(test_credential_that_cannot_be_renewed),
        TEST(test_no_credential),
        TEST(test_no_jitter),
        TEST(test_report_and_log),
        TEST(test_report_is_replaced),
    };

    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
