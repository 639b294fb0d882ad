#include "fixture_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/protocol.h"
#include "fixture_json.h"

/* What the adapter makes of answers: good ones, and every way to be wrong. */

static struct signum_http_response response;
static struct signum_result result;
static struct signum_operation operation;
static struct signum_key *rsa; /* "release" */

static int
setup(void **state)
{
    (void)state;
    signum_http_response_init(&response);
    signum_result_init(&result);
    rsa = fixture_key(FIXTURE_RSA_2048, 0, "release");
    operation = (struct signum_operation){.base_url = "https://sign.test", .key_name = "release"};
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_http_response_clear(&response);
    signum_result_clear(&result);
    signum_key_unref(&rsa);
    return 0;
}

/* Reads an answer with a fresh result. */
static enum signum_status
accept_bytes(enum signum_operation_kind kind, unsigned http, const void *body, size_t len)
{
    struct signum_exchange exchange;
    enum signum_next next = SIGNUM_NEXT_WAIT;

    signum_result_clear(&result);
    signum_buf_clear(&response.body);
    signum_buf_put(&response.body, body, len);
    response.status = http;
    operation.kind = kind;
    signum_exchange_init(&exchange);
    enum signum_status status =
        signum_protocol_signum.accept(&operation, &exchange, &response, &result, &next);
    assert_int_equal(next, SIGNUM_NEXT_DONE);
    signum_exchange_clear(&exchange);
    return status;
}

static enum signum_status
accept(enum signum_operation_kind kind, unsigned http, const char *body)
{
    return accept_bytes(kind, http, body, strlen(body));
}

/* Sends the object as a 200 and frees it. */
static enum signum_status
accept_json(enum signum_operation_kind kind, cJSON *object)
{
    struct signum_buf text;

    signum_buf_init(&text, SIGNUM_HTTP_BODY_MAX);
    fixture_json_print(object, &text);
    enum signum_status status = accept(kind, 200, signum_buf_text(&text));
    signum_buf_clear(&text);
    return status;
}

static cJSON *
list_of(cJSON *first, cJSON *second)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *keys = cJSON_AddArrayToObject(object, "keys");

    if (first != NULL)
        cJSON_AddItemToArray(keys, first);
    if (second != NULL)
        cJSON_AddItemToArray(keys, second);
    return object;
}

static void
test_get_each_kind(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_KIND_COUNT; i++) {
        enum fixture_kind kind = (enum fixture_kind)i;
        cJSON *object = fixture_key_json(kind, 0, "release");
        check_status(accept_json(SIGNUM_OPERATION_GET, object), SIGNUM_OK);
        assert_int_equal(result.key_count, 1);
        const struct signum_key *key = result.keys[0];
        assert_string_equal(signum_key_name(key), "release");
        assert_string_equal(signum_key_id(key), "id-1");
        assert_string_equal(signum_key_etag(key), "etag-1");
        assert_int_equal(signum_key_version(key), 7);
        assert_int_equal(signum_key_bits(key), fixture_bits(kind));
        assert_ptr_equal(signum_key_alg(key), fixture_alg(kind));
        assert_int_equal(signum_key_chain_count(key), 1);
        assert_true(signum_key_is_enabled(key));
    }
}

static void
test_get_with_less(void **state)
{
    cJSON *object = fixture_key_json(FIXTURE_P256, 0, "release");

    (void)state;
    fixture_json_set(object, "etag", NULL);
    fixture_json_set(object, "flags", NULL);
    fixture_json_set(object, "schemes", NULL);
    fixture_json_set(object, "chain", cJSON_CreateArray());
    fixture_json_set(object, "state", cJSON_CreateString("disabled"));
    fixture_json_set(object, "new-in-2030", cJSON_CreateTrue());
    check_status(accept_json(SIGNUM_OPERATION_GET, object), SIGNUM_OK);
    assert_string_equal(signum_key_etag(result.keys[0]), "");
    assert_int_equal(signum_key_chain_count(result.keys[0]), 0);
    assert_false(signum_key_is_enabled(result.keys[0]));
}

