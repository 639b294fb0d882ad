#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/config.h"
#include "support/fake_ports.h"

#define MACHINE "/etc/signum/signum.json"
#define USER "/home/tester/.config/signum/signum.json"

static struct signum_fake fake;
static struct signum_settings settings;
static struct signum_buf cause;

static int
set_up(void **state)
{
    (void)state;
    signum_fake_init(&fake);
    signum_settings_init(&settings);
    signum_buf_init(&cause, 4096);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_settings_clear(&settings);
    signum_buf_clear(&cause);
    signum_fake_clear(&fake);
    return 0;
}

static enum signum_status
load(void)
{
    signum_settings_clear(&settings);
    signum_buf_clear(&cause);
    return signum_config_load(&fake.ports.settings, &settings, &cause);
}

/* Loads and expects BAD_SETTINGS with both texts in the cause. */
static void
expect_refused(const char *where, const char *why)
{
    assert_int_equal(load(), SIGNUM_BAD_SETTINGS);
    const char *text = signum_buf_text(&cause);
    if (strstr(text, where) == NULL || strstr(text, why) == NULL)
        fail_msg("the cause is: %s", text);
    assert_int_equal(settings.service_count, 0);
}

static void
test_nothing_set_gives_the_defaults(void **state)
{
    (void)state;
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.service_count, 0);
    assert_int_equal(settings.timeout_ms, 30000);
    assert_int_equal(settings.log_level, SIGNUM_LOG_INFO);
    assert_true(settings.is_sha1_allowed);
    assert_false(settings.is_delete_allowed);
    assert_string_equal(signum_buf_text(&settings.log_file), "");
    assert_int_equal(cause.len, 0);
}

static void
test_whole_file(void **state)
{
    (void)state;
    signum_fake_set_file(
        &fake, USER,
        "{\"default_service\":\"b\",\"timeout_ms\":5000,\"log_file\":\"/l\",\"log_level\":"
        "\"debug\",\"allow_sha1\":false,\"allow_delete\":true,\"services\":{"
        "\"a\":{\"url\":\"https://a.test/\"},"
        "\"b\":{\"url\":\"https://b.test:8443\",\"protocol\":\"other\",\"ca_file\":\"/ca.pem\","
        "\"auth\":{\"method\":\"m\",\"token_file\":\"/t\"}}}}");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.service_count, 2);
    assert_int_equal(settings.default_service, 1);
    assert_int_equal(settings.timeout_ms, 5000);
    assert_int_equal(settings.log_level, SIGNUM_LOG_DEBUG);
    assert_false(settings.is_sha1_allowed);
    assert_true(settings.is_delete_allowed);
    assert_string_equal(signum_buf_text(&settings.log_file), "/l");
    const struct signum_service_settings *a = &settings.services[0];
    const struct signum_service_settings *b = &settings.services[1];
    assert_string_equal(signum_buf_text(&a->name), "a");
    assert_string_equal(signum_buf_text(&a->url), "https://a.test");
    assert_string_equal(signum_buf_text(&a->protocol), "signum");
    assert_string_equal(signum_buf_text(&a->auth[SIGNUM_AUTH_METHOD]), "token");
    assert_string_equal(signum_buf_text(&a->auth[SIGNUM_AUTH_TOKEN_FILE]), "");
    assert_string_equal(signum_buf_text(&b->url), "https://b.test:8443");
    assert_string_equal(signum_buf_text(&b->protocol), "other");
    assert_string_equal(signum_buf_text(&b->ca_file), "/ca.pem");
    assert_string_equal(signum_buf_text(&b->auth[SIGNUM_AUTH_METHOD]), "m");
    assert_string_equal(signum_buf_text(&b->auth[SIGNUM_AUTH_TOKEN_FILE]), "/t");
}

static void
test_stronger_layers_win_field_by_field(void **state)
{
    (void)state;
    signum_fake_set_file(&fake, MACHINE,
                         "{\"timeout_ms\":1,\"log_file\":\"/machine\",\"services\":{\"main\":{"
                         "\"url\":\"https://machine.test\",\"ca_file\":\"/machine.pem\"}}}");
    signum_fake_set_file(&fake, USER,
                         "{\"timeout_ms\":2,\"services\":{\"main\":{\"url\":"
                         "\"https://user.test\"}}}");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.timeout_ms, 2);
    assert_string_equal(signum_buf_text(&settings.log_file), "/machine");
    assert_string_equal(signum_buf_text(&settings.services[0].url), "https://user.test");
    assert_string_equal(signum_buf_text(&settings.services[0].ca_file), "/machine.pem");

    signum_fake_set_variable(&fake, "SIGNUM_TIMEOUT_MS", "3");
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL", "https://variable.test///");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.service_count, 1);
    assert_int_equal(settings.timeout_ms, 3);
    assert_string_equal(signum_buf_text(&settings.services[0].url), "https://variable.test");
}

