#include "fixture_auth.h"

#include "core/auth/oauth_claims.h"
#include "core/base64.h"

#define NOW 1735689600 /* Wed, 01 Jan 2025 00:00:00 GMT */

static struct signum_buf jwt;
static struct signum_buf words;

static int
set_up(void **state)
{
    (void)state;
    signum_buf_init(&jwt, 32768);
    signum_buf_init(&words, 4096);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_buf_clear(&jwt);
    signum_buf_clear(&words);
    return 0;
}

/* The third part is not looked at. */
static void
make(const char *claims)
{
    struct signum_buf text;

    signum_buf_init(&text, 8192);
    signum_base64_encode(&text, signum_bytes_of_text(claims));
    signum_buf_clear(&jwt);
    signum_buf_put_text(&jwt, "e30.");
    for (size_t i = 0; i < text.len && text.data[i] != '='; i++)
        signum_buf_put_byte(&jwt, text.data[i] == '+'   ? (uint8_t)'-'
                                  : text.data[i] == '/' ? (uint8_t)'_'
                                                        : text.data[i]);
    signum_buf_put_text(&jwt, ".x");
    signum_buf_clear(&text);
}

static const char *
explain(const char *claims)
{
    make(claims);
    signum_buf_clear(&words);
    signum_oauth_claims_explain(&jwt, NOW, &words);
    return signum_buf_text(&words);
}

static void
test_explain(void **state)
{
    (void)state;
    assert_string_equal(
        explain("{\"iss\":\"https://a\",\"sub\":\"me\",\"aud\":\"x\",\"exp\":1735689500}"),
        "the token is of the issuer https://a, of me, for the audience x; it "
        "expired 100 s ago");
    assert_string_equal(
        explain("{\"aud\":[\"x\",\"y\",7],\"exp\":1735689601}"),
        "the token, for the audience x, for the audience y; it is good for 1 s more");
    assert_non_null(strstr(explain("{\"iat\":1735689700}"), "not valid before 100 s from now"));
    assert_non_null(strstr(explain("{\"iat\":1,\"nbf\":1735689650}"), "not valid before 50 s"));
    assert_string_equal(explain("{\"iss\":\"a\\u001bb\"}"), "the token is of the issuer a?b");
    assert_string_equal(explain("{\"iss\":{},\"exp\":\"soon\"}"), "the token");
}

static void
test_no_token(void **state)
{
    static const char *const texts[] = {"", "opaque", "a.b", "a..c", "a.!!.c", "..", "a.e30"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        signum_buf_clear(&jwt);
        signum_buf_clear(&words);
        signum_buf_put_text(&jwt, texts[i]);
        assert_int_equal(signum_oauth_claims_expiry(&jwt), 0);
        signum_oauth_claims_explain(&jwt, NOW, &words);
        assert_string_equal(signum_buf_text(&words), "the token does not say what it is for");
    }
    signum_buf_clear(&jwt);
    signum_buf_put_text(&jwt, "a.");
    for (size_t i = 0; i < 20001; i++)
        signum_buf_put_byte(&jwt, 'A');
    signum_buf_put_text(&jwt, ".c");
    assert_int_equal(signum_oauth_claims_expiry(&jwt), 0);
}

static void
test_expiry(void **state)
{
    (void)state;
    make("{\"exp\":1735689601}");
    assert_int_equal(signum_oauth_claims_expiry(&jwt), NOW + 1);
    make("{\"exp\":-5}");
    assert_int_equal(signum_oauth_claims_expiry(&jwt), 0);
    make("{\"exp\":1e300}");
    assert_int_equal(signum_oauth_claims_expiry(&jwt), 0);
}

static void
test_clock_error(void **state)
{
    static const struct {
        const char *date;
        const char *words;
    } rows[] = {
        {"Wed, 01 Jan 2025 00:00:29 GMT", ""},
        {"Tue, 31 Dec 2024 23:59:31 GMT", ""},
        {"Wed, 01 Jan 2025 00:02:00 GMT", "; this machine's clock is 120 s behind"},
        {"Tue, 31 Dec 2024 23:00:00 GMT", "; this machine's clock is 3600 s ahead"},
        {"Tue, 31 anD 2024 23:00:00 GMT", ""},
        {"Tue, 31 Dec 2024 23:00:00", ""},
        {"yesterday", ""},
        {"", ""},
    };
    struct signum_http_response response;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        signum_http_response_init(&response);
        signum_buf_clear(&words);
        signum_oauth_put_clock_error(&response, NOW, &words);
        assert_int_equal(words.len, 0);
        assert_int_equal(signum_http_add_header(&response.headers, "Date", rows[i].date),
                         SIGNUM_OK);
        signum_oauth_put_clock_error(&response, NOW, &words);
        assert_string_equal(signum_buf_text(&words), rows[i].words);
        signum_http_response_clear(&response);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_explain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_token, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_expiry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock_error, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