/* Each field absent, null, or of a wrong type or value. */
static void
test_get_with_bad_fields(void **state)
{
    static const struct {
        const char *field;
        const char *json; /* NULL: absent */
        enum signum_status status;
    } rows[] = {
        {"name", NULL, SIGNUM_PROTOCOL},
        {"name", "null", SIGNUM_PROTOCOL},
        {"name", "5", SIGNUM_PROTOCOL},
        {"name", "\"\"", SIGNUM_PROTOCOL},
        {"name", "\"other\"", SIGNUM_PROTOCOL},
        {"name", "\"Release\"", SIGNUM_PROTOCOL},
        {"name", "[\"release\"]", SIGNUM_PROTOCOL},
        {"id", NULL, SIGNUM_PROTOCOL},
        {"id", "1", SIGNUM_PROTOCOL},
        {"version", NULL, SIGNUM_PROTOCOL},
        {"version", "\"7\"", SIGNUM_PROTOCOL},
        {"version", "-1", SIGNUM_PROTOCOL},
        {"version", "1.5", SIGNUM_PROTOCOL},
        {"version", "1000001", SIGNUM_PROTOCOL},
        {"version", "1000000", SIGNUM_OK},
        {"algorithm", NULL, SIGNUM_PROTOCOL},
        {"algorithm", "{}", SIGNUM_PROTOCOL},
        {"algorithm", "\"ml-dsa\"", SIGNUM_NOT_SUPPORTED},
        {"algorithm", "\"ecdsa\"", SIGNUM_NOT_SUPPORTED}, /* without a curve */
        {"curve", "\"P-256\"", SIGNUM_NOT_SUPPORTED},     /* RSA on a curve */
        {"bits", NULL, SIGNUM_PROTOCOL},
        {"bits", "\"2048\"", SIGNUM_PROTOCOL},
        {"bits", "2047", SIGNUM_PROTOCOL},
        {"bits", "3072", SIGNUM_PROTOCOL},
        {"bits", "4294969344", SIGNUM_PROTOCOL}, /* 2048 in 32 bits */
        {"state", NULL, SIGNUM_PROTOCOL},
        {"state", "true", SIGNUM_PROTOCOL},
        {"spki", NULL, SIGNUM_PROTOCOL},
        {"spki", "7", SIGNUM_PROTOCOL},
        {"spki", "\"\"", SIGNUM_PROTOCOL},
        {"spki", "\"Zm9\"", SIGNUM_PROTOCOL},
        {"spki", "\"Zm9v\"", SIGNUM_PROTOCOL},
        {"chain", NULL, SIGNUM_PROTOCOL},
        {"chain", "null", SIGNUM_PROTOCOL},
        {"chain", "\"Zm9v\"", SIGNUM_PROTOCOL},
        {"chain", "{}", SIGNUM_PROTOCOL},
        {"chain", "[5]", SIGNUM_PROTOCOL},
        {"chain", "[null]", SIGNUM_PROTOCOL},
        {"chain", "[\"Zm9\"]", SIGNUM_PROTOCOL},
        {"chain", "[\"Zm9v\"]", SIGNUM_PROTOCOL},
        {"chain", "[[]]", SIGNUM_PROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cJSON *object = fixture_key_json(FIXTURE_RSA_2048, 0, "release");
        cJSON *value = rows[i].json == NULL ? NULL : cJSON_Parse(rows[i].json);
        fixture_json_set(object, rows[i].field, value);
        enum signum_status status = accept_json(SIGNUM_OPERATION_GET, object);
        if (status != rows[i].status)
            print_error("%s = %s\n", rows[i].field, rows[i].json == NULL ? "" : rows[i].json);
        check_row(status, rows[i].status, rows[i].field);
        assert_int_equal(result.key_count, status == SIGNUM_OK ? 1 : 0);
    }
}

static cJSON *
text_of_length(size_t len)
{
    char *text = malloc(len + 1);

    assert_non_null(text);
    memset(text, 'A', len);
    text[len] = 0;
    cJSON *item = cJSON_CreateString(text);
    free(text);
    return item;
}

static void
test_get_with_large_fields(void **state)
{
    cJSON *object = fixture_key_json(FIXTURE_RSA_2048, 0, "release");

    (void)state;
    fixture_json_set(object, "spki", text_of_length(8192));
    check_status(accept_json(SIGNUM_OPERATION_GET, object), SIGNUM_TOO_LARGE);

    object = fixture_key_json(FIXTURE_RSA_2048, 0, "release");
    cJSON *chain = cJSON_GetObjectItem(object, "chain");
    cJSON_AddItemToArray(chain, text_of_length(4 * SIGNUM_KEY_CERT_MAX));
    check_status(accept_json(SIGNUM_OPERATION_GET, object), SIGNUM_TOO_LARGE);

    object = fixture_key_json(FIXTURE_RSA_2048, 0, "release");
    chain = cJSON_GetObjectItem(object, "chain");
    for (int i = 1; i < SIGNUM_KEY_CHAIN_MAX; i++)
        cJSON_AddItemToArray(chain, cJSON_CreateString("Zm9v"));
    cJSON *one_more = cJSON_Duplicate(object, true);
    check_status(accept_json(SIGNUM_OPERATION_GET, object), SIGNUM_OK);
    cJSON_AddItemToArray(cJSON_GetObjectItem(one_more, "chain"), cJSON_CreateString("Zm9v"));
    check_status(accept_json(SIGNUM_OPERATION_GET, one_more), SIGNUM_PROTOCOL);
    assert_int_equal(result.key_count, 0);
}

/* The asked name and the named key agree, but the name is longer than any name may be. */
static void
test_get_with_a_long_name(void **state)
{
    char name[SIGNUM_KEY_NAME_MAX + 2];

    (void)state;
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    operation.key_name = name;
    check_status(accept_json(SIGNUM_OPERATION_GET, fixture_key_json(FIXTURE_P256, 0, name)),
                 SIGNUM_PROTOCOL);
}

static void
test_get_not_modified(void **state)
{
    (void)state;
    operation.key = rsa;
    check_status(accept(SIGNUM_OPERATION_GET, 304, ""), SIGNUM_OK);
    assert_int_equal(result.key_count, 0);
    operation.key = NULL; /* nothing was known, so nothing can be unchanged */
    check_status(accept(SIGNUM_OPERATION_GET, 304, ""), SIGNUM_SERVICE_ERROR);
    operation.key = rsa;
    check_status(accept(SIGNUM_OPERATION_LIST, 304, ""), SIGNUM_SERVICE_ERROR);
    check_status(accept(SIGNUM_OPERATION_SIGN, 304, ""), SIGNUM_SERVICE_ERROR);
}

static void
test_not_json(void **state)
{
    static const char *const bodies[] = {"", "<html></html>", "[]", "null", "{", "\"x\"", "{} {}"};
    static const enum signum_operation_kind kinds[] = {
        SIGNUM_OPERATION_INFO, SIGNUM_OPERATION_LIST, SIGNUM_OPERATION_GET, SIGNUM_OPERATION_SIGN};
    static const char with_nul[] = "{\"keys\":[],\"name\":\"release\0\",\"version\":\"1\"}";

    (void)state;
    operation.key = rsa;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        for (size_t i = 0; i < COUNT_OF(bodies); i++)
            check_row(accept(kinds[k], 200, bodies[i]), SIGNUM_PROTOCOL, bodies[i]);
        check_status(accept_bytes(kinds[k], 200, with_nul, sizeof with_nul - 1), SIGNUM_PROTOCOL);
        check_status(accept_bytes(kinds[k], 200, "{}\0", 3), SIGNUM_PROTOCOL);
        check_status(accept(kinds[k], 200, "{}"), SIGNUM_PROTOCOL);
    }
}

