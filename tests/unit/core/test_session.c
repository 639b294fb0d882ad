#include "fixture_check.h"

#include <string.h>

#include "core/session.h"
#include "fixture_service.h"

/* Which service a name means, and what is said when the settings are missing or wrong. */

#define TWO_SERVICES                                                                               \
    "{\"default_service\":\"main\",\"timeout_ms\":1234,\"log_level\":\"error\","                   \
    "\"log_file\":\"/var/log/x.log\",\"services\":{"                                               \
    "\"main\":{\"url\":\"https://main.test\",\"auth\":{\"token_file\":\"/token\"}},"               \
    "\"lab\":{\"url\":\"https://lab.test\",\"auth\":{\"token_file\":\"/token\"}}}}"

static struct signum_fake fake;
static struct fixture_service remote;
static struct signum_session *session;
static struct signum_report report;

static int
setup(void **state)
{
    (void)state;
    signum_fake_init(&fake);
    fake.user_path = "/home/u/signum.json";
    signum_fake_set_file(&fake, "/token", "secret-token\n");
    fixture_service_attach(&remote, &fake);
    signum_report_init(&report);
    session = NULL;
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_session_free(&session);
    signum_report_clear(&report);
    signum_fake_clear(&fake);
    return 0;
}

static void
open_with(const char *file)
{
    signum_fake_set_file(&fake, fake.user_path, file);
    check_status(signum_session_open(&fake.ports, &session, &report), SIGNUM_OK);
    assert_int_equal(fixture_service_requests(&remote), 0);
}

static void
check_resolve(const char *full_name, const char *service, const char *key_name)
{
    struct signum_service *found = NULL;
    const char *rest = NULL;

    check_status(signum_session_resolve(session, full_name, &found, &rest, &report), SIGNUM_OK);
    assert_string_equal(signum_service_name(found), service);
    assert_string_equal(rest, key_name);
    assert_true(rest >= full_name && rest <= full_name + strlen(full_name)); /* borrowed */
}

static void
check_unresolved(const char *full_name, enum signum_status expected)
{
    struct signum_service *found = (struct signum_service *)&fake;
    const char *rest = "x";

    check_status(signum_session_resolve(session, full_name, &found, &rest, &report), expected);
    assert_null(found);
    assert_null(rest);
    check_status(report.status, expected);
    assert_true(report.text.len > 0);
}

static void
test_settings_are_taken(void **state)
{
    (void)state;
    open_with(TWO_SERVICES);
    assert_int_equal(signum_session_settings(session)->timeout_ms, 1234);
    assert_int_equal(signum_session_log(session)->level, SIGNUM_LOG_ERROR);
    assert_string_equal(fake.log_path, "/var/log/x.log");
    assert_int_equal(signum_session_service_count(session), 2);
    assert_non_null(signum_session_service(session, 0));
    assert_non_null(signum_session_service(session, 1));
    assert_null(signum_session_service(session, 2));
    assert_null(signum_session_service(session, SIZE_MAX));
    assert_int_equal(fake.transports_open, 2);
    signum_session_free(&session);
    assert_null(session);
    assert_int_equal(fake.transports_open, 0);
    signum_session_free(&session);
}

static void
test_resolve(void **state)
{
    (void)state;
    open_with(TWO_SERVICES);
    check_resolve("release", "main", "release");
    check_resolve("main/release", "main", "release");
    check_resolve("lab/release", "lab", "release");
    check_resolve("lab/a/b", "lab", "a/b");
    check_resolve("lab/", "lab", ""); /* no key has that name: the service says so */
    check_resolve("", "main", "");
    check_unresolved("la/release", SIGNUM_KEY_NOT_FOUND);
    check_unresolved("labo/release", SIGNUM_KEY_NOT_FOUND);
    check_unresolved("Lab/release", SIGNUM_KEY_NOT_FOUND);
    check_unresolved("/release", SIGNUM_KEY_NOT_FOUND);
}

static void
check_full_name(const char *full_name)
{
    struct signum_service *service = NULL;
    const char *key_name = NULL;
    struct signum_buf out;

    check_status(signum_session_resolve(session, full_name, &service, &key_name, &report),
                 SIGNUM_OK);
    signum_buf_init(&out, 100);
    signum_session_put_full_name(session, service, key_name, &out);
    check_text(&out, full_name);
    signum_buf_clear(&out);
}

/* What a name means is named so again. */
static void
test_full_names_come_back(void **state)
{
    (void)state;
    open_with(TWO_SERVICES);
    check_full_name("release");
    check_full_name("lab/release");
}

