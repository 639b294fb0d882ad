#include "fixture_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The module is compiled in here with its allocator observed: what lies in a block when it is let
 * go, and what happens when there is none to be had.
 */
static bool is_memory_short;
static bool is_watching;    /* look at each block that is let go */
static size_t watched_size; /* of the block that is about to be let go */
static unsigned dirty;      /* blocks let go with something in them */
static unsigned blocks;     /* blocks let go while watching */

static void *
observed_malloc(size_t size)
{
    return is_memory_short ? NULL : malloc(size);
}

static void
observed_free(void *data)
{
    if (is_watching && data != NULL) {
        const uint8_t *bytes = data;
        blocks++;
        for (size_t i = 0; i < watched_size; i++) {
            if (bytes[i] != 0) {
                dirty++;
                break;
            }
        }
    }
    free(data);
}

#define malloc observed_malloc
#define free observed_free
#include "core/buf.c"
#undef malloc
#undef free

static void
start_watching(const struct signum_buf *buf)
{
    is_watching = true;
    watched_size = buf->len; /* at least the content must be gone */
    dirty = 0;
    blocks = 0;
}

static void
test_born_empty(void **state)
{
    struct signum_buf buf;

    (void)state;
    memset(&buf, 0xee, sizeof buf);
    signum_buf_init(&buf, 10);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.max, 10);
    assert_false(buf.is_secret);
    check_status(signum_buf_status(&buf), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&buf), "");
    signum_buf_init_secret(&buf, 20);
    assert_true(buf.is_secret);
    assert_int_equal(buf.max, 20);
    signum_buf_clear(&buf);
}

static void
test_views(void **state)
{
    struct signum_bytes none = signum_bytes_of_text(NULL);
    struct signum_bytes text = signum_bytes_of_text("abc");
    struct signum_buf buf;

    (void)state;
    assert_null(none.data);
    assert_int_equal(none.len, 0);
    check_bytes(text, "abc", 3);
    signum_buf_init(&buf, 10);
    assert_int_equal(signum_bytes_of_buf(&buf).len, 0);
    signum_buf_put(&buf, "a\0b", 3);
    check_bytes(signum_bytes_of_buf(&buf), "a\0b", 3);
    signum_buf_clear(&buf);
}

static void
test_equality(void **state)
{
    struct signum_bytes none = {NULL, 0};

    (void)state;
    assert_true(signum_bytes_is_equal(none, none));
    assert_true(signum_bytes_is_equal(none, signum_bytes_of_text("")));
    assert_true(signum_bytes_is_equal(signum_bytes_of_text("ab"), signum_bytes_of_text("ab")));
    assert_false(signum_bytes_is_equal(signum_bytes_of_text("ab"), signum_bytes_of_text("ac")));
    assert_false(signum_bytes_is_equal(signum_bytes_of_text("ab"), signum_bytes_of_text("a")));
    assert_false(signum_bytes_is_equal(signum_bytes_of_text("a"), none));
}

static void
test_each_kind_of_append(void **state)
{
    struct signum_buf buf;

    (void)state;
    signum_buf_init(&buf, 100);
    signum_buf_put(&buf, "ab", 2);
    signum_buf_put(&buf, NULL, 0);
    signum_buf_put_text(&buf, "cd");
    signum_buf_put_byte(&buf, 'e');
    signum_buf_put_le32(&buf, 0x64636261);
    signum_buf_printf(&buf, "[%d %s]", -7, "x");
    signum_buf_put_hex(&buf, (struct signum_bytes){(const uint8_t *)"\x00\x9f\xff", 3});
    check_text(&buf, "abcdeabcd[-7 x]009fff");
    assert_string_equal(signum_buf_text(&buf), "abcdeabcd[-7 x]009fff");
    signum_buf_clear(&buf);
    check_text(&buf, "");
}

static void
test_little_endian(void **state)
{
    struct signum_buf buf;

    (void)state;
    signum_buf_init(&buf, 8);
    signum_buf_put_le32(&buf, 0x31415352);
    signum_buf_put_le32(&buf, 0xfffefd00);
    check_bytes(signum_bytes_of_buf(&buf), "RSA1\x00\xfd\xfe\xff", 8);
    signum_buf_clear(&buf);
}

