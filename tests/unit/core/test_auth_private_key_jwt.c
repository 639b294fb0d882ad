#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "fixture_auth.h"

static EVP_PKEY *key;

static void
put_key_file(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &text);
    char *copy = calloc(1, (size_t)len + 1);
    memcpy(copy, text, (size_t)len);
    signum_fake_set_file(&fix.fake, "/key.pem", copy);
    free(copy);
    BIO_free(bio);
}

static int
jwt_set_up(void **state)
{
    int result = auth_set_up(state);

    auth_set(SIGNUM_AUTH_METHOD, "private-key-jwt");
    auth_set(SIGNUM_AUTH_ISSUER, "https://id.test");
    auth_set(SIGNUM_AUTH_CLIENT_ID, "agent");
    auth_set(SIGNUM_AUTH_KEY_FILE, "/key.pem");
    auth_set(SIGNUM_AUTH_KEY_ID, "key-1");
    key = NULL;
    return result;
}

static int
jwt_tear_down(void **state)
{
    EVP_PKEY_free(key);
    return auth_tear_down(state);
}

static void
decode(const char *text, size_t len, struct signum_buf *out)
{
    struct signum_buf base64;

    signum_buf_init(&base64, 65536);
    for (size_t i = 0; i < len; i++)
        signum_buf_put_byte(&base64, text[i] == '-'   ? (uint8_t)'+'
                                     : text[i] == '_' ? (uint8_t)'/'
                                                      : (uint8_t)text[i]);
    while (base64.len % 4 != 0)
        signum_buf_put_byte(&base64, '=');
    assert_int_equal(signum_base64_decode(out, signum_buf_text(&base64)), SIGNUM_OK);
    signum_buf_clear(&base64);
}

/* ECDSA as r||s to DER; others stay as they are. */
static void
to_der(struct signum_buf *signature)
{
    unsigned char *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();

    assert_int_equal(signature->len, 64);
    assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(signature->data, 32, NULL),
                                    BN_bin2bn(signature->data + 32, 32, NULL)),
                     1);
    int len = i2d_ECDSA_SIG(sig, &der);
    signum_buf_clear(signature);
    signum_buf_put(signature, der, (size_t)len);
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
}

/* OpenSSL says whether the assertion is of that key; header and claims are looked at as text. */
static void
check_assertion(const char *jwt, const char *algorithm)
{
    char expected[64];
    struct signum_buf header;
    struct signum_buf claims;
    struct signum_buf signature;
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const char *first = strchr(jwt, '.');
    const char *second = strchr(first + 1, '.');

    signum_buf_init(&header, 4096);
    signum_buf_init(&claims, 4096);
    signum_buf_init(&signature, 4096);
    decode(jwt, (size_t)(first - jwt), &header);
    decode(first + 1, (size_t)(second - first - 1), &claims);
    decode(second + 1, strlen(second + 1), &signature);
    (void)snprintf(expected, sizeof expected, "\"alg\":\"%s\"", algorithm);
    assert_non_null(strstr(signum_buf_text(&header), expected));
    assert_non_null(strstr(signum_buf_text(&header), "\"kid\":\"key-1\""));
    assert_non_null(strstr(signum_buf_text(&claims), "\"iss\":\"agent\",\"sub\":\"agent\""));
    assert_non_null(strstr(signum_buf_text(&claims), "\"aud\":\"https://id.test/token\""));
    assert_non_null(strstr(signum_buf_text(&claims), "\"exp\":1735689660"));
    if (strcmp(algorithm, "ES256") == 0)
        to_der(&signature);
    assert_int_equal(EVP_DigestVerifyInit(context, &options, EVP_sha256(), NULL, key), 1);
    if (strcmp(algorithm, "PS256") == 0) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32), 1);
    }
    assert_int_equal(EVP_DigestVerify(context, signature.data, signature.len,
                                      (const unsigned char *)jwt, (size_t)(second - jwt)),
                     1);
    EVP_MD_CTX_free(context);
    signum_buf_clear(&signature);
    signum_buf_clear(&claims);
    signum_buf_clear(&header);
}

static void
check_algorithm(const char *wish, const char *algorithm)
{
    put_key_file();
    auth_set(SIGNUM_AUTH_KEY_ALGORITHM, wish);
    auth_open();
    size_t first = fix.fake.request_count;
    signum_fake_set_secret(&fix.fake, signum_oauth_auth_cache(fix.auth)->name, NULL);
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    signum_fake_respond(&fix.fake, 200, AUTH_TOKEN("first"));
    assert_int_equal(auth_apply(), SIGNUM_OK);
    const char *form = fix.fake.requests[first + 1].body;
    assert_string_equal(auth_form_field(form, "grant_type"), "client_credentials");
    assert_string_equal(auth_form_field(form, "client_assertion_type"),
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    check_assertion(auth_form_field(form, "client_assertion"), algorithm);
    auth_close();
}

static void
test_rsa(void **state)
{
    (void)state;
    key = EVP_RSA_gen(2048);
    check_algorithm("", "PS256");
    check_algorithm("PS256", "PS256");
    check_algorithm("RS256", "RS256");
}

static void
test_ec(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    check_algorithm("", "ES256");
    check_algorithm("ES256", "ES256");
}

static void
test_bad_keys(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    put_key_file();
    auth_set(SIGNUM_AUTH_KEY_ALGORITHM, "PS256");
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
    assert_true(auth_cause_has("does not fit the algorithm"));
    auth_close();
    signum_fake_set_file(&fix.fake, "/key.pem", "no key");
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    assert_int_equal(auth_apply(), SIGNUM_BAD_SETTINGS);
    assert_true(auth_cause_has("not a private key"));
    auth_close();
    signum_fake_set_file(&fix.fake, "/key.pem", NULL);
    auth_open();
    signum_fake_respond(&fix.fake, 200, AUTH_DOCUMENT);
    assert_int_equal(auth_apply(), SIGNUM_SIGN_IN_REQUIRED);
    assert_true(auth_cause_has("/key.pem"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rsa, jwt_set_up, jwt_tear_down),
        cmocka_unit_test_setup_teardown(test_ec, jwt_set_up, jwt_tear_down),
        cmocka_unit_test_setup_teardown(test_bad_keys, jwt_set_up, jwt_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