static void
test_list(void **state)
{
    cJSON *object = list_of(fixture_key_json(FIXTURE_RSA_2048, 0, "a"),
                            fixture_key_json(FIXTURE_P256, 0, "b"));

    (void)state;
    fixture_json_set(object, "next", cJSON_CreateString("token"));
    check_status(accept_json(SIGNUM_OPERATION_LIST, object), SIGNUM_OK);
    assert_int_equal(result.key_count, 2);
    assert_string_equal(signum_key_name(result.keys[0]), "a");
    assert_string_equal(signum_key_name(result.keys[1]), "b");
    check_text(&result.next, "token");

    object = list_of(NULL, NULL);
    fixture_json_set(object, "next", cJSON_CreateNull());
    check_status(accept_json(SIGNUM_OPERATION_LIST, object), SIGNUM_OK);
    assert_int_equal(result.key_count, 0);
    assert_int_equal(result.next.len, 0);
}

/* A kind of key from the future does not hide the others. */
static void
test_list_leaves_out_unknown_kinds(void **state)
{
    cJSON *unknown = fixture_key_json(FIXTURE_RSA_2048, 0, "a");

    (void)state;
    fixture_json_set(unknown, "algorithm", cJSON_CreateString("ml-dsa"));
    check_status(accept_json(SIGNUM_OPERATION_LIST,
                             list_of(unknown, fixture_key_json(FIXTURE_P256, 0, "b"))), SIGNUM_OK);
    assert_int_equal(result.key_count, 1);
    assert_string_equal(signum_key_name(result.keys[0]), "b");
}

