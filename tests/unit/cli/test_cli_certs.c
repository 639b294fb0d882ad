#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "fake_certs.h"
#include "fixture_cli.h"

/* certs sync over a certificate store in memory. */

static int
set_up(void **state)
{
    static struct fixture_cli fixture;
    fixture_cli_init(&fixture);
    fake_certs_reset();
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    fixture_cli_clear(*state);
    assert_int_equal(fake_certs.opened, 0);
    return 0;
}

static void
test_sync_adds_then_leaves_alone(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->err, "");
    assert_contains(fixture->out, "skipped    curve   it has no certificate\n");
    assert_contains(fixture->out, "added      release   ");
    assert_contains(fixture->out, "   CN=Example Ltd, ");
    assert_contains(fixture->out, "1 certificate in CurrentUser\\My; each key opens.\n");
    assert_false(fake_certs.is_machine);
    assert_string_equal(fake_certs.key, "release");
    assert_string_equal(fake_certs.friendly_name, "Signum KSP: release");
    assert_int_equal(fake_certs.put_count, 1);
    assert_int_equal(fake_certs.prove_count, 1);

    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture->out, "unchanged  release");
    assert_int_equal(fake_certs.prove_count, 2);
}

static void
test_sync_into_the_machine_store_with_json(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", "--machine", "--json", NULL),
                     SIGNUM_EXIT_OK);
    assert_true(fake_certs.is_machine);
    cJSON *json = fixture_cli_json(fixture);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "store")),
                        "LocalMachine\\My");
    const cJSON *list = cJSON_GetObjectItem(json, "certificates");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    const cJSON *item = cJSON_GetArrayItem(list, 1);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(item, "key")), "release");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(item, "change")), "added");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(item, "proved")));
    assert_int_equal(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(item, "thumbprint"))), 40);
    cJSON_Delete(json);
}

static void
test_a_key_that_does_not_open_is_a_failure(void **state)
{
    struct fixture_cli *fixture = *state;
    fake_certs.prove_status = SIGNUM_KEY_NOT_FOUND;
    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture->out, "FAILED");
    assert_lacks(fixture->out, "each key opens");
    assert_contains(fixture->err, "release: the fake key does not open; 'signum doctor'");
}

static void
test_a_certificate_that_is_not_stored_is_not_proved(void **state)
{
    struct fixture_cli *fixture = *state;
    fake_certs.put_status = SIGNUM_DENIED;
    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "the fake store is full");
    assert_int_equal(fake_certs.prove_count, 0);
}

static void
test_a_store_that_does_not_open_asks_no_service(void **state)
{
    struct fixture_cli *fixture = *state;
    fake_certs.open_status = SIGNUM_NOT_SUPPORTED;
    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "the fake store does not open; run this on the Windows machine");
    assert_int_equal(fixture->fake.request_count, 0);
}

static void
test_nothing_to_sync_is_a_failure(void **state)
{
    struct fixture_cli *fixture = *state;
    fixture->is_empty = true;
    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "no key that you may use has a certificate");
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", "old");
    assert_int_equal(fixture_cli_run(fixture, "certs", "sync", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "get a new token");
    assert_int_equal(fake_certs.put_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sync_adds_then_leaves_alone),
        TEST(test_sync_into_the_machine_store_with_json),
        TEST(test_a_key_that_does_not_open_is_a_failure),
        TEST(test_a_certificate_that_is_not_stored_is_not_proved),
        TEST(test_a_store_that_does_not_open_asks_no_service),
        TEST(test_nothing_to_sync_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
