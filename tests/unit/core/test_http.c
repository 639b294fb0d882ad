#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/http.h"

static struct signum_http_request request;
static struct signum_http_response response;

static int
set_up(void **state)
{
    (void)state;
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_http_request_clear(&request);
    signum_http_response_clear(&response);
    return 0;
}

static void
test_header_is_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(signum_http_add_header(&request.headers, "Content-Type", "a"), SIGNUM_OK);
    assert_int_equal(signum_http_add_header(&request.headers, "content-type", "b"), SIGNUM_OK);
    assert_string_equal(signum_http_header(&request.headers, "CONTENT-TYPE"), "a");
    assert_null(signum_http_header(&request.headers, "Content-Typ"));
    assert_null(signum_http_header(&request.headers, "Content-Type2"));
    assert_null(signum_http_header(&request.headers, ""));
}

static void
test_header_that_would_end_itself_is_refused(void **state)
{
    static const char *const values[] = {"a\r\nX: y", "a\n", "\r", "a\x01", "\x7f"};
    static const char *const names[] = {"", "A B", "A:", "A\r\n", "\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_int_equal(signum_http_add_header(&request.headers, "X", values[i]),
                         SIGNUM_INVALID_ARGUMENT);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(signum_http_add_header(&request.headers, names[i], "v"),
                         SIGNUM_INVALID_ARGUMENT);
    assert_int_equal(signum_http_add_header(&request.headers, NULL, "v"), SIGNUM_INVALID_ARGUMENT);
    assert_int_equal(signum_http_add_header(&request.headers, "X", NULL), SIGNUM_INVALID_ARGUMENT);
    assert_int_equal(request.headers.count, 0);
    assert_int_equal(signum_http_add_header(&request.headers, "X", "a\tb \xc3\xa9"), SIGNUM_OK);
}

static void
test_header_limits(void **state)
{
    char value[SIGNUM_HTTP_HEADER_MAX + 2];

    (void)state;
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;
    assert_int_equal(signum_http_add_header(&request.headers, "X", value), SIGNUM_TOO_LARGE);
    assert_int_equal(request.headers.count, 0);
    value[SIGNUM_HTTP_HEADER_MAX] = 0;
    for (int i = 0; i < SIGNUM_HTTP_HEADERS_MAX; i++)
        assert_int_equal(signum_http_add_header(&request.headers, "X", value), SIGNUM_OK);
    assert_int_equal(signum_http_add_header(&request.headers, "X", "v"), SIGNUM_TOO_LARGE);
    signum_http_request_clear(&request);
    assert_int_equal(signum_http_add_header(&request.headers, "X", "v"), SIGNUM_OK);
}

static enum signum_status
read_line(const char *line)
{
    return signum_http_read_header(&response.headers, line, strlen(line));
}

static void
test_reads_header_lines(void **state)
{
    (void)state;
    assert_int_equal(read_line("ETag:  \"a:b\" \t\r\n"), SIGNUM_OK);
    assert_string_equal(signum_http_header(&response.headers, "etag"), "\"a:b\"");
    assert_int_equal(read_line("Empty:\r\n"), SIGNUM_OK);
    assert_string_equal(signum_http_header(&response.headers, "Empty"), "");
    assert_int_equal(read_line("Bare:x"), SIGNUM_OK);
    assert_string_equal(signum_http_header(&response.headers, "Bare"), "x");
    assert_int_equal(read_line("\r\n"), SIGNUM_OK);
    assert_int_equal(read_line("no colon\r\n"), SIGNUM_OK);
    assert_int_equal(signum_http_read_header(&response.headers, NULL, 0), SIGNUM_OK);
    assert_int_equal(response.headers.count, 3);
    assert_int_equal(read_line("A B: x\r\n"), SIGNUM_PROTOCOL);
    assert_int_equal(read_line(": x\r\n"), SIGNUM_PROTOCOL);
    assert_int_equal(read_line("A: x\ry\r\n"), SIGNUM_PROTOCOL);
    assert_int_equal(signum_http_read_header(&response.headers, "A: b\0c\r\n", 8),
                     SIGNUM_PROTOCOL);
    assert_int_equal(response.headers.count, 3);
}

static void
test_reading_stops_at_the_most(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNUM_HTTP_HEADERS_MAX + 5; i++)
        assert_int_equal(read_line("A: b\r\n"), SIGNUM_OK);
    assert_int_equal(response.headers.count, SIGNUM_HTTP_HEADERS_MAX);
}

static void
test_escapes_all_but_unreserved(void **state)
{
    struct signum_buf out;

    (void)state;
    signum_buf_init(&out, 256);
    signum_http_put_escaped(&out, "aZ09-._~ /?#%&=+:\xc3\xa9\x01");
    assert_string_equal(signum_buf_text(&out),
                        "aZ09-._~%20%2F%3F%23%25%26%3D%2B%3A%C3%A9%01");
    signum_buf_clear(&out);
}

static void
test_retry_after(void **state)
{
    static const struct {
        const char *value;
        uint64_t ms;
    } rows[] = {
        {"7", 7000},  {"0", 0},  {"", 0},     {"-1", 0},
        {"1.5", 0},   {"x", 0},  {"5 x", 0},  {"Wed, 21 Oct 2015 07:28:00 GMT", 0},
        {"99999999999999999999999999", 86400000},
    };

    (void)state;
    assert_int_equal(signum_http_retry_after_ms(&response), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        signum_http_response_clear(&response);
        assert_int_equal(signum_http_add_header(&response.headers, "retry-after", rows[i].value),
                         SIGNUM_OK);
        assert_int_equal(signum_http_retry_after_ms(&response), rows[i].ms);
    }
}

/* The service's own clock counts, not ours. */
static void
test_retry_after_date(void **state)
{
    static const struct {
        const char *date;
        const char *until;
        uint64_t ms;
    } rows[] = {
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:07 GMT", 7000},
        {"Sat, 31 Dec 2016 23:59:59 GMT", "Sun, 01 Jan 2017 00:00:01 GMT", 2000},
        {"Wed, 28 Feb 2024 23:59:00 GMT", "Thu, 29 Feb 2024 00:00:00 GMT", 60000},
        {"Thu, 29 Feb 2024 23:59:00 GMT", "Fri, 01 Mar 2024 00:00:00 GMT", 60000},
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 0},
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:27:00 GMT", 0},
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2099 07:28:00 GMT", 86400000},
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Okt 2015 07:29:00 GMT", 0},
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:29:00 CET", 0},
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 25:29:00 GMT", 0},
        {"Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 2x Oct 2015 07:29:00 GMT", 0},
        {"yesterday", "Wed, 21 Oct 2015 07:29:00 GMT", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        signum_http_response_clear(&response);
        assert_int_equal(signum_http_add_header(&response.headers, "Date", rows[i].date),
                         SIGNUM_OK);
        assert_int_equal(signum_http_add_header(&response.headers, "Retry-After", rows[i].until),
                         SIGNUM_OK);
        assert_int_equal(signum_http_retry_after_ms(&response), rows[i].ms);
    }
}

static void
test_values_and_bodies_are_secret(void **state)
{
    (void)state;
    assert_int_equal(signum_http_add_header(&request.headers, "Authorization", "Bearer x"),
                     SIGNUM_OK);
    assert_true(request.headers.items[0].value.is_secret);
    assert_true(request.body.is_secret);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_header_is_found_in_any_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_header_that_would_end_itself_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_header_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reads_header_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reading_stops_at_the_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_escapes_all_but_unreserved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retry_after, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retry_after_date, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_and_bodies_are_secret, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