static void
test_every_variable(void **state)
{
    (void)state;
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL", "https://v.test");
    signum_fake_set_variable(&fake, "SIGNUM_PROTOCOL", "p");
    signum_fake_set_variable(&fake, "SIGNUM_CA_FILE", "/c");
    signum_fake_set_variable(&fake, "SIGNUM_AUTH_METHOD", "m");
    signum_fake_set_variable(&fake, "SIGNUM_TOKEN", "secret");
    signum_fake_set_variable(&fake, "SIGNUM_TOKEN_FILE", "/t");
    signum_fake_set_variable(&fake, "SIGNUM_TOKEN_STORE", "s");
    signum_fake_set_variable(&fake, "SIGNUM_TIMEOUT_MS", "77");
    signum_fake_set_variable(&fake, "SIGNUM_LOG_FILE", "/l");
    signum_fake_set_variable(&fake, "SIGNUM_LOG_LEVEL", "error");
    signum_fake_set_variable(&fake, "SIGNUM_ALLOW_SHA1", "0");
    signum_fake_set_variable(&fake, "SIGNUM_ALLOW_DELETE", "1");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.service_count, 1);
    const struct signum_service_settings *main_service = &settings.services[0];
    assert_string_equal(signum_buf_text(&main_service->name), "main");
    assert_string_equal(signum_buf_text(&main_service->url), "https://v.test");
    assert_string_equal(signum_buf_text(&main_service->protocol), "p");
    assert_string_equal(signum_buf_text(&main_service->ca_file), "/c");
    assert_string_equal(signum_buf_text(&main_service->auth[SIGNUM_AUTH_METHOD]), "m");
    assert_string_equal(signum_buf_text(&main_service->auth[SIGNUM_AUTH_TOKEN]), "secret");
    assert_true(main_service->auth[SIGNUM_AUTH_TOKEN].is_secret);
    assert_string_equal(signum_buf_text(&main_service->auth[SIGNUM_AUTH_TOKEN_FILE]), "/t");
    assert_string_equal(signum_buf_text(&main_service->auth[SIGNUM_AUTH_TOKEN_STORE]), "s");
    assert_int_equal(settings.timeout_ms, 77);
    assert_string_equal(signum_buf_text(&settings.log_file), "/l");
    assert_int_equal(settings.log_level, SIGNUM_LOG_ERROR);
    assert_false(settings.is_sha1_allowed);
    assert_true(settings.is_delete_allowed);
}

static void
test_variables_without_a_service(void **state)
{
    (void)state;
    signum_fake_set_variable(&fake, "SIGNUM_TOKEN", "secret");
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL", "");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.service_count, 0);
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL", "https://v.test");
    signum_fake_set_variable(&fake, "SIGNUM_DEFAULT_SERVICE", "mine");
    assert_int_equal(load(), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&settings.services[0].name), "mine");
}

static void
test_only_the_strongest_credential_counts(void **state)
{
    (void)state;
    signum_fake_set_file(&fake, MACHINE,
                         "{\"services\":{\"main\":{\"url\":\"https://m.test\",\"auth\":{"
                         "\"token_file\":\"/machine\"}}}}");
    signum_fake_set_file(&fake, USER,
                         "{\"services\":{\"main\":{\"auth\":{\"token_store\":\"mine\"}}}}");
    assert_int_equal(load(), SIGNUM_OK);
    assert_string_equal(signum_auth_setting(&settings.services[0], SIGNUM_AUTH_TOKEN_FILE), "");
    assert_string_equal(signum_auth_setting(&settings.services[0], SIGNUM_AUTH_TOKEN_STORE),
                        "mine");
    signum_fake_set_variable(&fake, "SIGNUM_TOKEN_FILE", "/variable");
    assert_int_equal(load(), SIGNUM_OK);
    assert_string_equal(signum_auth_setting(&settings.services[0], SIGNUM_AUTH_TOKEN_FILE),
                        "/variable");
    assert_string_equal(signum_auth_setting(&settings.services[0], SIGNUM_AUTH_TOKEN_STORE), "");
}

