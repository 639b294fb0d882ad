#include "fixture_check.h"

#include <stdio.h>
#include <string.h>

#include "fixture_json.h"
#include "fixture_local.h"

/* The list of keys: its order, its pages, what it costs, and services that do it wrong. */

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
    fixture_service_add(remote, "Anna", FIXTURE_P384, 0);
    fixture_service_add(remote, "a", FIXTURE_P521, 0);
    fixture_service_add(remote, "curve2", FIXTURE_P256, 1);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    fixture_local_clear(&local);
    return 0;
}

static void
check_list(void)
{
    static const char *const expected[] = {"Anna", "a", "curve", "curve2", "zebra"};
    struct signum_key **keys = NULL;
    size_t count = 0;

    check_status(signum_service_list_keys(local.service, &keys, &count, &local.report), SIGNUM_OK);
    assert_int_equal(count, COUNT_OF(expected));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(signum_key_name(keys[i]), expected[i]);
    signum_key_list_free(&keys, &count);
}

static void
check_refused(enum signum_status expected)
{
    struct signum_key **keys = (struct signum_key **)&local;
    size_t count = 9;

    check_status(signum_service_list_keys(local.service, &keys, &count, &local.report), expected);
    assert_null(keys);
    assert_int_equal(count, 0);
    check_status(local.report.status, expected);
    assert_true(local.report.text.len > 0);
}

static void
test_known_list_costs_nothing(void **state)
{
    struct signum_key *key = NULL;

    (void)state;
    check_list();
    assert_int_equal(remote->lists, 1);
    check_list();
    check_status(signum_service_find_key(local.service, "curve", &key, &local.report), SIGNUM_OK);
    signum_key_unref(&key);
    assert_int_equal(fixture_service_requests(remote), 1);
    fake->now_ms += SIGNUM_CATALOGUE_FRESH_MS;
    check_list();
    assert_int_equal(remote->lists, 2);
}

static void
test_single_keys_are_no_list(void **state)
{
    struct signum_key *key = NULL;

    (void)state;
    check_status(signum_service_find_key(local.service, "curve", &key, &local.report), SIGNUM_OK);
    signum_key_unref(&key);
    check_list();
    assert_int_equal(remote->gets, 1);
    assert_int_equal(remote->lists, 1);
}

static void
test_pages(void **state)
{
    (void)state;
    remote->page = 2;
    check_list();
    assert_int_equal(remote->lists, 3);
    assert_non_null(strstr(fake->requests[0].url, "/v1/keys?limit=1000"));
    assert_null(strstr(fake->requests[0].url, "after"));
    assert_non_null(strstr(fake->requests[1].url, "&after=2"));
    assert_non_null(strstr(fake->requests[2].url, "&after=4"));
    check_list();
    assert_int_equal(remote->lists, 3);
}

static void
test_no_keys_is_a_list(void **state)
{
    struct signum_key **keys = NULL;
    size_t count = 9;

    (void)state;
    remote->key_count = 0;
    for (int i = 0; i < 2; i++) {
        check_status(signum_service_list_keys(local.service, &keys, &count, &local.report),
                     SIGNUM_OK);
        assert_int_equal(count, 0);
        signum_key_list_free(&keys, &count);
    }
    assert_int_equal(remote->lists, 1);
}

/* Empty pages that always promise another one. */
static void
test_empty_pages_are_refused(void **state)
{
    char body[64];

    (void)state;
    signum_fake_respond_by(fake, NULL, NULL);
    for (int i = 0; i < 50; i++) {
        snprintf(body, sizeof body, "{\"keys\":[],\"next\":\"more%d\"}", i);
        signum_fake_respond(fake, 200, body);
    }
    check_refused(SIGNUM_PROTOCOL);
    assert_int_equal(fake->request_count, 33);
}

/* The next page is the one that was just asked for. */
static void
test_pages_in_a_circle_are_refused(void **state)
{
    (void)state;
    signum_fake_respond_by(fake, NULL, NULL);
    for (int i = 0; i < 5; i++)
        signum_fake_respond(fake, 200, "{\"keys\":[],\"next\":\"more\"}");
    check_refused(SIGNUM_PROTOCOL);
    assert_int_equal(fake->request_count, 2);
}

