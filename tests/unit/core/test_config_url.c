#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/config_internal.h"
#include "support/fake_ports.h"

static void
test_good_urls(void **state)
{
    static const char *const urls[] = {
        "https://sign.example.com",       "https://localhost:8443", "https://127.0.0.1:1",
        "https://[::1]:8443",             "https://[fe80::1]",      "https://h/base/path",
        "https://my_host-1.test:65535/a",
    };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        assert_null(signum_config_check_url(urls[i]));
}

static void
test_bad_urls(void **state)
{
    static const char *const urls[] = {
        "",
        "http://host",
        "HTTPS://host",
        "https:/host",
        "https://",
        "https:///path",
        "https://:8443",
        "https://user@host",
        "https://user:secret@host",
        "https://host?x=1",
        "https://host#part",
        "https://host:0",
        "https://host:65536",
        "https://host:99999999999999999999",
        "https://host:port",
        "https://host:",
        "https://host:/path",
        "https://ho st",
        "https://host\n",
        "https://h\xc3\xb6st",
        "https://host\\path",
        "https://ho;st",
        "https://[::1",
        "https://[]:8443",
        "https://[g::]:8443",
        "https://[::1]x",
        "file:///etc/passwd",
    };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        if (signum_config_check_url(urls[i]) == NULL)
            fail_msg("allowed: %s", urls[i]);
    }
}

/* Several of one service. */
static void
test_several_urls(void **state)
{
    struct signum_fake fake;
    struct signum_settings settings;
    struct signum_buf cause;

    (void)state;
    signum_fake_init(&fake);
    signum_buf_init(&cause, 4096);
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL",
                             "https://a.test/  https://b.test:8443 https://c.test//");
    assert_int_equal(signum_config_load(&fake.ports.settings, &settings, &cause), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&settings.services[0].url), "https://a.test");
    assert_string_equal(signum_buf_text(&settings.services[0].more_urls),
                        "https://b.test:8443 https://c.test");
    signum_settings_clear(&settings);
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL", "https://a.test http://b.test");
    assert_int_equal(signum_config_load(&fake.ports.settings, &settings, &cause),
                     SIGNUM_BAD_SETTINGS);
    assert_non_null(strstr(signum_buf_text(&cause), "https://"));
    signum_fake_set_variable(&fake, "SIGNUM_SERVICE_URL",
                             "https://a https://a https://a https://a https://a https://a "
                             "https://a https://a https://a");
    assert_int_equal(signum_config_load(&fake.ports.settings, &settings, &cause),
                     SIGNUM_BAD_SETTINGS);
    signum_buf_clear(&cause);
    signum_fake_clear(&fake);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_urls),
        cmocka_unit_test(test_bad_urls),
        cmocka_unit_test(test_several_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
