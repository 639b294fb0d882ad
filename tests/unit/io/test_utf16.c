#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "io/utf16.h"

static const struct {
    const char *text;
    const wchar_t *wide;
} pairs[] = {
    {"", L""},
    {"plain", L"plain"},
    {"\xc3\xa9\xe2\x82\xac", L"\x00e9\x20ac"},
    {"\xf0\x9f\x94\x91", L"\xd83d\xdd11"},
};

static void
test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        wchar_t *wide = NULL;
        struct signum_buf text;
        assert_int_equal(signum_utf16_from_utf8(pairs[i].text, &wide), SIGNUM_OK);
        assert_int_equal(wcscmp(wide, pairs[i].wide), 0);
        free(wide);
        signum_buf_init(&text, 100);
        signum_buf_put_text(&text, "before ");
        assert_int_equal(signum_utf16_to_utf8(pairs[i].wide, &text), SIGNUM_OK);
        assert_string_equal(signum_buf_text(&text) + 7, pairs[i].text);
        signum_buf_clear(&text);
    }
}

static void
test_malformed_is_refused(void **state)
{
    static const char *const texts[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "a\x80"};
    static const wchar_t *const wides[] = {L"\xd83d", L"\xdd11", L"a\xd83dz"};
    wchar_t *wide = NULL;
    struct signum_buf text;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(signum_utf16_from_utf8(texts[i], &wide), SIGNUM_INVALID_ARGUMENT);
        assert_null(wide);
    }
    assert_int_equal(signum_utf16_from_utf8(NULL, &wide), SIGNUM_INVALID_ARGUMENT);
    signum_buf_init(&text, 100);
    for (size_t i = 0; i < sizeof wides / sizeof wides[0]; i++)
        assert_int_equal(signum_utf16_to_utf8(wides[i], &text), SIGNUM_INVALID_ARGUMENT);
    assert_int_equal(signum_utf16_to_utf8(NULL, &text), SIGNUM_INVALID_ARGUMENT);
    assert_int_equal(text.len, 0);
    signum_buf_init(&text, 3);
    assert_int_equal(signum_utf16_to_utf8(L"four", &text), SIGNUM_TOO_LARGE);
    signum_buf_clear(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
