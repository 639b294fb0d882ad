#include "fixture_check.h"

#include <string.h>

#include "core/protocol.h"
#include "fixture_key.h"

/* What the adapter sends: exact URLs, headers and bodies. */

#define BASE "https://sign.test:8443"

static struct signum_http_request request;
static struct signum_exchange exchange;

static int
setup(void **state)
{
    (void)state;
    signum_http_request_init(&request);
    signum_exchange_init(&exchange);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_http_request_clear(&request);
    signum_exchange_clear(&exchange);
    return 0;
}

static void
compose(const struct signum_operation *operation)
{
    signum_http_request_clear(&request);
    check_status(signum_protocol_signum.compose(operation, &exchange, &request), SIGNUM_OK);
}

static void
check_header(const char *name, const char *expected)
{
    const char *value = signum_http_header(&request.headers, name);

    if (expected == NULL) {
        assert_null(value);
        return;
    }
    assert_non_null(value);
    assert_string_equal(value, expected);
}

static void
test_name(void **state)
{
    (void)state;
    assert_string_equal(signum_protocol_signum.name, "signum");
    assert_ptr_equal(signum_protocol_by_name("signum"), &signum_protocol_signum);
    assert_null(signum_protocol_by_name("Signum"));
    assert_null(signum_protocol_by_name("signum2"));
    assert_null(signum_protocol_by_name(""));
}

static void
test_info(void **state)
{
    struct signum_operation operation = {.kind = SIGNUM_OPERATION_INFO, .base_url = BASE};

    (void)state;
    compose(&operation);
    assert_string_equal(request.method, "GET");
    check_text(&request.url, BASE "/v1/info");
    assert_true(request.is_public);
    check_header("Accept", "application/json");
    assert_int_equal(request.headers.count, 1);
    assert_int_equal(request.body.len, 0);
}

static void
test_list(void **state)
{
    struct signum_operation operation = {.kind = SIGNUM_OPERATION_LIST, .base_url = BASE};

    (void)state;
    compose(&operation);
    assert_string_equal(request.method, "GET");
    check_text(&request.url, BASE "/v1/keys?limit=1000");
    check_header("Accept", "application/json");
    assert_int_equal(request.headers.count, 1);
    operation.after = "a b&limit=1/\xc3\xa4";
    compose(&operation);
    check_text(&request.url, BASE "/v1/keys?limit=1000&after=a%20b%26limit%3D1%2F%C3%A4");
    assert_int_equal(request.body.len, 0);
}

static void
test_get(void **state)
{
    struct signum_key *known = fixture_key(FIXTURE_P256, 0, "release");
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_GET,
        .base_url = BASE,
        .key_name = "release",
    };

    (void)state;
    compose(&operation);
    assert_string_equal(request.method, "GET");
    check_text(&request.url, BASE "/v1/keys/release");
    assert_false(request.is_public);
    check_header("Accept", "application/json");
    check_header("If-None-Match", NULL);
    operation.key = known;
    compose(&operation);
    check_header("If-None-Match", "\"etag-1\"");
    assert_int_equal(request.body.len, 0);
    signum_key_unref(&known);
}

