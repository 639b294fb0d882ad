/*
 * The core with its real ports against a running signumd, natively and under the sanitizers.
 * run.sh starts the service and sets the SIGNUM_* variables of a client; SIGNUM_TEST_REFUSED_URL
 * is a port where nobody listens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/session.h"
#include "io/ports_real.h"

struct fixture {
    struct signum_ports ports;
    struct signum_session *session;
    struct signum_report report;
};

/* What one variable is for the length of one test. */
struct setting {
    const char *name;
    const char *value;
    char *before;
};

static void
change(struct setting *setting)
{
    const char *before = getenv(setting->name);

    setting->before = before == NULL ? NULL : signum_text_copy(before);
    assert_int_equal(setenv(setting->name, setting->value, 1), 0);
}

static void
change_back(struct setting *setting)
{
    if (setting->before == NULL)
        unsetenv(setting->name);
    else
        setenv(setting->name, setting->before, 1);
    free(setting->before);
}

static void
open_fixture(struct fixture *fixture)
{
    signum_report_init(&fixture->report);
    assert_int_equal(signum_ports_real_open(&fixture->ports), SIGNUM_OK);
    enum signum_status status =
        signum_session_open(&fixture->ports, &fixture->session, &fixture->report);
    if (status != SIGNUM_OK)
        print_error("%s\n", signum_buf_text(&fixture->report.text));
    assert_int_equal(status, SIGNUM_OK);
}

static void
close_fixture(struct fixture *fixture)
{
    signum_session_free(&fixture->session);
    signum_ports_real_clear(&fixture->ports);
    signum_report_clear(&fixture->report);
}

static enum signum_status
find(struct fixture *fixture, const char *full_name, struct signum_service **service_out,
     struct signum_key **key_out)
{
    const char *name = NULL;

    signum_report_clear(&fixture->report);
    *key_out = NULL;
    enum signum_status status = signum_session_resolve(fixture->session, full_name, service_out,
                                                       &name, &fixture->report);
    if (status != SIGNUM_OK)
        return status;
    return signum_service_find_key(*service_out, name, key_out, &fixture->report);
}

static void
sign_with(struct fixture *fixture, const char *name, struct signum_sign_params params, size_t len)
{
    uint8_t digest[SIGNUM_DIGEST_MAX] = {0x5a};
    struct signum_service *service = NULL;
    struct signum_key *key = NULL;
    struct signum_buf signature;

    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    assert_int_equal(find(fixture, name, &service, &key), SIGNUM_OK);
    struct signum_bytes bytes = {digest, len};
    assert_int_equal(signum_service_sign(service, key, &params, bytes, NULL, &signature,
                                         &fixture->report),
                     SIGNUM_OK);
    assert_int_equal(signature.len, signum_key_signature_len(key));
    assert_int_equal(signum_key_verify(key, &params, bytes, signum_bytes_of_buf(&signature)),
                     SIGNUM_OK);
    digest[0] ^= 1;
    assert_int_equal(signum_key_verify(key, &params, bytes, signum_bytes_of_buf(&signature)),
                     SIGNUM_BAD_SIGNATURE);
    assert_true(fixture->report.request.len > 0);
    signum_buf_clear(&signature);
    signum_key_unref(&key);
}

static void
test_every_scheme(void **state)
{
    static const char *const rsa[] = {"rsa2048", "rsa3072", "rsa4096"};
    static const char *const ecdsa[] = {"p256", "p384", "p521"};
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture);
    for (size_t i = 0; i < 3; i++)
        for (int hash = SIGNUM_HASH_SHA1; hash < SIGNUM_HASH_COUNT; hash++) {
            size_t len = signum_hash_by_id((enum signum_hash)hash)->len;
            struct signum_sign_params params = {SIGNUM_SCHEME_RSA_PKCS1, (enum signum_hash)hash,
                                                0};
            sign_with(&fixture, rsa[i], params, len);
            params.scheme = SIGNUM_SCHEME_RSA_PSS;
            params.salt_len = (uint32_t)len;
            sign_with(&fixture, rsa[i], params, len);
            params.scheme = SIGNUM_SCHEME_ECDSA;
            params.salt_len = 0;
            sign_with(&fixture, ecdsa[i], params, len);
        }
    struct signum_sign_params raw = {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_NONE, 0};
    sign_with(&fixture, "rsa2048", raw, 36);
    close_fixture(&fixture);
}

static void
test_list_names_usable_keys(void **state)
{
    struct fixture fixture;
    struct signum_key **keys = NULL;
    size_t count = 0;

    (void)state;
    open_fixture(&fixture);
    struct signum_service *service = signum_session_service(fixture.session, 0);
    assert_int_equal(signum_service_list_keys(service, &keys, &count, &fixture.report), SIGNUM_OK);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        assert_string_not_equal(signum_key_name(keys[i]), "denied");
        assert_true(signum_key_chain_count(keys[i]) > 0);
    }
    signum_key_list_free(&keys, &count);
    close_fixture(&fixture);
}

static void
test_info(void **state)
{
    struct fixture fixture;
    struct signum_result result;

    (void)state;
    open_fixture(&fixture);
    signum_result_init(&result);
    struct signum_service *service = signum_session_service(fixture.session, 0);
    assert_int_equal(signum_service_info(service, &result, &fixture.report), SIGNUM_OK);
    assert_true(result.name.len > 0);
    assert_true(result.version.len > 0);
    signum_result_clear(&result);
    close_fixture(&fixture);
}

