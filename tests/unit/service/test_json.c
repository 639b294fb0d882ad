#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void
test_documents(void **state)
{
    static const char *const good[] = {"{}", " {\"a\":1} \r\n", "{\"a\":\"\xc3\xa4\"}"};
    static const char *const bad[] = {
        "",
        "[]",
        "1",
        "null",
        "{",
        "{}x",
        "{}{}",
        "{a:1}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xc0\xaf\"}",
        "{\"a\":\"\xf4\x90\x80\x80\"}",
    };
    struct cJSON *object = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_status(signumd_json_parse(signum_bytes_of_text(good[i]), &object), SIGNUM_OK);
        signumd_json_free(&object);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(signumd_json_parse(signum_bytes_of_text(bad[i]), &object), SIGNUM_PROTOCOL);
        assert_null(object);
    }
    assert_status(signumd_json_parse((struct signum_bytes){(const uint8_t *)"{}\0", 3}, &object),
        SIGNUM_PROTOCOL);
}

/* The library takes all of the bad ones, or reads them as something else. */
static void
test_tokens(void **state)
{
    static const char *const good[] = {
        "{\"n\":[0,-0,1,10,-1.5,0.5e3,1E+2,1e-2]}",
        "{\"t\":\"\\u00e4\\\\u0000\\/\\\"\"}",
        "{\"t\":\"\\ud83d\\udd11\"}",
        "\r\n\t {\"l\":[true,false,null]}",
    };
    static const char *const bad[] = {
        "\xef\xbb\xbf{}",
        "\v{}",
        "{}\f",
        "{\"n\":01}",
        "{\"n\":-01}",
        "{\"n\":1.}",
        "{\"n\":.5}",
        "{\"n\":-}",
        "{\"n\":1e}",
        "{\"n\":1e+}",
        "{\"n\":+1}",
        "{\"n\":1e999}",
        "{\"n\":-1e999}",
        "{\"n\":0x1}",
        "{\"t\":\"a\nb\"}",
        "{\"t\":\"\x1f\"}",
        "{\"t\":\"\\u00\"}",
        "{\"t\":\"\\u00zz\"}",
        "{\"t\":\"\\x41\"}",
        "{\"t\":\"\\u0000\"}",
        "{\"t\":\"\\ud800\"}",
        "{\"t\":\"\\udc00\"}",
        "{\"\\u0000\":1}",
        "{\"t\":\"",
        "{\"t\":\"\\",
        "{\"t\":tru}",
        "{'t':1}",
        "{\"a\":1,}",
        "{\"n\":1111111111222222222233333333334444444444555555555566666666667777}",
    };
    struct cJSON *object = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_status(signumd_json_parse(signum_bytes_of_text(good[i]), &object), SIGNUM_OK);
        signumd_json_free(&object);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(signumd_json_parse(signum_bytes_of_text(bad[i]), &object), SIGNUM_PROTOCOL);
}

