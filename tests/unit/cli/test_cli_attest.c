#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "cli/attest_check.h"
#include "console.h"
#include "core/base64.h"
#include "fixture_cli.h"
#include "unit/core/fixture_key.h"

/* The verbs csr and attest, and the verifier, with certificates that this test makes. */

#define NOW 1700000000 /* 2023-11-14T22:13:20Z */
#define ROOM (1u << 20)
#define FILE_NAME "attest-test.json"
#define CA_NAME "attest-test-ca.pem"

struct scene {
    struct fixture_cli cli;
    EVP_PKEY *ca_key;
    X509 *ca;
    EVP_PKEY *key;
    X509 *certificate;
};

static void
extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *
make_certificate(
    const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const char *usage)
{
    X509 *made = X509_new();
    X509_NAME *subject = X509_get_subject_name(made);

    assert_int_equal(X509_NAME_add_entry_by_txt(
                         subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0),
        1);
    assert_int_equal(X509_set_version(made, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(made), issuer == NULL ? 1 : 2), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(made), "20230101000000Z"), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(made), "20240101000000Z"), 1);
    assert_int_equal(X509_set_pubkey(made, key), 1);
    X509 *by = issuer == NULL ? made : issuer;
    assert_int_equal(X509_set_issuer_name(made, X509_get_subject_name(by)), 1);
    extend(
        made, by, NID_basic_constraints, issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(made, by, NID_key_usage,
        issuer == NULL ? "critical,keyCertSign" : "critical,digitalSignature");
    extend(made, by, NID_subject_key_identifier, "hash");
    if (issuer != NULL)
        extend(made, by, NID_authority_key_identifier, "keyid:always");
    if (usage != NULL)
        extend(made, by, NID_ext_key_usage, usage);
    assert_true(X509_sign(made, issuer_key, EVP_sha256()) > 0);
    return made;
}

static int
set_up(void **state)
{
    static struct scene scene;

    memset(&scene, 0, sizeof(scene));
    fixture_cli_init(&scene.cli);
    scene.cli.fake.unix_seconds = NOW;
    scene.ca_key = EVP_EC_gen("P-256");
    scene.key = EVP_EC_gen("P-256");
    scene.ca = make_certificate("ca", scene.ca_key, NULL, scene.ca_key, NULL);
    scene.certificate = make_certificate(
        "attestation", scene.key, scene.ca, scene.ca_key, "critical," SIGNUM_OID_ATTESTATION_KEY);
    *state = &scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;

    X509_free(scene->certificate);
    X509_free(scene->ca);
    EVP_PKEY_free(scene->key);
    EVP_PKEY_free(scene->ca_key);
    fixture_cli_clear(&scene->cli);
    signum_console_remove(FILE_NAME);
    signum_console_remove(CA_NAME);
    return 0;
}

static void
write_file(const char *name, struct signum_bytes bytes)
{
    FILE *file = signum_console_fopen(name, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static void
put_base64_of(X509 *certificate, struct signum_buf *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);

    assert_true(len > 0);
    signum_buf_put_byte(out, '"');
    signum_base64_encode(out, (struct signum_bytes){der, (size_t)len});
    signum_buf_put_byte(out, '"');
    OPENSSL_free(der);
}

static void
put_evidence(const char *origin, bool is_extractable, struct signum_buf *out)
{
    struct signum_buf spki;
    char sha256[SIGNUM_SHA256_HEX_SIZE];

    signum_buf_init(&spki, ROOM);
    fixture_put_spki(fixture_pair(FIXTURE_P256, 0), &spki);
    assert_int_equal(signum_attest_hash_key(signum_bytes_of_buf(&spki), sha256), SIGNUM_OK);
    signum_buf_printf(out,
        "{\"attributes\":{\"always_sensitive\":true,\"extractable\":%s,\"local\":true,"
        "\"never_extractable\":false,\"sensitive\":true},\"format\":\"signum-attestation-v1\","
        "\"key\":{\"name\":\"curve\"},\"nonce\":\"12345678\",\"origin\":\"%s\","
        "\"spki_sha256\":\"%s\",\"time\":\"2023-11-14T22:00:00.000Z\",\"token\":"
        "{\"hardware_slot\":true,\"manufacturer\":\"m\\u001b[2J\",\"model\":\"o\","
        "\"serial\":\"s\"},\"vendor\":[]}",
        is_extractable ? "true" : "false", origin, sha256);
    signum_buf_clear(&spki);
}

/* A document that is signed by the scene's key. */
static void
put_document(
    const struct scene *scene, const char *origin, bool is_extractable, struct signum_buf *out)
{
    struct signum_buf evidence;
    unsigned char signature[256];
    size_t len = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    signum_buf_init(&evidence, ROOM);
    put_evidence(origin, is_extractable, &evidence);
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, scene->key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &len, evidence.data, evidence.len), 1);
    EVP_MD_CTX_free(context);
    signum_buf_put_text(out, "{\"format\":\"signum-attestation-v1\",\"evidence\":\"");
    signum_base64_encode(out, signum_bytes_of_buf(&evidence));
    signum_buf_put_text(out, "\",\"signature\":\"");
    signum_base64_encode(out, (struct signum_bytes){signature, len});
    signum_buf_put_text(out, "\",\"chain\":[");
    put_base64_of(scene->certificate, out);
    signum_buf_put_text(out, "],\"vendor\":[]}");
    signum_buf_clear(&evidence);
}

