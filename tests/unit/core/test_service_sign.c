#include "fixture_check.h"

#include <string.h>

#include "fixture_local.h"

/* One request a signature, and only a signature that was verified leaves the service. */

static struct fixture_local local;
static struct signum_fake *const fake = &local.fake;
static struct fixture_service *const remote = &local.remote;
static struct signum_buf signature;
static uint8_t digest_storage[SIGNUM_DIGEST_MAX];

static int
setup(void **state)
{
    (void)state;
    fixture_local_init(&local);
    fixture_service_add(remote, "rsa", FIXTURE_RSA_2048, 0);
    fixture_service_add(remote, "p256", FIXTURE_P256, 0);
    fixture_service_add(remote, "p521", FIXTURE_P521, 0);
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    signum_buf_clear(&signature);
    fixture_local_clear(&local);
    return 0;
}

static struct signum_key *
find(const char *name)
{
    struct signum_key *key = NULL;

    check_status(signum_service_find_key(local.service, name, &key, &local.report), SIGNUM_OK);
    return key;
}

static enum signum_status
sign(const struct signum_key *key, const struct signum_sign_params *params)
{
    return signum_service_sign(local.service, key, params,
                               fixture_digest(params->hash, 5, digest_storage), NULL, &signature,
                               &local.report);
}

static const struct signum_sign_params pkcs1 = {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_SHA256, 0};
static const struct signum_sign_params ecdsa = {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256, 0};

static void
test_each_scheme_costs_one_request(void **state)
{
    static const struct {
        const char *name;
        struct signum_sign_params params;
        size_t len;
    } rows[] = {
        {"rsa", {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_SHA1, 0}, 256},
        {"rsa", {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_SHA512, 0}, 256},
        {"rsa", {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_NONE, 0}, 256},
        {"rsa", {SIGNUM_SCHEME_RSA_PSS, SIGNUM_HASH_SHA384, 48}, 256},
        {"rsa", {SIGNUM_SCHEME_RSA_PSS, SIGNUM_HASH_SHA256, 0}, 256},
        {"p256", {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256, 0}, 64},
        {"p256", {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_NONE, 0}, 64},
        {"p521", {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA512, 0}, 132},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct signum_key *key = find(rows[i].name);
        unsigned before = fixture_service_requests(remote);
        check_status(sign(key, &rows[i].params), SIGNUM_OK);
        assert_int_equal(fixture_service_requests(remote), before + 1);
        assert_int_equal(signature.len, rows[i].len);
        check_status(signum_key_verify(key, &rows[i].params,
                                       fixture_digest(rows[i].params.hash, 5, digest_storage),
                                       signum_bytes_of_buf(&signature)), SIGNUM_OK);
        check_status(local.report.status, SIGNUM_OK);
        check_text(&local.report.request, "req-7");
        signum_key_unref(&key);
    }
    assert_int_equal(remote->signs, COUNT_OF(rows));
}

static void
test_idempotency_keys_differ(void **state)
{
    struct signum_key *key = find("p256");
    char first[64];

    (void)state;
    check_status(sign(key, &ecdsa), SIGNUM_OK);
    check_status(sign(key, &ecdsa), SIGNUM_OK);
    assert_int_equal(fake->request_count, 3);
    const char *value = signum_fake_request_header(&fake->requests[1], "Idempotency-Key");
    assert_int_equal(strlen(value), 32);
    assert_int_equal(strspn(value, "0123456789abcdef"), 32);
    memcpy(first, value, 33);
    value = signum_fake_request_header(&fake->requests[2], "Idempotency-Key");
    assert_string_not_equal(value, first);
    signum_key_unref(&key);
}

static void
check_refused(const struct signum_key *key, const struct signum_sign_params *params,
              enum signum_status expected)
{
    signum_buf_clear(&signature);
    signum_buf_put_text(&signature, "of a call before");
    check_status(sign(key, params), expected);
    assert_int_equal(signature.len, 0);
    check_status(local.report.status, expected);
    assert_true(local.report.text.len > 0);
}

static void
test_wrong_signatures_are_kept_back(void **state)
{
    struct signum_key *rsa = find("rsa");
    struct signum_key *curve = find("p256");

    (void)state;
    remote->is_bit_flipped = true;
    check_refused(rsa, &pkcs1, SIGNUM_BAD_SIGNATURE);
    check_text(&local.report.request, "req-7");
    check_refused(curve, &ecdsa, SIGNUM_BAD_SIGNATURE);
    remote->is_bit_flipped = false;
    remote->is_other_key = true;
    check_refused(rsa, &pkcs1, SIGNUM_BAD_SIGNATURE);
    check_refused(curve, &ecdsa, SIGNUM_BAD_SIGNATURE);
    assert_int_equal(remote->signs, 4); /* and none is asked for twice */
    remote->is_other_key = false;
    check_status(sign(rsa, &pkcs1), SIGNUM_OK);
    signum_key_unref(&rsa);
    signum_key_unref(&curve);
}

