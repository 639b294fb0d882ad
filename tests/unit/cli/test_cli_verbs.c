#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "core/base64.h"
#include "fixture_cli.h"
#include "ksp/cli/digest.h"
#include "unit/core/fixture_key.h"

/* keys, sign, login and logout against a small service behind the fake transport. */

static int
set_up(void **state)
{
    static struct fixture_cli fixture;
    fixture_cli_init(&fixture);
    *state = &fixture;
    return 0;
}

static int
tear_down(void **state)
{
    fixture_cli_clear(*state);
    return 0;
}

static const char *
text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));
    return text == NULL ? "(absent)" : text;
}

static void
test_keys_prints_a_table(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "keys", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->err, "");
    assert_contains(fixture->out, "NAME     ALGORITHM    BITS  STATE     CERTIFICATE\n");
    assert_contains(fixture->out, "curve    ECDSA P-256   256  enabled   none\n");
    assert_contains(fixture->out, "release  RSA          2048  enabled   CN=Example Ltd, ");
    assert_int_equal(fixture->fake.request_count, 1);
}

static void
test_keys_prints_json(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "keys", "--json", NULL), SIGNUM_EXIT_OK);
    cJSON *json = fixture_cli_json(fixture);
    const cJSON *keys = cJSON_GetObjectItem(json, "keys");
    assert_int_equal(cJSON_GetArraySize(keys), 2);
    const cJSON *curve = cJSON_GetArrayItem(keys, 0);
    const cJSON *release = cJSON_GetArrayItem(keys, 1);
    assert_string_equal(text_of(curve, "name"), "curve");
    assert_string_equal(text_of(curve, "curve"), "P-256");
    assert_null(cJSON_GetObjectItem(curve, "subject"));
    assert_string_equal(text_of(release, "algorithm"), "rsa");
    assert_string_equal(text_of(release, "state"), "enabled");
    assert_string_equal(text_of(release, "subject"), "CN=Example Ltd");
    assert_int_equal(cJSON_GetObjectItem(release, "bits")->valueint, 2048);
    /* the thumbprint is the digest of the certificate that is given with it */
    struct signum_buf der;
    struct signum_buf digest;
    struct signum_buf hex;
    signum_buf_init(&der, SIGNUM_KEY_CERT_MAX);
    signum_buf_init(&digest, SIGNUM_DIGEST_MAX);
    signum_buf_init(&hex, 2 * SIGNUM_DIGEST_MAX);
    assert_int_equal(signum_base64_decode(&der, text_of(release, "certificate")), SIGNUM_OK);
    assert_int_equal(signum_digest_bytes(signum_hash_by_id(SIGNUM_HASH_SHA1),
                                         signum_bytes_of_buf(&der), &digest),
                     SIGNUM_OK);
    signum_buf_put_hex(&hex, signum_bytes_of_buf(&digest));
    for (size_t i = 0; i < hex.len; i++) {
        hex.data[i] = (uint8_t)toupper(hex.data[i]);
    }
    assert_string_equal(text_of(release, "thumbprint"), signum_buf_text(&hex));
    signum_buf_clear(&hex);
    signum_buf_clear(&digest);
    signum_buf_clear(&der);
    cJSON_Delete(json);
}

