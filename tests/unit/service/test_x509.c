#include "fixture.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "x509/x509_internal.h"

/* A CA, and a key of its own kind whose SPKI is that of another CA: any public key will do. */
struct scene {
    struct signum_buf ca_key;
    struct signum_buf ca_certificate;
    struct signumd_x509_ca ca;
    struct signumd_key key;
};

static void
put_spki(struct signumd_key *key)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(pair, &der);

    assert_true(len > 0);
    signum_buf_clear(&key->spki);
    signum_buf_put(&key->spki, der, (size_t)len);
    OPENSSL_free(der);
    EVP_PKEY_free(pair);
}

static int
open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    if (scene == NULL)
        return -1;
    signum_buf_init_secret(&scene->ca_key, SIGNUMD_PEM_MAX);
    signum_buf_init(&scene->ca_certificate, SIGNUMD_PEM_MAX);
    signumd_key_init(&scene->key);
    strcpy(scene->key.name, "release");
    put_spki(&scene->key);
    *state = scene;
    enum signum_status status = signumd_x509_make_ca(&scene->ca_key, &scene->ca_certificate);
    scene->ca.key_pem = signum_bytes_of_buf(&scene->ca_key);
    scene->ca.certificate_pem = signum_bytes_of_buf(&scene->ca_certificate);
    return status == SIGNUM_OK ? 0 : -1;
}

static int
close_scene(void **state)
{
    struct scene *scene = *state;

    signum_buf_clear(&scene->ca_key);
    signum_buf_clear(&scene->ca_certificate);
    signumd_key_clear(&scene->key);
    free(scene);
    return 0;
}

static X509 *
item(const struct signumd_key *key, size_t index)
{
    const uint8_t *at = key->chain[index].data;
    X509 *certificate = d2i_X509(NULL, &at, (long)key->chain[index].len);

    assert_non_null(certificate);
    return certificate;
}

static void
test_issue(void **state)
{
    struct scene *scene = *state;

    assert_status(signumd_x509_issue(&scene->ca, NULL, 30, NULL, &scene->key), SIGNUM_OK);
    assert_int_equal(scene->key.chain_count, 2);
    X509 *leaf = item(&scene->key, 0);
    X509 *root = item(&scene->key, 1);
    assert_int_equal(X509_verify(leaf, X509_get0_pubkey(root)), 1);
    assert_int_equal(X509_check_ca(leaf), 0);
    assert_int_equal(X509_check_ca(root), 1);
    assert_int_equal(X509_get_pathlen(root), 0);
    assert_int_equal(X509_get_extended_key_usage(leaf), XKU_CODE_SIGN);
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_non_null(X509_get0_subject_key_id(leaf));
    assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf),
                                           X509_get0_subject_key_id(root)),
                     0);
    X509_free(leaf);
    X509_free(root);
}

static void
test_serials_differ(void **state)
{
    struct scene *scene = *state;

    assert_status(signumd_x509_issue(&scene->ca, NULL, 30, NULL, &scene->key), SIGNUM_OK);
    X509 *one = item(&scene->key, 0);
    assert_status(signumd_x509_issue(&scene->ca, NULL, 30, NULL, &scene->key), SIGNUM_OK);
    X509 *two = item(&scene->key, 0);
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(one), X509_get0_serialNumber(two)), 0);
    X509_free(one);
    X509_free(two);
}

static void
test_subjects(void **state)
{
    static const char *const bad[] = {"", "/", "CN=x", "/CN", "/CN=", "/=x", "/XX=y", "/CN=a/"};
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (signumd_x509_issue(&scene->ca, bad[i], 30, NULL, &scene->key) == SIGNUM_OK)
            fail_msg("'%s' was taken", bad[i]);
    assert_status(signumd_x509_issue(&scene->ca, "/O=A\\/B/CN=\xc3\xa4 x", 30, NULL, &scene->key),
                  SIGNUM_OK);
    X509 *leaf = item(&scene->key, 0);
    char text[64];
    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_organizationName, text, sizeof text);
    assert_string_equal(text, "A/B");
    X509_free(leaf);
    assert_int_not_equal(signumd_x509_issue(&scene->ca, NULL, 0, NULL, &scene->key), SIGNUM_OK);
}

