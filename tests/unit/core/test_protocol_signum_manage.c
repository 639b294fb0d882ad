#include "fixture_check.h"

#include <stdio.h>
#include <string.h>

#include "core/protocol.h"
#include "fixture_json.h"

/* Making, destroying and attesting keys, and giving them certificates: what is sent, and what is
   made of the answers. */

#define BASE "https://sign.test:8443"
#define ATTESTATION                                                                                \
    "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"MAA=\","          \
    "\"chain\":[\"MAA=\"],\"origin\":\"software token\"}"

static struct signum_http_request request;
static struct signum_http_response response;
static struct signum_exchange exchange;
static struct signum_result result;
static struct signum_operation operation;

static int
setup(void **state)
{
    (void)state;
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    signum_exchange_init(&exchange);
    signum_result_init(&result);
    operation = (struct signum_operation){
        .kind = SIGNUM_OPERATION_CREATE,
        .base_url = BASE,
        .key_name = "my key",
        .alg = fixture_alg(FIXTURE_P256),
        .bits = 256,
        .idempotency_key = "idem-1",
    };
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_http_request_clear(&request);
    signum_http_response_clear(&response);
    signum_exchange_clear(&exchange);
    signum_result_clear(&result);
    return 0;
}

static void
compose(void)
{
    signum_http_request_clear(&request);
    check_status(signum_protocol_signum.compose(&operation, &exchange, &request), SIGNUM_OK);
    assert_false(request.is_public);
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

/* Reads an answer with a fresh result. */
static enum signum_status
accept(unsigned http, const char *body)
{
    enum signum_next next = SIGNUM_NEXT_WAIT;

    signum_result_clear(&result);
    signum_buf_clear(&response.body);
    signum_buf_put_text(&response.body, body);
    response.status = http;
    enum signum_status status =
        signum_protocol_signum.accept(&operation, &exchange, &response, &result, &next);
    assert_int_equal(next, SIGNUM_NEXT_DONE);
    return status;
}

static enum signum_status
accept_json(unsigned http, cJSON *object)
{
    struct signum_buf text;

    signum_buf_init(&text, SIGNUM_HTTP_BODY_MAX);
    fixture_json_print(object, &text);
    enum signum_status status = accept(http, signum_buf_text(&text));
    signum_buf_clear(&text);
    return status;
}

static void
test_compose_create(void **state)
{
    (void)state;
    compose();
    assert_string_equal(request.method, "POST");
    check_text(&request.url, BASE "/v1/keys");
    check_header("Content-Type", "application/json");
    check_header("Accept", "application/json");
    check_header("Idempotency-Key", "idem-1");
    check_text(&request.body,
               "{\"name\":\"my key\",\"algorithm\":\"ecdsa\",\"curve\":\"P-256\"}");
    operation.alg = fixture_alg(FIXTURE_RSA_2048);
    operation.bits = 3072;
    operation.key_name = "a \"b\"";
    compose();
    check_text(&request.body, "{\"name\":\"a \\\"b\\\"\",\"algorithm\":\"rsa\",\"bits\":3072}");
}

static void
test_compose_delete_and_attest(void **state)
{
    (void)state;
    operation.kind = SIGNUM_OPERATION_DELETE;
    compose();
    assert_string_equal(request.method, "DELETE");
    check_text(&request.url, BASE "/v1/keys/my%20key");
    check_header("Idempotency-Key", NULL);
    assert_int_equal(request.body.len, 0);
    operation.kind = SIGNUM_OPERATION_ATTEST;
    operation.key_name = "../info";
    compose();
    assert_string_equal(request.method, "GET");
    check_text(&request.url, BASE "/v1/keys/..%2Finfo/attestation");
    assert_int_equal(request.body.len, 0);
    operation.nonce = "a&b=c";
    compose();
    check_text(&request.url, BASE "/v1/keys/..%2Finfo/attestation?nonce=a%26b%3Dc");
}

static void
test_compose_csr(void **state)
{
    struct signum_csr_params params = {.subject = "CN=\"x\"", .is_code_signing = true};

    (void)state;
    operation.kind = SIGNUM_OPERATION_CSR;
    operation.csr = &params;
    compose();
    assert_string_equal(request.method, "POST");
    check_text(&request.url, BASE "/v1/keys/my%20key/csr");
    check_header("Content-Type", "application/json");
    check_text(&request.body, "{\"subject\":\"CN=\\\"x\\\"\",\"code_signing\":true,"
                              "\"attestation\":false}");
    params = (struct signum_csr_params){.subject = "CN=x",
                                        .sans = {"dns:a", "ip:::1"},
                                        .san_count = 2,
                                        .scheme = "rsa-pss",
                                        .hash = "sha384",
                                        .nonce = "12345678",
                                        .is_attested = true};
    compose();
    check_text(&request.body,
               "{\"subject\":\"CN=x\",\"scheme\":\"rsa-pss\",\"hash\":\"sha384\","
               "\"nonce\":\"12345678\",\"code_signing\":false,\"attestation\":true,"
               "\"san\":[\"dns:a\",\"ip:::1\"]}");
}

static void
test_csr_made(void **state)
{
    static const char *const bad[] = {
        "{}", "[]", "{\"csr\":\"MAA=\"}", "{\"csr\":\"MAA=\",\"key\":{\"name\":\"other\"}}",
        "{\"csr\":\"\",\"key\":{\"name\":\"my key\"}}",
        "{\"csr\":\"?\",\"key\":{\"name\":\"my key\"}}", "{\"key\":{\"name\":\"my key\"}}"};

    (void)state;
    operation.kind = SIGNUM_OPERATION_CSR;
    check_status(accept(200, "{\"csr\":\"MAA=\",\"pem\":\"x\",\"key\":{\"name\":\"my key\"}}"),
                 SIGNUM_OK);
    assert_int_equal(result.csr.len, 2);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        check_row(accept(200, bad[i]), SIGNUM_PROTOCOL, bad[i]);
    check_status(accept(400, "{\"code\":\"bad-request\",\"detail\":\"x\"}"),
                 SIGNUM_INVALID_ARGUMENT);
    check_status(accept(422, "{\"code\":\"unsupported-algorithm\"}"), SIGNUM_BAD_ALGORITHM);
    check_status(accept(409, "{\"code\":\"key-disabled\"}"), SIGNUM_KEY_DISABLED);
    check_status(accept(503, "{\"code\":\"hsm-unavailable\"}"), SIGNUM_SERVICE_BUSY);
}

static void
test_compose_set_chain(void **state)
{
    struct signum_bytes chain[] = {signum_bytes_of_text("leaf"), signum_bytes_of_text("issuer")};

    (void)state;
    operation.kind = SIGNUM_OPERATION_SET_CHAIN;
    operation.chain = chain;
    operation.chain_count = 2;
    compose();
    assert_string_equal(request.method, "POST");
    check_text(&request.url, BASE "/v1/keys/my%20key/certificates");
    check_header("Content-Type", "application/json");
    check_header("Idempotency-Key", NULL);
    check_text(&request.body, "{\"chain\":[\"bGVhZg==\",\"aXNzdWVy\"]}");
}

static void
test_compose_refuses(void **state)
{
    (void)state;
    operation.idempotency_key = "a\r\nX: y";
    check_status(signum_protocol_signum.compose(&operation, &exchange, &request),
                 SIGNUM_INVALID_ARGUMENT);
}

static void
test_created(void **state)
{
    (void)state;
    check_status(accept_json(201, fixture_key_json(FIXTURE_P256, 0, "my key")), SIGNUM_OK);
    assert_int_equal(result.key_count, 1);
    assert_string_equal(signum_key_name(result.keys[0]), "my key");
    /* another key than was asked for */
    check_status(accept_json(201, fixture_key_json(FIXTURE_P256, 0, "other")), SIGNUM_PROTOCOL);
    check_status(accept_json(201, fixture_key_json(FIXTURE_P384, 0, "my key")), SIGNUM_PROTOCOL);
    check_status(accept_json(201, fixture_key_json(FIXTURE_RSA_2048, 0, "my key")),
                 SIGNUM_PROTOCOL);
    operation.alg = fixture_alg(FIXTURE_RSA_2048);
    operation.bits = 3072;
    check_status(accept_json(201, fixture_key_json(FIXTURE_RSA_2048, 0, "my key")),
                 SIGNUM_PROTOCOL);
    check_status(accept(201, "{}"), SIGNUM_PROTOCOL);
    check_status(accept(201, ""), SIGNUM_PROTOCOL);
    /* 200 would be an answer to something else */
    check_status(accept_json(200, fixture_key_json(FIXTURE_RSA_3072, 0, "my key")),
                 SIGNUM_SERVICE_ERROR);
}

static void
test_create_refused(void **state)
{
    static const struct {
        unsigned http;
        const char *code;
        enum signum_status status;
    } rows[] = {
        {409, "key-exists", SIGNUM_KEY_EXISTS},
        {403, "denied", SIGNUM_DENIED},
        {422, "unsupported-algorithm", SIGNUM_BAD_ALGORITHM},
        {400, "bad-request", SIGNUM_INVALID_ARGUMENT},
        {409, "idempotency-conflict", SIGNUM_SERVICE_BUSY},
        {503, "hsm-unavailable", SIGNUM_SERVICE_BUSY},
        {500, "internal", SIGNUM_SERVICE_ERROR},
    };
    char body[128];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        snprintf(body, sizeof body, "{\"code\":\"%s\",\"detail\":\"words\"}", rows[i].code);
        check_row(accept(rows[i].http, body), rows[i].status, rows[i].code);
        assert_non_null(strstr(signum_buf_text(&result.cause), "words"));
        assert_int_equal(result.key_count, 0);
    }
}

