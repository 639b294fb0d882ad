#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/config_internal.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_urls),
        cmocka_unit_test(test_bad_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