static void
test_tls_names(void **state)
{
    struct scene *scene = *state;
    static const char *const names[] = {"sign.example.com", "10.1.2.3"};
    static const char *const bad[] = {"a,DNS:evil"};
    struct signum_buf key;
    struct signum_buf certificate;

    signum_buf_init_secret(&key, SIGNUMD_PEM_MAX);
    signum_buf_init(&certificate, SIGNUMD_PEM_MAX);
    assert_status(signumd_x509_make_tls(&scene->ca, names, 2, &key, &certificate), SIGNUM_OK);
    X509 *tls = signumd_x509_read_certificate(signum_bytes_of_buf(&certificate));
    assert_non_null(tls);
    assert_int_equal(X509_check_host(tls, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(tls, "sign.example.com", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(tls, "example.com", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(tls, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(tls, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(tls, "10.1.2.3", 0), 1);
    X509_free(tls);
    signum_buf_clear(&key);
    signum_buf_clear(&certificate);
    assert_status(signumd_x509_make_tls(&scene->ca, bad, 1, &key, &certificate),
                  SIGNUM_INVALID_ARGUMENT);
    signum_buf_clear(&key);
    signum_buf_clear(&certificate);
}

/* PEM of the chain's items in the order given, as "01" or "10". */
static void
write_chain(const struct signumd_key *key, const char *order, struct signum_buf *pem_out)
{
    signum_buf_clear(pem_out);
    for (; *order != '\0'; order++) {
        X509 *certificate = item(key, (size_t)(*order - '0'));
        assert_status(signumd_x509_put_certificate(certificate, pem_out), SIGNUM_OK);
        X509_free(certificate);
    }
}

static void
test_import(void **state)
{
    struct scene *scene = *state;
    struct signum_buf pem;
    struct signumd_key key;

    signumd_key_init(&key);
    signum_buf_init(&pem, SIGNUMD_PEM_MAX);
    assert_status(signumd_x509_issue(&scene->ca, NULL, 30, NULL, &scene->key), SIGNUM_OK);
    signum_buf_put(&key.spki, scene->key.spki.data, scene->key.spki.len);
    write_chain(&scene->key, "01", &pem);
    assert_status(signumd_x509_import(signum_bytes_of_buf(&pem), &key), SIGNUM_OK);
    assert_int_equal(key.chain_count, 2);
    assert_status(signumd_x509_import(signum_bytes_of_buf(&scene->key.chain[0]), &key), SIGNUM_OK);
    assert_int_equal(key.chain_count, 1);
    write_chain(&scene->key, "10", &pem);
    assert_status(signumd_x509_import(signum_bytes_of_buf(&pem), &key), SIGNUM_BAD_ALGORITHM);
    write_chain(&scene->key, "00", &pem);
    assert_status(signumd_x509_import(signum_bytes_of_buf(&pem), &key), SIGNUM_PROTOCOL);
    assert_status(signumd_x509_import(signum_bytes_of_text("nothing"), &key), SIGNUM_PROTOCOL);
    assert_status(signumd_x509_import(signum_bytes_of_text(""), &key), SIGNUM_PROTOCOL);
    write_chain(&scene->key, "01", &pem);
    put_spki(&key);
    assert_status(signumd_x509_import(signum_bytes_of_buf(&pem), &key), SIGNUM_BAD_ALGORITHM);
    signum_buf_clear(&pem);
    signumd_key_clear(&key);
}

static void
test_append_and_check(void **state)
{
    struct scene *scene = *state;
    struct signumd_key *key = &scene->key;
    struct signum_buf leaf;
    struct signum_buf root;
    struct signum_bytes none = {NULL, 0};

    signum_buf_init(&leaf, SIGNUMD_CERTIFICATE_MAX);
    signum_buf_init(&root, SIGNUMD_CERTIFICATE_MAX);
    assert_status(signumd_x509_check(key), SIGNUM_PROTOCOL);
    assert_status(signumd_x509_issue(&scene->ca, NULL, 30, NULL, key), SIGNUM_OK);
    assert_status(signumd_x509_check(key), SIGNUM_OK);
    signum_buf_put(&leaf, key->chain[0].data, key->chain[0].len);
    signum_buf_put(&root, key->chain[1].data, key->chain[1].len);
    key->chain_count = 0;
    assert_status(signumd_x509_append(none, key), SIGNUM_PROTOCOL);
    assert_status(signumd_x509_append(signum_bytes_of_text("x"), key), SIGNUM_PROTOCOL);
    struct signum_bytes cut = {leaf.data, leaf.len - 1};
    assert_status(signumd_x509_append(cut, key), SIGNUM_PROTOCOL);
    assert_int_equal(key->chain_count, 0);
    assert_status(signumd_x509_append(signum_bytes_of_buf(&root), key), SIGNUM_OK);
    assert_status(signumd_x509_check(key), SIGNUM_BAD_ALGORITHM);
    key->chain_count = 0;
    for (int i = 0; i < SIGNUMD_CHAIN_MAX; i++)
        assert_status(signumd_x509_append(signum_bytes_of_buf(&leaf), key), SIGNUM_OK);
    assert_status(signumd_x509_check(key), SIGNUM_PROTOCOL);
    assert_status(signumd_x509_append(signum_bytes_of_buf(&leaf), key), SIGNUM_TOO_LARGE);
    signum_buf_put_text(&leaf, "x");
    key->chain_count = 0;
    assert_status(signumd_x509_append(signum_bytes_of_buf(&leaf), key), SIGNUM_PROTOCOL);
    signum_buf_clear(&leaf);
    signum_buf_clear(&root);
}

/* Attestation key and certificate, the signature, and its parts exchanged for foreign ones. */
static void
test_attestation(void **state)
{
    struct scene *scene = *state;
    const struct signum_bytes evidence = signum_bytes_of_text("evidence");
    struct signum_buf key[2];
    struct signum_buf certificate[2];
    struct signum_buf chain[2];
    struct signum_buf signature;

    signum_buf_init(&signature, 256);
    for (int i = 0; i < 2; i++) {
        signum_buf_init_secret(&key[i], SIGNUMD_PEM_MAX);
        signum_buf_init(&certificate[i], SIGNUMD_PEM_MAX);
        signum_buf_init(&chain[i], SIGNUMD_CERTIFICATE_MAX);
        assert_status(signumd_x509_make_attestation(&scene->ca, &key[i], &certificate[i]),
                      SIGNUM_OK);
    }
    assert_status(signumd_x509_attest(&scene->ca, signum_bytes_of_buf(&key[0]),
                                      signum_bytes_of_buf(&certificate[1]), evidence, &signature,
                                      chain),
                  SIGNUM_BAD_SETTINGS);
    assert_int_equal(signature.len, 0);
    assert_status(signumd_x509_attest(&scene->ca, signum_bytes_of_buf(&key[0]),
                                      signum_bytes_of_buf(&certificate[0]), evidence, &signature,
                                      chain),
                  SIGNUM_OK);
    X509 *leaf = signumd_x509_read_certificate(signum_bytes_of_buf(&certificate[0]));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL,
                                          X509_get0_pubkey(leaf)),
                     1);
    assert_int_equal(EVP_DigestVerify(context, signature.data, signature.len, evidence.data,
                                      evidence.len),
                     1);
    EVP_MD_CTX_free(context);
    X509_free(leaf);
    struct signumd_x509_ca other = {{NULL, 0}, signum_bytes_of_buf(&certificate[1])};
    assert_status(signumd_x509_attest(&other, signum_bytes_of_buf(&key[0]),
                                      signum_bytes_of_buf(&certificate[0]), evidence, &signature,
                                      chain),
                  SIGNUM_BAD_SETTINGS);
    signum_buf_clear(&signature);
    for (int i = 0; i < 2; i++) {
        signum_buf_clear(&key[i]);
        signum_buf_clear(&certificate[i]);
        signum_buf_clear(&chain[i]);
    }
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_issue), WITH(test_serials_differ), WITH(test_subjects),
        WITH(test_tls_names), WITH(test_import), WITH(test_append_and_check),
        WITH(test_attestation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
