#include "fixture.h"

#include <string.h>

#include "identity/issuer_keys.h"
#include "identity/issuers.h"

/* Signed by nobody: what is refused before a key is looked for. */
#define HEADER_NONE "eyJhbGciOiJub25lIn0"                                  /* {"alg":"none"} */
#define HEADER_RS "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEiLCJ0eXAiOiJhdCtqd3QifQ" /* RS256, kid a */
#define CLAIMS "eyJpc3MiOiJodHRwczovLzEyNy4wLjAuMTo5In0"                   /* {"iss":...} */
#define SETTINGS                                                                                   \
    "[{\"name\":\"one\",\"issuer\":\"https://127.0.0.1:9\",\"kind\":\"access\","                   \
    "\"audiences\":[\"a\"]}]"

static void
test_lifetimes(void **state)
{
    static const struct {
        const char *control;
        int64_t seconds;
    } rows[] = {
        {NULL, 3600},
        {"", 3600},
        {"public", 3600},
        {"max-age=600", 600},
        {"max-age=0", 60},
        {"max-age=-5", 60},
        {"max-age=99999999999999999999", 86400},
        {"max-age=x", 60},
        {"public, Max-Age=7200, must-revalidate", 7200},
        {"no-store", 60},
        {"no-cache,max-age=900", 60},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(signumd_issuer_keys_lifetime(rows[i].control), rows[i].seconds);
}

static void
test_algorithms(void **state)
{
    static const char *const bad[] = {
        "none", "NONE", "HS256", "HS512", "rs256", "ES256K", "EdDSA", ""};
    static const char *const good[] = {
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(signumd_jwt_knows(bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(signumd_jwt_knows(good[i]));
    assert_false(signumd_jwt_knows(NULL));
}

static void
test_sets_of_keys(void **state)
{
    static const char *const bad[] = {"", "[]", "{}", "{\"keys\":[]}", "{\"keys\":{}}",
        "{\"keys\":[{}]}", "{\"keys\":[{\"kty\":1}]}"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(signumd_jwks_is_valid(signum_bytes_of_text(bad[i])));
    assert_true(signumd_jwks_is_valid(signum_bytes_of_text("{\"keys\":[{\"kty\":\"RSA\"}]}")));
}

static void
assert_refused(struct signumd_issuers *issuers, const char *token, const char *cause)
{
    struct signumd_federated federated;

    signumd_federated_init(&federated);
    assert_status(
        signumd_issuers_check(issuers, token, 1000, &federated), SIGNUM_CREDENTIAL_REFUSED);
    assert_string_equal(federated.cause, cause);
    assert_string_equal(federated.user.name, "");
    signumd_federated_clear(&federated);
}

static void
test_refusals(void **state)
{
    struct signumd_issuers *issuers = NULL;

    (void)state;
    assert_status(signumd_issuers_new(SETTINGS, "/", &issuers), SIGNUM_OK);
    assert_int_equal(signumd_issuers_count(issuers), 1);
    assert_refused(issuers, "", "token malformed");
    assert_refused(issuers, "a.b.c", "token malformed");
    assert_refused(issuers, HEADER_RS "." CLAIMS "." CLAIMS, "the issuer's keys are not to be had");
    /* within refetch_s nobody is asked again */
    assert_refused(issuers, HEADER_RS "." CLAIMS "." CLAIMS, "the issuer's keys are not to be had");
    assert_refused(issuers, HEADER_RS ".e30." CLAIMS, "token of an unknown issuer");
    assert_refused(issuers, HEADER_NONE "." CLAIMS "." CLAIMS, "token algorithm not allowed");
    signumd_issuers_free(&issuers);
    signumd_issuers_free(&issuers);
}

static void
test_settings(void **state)
{
    static const char *const bad[] = {"[{}]", "[1]", "{}", "[", "[{\"name\":\"one\"}]"};
    struct signumd_issuers *issuers = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_not_equal(signumd_issuers_new(bad[i], "/", &issuers), SIGNUM_OK);
        assert_null(issuers);
    }
    assert_status(signumd_issuers_new("", "/", &issuers), SIGNUM_OK);
    assert_int_equal(signumd_issuers_count(issuers), 0);
    signumd_issuers_free(&issuers);
}

static void
test_what_is_such_a_token(void **state)
{
    (void)state;
    assert_true(signumd_issuers_is_token("a.b.c"));
    assert_false(signumd_issuers_is_token("a.b"));
    assert_false(signumd_issuers_is_token("a.b.c.d.e"));
    assert_false(signumd_issuers_is_token("sgn_0"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lifetimes),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_sets_of_keys),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_what_is_such_a_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