/* Exactly the maximum fits, by each way to append; one byte more leaves the content as it was. */
static void
test_maximum(void **state)
{
    (void)state;
    for (int way = 0; way < 6; way++) {
        struct signum_buf buf;
        struct signum_bytes byte = {(const uint8_t *)"x", 1};
        signum_buf_init(&buf, 4);
        signum_buf_put(&buf, "1234", 4);
        check_status(signum_buf_status(&buf), SIGNUM_OK);
        switch (way) {
        case 0:
            signum_buf_put(&buf, "x", 1);
            break;
        case 1:
            signum_buf_put_text(&buf, "x");
            break;
        case 2:
            signum_buf_put_byte(&buf, 'x');
            break;
        case 3:
            signum_buf_put_le32(&buf, 1);
            break;
        case 4:
            signum_buf_printf(&buf, "%c", 'x');
            break;
        default:
            signum_buf_put_hex(&buf, byte);
            break;
        }
        check_status(signum_buf_status(&buf), SIGNUM_TOO_LARGE);
        check_text(&buf, "1234");
        signum_buf_clear(&buf);
    }
}

static void
test_maximum_of_nothing(void **state)
{
    struct signum_buf buf;

    (void)state;
    signum_buf_init(&buf, 0);
    signum_buf_put(&buf, "", 0);
    signum_buf_put_text(&buf, "");
    check_status(signum_buf_status(&buf), SIGNUM_OK);
    signum_buf_put_byte(&buf, 1);
    check_status(signum_buf_status(&buf), SIGNUM_TOO_LARGE);
    assert_string_equal(signum_buf_text(&buf), "");
    signum_buf_clear(&buf);
}

static void
test_huge_length_does_not_wrap(void **state)
{
    struct signum_buf buf;
    volatile size_t huge = SIZE_MAX; /* or the compiler sees it, and refuses to build the test */

    (void)state;
    signum_buf_init(&buf, 100);
    signum_buf_put(&buf, "abc", 3);
    signum_buf_put(&buf, "abc", huge);
    check_status(signum_buf_status(&buf), SIGNUM_TOO_LARGE);
    check_text(&buf, "abc");
    signum_buf_clear(&buf);
}

static void
test_first_failure_is_remembered(void **state)
{
    struct signum_buf buf;

    (void)state;
    signum_buf_init(&buf, 3);
    signum_buf_put_text(&buf, "ab");
    signum_buf_put_text(&buf, NULL);
    check_status(signum_buf_status(&buf), SIGNUM_INVALID_ARGUMENT);
    signum_buf_put_text(&buf, "too long");
    signum_buf_put_byte(&buf, 'c');
    signum_buf_printf(&buf, "%d", 1);
    signum_buf_put_text(&buf, "");
    check_status(signum_buf_status(&buf), SIGNUM_INVALID_ARGUMENT);
    check_text(&buf, "ab");

    signum_buf_clear(&buf);
    check_status(signum_buf_status(&buf), SIGNUM_OK);
    signum_buf_put_text(&buf, "abcd");
    signum_buf_put_text(&buf, NULL);
    check_status(signum_buf_status(&buf), SIGNUM_TOO_LARGE);
    signum_buf_clear(&buf);
    signum_buf_put_text(&buf, "xyz");
    check_text(&buf, "xyz");
    signum_buf_clear(&buf);
}

static void
test_short_memory(void **state)
{
    struct signum_buf buf;

    (void)state;
    signum_buf_init(&buf, 1000);
    signum_buf_put_text(&buf, "kept");
    is_memory_short = true;
    for (int i = 0; i < 100; i++)
        signum_buf_put_text(&buf, "more");
    assert_null(signum_text_copy("x"));
    is_memory_short = false;
    check_status(signum_buf_status(&buf), SIGNUM_NO_MEMORY);
    assert_memory_equal(buf.data, "kept", 4);
    size_t len = buf.len;
    signum_buf_put_text(&buf, "after");
    assert_int_equal(buf.len, len);
    check_status(signum_buf_status(&buf), SIGNUM_NO_MEMORY);
    signum_buf_clear(&buf);
}

static void
test_move(void **state)
{
    struct signum_buf from;
    struct signum_buf to;

    (void)state;
    signum_buf_init_secret(&from, 50);
    signum_buf_init(&to, 10);
    signum_buf_put_text(&from, "content");
    signum_buf_put_text(&to, "old");
    const uint8_t *data = from.data;
    signum_buf_move(&to, &from);
    assert_ptr_equal(to.data, data);
    check_text(&to, "content");
    assert_true(to.is_secret);
    assert_int_equal(to.max, 50);
    check_text(&from, "");
    assert_null(from.data);
    assert_true(from.is_secret);
    assert_int_equal(from.max, 50);

    signum_buf_put_text(&from, NULL);
    signum_buf_move(&to, &from);
    check_status(signum_buf_status(&to), SIGNUM_INVALID_ARGUMENT);
    check_status(signum_buf_status(&from), SIGNUM_OK);
    signum_buf_clear(&to);
    signum_buf_clear(&from);
}