static void
test_depth(void **state)
{
    char text[160];
    struct cJSON *object = NULL;

    (void)state;
    for (int depth = 63; depth <= 64; depth++) {
        (void)snprintf(text, sizeof text, "{\"a\":%.*s%.*s}", depth,
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth,
            "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
        assert_status(signumd_json_parse(signum_bytes_of_text(text), &object),
            depth == 63 ? SIGNUM_OK : SIGNUM_PROTOCOL);
        signumd_json_free(&object);
    }
}

static struct signumd_json_reader
reader_of(const char *text, struct cJSON **object)
{
    struct signumd_json_reader reader;

    assert_status(signumd_json_parse(signum_bytes_of_text(text), object), SIGNUM_OK);
    signumd_json_reader_init(&reader, *object);
    return reader;
}

static void
assert_refused(struct signumd_json_reader *reader, const char *field, struct cJSON **object)
{
    assert_status(reader->failure, SIGNUM_INVALID_ARGUMENT);
    assert_string_equal(reader->field, field);
    assert_true(strlen(reader->cause) > 0);
    signumd_json_free(object);
}

static void
test_numbers(void **state)
{
    static const char *const bad[] = {
        "{\"n\":0}",
        "{\"n\":11}",
        "{\"n\":1.5}",
        "{\"n\":\"1\"}",
        "{\"n\":true}",
        "{\"n\":null}",
        "{\"n\":-1}",
        "{\"n\":1e300}",
        "{\"n\":{}}",
    };
    struct cJSON *object = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct signumd_json_reader reader = reader_of(bad[i], &object);
        assert_int_equal(signumd_json_get_number(&reader, "n", 1, 10, 7), 7);
        assert_refused(&reader, "n", &object);
    }
    struct signumd_json_reader reader = reader_of("{\"n\":10}", &object);
    assert_int_equal(signumd_json_get_number(&reader, "n", 1, 10, 7), 10);
    assert_int_equal(signumd_json_get_number(&reader, "m", 1, 10, 7), 7);
    assert_status(reader.failure, SIGNUM_OK);
    signumd_json_free(&object);
}

static void
test_texts(void **state)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader = reader_of("{\"t\":\"abc\",\"n\":1}", &object);

    (void)state;
    assert_string_equal(signumd_json_get_text(&reader, "t", true, 3), "abc");
    assert_null(signumd_json_get_text(&reader, "x", false, 3));
    assert_status(reader.failure, SIGNUM_OK);
    assert_null(signumd_json_get_text(&reader, "t", true, 2));
    assert_null(signumd_json_get_text(&reader, "t", true, 3));
    assert_refused(&reader, "t", &object);
    reader = reader_of("{\"n\":1}", &object);
    assert_null(signumd_json_get_text(&reader, "n", false, 9));
    assert_refused(&reader, "n", &object);
    reader = reader_of("{}", &object);
    assert_null(signumd_json_get_text(&reader, "t", true, 9));
    assert_refused(&reader, "t", &object);
}

static void
test_names(void **state)
{
    static const char *const names[] = {"a", "b"};
    struct cJSON *object = NULL;
    struct signumd_json_reader reader = reader_of("{\"b\":1,\"a\":2}", &object);

    (void)state;
    signumd_json_check_names(&reader, names, 2);
    assert_status(reader.failure, SIGNUM_OK);
    signumd_json_free(&object);
    reader = reader_of("{\"a\":1,\"A\":2}", &object);
    signumd_json_check_names(&reader, names, 2);
    assert_refused(&reader, "A", &object);
    reader = reader_of("{\"a\":1,\"a\":2}", &object);
    signumd_json_check_names(&reader, names, 2);
    assert_refused(&reader, "a", &object);
}

static void
test_raw_object(void **state)
{
    struct cJSON *object = NULL;
    struct signum_buf out;
    struct signumd_json_reader reader = reader_of("{\"o\":{\"x\":[1, 2]},\"t\":\"\"}", &object);

    (void)state;
    signum_buf_init(&out, 100);
    signumd_json_get_raw_object(&reader, "o", 11, &out);
    assert_string_equal(signum_buf_text(&out), "{\"x\":[1,2]}");
    signumd_json_get_raw_object(&reader, "none", 11, &out);
    assert_status(reader.failure, SIGNUM_OK);
    signumd_json_get_raw_object(&reader, "o", 10, &out);
    assert_refused(&reader, "o", &object);
    reader = reader_of("{\"o\":[]}", &object);
    signumd_json_get_raw_object(&reader, "o", 10, &out);
    assert_refused(&reader, "o", &object);
    signum_buf_clear(&out);
}

