#include "fixture_check.h"

#include <string.h>

#include "fixture_local.h"

/* What a service knows of single keys, and what it asks. */

static struct fixture_local local;
static struct signum_fake *const fake = &local.fake;
static struct fixture_service *const remote = &local.remote;

static int
setup(void **state)
{
    (void)state;
    fixture_local_init(&local);
    fixture_service_add(remote, "zebra", FIXTURE_RSA_2048, 0);
    fixture_service_add(remote, "curve", FIXTURE_P256, 0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    fixture_local_clear(&local);
    return 0;
}

static struct signum_key *
find(const char *name)
{
    struct signum_key *key = NULL;

    check_status(signum_service_find_key(local.service, name, &key, &local.report), SIGNUM_OK);
    assert_non_null(key);
    assert_string_equal(signum_key_name(key), name);
    return key;
}

static void
check_missing(const char *name, enum signum_status expected)
{
    struct signum_key *key = (struct signum_key *)&fake;

    check_status(signum_service_find_key(local.service, name, &key, &local.report), expected);
    assert_null(key);
    check_status(local.report.status, expected);
    assert_true(local.report.text.len > 0);
}

static void
test_open_costs_nothing(void **state)
{
    (void)state;
    assert_int_equal(fixture_service_requests(remote), 0);
    assert_string_equal(signum_service_name(local.service), "main");
    assert_string_equal(signum_service_url(local.service), "https://sign.test");
    assert_int_equal(fake->transports_open, 1);
    signum_service_free(&local.service);
    assert_null(local.service);
    assert_int_equal(fake->transports_open, 0);
    signum_service_free(&local.service);
}

static void
check_open_refused(enum signum_status expected)
{
    struct signum_service *other = local.service;

    check_status(signum_service_open(&fake->ports, &local.log, &local.settings.services[0], 1,
                     &other, &local.report),
        expected);
    assert_null(other);
    check_status(local.report.status, expected);
    assert_non_null(strstr(signum_buf_text(&local.report.text), "main"));
    assert_int_equal(fake->transports_open, 1); /* that of setup() */
}

static void
test_open_with_bad_settings(void **state)
{
    struct signum_service_settings *main_service = &local.settings.services[0];

    (void)state;
    signum_buf_put_text(&main_service->protocol, "2");
    check_open_refused(SIGNUM_BAD_SETTINGS);
    signum_buf_clear(&main_service->protocol);
    check_open_refused(SIGNUM_BAD_SETTINGS);
    signum_buf_put_text(&main_service->protocol, "signum");
    signum_buf_put_text(&main_service->auth[SIGNUM_AUTH_METHOD], "s");
    check_open_refused(SIGNUM_BAD_SETTINGS);
    signum_buf_clear(&main_service->auth[SIGNUM_AUTH_METHOD]);
    signum_buf_put_text(&main_service->auth[SIGNUM_AUTH_METHOD], "token");
    fake->call_count = 0;
    fake->fail_at = 1;
    fake->fail_status = SIGNUM_TLS;
    check_open_refused(SIGNUM_TLS);
}

static void
test_trusted_authorities(void **state)
{
    struct signum_service *other = NULL;

    (void)state;
    assert_string_equal(fake->ca_file, "");
    signum_buf_put_text(&local.settings.services[0].ca_file, "/etc/ca.pem");
    check_status(signum_service_open(&fake->ports, &local.log, &local.settings.services[0], 1,
                     &other, &local.report),
        SIGNUM_OK);
    assert_string_equal(fake->ca_file, "/etc/ca.pem");
    signum_service_free(&other);
}

static void
test_known_key_costs_nothing(void **state)
{
    (void)state;
    struct signum_key *first = find("zebra");
    assert_int_equal(remote->gets, 1);
    for (int i = 0; i < 5; i++) {
        struct signum_key *again = find("zebra");
        assert_ptr_equal(again, first);
        signum_key_unref(&again);
    }
    assert_int_equal(fixture_service_requests(remote), 1);
    assert_string_equal(signum_fake_request_header(&fake->requests[0], "Authorization"),
                        "Bearer secret-token");
    signum_key_unref(&first);
}

static void
test_stale_key_is_asked_for_again(void **state)
{
    (void)state;
    struct signum_key *first = find("zebra");
    fake->now_ms += SIGNUM_CATALOGUE_FRESH_MS;
    remote->is_unchanged = true;
    struct signum_key *same = find("zebra");
    assert_int_equal(remote->gets, 2);
    assert_ptr_equal(same, first);
    signum_key_unref(&same);
    same = find("zebra"); /* fresh again by the 304 */
    assert_int_equal(remote->gets, 2);
    signum_key_unref(&same);

    fake->now_ms += SIGNUM_CATALOGUE_FRESH_MS;
    remote->is_unchanged = false;
    remote->keys[0].which = 1; /* the service has a new key of that name */
    struct signum_key *other = find("zebra");
    assert_int_equal(remote->gets, 3);
    assert_ptr_not_equal(other, first);
    signum_key_unref(&other);

    fake->now_ms += SIGNUM_CATALOGUE_FRESH_MS;
    remote->key_count = 0; /* and now none */
    check_missing("zebra", SIGNUM_KEY_NOT_FOUND);
    assert_int_equal(remote->gets, 4);
    signum_key_unref(&first);
}

static void
test_absent_is_believed_for_three_seconds(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        check_missing("nobody", SIGNUM_KEY_NOT_FOUND);
    assert_int_equal(remote->gets, 1);
    fake->now_ms += SIGNUM_CATALOGUE_ABSENT_MS - 1;
    check_missing("nobody", SIGNUM_KEY_NOT_FOUND);
    assert_int_equal(remote->gets, 1);
    fake->now_ms += 1;
    fixture_service_add(remote, "nobody", FIXTURE_P256, 1);
    struct signum_key *key = find("nobody");
    assert_int_equal(remote->gets, 2);
    signum_key_unref(&key);
}

static void
test_names_that_cannot_be(void **state)
{
    char name[SIGNUM_KEY_NAME_MAX + 2];

    (void)state;
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    check_missing("", SIGNUM_KEY_NOT_FOUND);
    check_missing(name, SIGNUM_KEY_NOT_FOUND);
    assert_int_equal(fixture_service_requests(remote), 0);
    name[SIGNUM_KEY_NAME_MAX] = 0;
    check_missing(name, SIGNUM_KEY_NOT_FOUND);
    assert_int_equal(remote->gets, 1);
}

/* A failure that says nothing about the key is not remembered as its absence. */
static void
test_failures_are_not_remembered(void **state)
{
    (void)state;
    signum_fake_respond_by(fake, NULL, NULL);
    signum_fake_respond(fake, 403, "{\"code\":\"denied\"}");
    check_missing("zebra", SIGNUM_DENIED);
    signum_fake_respond(fake, 500, "");
    check_missing("zebra", SIGNUM_SERVICE_ERROR);
    signum_fake_respond(fake, 404, ""); /* not from our service: a wrong URL perhaps */
    check_missing("zebra", SIGNUM_SERVICE_ERROR);
    assert_int_equal(fake->request_count, 3);
}

static void
test_info(void **state)
{
    struct signum_result result;

    (void)state;
    signum_result_init(&result);
    check_status(signum_service_info(local.service, &result, &local.report), SIGNUM_OK);
    check_text(&result.name, "fixture");
    check_text(&result.version, "9.9");
    assert_true(result.server_time == 1700000000);
    assert_int_equal(remote->infos, 1);
    signum_result_clear(&result);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_open_costs_nothing),
        TEST(test_open_with_bad_settings),
        TEST(test_trusted_authorities),
        TEST(test_known_key_costs_nothing),
        TEST(test_stale_key_is_asked_for_again),
        TEST(test_absent_is_believed_for_three_seconds),
        TEST(test_names_that_cannot_be),
        TEST(test_failures_are_not_remembered),
        TEST(test_info),
    };

    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