/* Opening a key fails with `wanted` while one variable has another value. */
static void
expect_failure(const char *variable, const char *value, const char *key_name,
               enum signum_status wanted)
{
    struct setting setting = {variable, value, NULL};
    struct signum_service *service = NULL;
    struct signum_key *key = NULL;
    struct fixture fixture;

    if (variable != NULL)
        change(&setting);
    open_fixture(&fixture);
    if (variable != NULL)
        change_back(&setting);
    assert_int_equal(find(&fixture, key_name, &service, &key), wanted);
    assert_null(key);
    assert_true(fixture.report.text.len > 0);
    close_fixture(&fixture);
}

static void
test_unknown_key(void **state)
{
    (void)state;
    expect_failure(NULL, NULL, "no-such-key", SIGNUM_KEY_NOT_FOUND);
    expect_failure(NULL, NULL, "nowhere/rsa2048", SIGNUM_KEY_NOT_FOUND);
}

static void
test_denied_key(void **state)
{
    (void)state;
    expect_failure(NULL, NULL, "denied", SIGNUM_DENIED);
}

static void
test_wrong_token(void **state)
{
    (void)state;
    expect_failure("SIGNUM_TOKEN", "wrong", "rsa2048", SIGNUM_CREDENTIAL_REFUSED);
}

/* A CA that did not issue the service's certificate. */
static void
test_wrong_ca(void **state)
{
    (void)state;
    expect_failure("SIGNUM_CA_FILE", getenv("SIGNUM_TEST_OTHER_CA"), "rsa2048", SIGNUM_TLS);
}

static void
test_nobody_listens(void **state)
{
    (void)state;
    expect_failure("SIGNUM_SERVICE_URL", getenv("SIGNUM_TEST_REFUSED_URL"), "rsa2048",
                   SIGNUM_NETWORK);
}

/* Makes, uses, attests and destroys a key. */
static void
manage(struct fixture *fixture, struct signum_service *service, const struct signum_alg *alg)
{
    struct signum_key *key = NULL;
    struct signum_key *none = NULL;
    struct signum_buf attestation;

    signum_buf_init(&attestation, SIGNUM_ATTESTATION_MAX);
    enum signum_status status = signum_service_create_key(service, "native", alg,
                                                          alg->bits_default, &key,
                                                          &fixture->report);
    if (status != SIGNUM_OK)
        print_error("%s\n", signum_buf_text(&fixture->report.text));
    assert_int_equal(status, SIGNUM_OK);
    assert_true(fixture->report.request.len > 0);
    if (alg->family == SIGNUM_FAMILY_ECDSA)
        sign_with(fixture, "native",
                  (struct signum_sign_params){SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256, 0}, 32);
    assert_int_equal(signum_service_create_key(service, "native", alg, alg->bits_default, &none,
                                               &fixture->report),
                     SIGNUM_KEY_EXISTS);
    assert_null(none);
    assert_int_equal(signum_service_attest(service, key, NULL, &attestation, &fixture->report),
                     SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&attestation), "signum-attestation-v1"));
    assert_int_equal(signum_service_delete_key(service, key, &fixture->report), SIGNUM_OK);
    assert_int_equal(signum_service_find_key(service, "native", &none, &fixture->report),
                     SIGNUM_KEY_NOT_FOUND);
    assert_int_equal(signum_service_delete_key(service, key, &fixture->report),
                     SIGNUM_KEY_NOT_FOUND);
    signum_buf_clear(&attestation);
    signum_key_unref(&key);
}

static void
test_manage(void **state)
{
    struct setting manager = {"SIGNUM_TOKEN_FILE", getenv("SIGNUM_TEST_MANAGER_TOKEN_FILE"), NULL};
    struct fixture fixture;

    (void)state;
    assert_non_null(manager.value);
    change(&manager);
    open_fixture(&fixture);
    struct signum_service *service = signum_session_service(fixture.session, 0);
    manage(&fixture, service, signum_alg_by_wire("ecdsa", "P-256"));
    manage(&fixture, service, signum_alg_by_wire("rsa", NULL));
    close_fixture(&fixture);
    change_back(&manager);
}

static void
test_signer_makes_no_keys(void **state)
{
    struct fixture fixture;
    struct signum_key *key = NULL;

    (void)state;
    open_fixture(&fixture);
    assert_int_equal(signum_service_create_key(signum_session_service(fixture.session, 0),
                                               "by-signer", signum_alg_by_wire("ecdsa", "P-256"),
                                               256, &key, &fixture.report),
                     SIGNUM_DENIED);
    assert_null(key);
    assert_true(fixture.report.text.len > 0);
    close_fixture(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_scheme), cmocka_unit_test(test_list_names_usable_keys),
        cmocka_unit_test(test_info),         cmocka_unit_test(test_unknown_key),
        cmocka_unit_test(test_denied_key),   cmocka_unit_test(test_wrong_token),
        cmocka_unit_test(test_wrong_ca),     cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_manage),       cmocka_unit_test(test_signer_makes_no_keys),
    };

    return cmocka_run_group_tests_name("core against signumd", tests, NULL, NULL);
}