static void
test_keys_without_keys_is_success_and_says_so(void **state)
{
    struct fixture_cli *fixture = *state;
    fixture->is_empty = true;
    assert_int_equal(fixture_cli_run(fixture, "keys", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->out, "");
    assert_contains(fixture->err, "there is no key that you may use");
}

static void
test_keys_with_a_wrong_token_fails(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", "stolen");
    assert_int_equal(fixture_cli_run(fixture, "keys", "--json", NULL), SIGNUM_EXIT_FAILED);
    cJSON *json = fixture_cli_json(fixture);
    const cJSON *error = cJSON_GetObjectItem(json, "error");
    assert_string_equal(text_of(error, "status"), "CREDENTIAL_REFUSED");
    assert_contains(text_of(error, "next"), "signum login");
    assert_contains(fixture->err, "; get a new token");
    assert_lacks(fixture->err, "stolen");
    assert_lacks(fixture->out, "stolen");
    cJSON_Delete(json);
}

static void
test_without_settings_every_verb_fails(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_SERVICE_URL", NULL);
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", NULL);
    assert_int_equal(fixture_cli_run(fixture, "keys", NULL), SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "no signing service is configured; set SIGNUM_SERVICE_URL");
    assert_int_equal(fixture_cli_run(fixture, "logout", NULL), SIGNUM_EXIT_FAILED);
    assert_int_equal(fixture_cli_run(fixture, "doctor", NULL), SIGNUM_EXIT_FAILED);
    assert_int_equal(fixture->fake.request_count, 0);
}

/* Verifies the base64 signature on stdout with the public key. */
static void
verify_output(const struct fixture_cli *fixture, enum fixture_kind kind,
              const struct signum_sign_params *params, const char *digest_hex)
{
    struct signum_buf signature;
    uint8_t digest[SIGNUM_DIGEST_MAX];
    size_t len = strlen(digest_hex) / 2;
    struct signum_key *key = fixture_key(kind, 0, "any");
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(digest_hex + 2 * i, "%2x", &byte), 1);
        digest[i] = (uint8_t)byte;
    }
    char *end = strchr(fixture->out, '\n');
    assert_non_null(end);
    *end = '\0';
    assert_int_equal(signum_base64_decode(&signature, fixture->out), SIGNUM_OK);
    assert_int_equal(signum_key_verify(key, params, (struct signum_bytes){digest, len},
                                       signum_bytes_of_buf(&signature)),
                     SIGNUM_OK);
    signum_buf_clear(&signature);
    signum_key_unref(&key);
}

/* FIPS 180-2, example B.1: the digest of "abc". */
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_SHA1 "a9993e364706816aba3e25717850c26c9cd0d89d"

static const char *
last_body(const struct fixture_cli *fixture)
{
    return fixture->fake.requests[fixture->fake.request_count - 1].body;
}

static void
test_sign_sends_reason_and_pin(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_REASON", "nightly");
    signum_fake_set_variable(&fixture->fake, "SIGNUM_PIN", "1111");
    assert_int_equal(
        fixture_cli_run(fixture, "sign", "--key", "release", "--digest", ABC_SHA256, NULL),
        SIGNUM_EXIT_OK);
    assert_contains(last_body(fixture), "\"reason\":\"nightly\",\"pin\":\"1111\"");
    fixture->input = "4711\nmore";
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key", "release", "--digest", ABC_SHA256,
                                     "--reason", "July", "--pin-file", "-", NULL),
                     SIGNUM_EXIT_OK);
    assert_contains(last_body(fixture), "\"reason\":\"July\",\"pin\":\"4711\"");
    assert_lacks(fixture->out, "4711");
    assert_lacks(fixture->err, "4711");
    assert_false(signum_fake_is_logged(&fixture->fake, "4711"));
    assert_false(signum_fake_is_logged(&fixture->fake, "1111"));
    fixture->input = "\n4711";
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key", "release", "--digest", ABC_SHA256,
                                     "--pin-file", "-", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "not a PIN");
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key", "release", "--in", "-",
                                     "--pin-file", "-", NULL),
                     SIGNUM_EXIT_USAGE);
}

static void
test_sign_takes_a_digest(void **state)
{
    struct fixture_cli *fixture = *state;
    struct signum_sign_params params = {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_SHA256, 0};
    assert_int_equal(
        fixture_cli_run(fixture, "sign", "--key", "release", "--digest", ABC_SHA256, NULL),
        SIGNUM_EXIT_OK);
    assert_string_equal(fixture->err, "");
    verify_output(fixture, FIXTURE_RSA_2048, &params, ABC_SHA256);
}

static void
test_sign_reads_stdin_and_chooses_the_scheme_by_the_key(void **state)
{
    struct fixture_cli *fixture = *state;
    struct signum_sign_params params = {SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256, 0};
    fixture->input = "abc";
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=curve", "--in=-", NULL),
                     SIGNUM_EXIT_OK);
    verify_output(fixture, FIXTURE_P256, &params, ABC_SHA256);
}