static void
test_default_may_be_another(void **state)
{
    struct signum_buf out;

    (void)state;
    signum_fake_set_variable(&fake, "SIGNUM_DEFAULT_SERVICE", "lab");
    open_with(TWO_SERVICES);
    check_resolve("release", "lab", "release");
    check_full_name("main/release");
    signum_buf_init(&out, 3);
    struct signum_service *lab = NULL;
    const char *name = NULL;
    check_status(signum_session_resolve(session, "main/k", &lab, &name, &report), SIGNUM_OK);
    signum_session_put_full_name(session, lab, name, &out); /* no room for it */
    check_status(signum_buf_status(&out), SIGNUM_TOO_LARGE);
    signum_buf_clear(&out);
}

/* A request goes to the service that was named, with its own credential and its own budget. */
static void
test_services_are_apart(void **state)
{
    struct signum_service *service = NULL;
    struct signum_key *key = NULL;
    const char *name = NULL;

    (void)state;
    open_with(TWO_SERVICES);
    fixture_service_add(&remote, "release", FIXTURE_P256, 0);
    check_status(
        signum_session_resolve(session, "lab/release", &service, &name, &report), SIGNUM_OK);
    check_status(signum_service_find_key(service, name, &key, &report), SIGNUM_OK);
    signum_key_unref(&key);
    assert_string_equal(fake.requests[0].url, "https://lab.test/v1/keys/release");
    assert_int_equal(fake.requests[0].timeout_ms, 1234);
    assert_string_equal(signum_fake_request_header(&fake.requests[0], "Authorization"),
                        "Bearer secret-token");
    check_status(signum_session_resolve(session, "release", &service, &name, &report), SIGNUM_OK);
    check_status(signum_service_find_key(service, name, &key, &report), SIGNUM_OK);
    signum_key_unref(&key);
    assert_string_equal(fake.requests[1].url, "https://main.test/v1/keys/release");
}

static void
test_no_settings(void **state)
{
    (void)state;
    check_status(signum_session_open(&fake.ports, &session, &report), SIGNUM_OK);
    assert_int_equal(signum_session_service_count(session), 0);
    assert_null(signum_session_service(session, 0));
    check_unresolved("release", SIGNUM_BAD_SETTINGS);
    assert_non_null(strstr(signum_buf_text(&report.text), "SIGNUM_SERVICE_URL"));
    check_unresolved("main/release", SIGNUM_BAD_SETTINGS);
}

static void
check_open_refused(const char *file, enum signum_status expected, const char *cause)
{
    struct signum_session *refused = (struct signum_session *)&fake;

    signum_fake_set_file(&fake, fake.user_path, file);
    check_status(signum_session_open(&fake.ports, &refused, &report), expected);
    assert_null(refused);
    check_status(report.status, expected);
    if (strstr(signum_buf_text(&report.text), cause) == NULL)
        fail_msg("the report is: %s", signum_buf_text(&report.text));
    assert_int_equal(fake.transports_open, 0);
}

static void
test_bad_settings(void **state)
{
    (void)state;
    check_open_refused("{", SIGNUM_BAD_SETTINGS, "/home/u/signum.json");
    check_open_refused("{\"surprise\":1}", SIGNUM_BAD_SETTINGS, "surprise");
    check_open_refused("{\"timeout_ms\":\"soon\"}", SIGNUM_BAD_SETTINGS, "timeout_ms");
    check_open_refused("{\"services\":{\"main\":{\"url\":\"https://a.test\","
                       "\"protocol\":\"telepathy\"}}}", SIGNUM_BAD_SETTINGS, "main");
    check_open_refused("{\"services\":{\"main\":{\"url\":\"https://a.test\","
                       "\"auth\":{\"method\":\"charm\"}}}}", SIGNUM_BAD_SETTINGS, "main");
}

/* The second service cannot be opened: the first is let go of. */
static void
test_all_services_or_none(void **state)
{
    (void)state;
    check_open_refused(
        "{\"default_service\":\"a\",\"services\":{\"a\":{\"url\":\"https://a.test\"},"
        "\"b\":{\"url\":\"https://b.test\",\"protocol\":\"telepathy\"}}}",
        SIGNUM_BAD_SETTINGS, "(service b)");
}

static void
test_variables_alone(void **state)
{
    (void)state;
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL", "https://env.test");
    signum_fake_set_variable(&fake, "SIGNUM_TOKEN", "t");
    check_status(signum_session_open(&fake.ports, &session, &report), SIGNUM_OK);
    assert_int_equal(signum_session_service_count(session), 1);
    assert_string_equal(signum_service_url(signum_session_service(session, 0)), "https://env.test");
    check_resolve("release", signum_service_name(signum_session_service(session, 0)), "release");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_settings_are_taken),
        TEST(test_resolve),
        TEST(test_full_names_come_back),
        TEST(test_default_may_be_another),
        TEST(test_services_are_apart),
        TEST(test_no_settings),
        TEST(test_bad_settings),
        TEST(test_all_services_or_none),
        TEST(test_variables_alone),
    };

    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
