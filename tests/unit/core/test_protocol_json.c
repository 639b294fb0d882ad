#include "fixture_check.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "core/protocol_json.h"

#define EXACT_MAX (1ull << 53)

static cJSON *
parse(const void *data, size_t len)
{
    struct signum_buf body;

    signum_buf_init(&body, 4 << 20);
    signum_buf_put(&body, data, len);
    check_status(signum_buf_status(&body), SIGNUM_OK);
    cJSON *object = signum_json_object(&body);
    signum_buf_clear(&body);
    return object;
}

static cJSON *
parse_text(const char *text)
{
    return parse(text, strlen(text));
}

static void
test_objects_only(void **state)
{
    static const char *const good[] = {"{}", " {} ", "{\"a\":1}\n", "\t{\"a\":{\"b\":[]}}"};
    static const char *const bad[] = {
        "", " ", "[]", "1", "\"{}\"", "null", "true", "{", "}", "{}}", "{}{}", "{} x", "{\"a\"}",
        "{\"a\":}", "{a:1}", "{\"a\":1,}", "<html>", "{\"a\":\"b}", "{\"a\":\"\\u12\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        cJSON *object = parse_text(good[i]);
        assert_non_null(object);
        cJSON_Delete(object);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        cJSON *object = parse_text(bad[i]);
        if (object != NULL)
            print_error("taken: %s\n", bad[i]);
        assert_null(object);
    }
}

static void
test_nul_bytes_are_refused(void **state)
{
    (void)state;
    assert_null(parse("{}\0", 3));
    assert_null(parse("\0{}", 3));
    assert_null(parse("{\"a\":\"b\0c\"}", 11));
    assert_null(parse("{}\0{}", 5));
}

static void
test_empty_body(void **state)
{
    struct signum_buf body;

    (void)state;
    signum_buf_init(&body, 10);
    assert_null(signum_json_object(&body));
    signum_buf_clear(&body);
}

static void
test_deep_nesting_is_bounded(void **state)
{
    static char text[200000];

    (void)state;
    memset(text, '[', sizeof text - 1);
    memcpy(text, "{\"a\":", 5);
    assert_null(parse_text(text));
}

static void
test_text(void **state)
{
    cJSON *object =
        parse_text("{\"a\":\"x\",\"A\":\"y\",\"e\":\"\",\"n\":1,\"z\":null,\"l\":[\"x\"]}");

    (void)state;
    assert_string_equal(signum_json_text(object, "a"), "x");
    assert_string_equal(signum_json_text(object, "A"), "y");
    assert_string_equal(signum_json_text(object, "e"), "");
    assert_null(signum_json_text(object, "n"));
    assert_null(signum_json_text(object, "z"));
    assert_null(signum_json_text(object, "l"));
    assert_null(signum_json_text(object, "absent"));
    assert_null(signum_json_text(NULL, "a"));
    cJSON_Delete(object);
}

static void
test_number(void **state)
{
    static const struct {
        const char *json;
        uint64_t max;
        enum signum_status status;
        uint64_t value;
    } rows[] = {
        {"{\"n\":0}", 10, SIGNUM_OK, 0},
        {"{\"n\":10}", 10, SIGNUM_OK, 10},
        {"{\"n\":1e1}", 10, SIGNUM_OK, 10},
        {"{\"n\":11}", 10, SIGNUM_PROTOCOL, 0},
        {"{\"n\":10.5}", 100, SIGNUM_PROTOCOL, 0},
        {"{\"n\":-1}", 10, SIGNUM_PROTOCOL, 0},
        {"{\"n\":-0.5}", 10, SIGNUM_PROTOCOL, 0},
        {"{\"n\":1e300}", EXACT_MAX, SIGNUM_PROTOCOL, 0},
        {"{\"n\":1e999}", EXACT_MAX, SIGNUM_PROTOCOL, 0},
        {"{\"n\":-1e999}", EXACT_MAX, SIGNUM_PROTOCOL, 0},
        {"{\"n\":9007199254740992}", EXACT_MAX, SIGNUM_OK, EXACT_MAX},
        {"{\"n\":9007199254740994}", EXACT_MAX, SIGNUM_PROTOCOL, 0},
        {"{\"n\":18446744073709551616}", EXACT_MAX, SIGNUM_PROTOCOL, 0},
        {"{\"n\":\"1\"}", 10, SIGNUM_PROTOCOL, 0},
        {"{\"n\":null}", 10, SIGNUM_PROTOCOL, 0},
        {"{\"n\":true}", 10, SIGNUM_PROTOCOL, 0},
        {"{\"n\":[1]}", 10, SIGNUM_PROTOCOL, 0},
        {"{\"N\":1}", 10, SIGNUM_PROTOCOL, 0},
        {"{}", 10, SIGNUM_PROTOCOL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cJSON *object = parse_text(rows[i].json);
        uint64_t value = 77;
        check_row(signum_json_number(object, "n", rows[i].max, &value), rows[i].status,
                  rows[i].json);
        assert_true(value == rows[i].value);
        cJSON_Delete(object);
    }
}

static void
test_base64(void **state)
{
    static const char *const bad[] = {"{}", "{\"b\":1}", "{\"b\":null}", "{\"b\":\"Zg\"}",
                                      "{\"b\":\"Zm9v\\n\"}", "{\"b\":[\"Zm9v\"]}"};
    cJSON *object = parse_text("{\"b\":\"Zm9v\",\"e\":\"\"}");
    struct signum_buf out;

    (void)state;
    signum_buf_init(&out, 3);
    check_status(signum_json_base64(object, "b", &out), SIGNUM_OK);
    check_text(&out, "foo");
    check_status(signum_json_base64(object, "e", &out), SIGNUM_OK);
    check_status(signum_json_base64(object, "b", &out), SIGNUM_TOO_LARGE);
    cJSON_Delete(object);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        signum_buf_clear(&out);
        object = parse_text(bad[i]);
        check_row(signum_json_base64(object, "b", &out), SIGNUM_PROTOCOL, bad[i]);
        assert_int_equal(out.len, 0);
        cJSON_Delete(object);
    }
    signum_buf_clear(&out);
}

static void
test_print(void **state)
{
    cJSON *object = parse_text("{ \"a\" : [1, 2],\n \"b\" : \"x \\\" \\u00e4\" }");
    struct signum_buf out;

    (void)state;
    signum_buf_init(&out, 100);
    check_status(signum_json_print(object, &out), SIGNUM_OK);
    check_text(&out, "{\"a\":[1,2],\"b\":\"x \\\" \xc3\xa4\"}");
    signum_buf_clear(&out);
    signum_buf_init(&out, 5);
    check_status(signum_json_print(object, &out), SIGNUM_TOO_LARGE);
    signum_buf_clear(&out);
    cJSON_Delete(object);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_only),
        cmocka_unit_test(test_nul_bytes_are_refused),
        cmocka_unit_test(test_empty_body),
        cmocka_unit_test(test_deep_nesting_is_bounded),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_number),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_print),
    };

    return cmocka_run_group_tests_name("protocol_json", tests, NULL, NULL);
}