static void
test_signum_config_is_the_only_file(void **state)
{
    (void)state;
    signum_fake_set_file(&fake, MACHINE, "{\"timeout_ms\":1}");
    signum_fake_set_file(&fake, USER, "{\"log_file\":\"/user\"}");
    signum_fake_set_file(&fake, "/mine.json", "{\"log_level\":\"error\"}");
    signum_fake_set_variable(&fake, "SIGNUM_CONFIG", "/mine.json");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.timeout_ms, 30000);
    assert_int_equal(settings.log_file.len, 0);
    assert_int_equal(settings.log_level, SIGNUM_LOG_ERROR);
    signum_fake_set_variable(&fake, "SIGNUM_CONFIG", "/none.json");
    expect_refused("/none.json", "does not exist");
}

static void
test_default_service(void **state)
{
    (void)state;
    signum_fake_set_file(&fake, USER,
                         "{\"services\":{\"a\":{\"url\":\"https://a.test\"},\"b\":{\"url\":"
                         "\"https://b.test\"}}}");
    expect_refused("default_service", "several");
    signum_fake_set_variable(&fake, "SIGNUM_DEFAULT_SERVICE", "b");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.default_service, 1);
    signum_fake_set_variable(&fake, "SIGNUM_DEFAULT_SERVICE", "c");
    expect_refused("default_service: c", "no service of that name");
    signum_fake_set_variable(&fake, "SIGNUM_DEFAULT_SERVICE", NULL);
    signum_fake_set_file(&fake, MACHINE,
                         "{\"services\":{\"x\":{\"url\":\"https://x.test\"},\"main\":{\"url\":"
                         "\"https://main.test\"}}}");
    assert_int_equal(load(), SIGNUM_OK);
    assert_int_equal(settings.service_count, 4);
    assert_string_equal(
        signum_buf_text(&settings.services[settings.default_service].name), "main");
}