static void
test_sign_does_pss_with_the_given_and_the_usual_salt(void **state)
{
    struct fixture_cli *fixture = *state;
    struct signum_sign_params params = {SIGNUM_SCHEME_RSA_PSS, SIGNUM_HASH_SHA1, 20};
    fixture->input = "abc";
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=release", "--in=-", "--hash=sha1",
                                     "--scheme=rsa-pss", NULL),
                     SIGNUM_EXIT_OK);
    verify_output(fixture, FIXTURE_RSA_2048, &params, ABC_SHA1);
    params.salt_len = 7;
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=release", "--in=-", "--hash=sha1",
                                     "--scheme=rsa-pss", "--salt=7", NULL),
                     SIGNUM_EXIT_OK);
    verify_output(fixture, FIXTURE_RSA_2048, &params, ABC_SHA1);
}

static void
test_sign_obeys_the_setting_on_sha1(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_ALLOW_SHA1", "false");
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=release", "--hash=sha1",
                                     "--digest=" ABC_SHA1, NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "the settings do not allow SHA-1");
    assert_int_equal(fixture->fake.request_count, 0);
    assert_int_equal(
        fixture_cli_run(fixture, "sign", "--key=release", "--digest=" ABC_SHA256, NULL),
        SIGNUM_EXIT_OK);
}

static void
test_sign_does_raw_pkcs1(void **state)
{
    struct fixture_cli *fixture = *state;
    struct signum_sign_params params = {SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_NONE, 0};
    fixture->input = "abc";
    assert_int_equal(
        fixture_cli_run(fixture, "sign", "--key=release", "--in=-", "--hash=none", NULL),
        SIGNUM_EXIT_OK);
    verify_output(fixture, FIXTURE_RSA_2048, &params, "616263");
}

static void
test_sign_prints_json(void **state)
{
    struct fixture_cli *fixture = *state;
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=release", "--digest=" ABC_SHA256,
                                     "--json", NULL),
                     SIGNUM_EXIT_OK);
    cJSON *json = fixture_cli_json(fixture);
    assert_string_equal(text_of(json, "key"), "release");
    assert_string_equal(text_of(json, "scheme"), "rsa-pkcs1");
    assert_string_equal(text_of(json, "hash"), "sha256");
    assert_int_equal(strlen(text_of(json, "signature")), 344);
    cJSON_Delete(json);
}