static void
test_bad_lists(void **state)
{
    static const char *const bodies[] = {
        "{\"keys\":null}", "{\"keys\":{}}", "{\"keys\":\"x\"}", "{\"Keys\":[]}",
        "{\"keys\":[5]}",  "{\"keys\":[[]]}", "{\"keys\":[{}]}", "{\"keys\":[null]}",
    };
    cJSON *broken = fixture_key_json(FIXTURE_P256, 0, "b");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        check_row(accept(SIGNUM_OPERATION_LIST, 200, bodies[i]), SIGNUM_PROTOCOL, bodies[i]);
    fixture_json_set(broken, "spki", cJSON_CreateString("Zm9"));
    check_status(accept_json(SIGNUM_OPERATION_LIST,
                             list_of(fixture_key_json(FIXTURE_P256, 0, "a"), broken)),
                 SIGNUM_PROTOCOL);
    cJSON *object = list_of(NULL, NULL);
    fixture_json_set(object, "next", text_of_length(1025));
    check_status(accept_json(SIGNUM_OPERATION_LIST, object), SIGNUM_TOO_LARGE);
}

static void
test_huge_list(void **state)
{
    cJSON *object = list_of(NULL, NULL);
    cJSON *keys = cJSON_GetObjectItem(object, "keys");
    cJSON *key = fixture_key_json(FIXTURE_P256, 0, "k");

    (void)state;
    for (int i = 0; i < SIGNUM_RESULT_KEYS_MAX + 1; i++)
        cJSON_AddItemToArray(keys, cJSON_Duplicate(key, true));
    cJSON_Delete(key);
    check_status(accept_json(SIGNUM_OPERATION_LIST, object), SIGNUM_TOO_LARGE);

    struct signum_buf text;
    signum_buf_init(&text, SIGNUM_HTTP_BODY_MAX);
    signum_buf_put_text(&text, "{\"keys\":[0");
    for (int i = 0; i < 300000; i++)
        signum_buf_put_text(&text, ",0");
    signum_buf_put_text(&text, "]}");
    check_status(accept(SIGNUM_OPERATION_LIST, 200, signum_buf_text(&text)), SIGNUM_PROTOCOL);
    signum_buf_clear(&text);
}

static void
test_sign(void **state)
{
    (void)state;
    operation.key = rsa;
    check_status(accept(SIGNUM_OPERATION_SIGN, 200,
                        "{\"signature\":\"Zm9v\",\"key\":{\"name\":\"release\",\"version\":7},"
                        "\"audit\":{\"index\":3}}"), SIGNUM_OK);
    check_text(&result.signature, "foo");
}

static void
test_bad_signature_answers(void **state)
{
    static const char *const bodies[] = {
        "{\"signature\":\"Zm9v\"}",
        "{\"signature\":\"Zm9v\",\"key\":null}",
        "{\"signature\":\"Zm9v\",\"key\":\"release\"}",
        "{\"signature\":\"Zm9v\",\"key\":{}}",
        "{\"signature\":\"Zm9v\",\"key\":{\"name\":7}}",
        "{\"signature\":\"Zm9v\",\"key\":{\"name\":\"other\"}}",
        "{\"key\":{\"name\":\"release\"}}",
        "{\"signature\":7,\"key\":{\"name\":\"release\"}}",
        "{\"signature\":\"Zm9\",\"key\":{\"name\":\"release\"}}",
        "{\"signature\":[\"Zm9v\"],\"key\":{\"name\":\"release\"}}",
    };

    (void)state;
    operation.key = rsa;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        check_row(accept(SIGNUM_OPERATION_SIGN, 200, bodies[i]), SIGNUM_PROTOCOL, bodies[i]);
        assert_int_equal(result.signature.len, 0);
    }
    cJSON *object = cJSON_Parse("{\"key\":{\"name\":\"release\"}}");
    fixture_json_set(object, "signature", text_of_length(SIGNUM_SIGNATURE_MAX * 4));
    check_status(accept_json(SIGNUM_OPERATION_SIGN, object), SIGNUM_TOO_LARGE);
}