static void
test_deleted(void **state)
{
    (void)state;
    operation.kind = SIGNUM_OPERATION_DELETE;
    compose();
    check_status(accept(204, ""), SIGNUM_OK);
    check_status(accept(200, "{}"), SIGNUM_SERVICE_ERROR);
    check_status(accept(409, "{\"code\":\"key-has-certificate\"}"), SIGNUM_DENIED);
    check_status(accept(404, "{\"code\":\"key-not-found\"}"), SIGNUM_KEY_NOT_FOUND);
    check_status(accept(403, "{\"code\":\"denied\"}"), SIGNUM_DENIED);
}

/* The answer to the first try was lost: that the key is gone by now is what was wanted. */
static void
test_deleted_by_an_earlier_try(void **state)
{
    (void)state;
    operation.kind = SIGNUM_OPERATION_DELETE;
    compose();
    compose();
    check_status(accept(404, "{\"code\":\"key-not-found\"}"), SIGNUM_OK);
    check_status(accept(404, "{\"code\":\"not-found\"}"), SIGNUM_SERVICE_ERROR);
    check_status(accept(409, "{\"code\":\"key-has-certificate\"}"), SIGNUM_DENIED);
}

static void
test_attested(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"format\":\"signum-attestation-v2\",\"evidence\":\"e30=\",\"signature\":\"MAA=\","
        "\"chain\":[\"MAA=\"]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"\",\"signature\":\"MAA=\","
        "\"chain\":[\"MAA=\"]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"?\","
        "\"chain\":[\"MAA=\"]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"chain\":[\"MAA=\"]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"MAA=\","
        "\"chain\":[]}",
        "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"MAA=\"}",
    };

    (void)state;
    operation.kind = SIGNUM_OPERATION_ATTEST;
    check_status(accept(200, ATTESTATION), SIGNUM_OK);
    check_text(&result.attestation, ATTESTATION);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        check_row(accept(200, bad[i]), SIGNUM_PROTOCOL, bad[i]);
        assert_int_equal(result.attestation.len, 0);
    }
    check_status(accept(404, "{\"code\":\"key-not-found\"}"), SIGNUM_KEY_NOT_FOUND);
}

