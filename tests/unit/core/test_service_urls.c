#include "fixture_check.h"

#include <string.h>

#include "core/endpoints.h"
#include "fixture_local.h"

/* One service under several addresses. */

#define FIRST "https://a.test"
#define SECOND "https://b.test"

static struct signum_fake fake;
static struct fixture_service remote;
static struct signum_settings settings;
static struct signum_log logger;
static struct signum_service *service;
static struct signum_report report;
static struct signum_key *key;
static uint8_t digest_storage[64];

static const struct signum_sign_params ecdsa = {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256, 0};

/* Which addresses fail, and how. */
static struct {
    const char *dead;
    enum signum_status status;
    bool is_unsent;
    signum_fake_responder *real;
    void *real_context;
} network;

static enum signum_status
answer(void *context, const struct signum_fake_request *request,
       struct signum_http_response *response, struct signum_buf *cause)
{
    (void)context;
    if (network.dead != NULL && strncmp(request->url, network.dead, strlen(network.dead)) == 0) {
        response->is_unsent = network.is_unsent;
        signum_buf_put_text(cause, "dead");
        return network.status;
    }
    return network.real(network.real_context, request, response, cause);
}

static int
setup(void **state)
{
    struct signum_service_settings *own = &settings.services[0];

    (void)state;
    memset(&remote, 0, sizeof remote);
    memset(&network, 0, sizeof network);
    signum_fake_init(&fake);
    fixture_service_attach(&remote, &fake);
    fixture_service_add(&remote, "curve", FIXTURE_P256, 0);
    network.real = fake.responder;
    network.real_context = fake.responder_context;
    network.status = SIGNUM_NETWORK;
    network.is_unsent = true;
    fake.responder = answer;
    signum_report_init(&report);
    signum_settings_init(&settings);
    signum_buf_put_text(&own->name, "main");
    signum_buf_put_text(&own->url, FIRST);
    signum_buf_put_text(&own->more_urls, SECOND);
    signum_buf_put_text(&own->protocol, "signum");
    signum_buf_put_text(&own->auth[SIGNUM_AUTH_METHOD], "token");
    signum_buf_put_text(&own->auth[SIGNUM_AUTH_TOKEN], "secret-token");
    logger = (struct signum_log){fake.ports.log_sink, SIGNUM_LOG_DEBUG};
    check_status(signum_service_open(&fake.ports, &logger, own, 30000, &service, &report),
                 SIGNUM_OK);
    check_status(signum_service_find_key(service, "curve", &key, &report), SIGNUM_OK);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_key_unref(&key);
    signum_service_free(&service);
    signum_report_clear(&report);
    signum_settings_clear(&settings);
    signum_fake_clear(&fake);
    return 0;
}

static enum signum_status
sign(void)
{
    struct signum_buf signature;

    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    enum signum_status status =
        signum_service_sign(service, key, &ecdsa,
                            fixture_digest(SIGNUM_HASH_SHA256, 5, digest_storage), NULL,
                            &signature, &report);
    signum_buf_clear(&signature);
    return status;
}

/* Where the request went, counted from the last one. */
static const struct signum_fake_request *
last(size_t back)
{
    return &fake.requests[fake.request_count - 1 - back];
}

static bool
went_to(size_t back, const char *url)
{
    return strncmp(last(back)->url, url, strlen(url)) == 0;
}

static void
test_first_is_used(void **state)
{
    (void)state;
    check_status(sign(), SIGNUM_OK);
    assert_true(went_to(0, FIRST));
    assert_int_equal(fake.request_count, 2);
}