static void
write_all(const struct scene *scene, const char *origin, bool is_extractable)
{
    struct signum_buf text;

    signum_buf_init(&text, ROOM);
    put_document(scene, origin, is_extractable, &text);
    write_file(FILE_NAME, signum_bytes_of_buf(&text));
    signum_buf_clear(&text);
    signum_buf_put_text(&text, "-----BEGIN CERTIFICATE-----\n");
    put_base64_of(scene->ca, &text);
    char *quote = strchr((char *)text.data, '"');
    memmove(quote, quote + 1, strlen(quote));
    text.len -= 2; /* both quotes */
    signum_buf_put_text(&text, "\n-----END CERTIFICATE-----\n");
    write_file(CA_NAME, signum_bytes_of_buf(&text));
    signum_buf_clear(&text);
}

#define VERIFY(scene, ...)                                                                         \
    fixture_cli_run(&(scene)->cli, "attest", "verify", FILE_NAME, "--ca-file", CA_NAME, __VA_ARGS__)

static void
test_verified(void **state)
{
    struct scene *scene = *state;

    write_all(scene, SIGNUM_ORIGIN_TOKEN, false);
    assert_int_equal(VERIFY(scene, NULL), SIGNUM_EXIT_OK);
    assert_string_equal(scene->cli.err, "");
    assert_contains(scene->cli.out, "verified: all checks that were asked for");
    assert_lacks(scene->cli.out, "\x1b"); /* a document cannot steer the terminal */
    assert_int_equal(VERIFY(scene, "--nonce", "12345678", "--max-age", "800", "--require",
                         "local,always-sensitive,hardware", NULL),
        SIGNUM_EXIT_OK);
    assert_int_equal(scene->cli.fake.request_count, 0);
    assert_int_equal(VERIFY(scene, "--json", NULL), SIGNUM_EXIT_OK);
    cJSON *object = fixture_cli_json(&scene->cli);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(object, "verified")));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(object, "checks")), 7);
    cJSON_Delete(object);
}