/* A secret that outgrows its block, is cleared or is replaced by a move leaves nothing behind. */
static void
test_secrets_are_wiped(void **state)
{
    struct signum_buf secret;
    struct signum_buf other;

    (void)state;
    signum_buf_init_secret(&secret, 1000);
    signum_buf_init_secret(&other, 1000);
    signum_buf_put(&secret, "a token that nobody may find", 28);
    start_watching(&secret);
    while (blocks == 0)
        signum_buf_put_byte(&secret, 'x');
    assert_int_equal(dirty, 0);
    start_watching(&secret);
    signum_buf_clear(&secret);
    assert_int_equal(blocks, 1);
    assert_int_equal(dirty, 0);

    signum_buf_put_text(&secret, "old secret");
    signum_buf_put_text(&other, "new secret");
    start_watching(&secret);
    signum_buf_move(&secret, &other);
    assert_int_equal(blocks, 1);
    assert_int_equal(dirty, 0);
    check_text(&secret, "new secret");
    is_watching = false;
    signum_buf_clear(&secret);
    signum_buf_clear(&other);
}

/* The observer does see what an ordinary buffer leaves: else the test above would prove nothing. */
static void
test_others_are_not_wiped(void **state)
{
    struct signum_buf buf;

    (void)state;
    signum_buf_init(&buf, 100);
    signum_buf_put_text(&buf, "no secret");
    start_watching(&buf);
    signum_buf_clear(&buf);
    is_watching = false;
    assert_int_equal(blocks, 1);
    assert_int_equal(dirty, 1);
}

static void
test_wipe(void **state)
{
    uint8_t bytes[] = "123456789";

    (void)state;
    signum_wipe(bytes + 2, 4);
    assert_memory_equal(bytes, "12\0\0\0\0" "789", sizeof bytes);
    signum_wipe(bytes, 0);
    assert_int_equal(bytes[0], '1');
}

static void
test_text_copy(void **state)
{
    (void)state;
    char *copy = signum_text_copy("text");
    assert_string_equal(copy, "text");
    free(copy);
    copy = signum_text_copy("");
    assert_string_equal(copy, "");
    free(copy);
}

/* Long random sequences against an array that cannot grow wrong. */
static void
fuzz_once(uint32_t *seed)
{
    uint8_t model[300];
    uint8_t piece[130];
    size_t model_len = 0;
    size_t max = fixture_next(seed) % sizeof model;
    struct signum_buf buf;
    bool is_failed = false;

    signum_buf_init(&buf, max);
    buf.is_secret = fixture_next(seed) % 2 == 0;
    for (int i = 0; i < 40; i++) {
        uint32_t action = fixture_next(seed) % 16;
        size_t len = fixture_next(seed) % (action == 0 ? sizeof piece : 20);
        if (action == 1) {
            signum_buf_clear(&buf);
            model_len = 0;
            is_failed = false;
            continue;
        }
        for (size_t j = 0; j < len; j++)
            piece[j] = (uint8_t)fixture_next(seed);
        signum_buf_put(&buf, piece, len);
        is_failed = is_failed || len > max - model_len;
        if (!is_failed) {
            memcpy(model + model_len, piece, len);
            model_len += len;
        }
        check_bytes(signum_bytes_of_buf(&buf), model, model_len);
        check_status(signum_buf_status(&buf), is_failed ? SIGNUM_TOO_LARGE : SIGNUM_OK);
        if (buf.data != NULL)
            assert_int_equal(buf.data[buf.len], 0);
    }
    signum_buf_clear(&buf);
}

static void
test_against_a_model(void **state)
{
    uint32_t seed = 20240229;

    (void)state;
    for (int i = 0; i < 3000; i++)
        fuzz_once(&seed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_born_empty),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_each_kind_of_append),
        cmocka_unit_test(test_little_endian),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_maximum_of_nothing),
        cmocka_unit_test(test_huge_length_does_not_wrap),
        cmocka_unit_test(test_first_failure_is_remembered),
        cmocka_unit_test(test_short_memory),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_secrets_are_wiped),
        cmocka_unit_test(test_others_are_not_wiped),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_text_copy),
        cmocka_unit_test(test_against_a_model),
    };

    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
