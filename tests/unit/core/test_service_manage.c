#include "fixture_check.h"

#include <string.h>

#include "fixture_json.h"
#include "fixture_local.h"

/* Making and destroying keys: what is asked, and what is known afterwards. Answers are queued. */

#define ATTESTATION                                                                                \
    "{\"format\":\"signum-attestation-v1\",\"evidence\":\"e30=\",\"signature\":\"MAA=\","          \
    "\"chain\":[\"MAA=\"]}"

static struct fixture_local local;
static struct signum_fake *const fake = &local.fake;
static struct signum_key *key;

static int
setup(void **state)
{
    (void)state;
    fixture_local_init(&local);
    signum_fake_respond_by(fake, NULL, NULL);
    key = NULL;
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_key_unref(&key);
    fixture_local_clear(&local);
    return 0;
}

static void
respond_key(unsigned http, enum fixture_kind kind, const char *name, bool has_chain)
{
    cJSON *object = fixture_key_json(kind, 0, name);
    struct signum_buf text;

    if (!has_chain)
        fixture_json_set(object, "chain", cJSON_CreateArray());
    signum_buf_init(&text, SIGNUM_HTTP_BODY_MAX);
    fixture_json_print(object, &text);
    signum_fake_respond(fake, http, signum_buf_text(&text));
    signum_fake_respond_header(fake, "Signum-Request", "req-9");
    signum_buf_clear(&text);
}

static enum signum_status
create(const char *name)
{
    signum_key_unref(&key);
    return signum_service_create_key(local.service, name, fixture_alg(FIXTURE_P256), 256, &key,
                                     &local.report);
}

/* What find_key says without a request; the reference is given back. */
static enum signum_status
look_up(const char *name)
{
    struct signum_key *found = NULL;
    size_t before = fake->request_count;
    enum signum_status status =
        signum_service_find_key(local.service, name, &found, &local.report);

    assert_int_equal(fake->request_count, before);
    signum_key_unref(&found);
    return status;
}

static void
make_key(bool has_chain)
{
    respond_key(201, FIXTURE_P256, "new", has_chain);
    check_status(create("new"), SIGNUM_OK);
}

static void
test_created_key_is_known(void **state)
{
    (void)state;
    assert_false(signum_service_has_seen_key(local.service, "new"));
    make_key(false);
    assert_string_equal(signum_key_name(key), "new");
    check_text(&local.report.request, "req-9");
    assert_int_equal(fake->request_count, 1);
    check_status(look_up("new"), SIGNUM_OK);
    assert_true(signum_service_has_seen_key(local.service, "new"));
}

/* A name that was absent a moment ago is there as soon as the key is made. */
static void
test_create_ends_absence(void **state)
{
    struct signum_key *none = NULL;

    (void)state;
    signum_fake_respond(fake, 404, "{\"code\":\"key-not-found\"}");
    check_status(signum_service_find_key(local.service, "new", &none, &local.report),
                 SIGNUM_KEY_NOT_FOUND);
    check_status(look_up("new"), SIGNUM_KEY_NOT_FOUND);
    assert_false(signum_service_has_seen_key(local.service, "new"));
    make_key(false);
    check_status(look_up("new"), SIGNUM_OK);
}

static void
test_create_refused(void **state)
{
    char long_name[SIGNUM_KEY_NAME_MAX + 2];

    (void)state;
    signum_fake_respond(fake, 409, "{\"code\":\"key-exists\",\"detail\":\"taken\"}");
    check_status(create("new"), SIGNUM_KEY_EXISTS);
    assert_null(key);
    check_status(local.report.status, SIGNUM_KEY_EXISTS);
    assert_non_null(strstr(signum_buf_text(&local.report.text), "create key new"));
    assert_non_null(strstr(signum_buf_text(&local.report.text), "taken"));
    assert_false(signum_service_has_seen_key(local.service, "new"));
    signum_fake_respond(fake, 403, "{\"code\":\"denied\"}");
    check_status(create("new"), SIGNUM_DENIED);
    /* none of these is sent */
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    check_status(create(long_name), SIGNUM_INVALID_ARGUMENT);
    check_status(create(""), SIGNUM_INVALID_ARGUMENT);
    check_status(signum_service_create_key(local.service, "new", fixture_alg(FIXTURE_RSA_2048),
                                           1024, &key, &local.report),
                 SIGNUM_NOT_SUPPORTED);
    assert_int_equal(fake->request_count, 2);
}

