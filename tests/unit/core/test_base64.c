#include "fixture_check.h"

#include <stdio.h>
#include <string.h>

#include "core/base64.h"

/* RFC 4648 section 10, and bytes that need '+' and '/' */
static const struct {
    const char *bytes;
    const char *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

static void
test_vectors_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct signum_buf out;
        signum_buf_init(&out, 100);
        signum_base64_encode(&out, signum_bytes_of_text(vectors[i].bytes));
        check_text(&out, vectors[i].text);
        signum_buf_clear(&out);
        check_status(signum_base64_decode(&out, vectors[i].text), SIGNUM_OK);
        check_text(&out, vectors[i].bytes);
        signum_buf_clear(&out);
    }
}

/* Every length around the blocks of 48, with every byte value: what goes in comes out. */
static void
test_all_lengths_come_back(void **state)
{
    uint8_t bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct signum_buf text;
        struct signum_buf back;
        signum_buf_init(&text, 1000);
        signum_buf_init(&back, sizeof bytes);
        signum_base64_encode(&text, (struct signum_bytes){bytes, len});
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        check_status(signum_base64_decode(&back, signum_buf_text(&text)), SIGNUM_OK);
        check_bytes(signum_bytes_of_buf(&back), bytes, len);
        signum_buf_clear(&text);
        signum_buf_clear(&back);
    }
}

static void
test_both_append(void **state)
{
    struct signum_buf out;

    (void)state;
    signum_buf_init(&out, 100);
    signum_buf_put_text(&out, "<");
    signum_base64_encode(&out, signum_bytes_of_text("foo"));
    check_text(&out, "<Zm9v");
    check_status(signum_base64_decode(&out, "Zm9v"), SIGNUM_OK);
    check_text(&out, "<Zm9vfoo");
    signum_buf_clear(&out);
}

static void
test_malformed_text_is_refused_whole(void **state)
{
    static const char *const rows[] = {
        "Z", "Zg", "Zg=", "Zm9", "Zm9vY", "Zm9vYg", "Zm9vYg=",       /* not four by four */
        "=", "==", "===", "====", "Z===", "Zg==Zg==", "Zg==Zm9v",    /* padding out of place */
        "Z=g=", "=Zg=", "Zm=v", "Zm9vYg==\n", "Zm9vY===",
        " Zm9v", "Zm9v ", "Zm 9v", "Zm9v\n", "\nZm9v", "Zm9v\r\n",   /* white space */
        "   \n", "Zm9v    ", "    Zm9v", "Zm9v\n\n\n\n", "Zm9\tZm9", "\t\t\t\t",
        "Zm9-", "Zm9_", "----", "____",                              /* base64url */
        "Zm9!", "Zm9.", "Zm9\x7f", "Zm9\x80", "\xc3\xa4\xc3\xa4",    /* no letters of it */
        "Zm9v-----", "-----BEGIN X-----",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct signum_buf out;
        signum_buf_init(&out, 100);
        check_row(signum_base64_decode(&out, rows[i]), SIGNUM_PROTOCOL, rows[i]);
        assert_int_equal(out.len, 0);
        check_status(signum_buf_status(&out), SIGNUM_OK);
        signum_buf_clear(&out);
    }
}

/* Each of the 256 byte values in each of the four places: exactly the 64 letters pass. */
static void
test_alphabet_is_exact(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    (void)state;
    for (int value = 1; value < 256; value++) {
        for (int place = 0; place < 4; place++) {
            char text[] = "AAAA";
            struct signum_buf out;
            text[place] = (char)value;
            bool is_fine = strchr(alphabet, value) != NULL || (value == '=' && place == 3);
            signum_buf_init(&out, 100);
            check_row(signum_base64_decode(&out, text), is_fine ? SIGNUM_OK : SIGNUM_PROTOCOL,
                      text);
            signum_buf_clear(&out);
        }
    }
}

static void
test_room_of_the_buffer(void **state)
{
    struct signum_buf out;

    (void)state;
    signum_buf_init(&out, 6);
    check_status(signum_base64_decode(&out, "Zm9vYmFy"), SIGNUM_OK);
    check_text(&out, "foobar");
    signum_buf_clear(&out);

    signum_buf_init(&out, 5);
    check_status(signum_base64_decode(&out, "Zm9vYmFy"), SIGNUM_TOO_LARGE);
    check_status(signum_base64_decode(&out, ""), SIGNUM_TOO_LARGE);
    signum_buf_clear(&out);

    signum_buf_init(&out, 7);
    signum_base64_encode(&out, signum_bytes_of_text("foobar"));
    check_status(signum_buf_status(&out), SIGNUM_TOO_LARGE);
    signum_buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_both_ways),
        cmocka_unit_test(test_all_lengths_come_back),
        cmocka_unit_test(test_both_append),
        cmocka_unit_test(test_malformed_text_is_refused_whole),
        cmocka_unit_test(test_alphabet_is_exact),
        cmocka_unit_test(test_room_of_the_buffer),
    };

    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