/* A page on which there is no key of a kind that this version knows is not the end. */
static void
test_page_of_unknown_kinds(void **state)
{
    static const char unknown[] =
        "{\"keys\":[{\"name\":\"pq\",\"id\":\"1\",\"algorithm\":\"ml-dsa\",\"state\":\"enabled\","
        "\"version\":1,\"spki\":\"Zm9v\",\"chain\":[]}],\"next\":\"2\"}";
    struct signum_key **keys = NULL;
    struct signum_buf page;
    size_t count = 0;

    (void)state;
    signum_buf_init(&page, 1u << 16);
    cJSON *body = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(body, "keys"),
                         fixture_key_json(FIXTURE_P256, 0, "curve"));
    fixture_json_print(body, &page);
    signum_fake_respond_by(fake, NULL, NULL);
    signum_fake_respond(fake, 200, unknown);
    signum_fake_respond(fake, 200, signum_buf_text(&page));
    check_status(signum_service_list_keys(local.service, &keys, &count, &local.report), SIGNUM_OK);
    assert_int_equal(count, 1);
    signum_key_list_free(&keys, &count);
    signum_buf_clear(&page);
}

/* The keys of a list are checked when they are opened: one bad key does not hide the others. */
static void
test_bad_key_of_a_list(void **state)
{
    struct signum_key **keys = NULL;
    struct signum_key *key = NULL;
    struct signum_buf page;
    size_t count = 0;

    (void)state;
    signum_buf_init(&page, 1u << 16);
    cJSON *body = cJSON_CreateObject();
    cJSON *array = cJSON_AddArrayToObject(body, "keys");
    cJSON *bad = fixture_key_json(FIXTURE_P256, 0, "curve");
    cJSON *other = fixture_key_json(FIXTURE_P256, 1, "other");
    cJSON_ReplaceItemInObject(bad, "spki",
                              cJSON_Duplicate(cJSON_GetObjectItem(other, "spki"), true));
    cJSON_AddItemToArray(array, bad);
    cJSON_AddItemToArray(array, other);
    fixture_json_print(body, &page);
    signum_fake_respond_by(fake, NULL, NULL);
    signum_fake_respond(fake, 200, signum_buf_text(&page));
    check_status(signum_service_list_keys(local.service, &keys, &count, &local.report), SIGNUM_OK);
    assert_int_equal(count, 2);
    signum_key_list_free(&keys, &count);
    check_status(signum_service_find_key(local.service, "other", &key, &local.report), SIGNUM_OK);
    signum_key_unref(&key);
    assert_int_equal(fake->request_count, 1);

    /* the service is asked again for the bad one: it may have been put right */
    cJSON *still_bad = fixture_key_json(FIXTURE_P256, 0, "curve");
    cJSON *swapped = fixture_key_json(FIXTURE_P256, 1, "curve");
    cJSON_ReplaceItemInObject(still_bad, "spki",
                              cJSON_Duplicate(cJSON_GetObjectItem(swapped, "spki"), true));
    signum_buf_clear(&page);
    fixture_json_print(still_bad, &page);
    signum_fake_respond(fake, 200, signum_buf_text(&page));
    check_status(signum_service_find_key(local.service, "curve", &key, &local.report),
                 SIGNUM_PROTOCOL);
    assert_null(key);
    assert_null(signum_fake_request_header(&fake->requests[1], "If-None-Match"));
    signum_buf_clear(&page);
    fixture_json_print(swapped, &page);
    signum_fake_respond(fake, 200, signum_buf_text(&page));
    check_status(signum_service_find_key(local.service, "curve", &key, &local.report), SIGNUM_OK);
    signum_key_unref(&key);
    signum_buf_clear(&page);
}

/* The second page fails: no half list, now or later. */
static void
test_failure_in_the_middle(void **state)
{
    (void)state;
    remote->page = 2;
    fake->call_count = 0;
    fake->fail_at = 2; /* the second request */
    fake->fail_status = SIGNUM_TLS;
    check_refused(SIGNUM_TLS);
    assert_int_equal(remote->lists, 1);
    fake->fail_at = 0;
    check_list();
    assert_int_equal(remote->lists, 1 + 3);
}

static void
test_refusals(void **state)
{
    (void)state;
    signum_fake_respond_by(fake, NULL, NULL);
    signum_fake_respond(fake, 403, "{\"code\":\"denied\"}");
    check_refused(SIGNUM_DENIED);
    signum_fake_respond(fake, 200, "{\"keys\":7}");
    check_refused(SIGNUM_PROTOCOL);
    assert_int_equal(fake->request_count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_known_list_costs_nothing),
        TEST(test_single_keys_are_no_list),
        TEST(test_pages),
        TEST(test_no_keys_is_a_list),
        TEST(test_empty_pages_are_refused),
        TEST(test_pages_in_a_circle_are_refused),
        TEST(test_page_of_unknown_kinds),
        TEST(test_bad_key_of_a_list),
        TEST(test_failure_in_the_middle),
        TEST(test_refusals),
    };

    return cmocka_run_group_tests_name("service_list", tests, NULL, NULL);
}