/* A name is one path segment whatever is in it. */
static void
test_names_are_escaped(void **state)
{
    static const struct {
        const char *name;
        const char *escaped;
    } rows[] = {
        {"a/b", "a%2Fb"}, {"../info", "..%2Finfo"}, {"a?b#c", "a%3Fb%23c"}, {"a%2fb", "a%252fb"},
        {"a b", "a%20b"}, {"a-b_c.d~e", "a-b_c.d~e"}, {"\xe2\x82\xac", "%E2%82%AC"},
        {"a\r\nHost: x", "a%0D%0AHost%3A%20x"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct signum_operation operation = {
            .kind = SIGNUM_OPERATION_GET,
            .base_url = BASE,
            .key_name = rows[i].name,
        };
        struct signum_buf url;
        compose(&operation);
        signum_buf_init(&url, SIGNUM_HTTP_URL_MAX);
        signum_buf_printf(&url, BASE "/v1/keys/%s", rows[i].escaped);
        check_text(&request.url, signum_buf_text(&url));
        signum_buf_clear(&url);
    }
}

static void
test_key_without_etag(void **state)
{
    struct fixture_key_data data;
    struct signum_key *known = NULL;

    (void)state;
    fixture_key_data_init(&data, FIXTURE_P256, 0, "k");
    data.fields.etag = "";
    check_status(signum_key_new(&data.fields, &known), SIGNUM_OK);
    struct signum_operation operation = {
        .kind = SIGNUM_OPERATION_GET, .base_url = BASE, .key_name = "k", .key = known};
    compose(&operation);
    check_header("If-None-Match", NULL);
    fixture_key_data_clear(&data);
    signum_key_unref(&known);
}

static struct signum_operation
sign_operation(const struct signum_key *key)
{
    return (struct signum_operation){
        .kind = SIGNUM_OPERATION_SIGN,
        .base_url = BASE,
        .key = key,
        .params = {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_SHA256, 0},
        .digest = signum_bytes_of_text("0123456789abcdef0123456789abcdef"),
        .idempotency_key = "idem-1",
    };
}

#define DIGEST "\"digest\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\""

static void
test_sign(void **state)
{
    struct signum_key *key = fixture_key(FIXTURE_RSA_2048, 0, "my key");
    struct signum_operation operation = sign_operation(key);

    (void)state;
    compose(&operation);
    assert_string_equal(request.method, "POST");
    check_text(&request.url, BASE "/v1/keys/my%20key/sign");
    check_header("Content-Type", "application/json");
    check_header("Accept", "application/json");
    check_header("Idempotency-Key", "idem-1");
    assert_int_equal(request.headers.count, 3);
    check_text(&request.body,
               "{\"version\":7,\"scheme\":\"rsa-pkcs1\",\"hash\":\"sha256\"," DIGEST "}");
    signum_key_unref(&key);
}

static void
test_sign_with_each_scheme(void **state)
{
    struct signum_key *key = fixture_key(FIXTURE_RSA_2048, 0, "k");
    struct signum_operation operation = sign_operation(key);

    (void)state;
    operation.params = (struct signum_sign_params){SIGNUM_SCHEME_RSA_PSS, SIGNUM_HASH_SHA384, 48};
    compose(&operation);
    check_text(&request.body, "{\"version\":7,\"scheme\":\"rsa-pss\",\"hash\":\"sha384\"," DIGEST
                              ",\"salt\":48}");
    operation.params.salt_len = 0;
    compose(&operation);
    check_text(&request.body, "{\"version\":7,\"scheme\":\"rsa-pss\",\"hash\":\"sha384\"," DIGEST
                              ",\"salt\":0}");
    operation.params = (struct signum_sign_params){SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_NONE, 99};
    compose(&operation);
    check_text(&request.body, "{\"version\":7,\"scheme\":\"ecdsa\",\"hash\":\"none\"," DIGEST "}");
    signum_key_unref(&key);
}

static void
test_sign_with_context(void **state)
{
    struct signum_key *key = fixture_key(FIXTURE_RSA_2048, 0, "k");
    struct signum_operation operation = sign_operation(key);

    (void)state;
    operation.context = "{\"user\":\"me\"}";
    compose(&operation);
    assert_non_null(strstr(signum_buf_text(&request.body), ",\"context\":{\"user\":\"me\"}}"));
    signum_key_unref(&key);
}

static void
test_sign_with_reason_and_pin(void **state)
{
    struct signum_key *key = fixture_key(FIXTURE_RSA_2048, 0, "k");
    struct signum_operation operation = sign_operation(key);

    (void)state;
    operation.given = (struct signum_demanded){"the \"July\" release", "4711"};
    compose(&operation);
    assert_non_null(strstr(signum_buf_text(&request.body),
                           ",\"reason\":\"the \\\"July\\\" release\",\"pin\":\"4711\"}"));
    assert_true(request.body.is_secret);
    assert_null(strstr(signum_buf_text(&request.url), "4711"));
    operation.given = (struct signum_demanded){"", NULL};
    compose(&operation);
    assert_null(strstr(signum_buf_text(&request.body), "reason"));
    assert_null(strstr(signum_buf_text(&request.body), "pin"));
    signum_key_unref(&key);
}

static void
test_longest_raw_value(void **state)
{
    static uint8_t bytes[SIGNUM_SIGNATURE_MAX];
    struct signum_key *key = fixture_key(FIXTURE_RSA_2048, 0, "k");
    struct signum_operation operation = sign_operation(key);

    (void)state;
    operation.params.hash = SIGNUM_HASH_NONE;
    operation.digest = (struct signum_bytes){bytes, sizeof bytes};
    compose(&operation);
    assert_true(request.body.len > sizeof bytes * 4 / 3);
    signum_key_unref(&key);
}

/* A header that would split the request, or a URL that is too long, is refused. */
static void
test_refused_requests(void **state)
{
    static char long_url[SIGNUM_HTTP_URL_MAX + 1];
    struct signum_key *key = fixture_key(FIXTURE_RSA_2048, 0, "k");
    struct signum_operation operation = sign_operation(key);

    (void)state;
    operation.idempotency_key = "a\r\nAuthorization: x";
    check_status(signum_protocol_signum.compose(&operation, &exchange, &request),
                 SIGNUM_INVALID_ARGUMENT);
    signum_http_request_clear(&request);
    memset(long_url, 'x', sizeof long_url - 1);
    operation = sign_operation(key);
    operation.base_url = long_url;
    check_status(signum_protocol_signum.compose(&operation, &exchange, &request),
                 SIGNUM_TOO_LARGE);
    signum_key_unref(&key);
}

static void
test_result_and_exchange(void **state)
{
    struct signum_key *key = fixture_key(FIXTURE_P256, 0, "k");
    struct signum_result result;

    (void)state;
    signum_result_init(&result);
    for (size_t i = 0; i < SIGNUM_RESULT_KEYS_MAX; i++)
        check_status(signum_result_add_key(&result, signum_key_ref(key)), SIGNUM_OK);
    check_status(signum_result_add_key(&result, key), SIGNUM_TOO_LARGE); /* still ours */
    assert_int_equal(result.key_count, SIGNUM_RESULT_KEYS_MAX);
    result.wait_ms = 5;
    result.server_time = 5;
    signum_buf_put_text(&result.cause, "x");
    signum_result_clear(&result);
    assert_int_equal(result.key_count, 0);
    assert_null(result.keys);
    assert_int_equal(result.wait_ms, 0);
    assert_int_equal(result.server_time, 0);
    assert_int_equal(result.cause.len, 0);
    signum_result_clear(&result);
    assert_string_equal(signum_key_name(key), "k");
    signum_key_unref(&key);

    exchange.step = 3;
    signum_buf_put_text(&exchange.memory, "secret");
    assert_true(exchange.memory.is_secret);
    signum_exchange_clear(&exchange);
    assert_int_equal(exchange.step, 0);
    assert_int_equal(exchange.memory.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_name),
        TEST(test_info),
        TEST(test_list),
        TEST(test_get),
        TEST(test_names_are_escaped),
        TEST(test_key_without_etag),
        TEST(test_sign),
        TEST(test_sign_with_each_scheme),
        TEST(test_sign_with_context),
        TEST(test_sign_with_reason_and_pin),
        TEST(test_longest_raw_value),
        TEST(test_refused_requests),
        TEST(test_result_and_exchange),
    };

    return cmocka_run_group_tests_name("protocol_signum", tests, NULL, NULL);
}