static void
test_signatures_of_a_wrong_form(void **state)
{
    static const char *const bodies[] = {
        "{\"signature\":\"\",\"key\":{\"name\":\"p256\"}}",
        "{\"signature\":\"Zm9v\",\"key\":{\"name\":\"p256\"}}",
    };
    struct signum_key *key = find("p256");

    (void)state;
    signum_fake_respond_by(fake, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        signum_fake_respond(fake, 200, bodies[i]);
        check_refused(key, &ecdsa, SIGNUM_BAD_SIGNATURE);
    }
    signum_fake_respond(fake, 200, "{\"signature\":\"Zm9v\",\"key\":{\"name\":\"rsa\"}}");
    check_refused(key, &ecdsa, SIGNUM_PROTOCOL);
    signum_fake_respond(fake, 409, "{\"code\":\"key-disabled\"}");
    check_refused(key, &ecdsa, SIGNUM_KEY_DISABLED);
    signum_fake_respond(fake, 403, "{\"code\":\"denied\"}");
    check_refused(key, &ecdsa, SIGNUM_DENIED);
    signum_key_unref(&key);
}

static void
test_bad_parameters_cost_nothing(void **state)
{
    struct signum_sign_params params = pkcs1;
    struct signum_key *rsa = find("rsa");
    struct signum_key *curve = find("p256");
    unsigned before = fixture_service_requests(remote);
    struct signum_bytes digest = fixture_digest(SIGNUM_HASH_SHA256, 5, digest_storage);

    (void)state;
    check_refused(curve, &pkcs1, SIGNUM_BAD_ALGORITHM);
    check_refused(rsa, &ecdsa, SIGNUM_BAD_ALGORITHM);
    params.scheme = SIGNUM_SCHEME_RSA_PSS;
    params.salt_len = 1000;
    check_refused(rsa, &params, SIGNUM_INVALID_ARGUMENT);
    digest.len = 31;
    check_status(signum_service_sign(local.service, rsa, &pkcs1, digest, NULL, &signature,
                                     &local.report), SIGNUM_INVALID_ARGUMENT);
    digest.len = 0;
    check_status(signum_service_sign(local.service, rsa, &pkcs1, digest, NULL, &signature,
                                     &local.report), SIGNUM_INVALID_ARGUMENT);
    assert_int_equal(fixture_service_requests(remote), before);
    signum_key_unref(&rsa);
    signum_key_unref(&curve);
}

static void
test_no_random_number(void **state)
{
    struct signum_key *key = find("p256");

    (void)state;
    fake->call_count = 0;
    fake->fail_at = 1;
    fake->fail_status = SIGNUM_CRYPTO;
    check_refused(key, &ecdsa, SIGNUM_CRYPTO);
    assert_int_equal(remote->signs, 0);
    signum_key_unref(&key);
}

static void
test_no_room_for_the_signature(void **state)
{
    struct signum_key *key = find("p256");
    struct signum_buf small;

    (void)state;
    signum_buf_init(&small, 63);
    check_status(signum_service_sign(local.service, key, &ecdsa,
                                     fixture_digest(SIGNUM_HASH_SHA256, 5, digest_storage), NULL,
                                     &small, &local.report), SIGNUM_TOO_LARGE);
    assert_int_equal(small.len, 0);
    check_status(local.report.status, SIGNUM_TOO_LARGE);
    signum_buf_clear(&small);
    signum_key_unref(&key);
}

static void
test_lost_answer_is_asked_for_again(void **state)
{
    struct signum_key *key = find("p256");

    (void)state;
    fake->call_count = 0;
    fake->fail_at = 2; /* the random number, then the request */
    fake->fail_status = SIGNUM_NETWORK;
    check_status(sign(key, &ecdsa), SIGNUM_OK);
    assert_int_equal(remote->signs, 1);
    assert_int_equal(fake->request_count, 3);
    assert_string_equal(fake->requests[1].headers, fake->requests[2].headers);
    assert_string_equal(fake->requests[1].body, fake->requests[2].body);
    signum_key_unref(&key);
}

/* Not even at the debug level: token, digest, signature. */
static void
test_log_holds_no_secret(void **state)
{
    struct signum_key *key = find("p256");
    struct signum_buf hex;

    (void)state;
    remote->is_bit_flipped = true;
    check_refused(key, &ecdsa, SIGNUM_BAD_SIGNATURE);
    remote->is_bit_flipped = false;
    check_status(sign(key, &ecdsa), SIGNUM_OK);
    assert_true(signum_fake_is_logged(fake, "/v1/keys/p256/sign"));
    assert_false(signum_fake_is_logged(fake, "secret-token"));
    signum_buf_init(&hex, 200);
    signum_buf_put_hex(&hex, (struct signum_bytes){digest_storage, 8});
    assert_false(signum_fake_is_logged(fake, signum_buf_text(&hex)));
    signum_buf_clear(&hex);
    signum_buf_put_hex(&hex, (struct signum_bytes){signature.data, 8});
    assert_false(signum_fake_is_logged(fake, signum_buf_text(&hex)));
    signum_buf_clear(&hex);
    signum_key_unref(&key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_scheme_costs_one_request),
        TEST(test_idempotency_keys_differ),
        TEST(test_wrong_signatures_are_kept_back),
        TEST(test_signatures_of_a_wrong_form),
        TEST(test_bad_parameters_cost_nothing),
        TEST(test_no_random_number),
        TEST(test_no_room_for_the_signature),
        TEST(test_lost_answer_is_asked_for_again),
        TEST(test_log_holds_no_secret),
    };

    return cmocka_run_group_tests_name("service_sign", tests, NULL, NULL);
}