static void
test_bad_files(void **state)
{
    static const struct {
        const char *content;
        const char *where;
        const char *why;
    } rows[] = {
        {"", USER ": line 1", "JSON"},
        {"{", USER ": line 1", "JSON"},
        {"{\n\n\"timeout_ms\":1,,}", USER ": line 3", "JSON"},
        {"{} x", USER, "JSON"},
        {"[]", USER ": the file", "object"},
        {"1", USER ": the file", "object"},
        {"{\"timeout\":1}", USER ": timeout:", "no setting of that name"},
        {"{\"Timeout_ms\":1}", USER ": Timeout_ms", "no setting of that name"},
        {"{\"\":\"x\"}", USER, "no setting of that name"},
        {"{\"services.NAME.url\":\"https://x\"}", USER, "no setting of that name"},
        {"{\"services.NAME\":{\"url\":\"https://x\"}}", USER, "no setting of that name"},
        {"{\"services\":[]}", ": services:", "object"},
        {"{\"services\":{\"a\":1}}", ": services.a:", "object"},
        {"{\"services\":{\"a b\":{}}}", ": services:", "name"},
        {"{\"services\":{\"\":{}}}", ": services:", "name"},
        {"{\"services\":{\"a/b\":{}}}", ": services:", "name"},
        {"{\"services\":{\"a\":{}}}", "services: a", "url is missing"},
        {"{\"services\":{\"a\":{\"uri\":\"x\"}}}", ": services.a.uri:", "no setting"},
        {"{\"services\":{\"a\":{\"auth\":\"x\"}}}", ": services.a.auth:", "object"},
        {"{\"services\":{\"a\":{\"auth\":{\"token\":\"x\"}}}}", ": services.a.auth.token:",
         "no setting"},
        {"{\"services\":{\"a\":{\"url\":\"http://x\"}}}", ": services.a.url:", "https://"},
        {"{\"services\":{\"a\":{\"url\":7}}}", ": services.a.url:", "text"},
        {"{\"timeout_ms\":\"1\"}", ": timeout_ms:", "number"},
        {"{\"timeout_ms\":-1}", ": timeout_ms:", "number"},
        {"{\"timeout_ms\":1.5}", ": timeout_ms:", "number"},
        {"{\"timeout_ms\":0}", ": timeout_ms:", "number"},
        {"{\"timeout_ms\":3600001}", ": timeout_ms:", "number"},
        {"{\"timeout_ms\":1e300}", ": timeout_ms:", "number"},
        {"{\"allow_sha1\":1}", ": allow_sha1:", "true or false"},
        {"{\"allow_delete\":\"true\"}", ": allow_delete:", "true or false"},
        {"{\"log_level\":\"loud\"}", ": log_level:", "debug"},
        {"{\"log_file\":\"a\\nb\"}", ": log_file:", "control"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        signum_fake_set_file(&fake, USER, rows[i].content);
        expect_refused(rows[i].where, rows[i].why);
    }
}

static void
test_refused_and_large_files(void **state)
{
    (void)state;
    signum_fake_refuse_file(&fake, MACHINE, SIGNUM_IO);
    expect_refused(MACHINE, "refused by the fake");
    signum_fake_set_file(&fake, MACHINE, NULL);

    size_t len = SIGNUM_CONFIG_FILE_MAX + 1;
    char *large = malloc(len + 1);
    assert_non_null(large);
    memset(large, ' ', len);
    large[len] = 0;
    signum_fake_set_file(&fake, USER, large);
    free(large);
    expect_refused(USER, "larger than");
}

static void
test_deep_nesting_is_refused(void **state)
{
    char deep[4097];

    (void)state;
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    signum_fake_set_file(&fake, USER, deep);
    expect_refused(USER, "JSON");
}

static void
test_too_many_services(void **state)
{
    char text[4096] = "{\"services\":{";
    size_t len = strlen(text);

    (void)state;
    for (int i = 0; i <= SIGNUM_CONFIG_SERVICES_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\"s%d\":{\"url\":\"https://s\"}",
                                i == 0 ? "" : ",", i);
    (void)snprintf(text + len, sizeof text - len, "}}");
    signum_fake_set_file(&fake, USER, text);
    expect_refused(USER, "more than 16");
}

static void
test_bad_variables(void **state)
{
    static const char *const rows[][2] = {
        {"SIGNUM_TIMEOUT_MS", "x"},           {"SIGNUM_TIMEOUT_MS", "0"},
        {"SIGNUM_TIMEOUT_MS", " 5"},          {"SIGNUM_TIMEOUT_MS", "99999999999999999999"},
        {"SIGNUM_LOG_LEVEL", "INFO"},         {"SIGNUM_ALLOW_SHA1", "yes"},
        {"SIGNUM_SERVICE_URL", "http://x"},   {"SIGNUM_SERVICE_URL", "https://u:p@x"},
        {"SIGNUM_LOG_FILE", "a\x01"},         {"SIGNUM_ALLOW_DELETE", "on"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        signum_fake_set_variable(&fake, rows[i][0], rows[i][1]);
        expect_refused("variable", rows[i][0]);
        signum_fake_set_variable(&fake, rows[i][0], NULL);
    }
}

static void
test_secret_never_shows_in_the_cause(void **state)
{
    (void)state;
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL", "https://x.test");
    signum_fake_set_variable(&fake, "SIGNUM_TOKEN", "secret\x01");
    expect_refused("SIGNUM_TOKEN", "control");
    assert_null(strstr(signum_buf_text(&cause), "secret"));
}

static void
test_every_failing_call_is_reported(void **state)
{
    (void)state;
    signum_fake_set_file(&fake, USER, "{\"services\":{\"main\":{\"url\":\"https://m.test\"}}}");
    assert_int_equal(load(), SIGNUM_OK);
    size_t calls = fake.call_count;
    fake.fail_status = SIGNUM_NO_MEMORY;
    for (size_t i = 1; i <= calls; i++) {
        fake.call_count = 0;
        fake.fail_at = i;
        assert_int_equal(load(), SIGNUM_NO_MEMORY);
        assert_int_equal(settings.service_count, 0);
    }
}

static void
test_rows_are_complete(void **state)
{
    size_t count = 0;
    const struct signum_config_row *rows = signum_config_rows(&count);

    (void)state;
    assert_int_equal(count, 49);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strncmp(rows[i].variable, "SIGNUM_", 7), 0);
        assert_non_null(rows[i].path);
        assert_non_null(rows[i].fallback);
        assert_true(strlen(rows[i].help) > 10);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_set_gives_the_defaults),
        TEST(test_whole_file),
        TEST(test_stronger_layers_win_field_by_field),
        TEST(test_every_variable),
        TEST(test_variables_without_a_service),
        TEST(test_only_the_strongest_credential_counts),
        TEST(test_signum_config_is_the_only_file),
        TEST(test_default_service),
        TEST(test_bad_files),
        TEST(test_refused_and_large_files),
        TEST(test_deep_nesting_is_refused),
        TEST(test_too_many_services),
        TEST(test_bad_variables),
        TEST(test_secret_never_shows_in_the_cause),
        TEST(test_every_failing_call_is_reported),
        TEST(test_rows_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