/* Every try of one creation has the same idempotency key, another creation another one. */
static void
test_create_is_tried_with_one_key(void **state)
{
    char first[64];

    (void)state;
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    make_key(false);
    assert_int_equal(fake->request_count, 2);
    const char *value = signum_fake_request_header(&fake->requests[0], "Idempotency-Key");
    assert_non_null(value);
    assert_int_equal(strlen(value), 32);
    strcpy(first, value);
    value = signum_fake_request_header(&fake->requests[1], "Idempotency-Key");
    assert_string_equal(value, first);
    respond_key(201, FIXTURE_P256, "newer", false);
    check_status(create("newer"), SIGNUM_OK);
    value = signum_fake_request_header(&fake->requests[2], "Idempotency-Key");
    assert_string_not_equal(value, first);
}

/* A service that claims a public key which it is not is not believed. */
static void
test_created_key_is_checked(void **state)
{
    cJSON *object = fixture_key_json(FIXTURE_P256, 0, "new");
    struct signum_buf text;

    (void)state;
    fixture_json_set(object, "spki", cJSON_CreateString("MAA="));
    fixture_json_set(object, "chain", cJSON_CreateArray());
    signum_buf_init(&text, SIGNUM_HTTP_BODY_MAX);
    fixture_json_print(object, &text);
    signum_fake_respond(fake, 201, signum_buf_text(&text));
    signum_buf_clear(&text);
    check_status(create("new"), SIGNUM_PROTOCOL);
    assert_null(key);
    assert_true(local.report.text.len > 0);
    assert_false(signum_service_has_seen_key(local.service, "new"));
}

static void
test_deleted_key_is_absent(void **state)
{
    (void)state;
    make_key(false);
    signum_fake_respond(fake, 204, "");
    signum_fake_respond_header(fake, "Signum-Request", "req-10");
    check_status(signum_service_delete_key(local.service, key, &local.report), SIGNUM_OK);
    check_text(&local.report.request, "req-10");
    assert_string_equal(fake->requests[1].method, "DELETE");
    check_status(look_up("new"), SIGNUM_KEY_NOT_FOUND);
    assert_false(signum_service_has_seen_key(local.service, "new"));
}

static void
test_delete_refused(void **state)
{
    (void)state;
    make_key(false);
    signum_fake_respond(fake, 409, "{\"code\":\"key-has-certificate\"}");
    check_status(signum_service_delete_key(local.service, key, &local.report), SIGNUM_DENIED);
    check_status(look_up("new"), SIGNUM_OK);
    signum_fake_respond(fake, 404, "{\"code\":\"key-not-found\"}");
    check_status(signum_service_delete_key(local.service, key, &local.report),
                 SIGNUM_KEY_NOT_FOUND);
    check_status(look_up("new"), SIGNUM_KEY_NOT_FOUND);
}

static void
test_key_with_certificate_is_not_asked_for(void **state)
{
    (void)state;
    make_key(true);
    check_status(signum_service_delete_key(local.service, key, &local.report), SIGNUM_DENIED);
    assert_non_null(strstr(signum_buf_text(&local.report.text), "certificate"));
    assert_int_equal(fake->request_count, 1);
}

/* The connection breaks after the service has done it. */
static void
test_delete_with_a_lost_answer(void **state)
{
    (void)state;
    make_key(false);
    signum_fake_respond_failure(fake, SIGNUM_NETWORK, "reset");
    signum_fake_respond(fake, 404, "{\"code\":\"key-not-found\"}");
    check_status(signum_service_delete_key(local.service, key, &local.report), SIGNUM_OK);
    check_status(look_up("new"), SIGNUM_KEY_NOT_FOUND);
}