static void
test_info(void **state)
{
    (void)state;
    check_status(accept(SIGNUM_OPERATION_INFO, 200,
                        "{\"name\":\"signumd\",\"version\":\"0.1.0\","
                        "\"time\":\"2023-11-14T22:13:20Z\"}"),
                 SIGNUM_OK);
    check_text(&result.name, "signumd");
    check_text(&result.version, "0.1.0");
    assert_true(result.server_time == 1700000000);
    check_status(accept(SIGNUM_OPERATION_INFO, 200,
                        "{\"name\":\"x\",\"version\":\"1\",\"time\":\"noon\"}"), SIGNUM_OK);
    assert_true(result.server_time == 0);
    check_status(accept(SIGNUM_OPERATION_INFO, 200, "{\"name\":\"x\"}"), SIGNUM_PROTOCOL);
    check_status(accept(SIGNUM_OPERATION_INFO, 200, "{\"version\":\"1\"}"), SIGNUM_PROTOCOL);
    check_status(accept(SIGNUM_OPERATION_INFO, 200, "{\"name\":1,\"version\":\"1\"}"),
                 SIGNUM_PROTOCOL);
    cJSON *object = cJSON_Parse("{\"name\":\"x\"}");
    fixture_json_set(object, "version", text_of_length(1025));
    check_status(accept_json(SIGNUM_OPERATION_INFO, object), SIGNUM_PROTOCOL);
    object = cJSON_Parse("{\"version\":\"x\"}");
    fixture_json_set(object, "name", text_of_length(1025));
    check_status(accept_json(SIGNUM_OPERATION_INFO, object), SIGNUM_PROTOCOL);
}

/* RFC 3339 in UTC; what is not that is no time, and no reason to refuse the rest. */
static void
test_info_times(void **state)
{
    static const struct {
        const char *time; /* as JSON */
        int64_t expected;
    } rows[] = {
        {"\"1970-01-01T00:00:00Z\"", 0},
        {"\"1970-01-01T00:00:01Z\"", 1},
        {"\"2000-02-29T12:00:00Z\"", 951825600},
        {"\"2000-03-01T00:00:00Z\"", 951868800},
        {"\"2023-12-31T23:59:59Z\"", 1704067199},
        {"\"2038-01-19T03:14:08Z\"", 2147483648},
        {"\"2100-03-01T00:00:00Z\"", 4107542400},
        {"\"2023-11-14T22:13:20+01:00\"", 0},
        {"\"2023-11-14T22:13:20\"", 0},
        {"\"2023-11-14\"", 0},
        {"\"2023-13-14T22:13:20Z\"", 0},
        {"\"1969-12-31T23:59:59Z\"", 0},
        {"\"noon\"", 0},
        {"\"\"", 0},
        {"1700000000", 0},
        {"null", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[100];
        snprintf(body, sizeof body, "{\"name\":\"x\",\"version\":\"1\",\"time\":%s}",
                 rows[i].time);
        check_row(accept(SIGNUM_OPERATION_INFO, 200, body), SIGNUM_OK, body);
        if (result.server_time != rows[i].expected)
            print_error("%s\n", rows[i].time);
        assert_true(result.server_time == rows[i].expected);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_get_each_kind),
        TEST(test_get_with_less),
        TEST(test_get_with_bad_fields),
        TEST(test_get_with_large_fields),
        TEST(test_get_with_a_long_name),
        TEST(test_get_not_modified),
        TEST(test_not_json),
        TEST(test_list),
        TEST(test_list_leaves_out_unknown_kinds),
        TEST(test_bad_lists),
        TEST(test_huge_list),
        TEST(test_sign),
        TEST(test_bad_signature_answers),
        TEST(test_info),
        TEST(test_info_times),
    };

    return cmocka_run_group_tests_name("protocol_signum_accept", tests, NULL, NULL);
}
