#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "io/secret_store.h"

static void
test_sealed_is_not_the_secret(void **state)
{
    static const char text[] = "a secret that nobody should see";
    struct signum_buf sealed;
    struct signum_buf plain;

    (void)state;
    signum_buf_init_secret(&sealed, SIGNUM_SECRET_MAX);
    signum_buf_init_secret(&plain, SIGNUM_SECRET_MAX);
    assert_int_equal(signum_secret_seal("main", signum_bytes_of_text(text), &sealed), SIGNUM_OK);
    assert_true(sealed.len > strlen(text));
    for (size_t i = 0; i + strlen(text) <= sealed.len; i++)
        assert_memory_not_equal(sealed.data + i, text, strlen(text));
    assert_int_equal(signum_secret_unseal("main", signum_bytes_of_buf(&sealed), &plain),
                     SIGNUM_OK);
    assert_string_equal(signum_buf_text(&plain), text);
    signum_buf_clear(&plain);
    signum_buf_clear(&sealed);
}

static void
test_name_is_bound_and_a_cut_is_seen(void **state)
{
    struct signum_buf sealed;
    struct signum_buf plain;

    (void)state;
    signum_buf_init_secret(&sealed, SIGNUM_SECRET_MAX);
    signum_buf_init_secret(&plain, SIGNUM_SECRET_MAX);
    assert_int_equal(signum_secret_seal("main", signum_bytes_of_text("hush"), &sealed),
                     SIGNUM_OK);
    struct signum_bytes bytes = signum_bytes_of_buf(&sealed);
    assert_int_equal(signum_secret_unseal("other", bytes, &plain), SIGNUM_IO);
    assert_int_equal(signum_secret_unseal("main", (struct signum_bytes){bytes.data, 10}, &plain),
                     SIGNUM_IO);
    assert_int_equal(signum_secret_unseal("main", (struct signum_bytes){bytes.data, 0}, &plain),
                     SIGNUM_IO);
    assert_int_equal(plain.len, 0);
    signum_buf_clear(&plain);
    signum_buf_clear(&sealed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_is_not_the_secret),
        cmocka_unit_test(test_name_is_bound_and_a_cut_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