static void
test_refused(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *option;
        const char *value;
        const char *cause;
    } rows[] = {
        {"--nonce", "1234567", "made for another nonce"},
        {"--max-age", "799", "older than 799 seconds"},
        {"--require", "never-extractable", "there was a time when it could leave"},
    };

    write_all(scene, SIGNUM_ORIGIN_TOKEN, false);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(VERIFY(scene, rows[i].option, rows[i].value, NULL), SIGNUM_EXIT_FAILED);
        assert_contains(scene->cli.err, rows[i].cause);
        assert_contains(scene->cli.out, "NOT verified");
    }
    scene->cli.fake.unix_seconds = NOW - 2000; /* the statement is of 800 seconds before NOW */
    assert_int_equal(VERIFY(scene, NULL), SIGNUM_EXIT_FAILED);
    assert_contains(scene->cli.err, "still to come");
    scene->cli.fake.unix_seconds = 1704067201; /* one second after the certificate's end */
    assert_int_equal(VERIFY(scene, NULL), SIGNUM_EXIT_FAILED);
    assert_contains(scene->cli.err, "certificate has expired");
    scene->cli.fake.unix_seconds = NOW;
    write_all(scene, SIGNUM_ORIGIN_TOKEN, true);
    assert_int_equal(VERIFY(scene, NULL), SIGNUM_EXIT_FAILED);
    assert_contains(scene->cli.err, "the private key can leave it");
    write_all(scene, SIGNUM_ORIGIN_SOFTWARE, false);
    assert_int_equal(VERIFY(scene, "--require", "hardware", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(scene->cli.err, "not in a hardware device");
}

static void
test_usage(void **state)
{
    struct scene *scene = *state;
    struct fixture_cli *cli = &scene->cli;
    static const struct {
        const char *words[8];
        const char *cause;
    } rows[] = {
        {{"attest"}, "--key is missing"},
        {{"attest", "check"}, "'check' is nothing that it does"},
        {{"attest", "verify"}, "the file to verify is missing"},
        {{"attest", "verify", "f"}, "--ca-file is missing"},
        {{"attest", "verify", "f", "g"}, "one argument too many"},
        {{"attest", "verify", "f", "--key", "k"}, "takes no --key"},
        {{"attest", "verify", "f", "--ca-file", "c", "--max-age", "x"}, "not a number of seconds"},
        {{"attest", "verify", "f", "--ca-file", "c", "--require", "soft"}, "'soft' is nothing"},
        {{"attest", "verify", "f", "--ca-file", "c", "--require", "local,"}, "'' is nothing"},
        {{"attest", "--key", "k", "--max-age", "1"}, "only 'attest verify'"},
        {{"csr"}, "--key is missing"},
        {{"csr", "--key", "k"}, "--subject is missing"},
        {{"csr", "--key", "k", "--subject", "s", "--hash", "h"}, "'h' is not a hash"},
        {{"csr", "--key", "k", "--subject", "s", "--scheme", "h"}, "'h' is not a scheme"},
        {{"csr", "--key", "k", "--subject", "s", "--nonce", "n"}, "--nonce goes with"},
        {{"csr", "--key", "k", "--subject", "s", "--san", "a,"}, "--san is 1 to 16 names"},
        {{"csr", "--key", "k", "--subject", "s", "--san", ""}, "--san is 1 to 16 names"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const *w = rows[i].words;
        assert_int_equal(fixture_cli_run(cli, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], NULL),
            SIGNUM_EXIT_USAGE);
        assert_contains(cli->err, rows[i].cause);
    }
    assert_int_equal(fixture_cli_run(cli, "attest", "verify", "f", "--ca-file", "c", "--key-spki",
                         "a", "--certificate", "b", NULL),
        SIGNUM_EXIT_USAGE);
    assert_int_equal(cli->fake.request_count, 0);
}

static void
test_attest(void **state)
{
    struct scene *scene = *state;
    struct signum_buf document;

    signum_buf_init(&document, ROOM);
    put_document(scene, SIGNUM_ORIGIN_TOKEN, false, &document);
    scene->cli.document = signum_buf_text(&document);
    assert_int_equal(
        fixture_cli_run(&scene->cli, "attest", "--key", "curve", "--nonce", "12345678", NULL),
        SIGNUM_EXIT_OK);
    assert_contains(scene->cli.out, signum_buf_text(&document));
    assert_int_equal(fixture_cli_run(&scene->cli, "attest", "--key", "curve", NULL),
        SIGNUM_EXIT_FAILED); /* the answer to somebody else's nonce */
    assert_contains(scene->cli.err, "not for this nonce");
    assert_int_equal(
        fixture_cli_run(&scene->cli, "attest", "--key", "release", "--nonce", "12345678", NULL),
        SIGNUM_EXIT_FAILED);
    assert_contains(scene->cli.err, "about another key");
    assert_string_equal(scene->cli.out, "");
    signum_buf_clear(&document);
}

static void
put_csr(EVP_PKEY *pair, const char *name, struct signum_buf *out)
{
    X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;

    assert_int_equal(X509_REQ_set_pubkey(request, pair), 1);
    assert_true(X509_REQ_sign(request, pair, EVP_sha256()) > 0);
    int len = i2d_X509_REQ(request, &der);
    assert_true(len > 0);
    signum_buf_put_text(out, "{\"csr\":\"");
    signum_base64_encode(out, (struct signum_bytes){der, (size_t)len});
    signum_buf_printf(out, "\",\"pem\":\"\",\"key\":{\"name\":\"%s\",\"version\":1}}", name);
    OPENSSL_free(der);
    X509_REQ_free(request);
}

static void
test_csr(void **state)
{
    struct scene *scene = *state;
    struct signum_buf answer;

    signum_buf_init(&answer, ROOM);
    put_csr(fixture_pair(FIXTURE_P256, 0), "curve", &answer);
    scene->cli.document = signum_buf_text(&answer);
    assert_int_equal(
        fixture_cli_run(&scene->cli, "csr", "--key", "curve", "--subject", "CN=x", NULL),
        SIGNUM_EXIT_OK);
    assert_contains(scene->cli.out, "-----BEGIN CERTIFICATE REQUEST-----\n");
    assert_contains(scene->cli.out, "-----END CERTIFICATE REQUEST-----\n");
    signum_buf_clear(&answer);
    put_csr(fixture_pair(FIXTURE_P256, 1), "curve", &answer); /* a key of the service's choice */
    scene->cli.document = signum_buf_text(&answer);
    assert_int_equal(fixture_cli_run(&scene->cli, "csr", "--key", "curve", "--subject", "CN=x",
                         "--out", FILE_NAME, NULL),
        SIGNUM_EXIT_FAILED);
    assert_contains(scene->cli.err, "not one that this key has signed");
    assert_null(signum_console_fopen(FILE_NAME, "rb"));
    signum_buf_clear(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_verified),
        TEST(test_refused),
        TEST(test_usage),
        TEST(test_attest),
        TEST(test_csr),
    };

    return cmocka_run_group_tests_name("cli_attest", tests, NULL, NULL);
}