/* At once, with the same idempotency key; and the dead one is left alone for a while. */
static void
test_dead_one_is_passed_over(void **state)
{
    (void)state;
    network.dead = FIRST;
    size_t before = fake.request_count;
    uint64_t slept = fake.slept_ms;
    check_status(sign(), SIGNUM_OK);
    assert_int_equal(fake.request_count, before + 2);
    assert_int_equal(fake.slept_ms, slept);
    assert_true(went_to(1, FIRST));
    assert_true(went_to(0, SECOND));
    assert_non_null(strstr(last(0)->headers, "Idempotency-Key"));
    assert_string_equal(last(0)->headers, last(1)->headers);
    assert_string_equal(last(0)->body, last(1)->body);
    assert_true(signum_fake_is_logged(&fake, "going on at " SECOND));
    assert_false(signum_fake_is_logged(&fake, "secret-token"));

    check_status(sign(), SIGNUM_OK);
    assert_int_equal(fake.request_count, before + 3);
    assert_true(went_to(0, SECOND));

    network.dead = NULL;
    fake.now_ms += SIGNUM_ENDPOINT_REST_MS;
    check_status(sign(), SIGNUM_OK);
    assert_true(went_to(0, FIRST));
}

/* What may have been done there already is not asked for anywhere else. */
static void
test_seen_request_is_not_moved(void **state)
{
    (void)state;
    network.dead = FIRST;
    network.is_unsent = false;
    size_t before = fake.request_count;
    check_status(sign(), SIGNUM_NETWORK);
    assert_int_equal(fake.request_count, before + 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(went_to(i, FIRST));
}

/* Reading is harmless. */
static void
test_reading_is_moved(void **state)
{
    struct signum_result result;

    (void)state;
    network.dead = FIRST;
    network.is_unsent = false;
    signum_result_init(&result);
    check_status(signum_service_info(service, &result, &report), SIGNUM_OK);
    assert_true(went_to(0, SECOND));
    signum_result_clear(&result);
}

static void
test_refusals_stay(void **state)
{
    (void)state;
    network.dead = FIRST;
    network.status = SIGNUM_TLS;
    network.is_unsent = false;
    check_status(sign(), SIGNUM_TLS);
    assert_true(went_to(0, FIRST));
}

static void
test_all_dead(void **state)
{
    (void)state;
    network.dead = "https://";
    size_t before = fake.request_count;
    check_status(sign(), SIGNUM_NETWORK);
    /* the last one gets its usual tries */
    assert_int_equal(fake.request_count, before + 4);
    assert_true(went_to(3, FIRST));
    assert_true(went_to(2, SECOND));
    assert_non_null(strstr(signum_buf_text(&report.text), SECOND));
}

static void
test_order(void **state)
{
    struct signum_endpoints endpoints;
    size_t at = 0;

    (void)state;
    check_status(signum_endpoints_init(&endpoints, &settings.services[0]), SIGNUM_OK);
    assert_int_equal(endpoints.count, 2);
    assert_true(signum_endpoints_pick(&endpoints, 0, 0, &at));
    assert_string_equal(signum_endpoints_url(&endpoints, at), FIRST);
    signum_endpoints_note(&endpoints, 0, 1000, false);
    assert_true(signum_endpoints_pick(&endpoints, 1000, 0, &at));
    assert_int_equal(at, 1);
    assert_true(signum_endpoints_pick(&endpoints, 1000, 2, &at));
    assert_int_equal(at, 0);
    signum_endpoints_note(&endpoints, 1, 1000, false);
    assert_true(signum_endpoints_pick(&endpoints, 1000, 0, &at));
    assert_int_equal(at, 0);
    assert_false(signum_endpoints_pick(&endpoints, 1000, 3, &at));
    signum_endpoints_note(&endpoints, 1, 1000, true);
    assert_true(signum_endpoints_pick(&endpoints, 1000, 0, &at));
    assert_int_equal(at, 1);
    assert_true(signum_endpoints_pick(&endpoints, 1000 + SIGNUM_ENDPOINT_REST_MS, 0, &at));
    assert_int_equal(at, 0);
    signum_endpoints_clear(&endpoints);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_first_is_used),
        TEST(test_dead_one_is_passed_over),
        TEST(test_seen_request_is_not_moved),
        TEST(test_reading_is_moved),
        TEST(test_refusals_stay),
        TEST(test_all_dead),
        TEST(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