static void
test_twins(void **state)
{
    static const char *const bad[] = {
        "{\"o\":{\"a\":1,\"b\":2,\"a\":1}}",
        "{\"o\":{\"l\":[1,{\"a\":1,\"\\u0061\":2}]}}",
        "{\"o\":{\"x\":{\"\":1,\"\":2}}}",
        "{\"o\":[]}",
    };
    struct cJSON *object = NULL;
    struct signumd_json_reader reader =
        reader_of("{\"o\":{\"a\":{\"a\":1},\"A\":[{\"a\":1},{\"a\":2}]},\"e\":{}}", &object);

    (void)state;
    signumd_json_check_twins(&reader, "o");
    signumd_json_check_twins(&reader, "e");
    signumd_json_check_twins(&reader, "none");
    assert_status(reader.failure, SIGNUM_OK);
    signumd_json_free(&object);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct signum_buf out;
        reader = reader_of(bad[i], &object);
        signum_buf_init(&out, 100);
        signumd_json_get_raw_object(&reader, "o", 100, &out);
        assert_int_equal(out.len, 0);
        assert_refused(&reader, "o", &object);
        signum_buf_clear(&out);
    }
}

static const char *
take(void *context, const char *text)
{
    strcat(context, text);
    return strcmp(text, "bad") == 0 ? "is bad" : NULL;
}

static void
test_text_arrays(void **state)
{
    static const char *const bad[] = {"{}", "{\"l\":[]}", "{\"l\":\"a\"}", "{\"l\":{}}",
        "{\"l\":null}", "{\"l\":[5]}", "{\"l\":[\"a\",null]}", "{\"l\":[\"a\",\"b\",\"c\",\"d\"]}",
        "{\"l\":[\"a\",\"bad\"]}"};
    struct cJSON *object = NULL;
    char seen[32] = "";
    struct signumd_json_reader reader = reader_of("{\"l\":[\"a\",\"b\",\"c\"]}", &object);

    (void)state;
    signumd_json_get_texts(&reader, "l", 3, take, seen);
    assert_status(reader.failure, SIGNUM_OK);
    assert_string_equal(seen, "abc");
    signumd_json_get_texts(&reader, "l", 2, take, seen);
    assert_refused(&reader, "l", &object);
    assert_string_equal(seen, "abc");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        seen[0] = '\0';
        reader = reader_of(bad[i], &object);
        signumd_json_get_texts(&reader, "l", 3, take, seen);
        assert_refused(&reader, "l", &object);
    }
}

static void
test_writer(void **state)
{
    static const uint8_t bytes[] = {0, 0xff};
    struct signum_buf buf;
    struct signumd_json_writer writer;

    (void)state;
    signum_buf_init(&buf, 1000);
    signumd_json_start(&writer, &buf);
    signumd_json_put_text(&writer, "t", "q\"\\\x01\x7f\xc3\xa4");
    signumd_json_put_text(&writer, "z", NULL);
    signumd_json_put_text(&writer, "u", "\xff");
    signumd_json_put_number(&writer, "n", INT64_MIN);
    signumd_json_put_bool(&writer, "b", true);
    signumd_json_begin(&writer, "l", '[');
    signumd_json_begin(&writer, NULL, '{');
    signumd_json_end(&writer, '}');
    signumd_json_put_hex(&writer, NULL, (struct signum_bytes){bytes, 2});
    signumd_json_put_base64(&writer, NULL, (struct signum_bytes){bytes, 2});
    signumd_json_end(&writer, ']');
    signumd_json_put_raw(&writer, "r", "{}");
    signumd_json_end(&writer, '}');
    assert_string_equal(signum_buf_text(&buf),
        "{\"t\":\"q\\\"\\\\\\u0001\\u007f\xc3\xa4\",\"z\":null,"
        "\"u\":\"(not UTF-8)\",\"n\":-9223372036854775808,\"b\":true,"
        "\"l\":[{},\"00ff\",\"AP8=\"],\"r\":{}}");
    signum_buf_clear(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_raw_object),
        cmocka_unit_test(test_text_arrays),
        cmocka_unit_test(test_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