static void
test_chain_is_set(void **state)
{
    (void)state;
    operation.kind = SIGNUM_OPERATION_SET_CHAIN;
    check_status(accept_json(200, fixture_key_json(FIXTURE_P256, 0, "my key")), SIGNUM_OK);
    assert_int_equal(result.key_count, 1);
    check_status(accept_json(200, fixture_key_json(FIXTURE_P256, 0, "other")), SIGNUM_PROTOCOL);
    check_status(accept(422, "{\"code\":\"certificate-mismatch\"}"), SIGNUM_INVALID_ARGUMENT);
    check_status(accept(400, "{\"code\":\"bad-request\"}"), SIGNUM_INVALID_ARGUMENT);
    check_status(accept(400, ""), SIGNUM_INVALID_ARGUMENT);
    check_status(accept(201, "{}"), SIGNUM_SERVICE_ERROR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_compose_create),
        TEST(test_compose_delete_and_attest),
        TEST(test_compose_csr),
        TEST(test_csr_made),
        TEST(test_compose_set_chain),
        TEST(test_compose_refuses),
        TEST(test_created),
        TEST(test_create_refused),
        TEST(test_deleted),
        TEST(test_deleted_by_an_earlier_try),
        TEST(test_attested),
        TEST(test_chain_is_set),
    };

    return cmocka_run_group_tests_name("protocol_signum_manage", tests, NULL, NULL);
}
