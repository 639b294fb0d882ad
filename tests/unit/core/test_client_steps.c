#include "fixture_check.h"

#include <string.h>

#include "core/client.h"
#include "fixture_client.h"

/*
 * The engine with an adapter that takes several requests: each answer's body is the next step,
 * "request", "wait MS" or "done", and the adapter's memory travels in the URL.
 */

static struct fixture_client fixture;
static struct signum_fake *const fake = &fixture.fake;
static enum signum_status compose_failure;

static enum signum_status
compose(const struct signum_operation *operation, struct signum_exchange *exchange,
        struct signum_http_request *request)
{
    request->method = "POST";
    signum_buf_printf(&request->url, "%s/%u/%s", operation->base_url, exchange->step,
                      signum_buf_text(&exchange->memory));
    return compose_failure;
}

static enum signum_status
accept(const struct signum_operation *operation, struct signum_exchange *exchange,
       const struct signum_http_response *response, struct signum_result *result,
       enum signum_next *next_out)
{
    const char *text = signum_buf_text(&response->body);

    (void)operation;
    *next_out = SIGNUM_NEXT_DONE;
    if (response->status == 503)
        return SIGNUM_SERVICE_BUSY;
    if (response->status != 200) {
        *next_out = SIGNUM_NEXT_REQUEST; /* of no meaning beside a failure */
        return SIGNUM_SERVICE_ERROR;
    }
    exchange->step++;
    signum_buf_put_byte(&exchange->memory, 'm');
    if (strcmp(text, "request") == 0)
        *next_out = SIGNUM_NEXT_REQUEST;
    if (strncmp(text, "wait ", 5) == 0) {
        *next_out = SIGNUM_NEXT_WAIT;
        for (text += 5; *text != 0; text++)
            result->wait_ms = result->wait_ms * 10 + (uint64_t)(*text - '0');
    }
    return SIGNUM_OK;
}

static const struct signum_protocol steps = {
    .name = "steps",
    .compose = compose,
    .accept = accept,
};

static int
setup(void **state)
{
    (void)state;
    compose_failure = SIGNUM_OK;
    fixture_client_init(&fixture, &steps);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    fixture_client_clear(&fixture);
    return 0;
}

static enum signum_status
run(uint64_t budget_ms)
{
    struct signum_operation operation = {.kind = SIGNUM_OPERATION_INFO};

    return fixture_client_run(&fixture, &operation, budget_ms);
}

static void
test_several_requests(void **state)
{
    (void)state;
    signum_fake_respond(fake, 200, "request");
    signum_fake_respond(fake, 200, "request");
    signum_fake_respond(fake, 200, "done");
    check_status(run(1000), SIGNUM_OK);
    assert_int_equal(fake->request_count, 3);
    assert_string_equal(fake->requests[0].url, "https://sign.test/0/");
    assert_string_equal(fake->requests[1].url, "https://sign.test/1/m");
    assert_string_equal(fake->requests[2].url, "https://sign.test/2/mm");
    assert_int_equal(fake->slept_ms, 0);
}

static void
test_wait(void **state)
{
    (void)state;
    signum_fake_respond(fake, 200, "wait 2000");
    signum_fake_respond(fake, 200, "wait 500");
    signum_fake_respond(fake, 200, "done");
    check_status(run(10000), SIGNUM_OK);
    assert_int_equal(fake->slept_ms, 2500);
    assert_int_equal(fake->requests[1].timeout_ms, 8000);
    assert_int_equal(fake->requests[2].timeout_ms, 7500);
    assert_int_equal(fixture.result.wait_ms, 0);
}

static void
test_wait_beyond_the_budget(void **state)
{
    (void)state;
    signum_fake_respond(fake, 200, "wait 9999");
    signum_fake_respond(fake, 200, "wait 1");
    check_status(run(10000), SIGNUM_APPROVAL_PENDING);
    assert_int_equal(fake->request_count, 2);
    assert_int_equal(fake->slept_ms, 9999);
    check_status(fixture.report.status, SIGNUM_APPROVAL_PENDING);
}

/* A retry repeats the step that failed, with what the adapter knew before it. */
static void
test_retry_of_one_step(void **state)
{
    (void)state;
    signum_fake_respond(fake, 200, "request");
    signum_fake_respond(fake, 503, "");
    signum_fake_respond(fake, 200, "request");
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    signum_fake_respond(fake, 200, "done");
    check_status(run(10000), SIGNUM_OK);
    assert_int_equal(fake->request_count, 6);
    assert_string_equal(fake->requests[1].url, "https://sign.test/1/m");
    assert_string_equal(fake->requests[2].url, "https://sign.test/1/m");
    assert_string_equal(fake->requests[3].url, "https://sign.test/2/mm");
    assert_string_equal(fake->requests[5].url, "https://sign.test/2/mm");
}

static void
test_failure_ends_the_operation(void **state)
{
    (void)state;
    signum_fake_respond(fake, 200, "request");
    signum_fake_respond(fake, 500, "");
    signum_fake_respond(fake, 200, "done");
    check_status(run(10000), SIGNUM_SERVICE_ERROR);
    assert_int_equal(fake->request_count, 2);
}

static void
test_exactly_as_many_steps_as_allowed(void **state)
{
    (void)state;
    for (int i = 1; i < SIGNUM_CLIENT_STEPS_MAX; i++)
        signum_fake_respond(fake, 200, "request");
    signum_fake_respond(fake, 200, "done");
    check_status(run(10000), SIGNUM_OK);
    assert_int_equal(fake->request_count, SIGNUM_CLIENT_STEPS_MAX);
}

static void
test_too_many_steps(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNUM_CLIENT_STEPS_MAX; i++)
        signum_fake_respond(fake, 200, "request");
    check_status(run(10000), SIGNUM_PROTOCOL);
    assert_int_equal(fake->request_count, SIGNUM_CLIENT_STEPS_MAX);
    check_status(fixture.report.status, SIGNUM_PROTOCOL);
}

/* Who has asked often enough stops asking; what he waits for may still come. */
static void
test_too_many_waits(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNUM_CLIENT_STEPS_MAX; i++)
        signum_fake_respond(fake, 200, "wait 0");
    check_status(run(10000), SIGNUM_APPROVAL_PENDING);
    assert_int_equal(fake->request_count, SIGNUM_CLIENT_STEPS_MAX);
}

static void
test_compose_failure(void **state)
{
    (void)state;
    compose_failure = SIGNUM_NOT_SUPPORTED;
    check_status(run(10000), SIGNUM_NOT_SUPPORTED);
    assert_int_equal(fake->request_count, 0);
    check_status(fixture.report.status, SIGNUM_NOT_SUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_several_requests),
        TEST(test_wait),
        TEST(test_wait_beyond_the_budget),
        TEST(test_retry_of_one_step),
        TEST(test_failure_ends_the_operation),
        TEST(test_exactly_as_many_steps_as_allowed),
        TEST(test_too_many_steps),
        TEST(test_too_many_waits),
        TEST(test_compose_failure),
    };

    return cmocka_run_group_tests_name("client_steps", tests, NULL, NULL);
}