static void
test_attest(void **state)
{
    struct signum_buf attestation;

    (void)state;
    make_key(false);
    signum_buf_init(&attestation, SIGNUM_ATTESTATION_MAX);
    signum_buf_put_text(&attestation, "old");
    signum_fake_respond(fake, 200, ATTESTATION);
    signum_fake_respond_header(fake, "Signum-Request", "req-11");
    check_status(signum_service_attest(local.service, key, NULL, &attestation, &local.report),
                 SIGNUM_OK);
    check_text(&attestation, ATTESTATION);
    check_text(&local.report.request, "req-11");
    signum_fake_respond(fake, 403, "{\"code\":\"denied\"}");
    check_status(signum_service_attest(local.service, key, NULL, &attestation, &local.report),
                 SIGNUM_DENIED);
    assert_int_equal(attestation.len, 0);
    signum_buf_clear(&attestation);
}

static void
test_csr(void **state)
{
    const struct signum_csr_params params = {.subject = "CN=x"};
    struct signum_buf csr;

    (void)state;
    make_key(false);
    signum_buf_init(&csr, SIGNUM_CSR_MAX);
    signum_buf_put_text(&csr, "old");
    signum_fake_respond(fake, 200, "{\"csr\":\"MAA=\",\"key\":{\"name\":\"new\"}}");
    signum_fake_respond_header(fake, "Signum-Request", "req-12");
    check_status(signum_service_make_csr(local.service, key, &params, &csr, &local.report),
                 SIGNUM_OK);
    assert_int_equal(csr.len, 2);
    check_text(&local.report.request, "req-12");
    signum_fake_respond(fake, 403, "{\"code\":\"denied\"}");
    check_status(signum_service_make_csr(local.service, key, &params, &csr, &local.report),
                 SIGNUM_DENIED);
    assert_int_equal(csr.len, 0);
    assert_non_null(strstr(signum_buf_text(&local.report.text), "request of key new"));
    signum_buf_clear(&csr);
}

static enum signum_status
set_chain(unsigned which, struct signum_key **changed_out)
{
    struct signum_buf der;

    signum_buf_init(&der, SIGNUM_KEY_CERT_MAX);
    fixture_put_certificate(fixture_pair(FIXTURE_P256, which), "leaf", &der);
    enum signum_status status = signum_service_set_chain(
        local.service, key, signum_bytes_of_buf(&der), changed_out, &local.report);
    signum_buf_clear(&der);
    return status;
}

static void
test_set_chain(void **state)
{
    struct signum_key *changed = NULL;

    (void)state;
    make_key(false);
    check_status(set_chain(1, &changed), SIGNUM_INVALID_ARGUMENT); /* of another key */
    assert_null(changed);
    assert_int_equal(fake->request_count, 1);
    assert_true(local.report.text.len > 0);
    respond_key(200, FIXTURE_P256, "new", true);
    check_status(set_chain(0, &changed), SIGNUM_OK);
    assert_int_equal(signum_key_chain_count(changed), 1);
    assert_int_equal(signum_key_chain_count(key), 0); /* who has the old one keeps it */
    signum_key_unref(&changed);
    check_status(signum_service_find_key(local.service, "new", &changed, &local.report),
                 SIGNUM_OK);
    assert_int_equal(signum_key_chain_count(changed), 1);
    assert_int_equal(fake->request_count, 2);
    signum_key_unref(&changed);
    signum_fake_respond(fake, 422, "{\"code\":\"certificate-mismatch\"}");
    check_status(set_chain(0, &changed), SIGNUM_INVALID_ARGUMENT);
    assert_null(changed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_created_key_is_known),
        TEST(test_create_ends_absence),
        TEST(test_create_refused),
        TEST(test_create_is_tried_with_one_key),
        TEST(test_created_key_is_checked),
        TEST(test_deleted_key_is_absent),
        TEST(test_delete_refused),
        TEST(test_key_with_certificate_is_not_asked_for),
        TEST(test_delete_with_a_lost_answer),
        TEST(test_attest),
        TEST(test_csr),
        TEST(test_set_chain),
    };

    return cmocka_run_group_tests_name("service_manage", tests, NULL, NULL);
}