static void
test_sign_failures_print_no_signature(void **state)
{
    struct fixture_cli *fixture = *state;
    const char *digest = "--digest=" ABC_SHA256;
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=other", digest, NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "'signum keys' lists the keys");
    assert_string_equal(fixture->out, "");

    assert_int_equal(
        fixture_cli_run(fixture, "sign", "--key=curve", digest, "--scheme=rsa-pss", NULL),
        SIGNUM_EXIT_FAILED);
    assert_string_equal(fixture->out, "");
    assert_int_equal(fixture->sign_count, 0);

    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=release", "--in=no/such/file", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "no/such/file: ");
    assert_string_equal(fixture->out, "");

    fixture->is_denied = true;
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=release", digest, NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "because of denied");
    assert_contains(fixture->err, "; ask the service's administrator for a rule");
    assert_string_equal(fixture->out, "");

    fixture->is_denied = false;
    fixture->is_forging = true;
    assert_int_equal(fixture_cli_run(fixture, "sign", "--key=release", digest, NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "; do not use the result");
    assert_string_equal(fixture->out, "");
}

static void
test_login_keeps_a_token_that_works(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", NULL);
    signum_fake_set_file(&fixture->fake, "token.txt", "  " FIXTURE_TOKEN "\r\n");
    assert_int_equal(fixture_cli_run(fixture, "login", "--token-file", "token.txt", NULL),
                     SIGNUM_EXIT_OK);
    assert_string_equal(fixture->err, "");
    assert_contains(fixture->out, "it may use 2 keys");
    assert_lacks(fixture->out, FIXTURE_TOKEN);
    assert_int_equal(fixture->fake.secrets.count, 1);
    assert_string_equal(fixture->fake.secrets.items[0].name, "main");
    assert_int_equal(fixture->fake.secrets.items[0].len, strlen(FIXTURE_TOKEN));
    assert_memory_equal(fixture->fake.secrets.items[0].data, FIXTURE_TOKEN,
                        strlen(FIXTURE_TOKEN));
    /* and every other verb finds it there */
    assert_int_equal(fixture_cli_run(fixture, "keys", NULL), SIGNUM_EXIT_OK);
}

static void
test_login_uses_the_store_name_of_the_settings(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", NULL);
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN_STORE", "team");
    fixture->input = FIXTURE_TOKEN "\n";
    assert_int_equal(fixture_cli_run(fixture, "login", "--token-file=-", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->fake.secrets.items[0].name, "team");
    assert_int_equal(fixture_cli_run(fixture, "logout", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->out, "The token is removed.\n");
    assert_int_equal(fixture->fake.secrets.count, 0);
    assert_int_equal(fixture_cli_run(fixture, "logout", NULL), SIGNUM_EXIT_OK);
    assert_string_equal(fixture->out, "No token was kept.\n");
}

static void
test_login_refuses_what_does_not_work(void **state)
{
    struct fixture_cli *fixture = *state;
    static const char *const inputs[] = {"", " \n", "two words\n", "bad\x01token", "wrong-token"};
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", NULL);
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        fixture->input = inputs[i];
        assert_int_equal(fixture_cli_run(fixture, "login", "--token-file=-", NULL),
                         SIGNUM_EXIT_FAILED);
        assert_int_equal(fixture->fake.secrets.count, 0);
        assert_lacks(fixture->err, "wrong-token");
    }
    assert_int_equal(fixture_cli_run(fixture, "login", "--token-file=absent", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "absent: the token cannot be read");
    signum_fake_refuse_file(&fixture->fake, "open.txt", SIGNUM_IO);
    assert_int_equal(fixture_cli_run(fixture, "login", "--token-file=open.txt", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "refused by the fake");
    assert_int_equal(fixture_cli_run(fixture, "login", "--token-file=-", "--service=no", NULL),
                     SIGNUM_EXIT_FAILED);
    assert_contains(fixture->err, "no service of that name");
}

static void
test_login_without_check_sends_nothing(void **state)
{
    struct fixture_cli *fixture = *state;
    signum_fake_set_variable(&fixture->fake, "SIGNUM_TOKEN", NULL);
    fixture->input = "later";
    assert_int_equal(fixture_cli_run(fixture, "login", "--token-file=-", "--no-check", NULL),
                     SIGNUM_EXIT_OK);
    assert_int_equal(fixture->fake.request_count, 0);
    assert_int_equal(fixture->fake.secrets.count, 1);
}

static void
test_login_tells_of_a_setting_that_wins(void **state)
{
    struct fixture_cli *fixture = *state;
    fixture->input = FIXTURE_TOKEN;
    assert_int_equal(fixture_cli_run(fixture, "login", "--token-file=-", NULL), SIGNUM_EXIT_OK);
    assert_contains(fixture->err, "the setting SIGNUM_TOKEN");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keys_prints_a_table),
        TEST(test_keys_prints_json),
        TEST(test_keys_without_keys_is_success_and_says_so),
        TEST(test_keys_with_a_wrong_token_fails),
        TEST(test_without_settings_every_verb_fails),
        TEST(test_sign_takes_a_digest),
        TEST(test_sign_sends_reason_and_pin),
        TEST(test_sign_reads_stdin_and_chooses_the_scheme_by_the_key),
        TEST(test_sign_does_pss_with_the_given_and_the_usual_salt),
        TEST(test_sign_obeys_the_setting_on_sha1),
        TEST(test_sign_does_raw_pkcs1),
        TEST(test_sign_prints_json),
        TEST(test_sign_failures_print_no_signature),
        TEST(test_login_keeps_a_token_that_works),
        TEST(test_login_uses_the_store_name_of_the_settings),
        TEST(test_login_refuses_what_does_not_work),
        TEST(test_login_without_check_sends_nothing),
        TEST(test_login_tells_of_a_setting_that_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
