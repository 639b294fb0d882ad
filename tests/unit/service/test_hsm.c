#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"

/*
 * Against SoftHSM2. Signatures are verified by signumd_hsm_sign() with OpenSSL; that a wrong one
 * would be noticed is shown by test_wrong_signature.
 */

static const uint8_t digest[SIGNUM_DIGEST_MAX] = {1, 2, 3};
static char faults_path[512];

static enum signum_status
open_hsm(const char *module, const char *token, const char *pin, struct signumd_hsm **hsm_out)
{
    const struct signumd_hsm_settings settings = {module, token, pin, 2, NULL};

    return signumd_hsm_open(&settings, hsm_out);
}

static int
open_with_token(void **state)
{
    if (fixture_open(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    fixture_make_token(fixture);
    (void)snprintf(faults_path, sizeof faults_path, "%s/faults", fixture->folder);
    return setenv("SIGNUM_FAULTS_FILE", faults_path, 1) == 0 &&
                   setenv("SIGNUM_FAULTS_MODULE", fixture_softhsm(), 1) == 0
               ? 0
               : -1;
}

static struct signumd_hsm *
open_faulty(void)
{
    struct signumd_hsm *hsm = NULL;
    const char *module = getenv("SIGNUM_TEST_FAULTS");

    assert_non_null(module);
    assert_status(open_hsm(module, "test", "1234", &hsm), SIGNUM_OK);
    return hsm;
}

static void
set_faults(const char *text)
{
    assert_status(signumd_files_write(faults_path, signum_bytes_of_text(text), 0600), SIGNUM_OK);
}

static void
assert_faults_used(void)
{
    struct signum_buf text;

    signum_buf_init(&text, 1000);
    assert_status(signumd_files_read(faults_path, &text), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&text), "");
    signum_buf_clear(&text);
}

static void
make_key(struct signumd_hsm *hsm, const char *name, const char *wire, const char *curve,
         uint32_t bits, struct signumd_key *key)
{
    signumd_key_init(key);
    (void)snprintf(key->name, sizeof key->name, "%s", name);
    (void)snprintf(key->token_label, sizeof key->token_label, "%s", name);
    key->alg = signum_alg_by_wire(wire, curve);
    key->bits = bits;
    assert_status(signumd_hsm_generate(hsm, key), SIGNUM_OK);
}

static enum signum_status
sign_with(struct signumd_hsm *hsm, const struct signumd_key *key, enum signum_scheme scheme,
          enum signum_hash hash)
{
    struct signum_buf signature;
    const struct signum_hash_info *row = signum_hash_by_id(hash);
    size_t len = row->len == 0 ? 51 : row->len;
    struct signum_sign_params params = {scheme, hash, 0};

    if (scheme == SIGNUM_SCHEME_RSA_PSS)
        params.salt_len = (uint32_t)len;
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = signumd_hsm_sign(
        hsm, key, &params, (struct signum_bytes){digest, len}, &signature);
    assert_int_equal(signature.len, status == SIGNUM_OK
                                        ? signum_alg_signature_len(key->alg, key->bits)
                                        : 0);
    signum_buf_clear(&signature);
    return status;
}

static void
sign_all(struct signumd_hsm *hsm, const struct signumd_key *key)
{
    for (int s = 0; s < SIGNUM_SCHEME_COUNT; s++) {
        enum signum_scheme scheme = (enum signum_scheme)s;
        if (!signum_alg_has_scheme(key->alg, scheme))
            continue;
        if (scheme == SIGNUM_SCHEME_RSA_PKCS1)
            assert_status(sign_with(hsm, key, scheme, SIGNUM_HASH_NONE), SIGNUM_OK);
        for (int h = SIGNUM_HASH_SHA1; h < SIGNUM_HASH_COUNT; h++)
            assert_status(sign_with(hsm, key, scheme, (enum signum_hash)h), SIGNUM_OK);
    }
}

static void
test_every_algorithm(void **state)
{
    struct signumd_hsm *hsm = NULL;
    size_t count = 0;
    const struct signum_alg *algs = signum_alg_all(&count);

    (void)state;
    assert_status(open_hsm(fixture_softhsm(), "test", "1234", &hsm), SIGNUM_OK);
    for (size_t i = 0; i < count; i++) {
        struct signumd_key key;
        char name[32];
        (void)snprintf(name, sizeof name, "key%zu", i);
        make_key(hsm, name, algs[i].wire, algs[i].curve, algs[i].bits_min, &key);
        assert_true(key.spki.len > 0);
        assert_int_equal(key.bits, algs[i].bits_min);
        sign_all(hsm, &key);
        signumd_key_clear(&key);
    }
    signumd_hsm_close(&hsm);
    assert_null(hsm);
}

static void
test_adopt_and_destroy(void **state)
{
    struct signumd_hsm *hsm = NULL;
    struct signumd_key key;
    struct signumd_key again;

    (void)state;
    assert_status(open_hsm(fixture_softhsm(), "test", "1234", &hsm), SIGNUM_OK);
    make_key(hsm, "one", "ecdsa", "P-256", 256, &key);
    assert_status(signumd_hsm_generate(hsm, &key), SIGNUM_KEY_EXISTS);
    signumd_key_init(&again);
    strcpy(again.token_label, "none");
    assert_status(signumd_hsm_adopt(hsm, &again), SIGNUM_KEY_NOT_FOUND);
    strcpy(again.token_label, "one");
    assert_status(signumd_hsm_adopt(hsm, &again), SIGNUM_OK);
    assert_string_equal(again.alg->curve, "P-256");
    assert_true(signum_bytes_is_equal(signum_bytes_of_buf(&again.spki),
                                      signum_bytes_of_buf(&key.spki)));
    assert_status(signumd_hsm_destroy(hsm, &again), SIGNUM_OK);
    assert_status(sign_with(hsm, &again, SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256),
                  SIGNUM_KEY_NOT_FOUND);
    signumd_key_clear(&again);
    signumd_key_clear(&key);
    signumd_hsm_close(&hsm);
}

static void
test_bad_settings(void **state)
{
    struct signumd_hsm *hsm = NULL;

    (void)state;
    assert_status(open_hsm("/nonexistent/module.so", "test", "1234", &hsm), SIGNUM_BAD_SETTINGS);
    assert_null(hsm);
    assert_status(open_hsm("libm.so.6", "test", "1234", &hsm), SIGNUM_BAD_SETTINGS);
    assert_status(open_hsm(fixture_softhsm(), "another", "1234", &hsm), SIGNUM_OK);
    assert_status(signumd_hsm_check(hsm), SIGNUM_SERVICE_BUSY);
    signumd_hsm_close(&hsm);
}

/* One try with the wrong PIN, however often it is asked; C_Login's fault would be used up else. */
static void
test_wrong_pin_is_tried_once(void **state)
{
    struct signumd_hsm *hsm = NULL;
    struct signum_buf text;

    (void)state;
    set_faults("C_Login 0xa0 9\n");
    hsm = open_faulty();
    for (int i = 0; i < 5; i++)
        assert_status(signumd_hsm_check(hsm), SIGNUM_BAD_SETTINGS);
    signum_buf_init(&text, 100);
    assert_status(signumd_files_read(faults_path, &text), SIGNUM_OK);
    assert_string_equal(signum_buf_text(&text), "C_Login 0xa0 8\n");
    signum_buf_clear(&text);
    signumd_hsm_close(&hsm);
}

/* Each call fails once, in each of these ways, and the signature comes all the same. */
static void
test_recovery(void **state)
{
    static const char *const functions[] = {"C_FindObjectsInit", "C_FindObjects", "C_SignInit",
                                            "C_Sign"};
    static const char *const codes[] = {
        "0x30" /* DEVICE_ERROR */,           "0x32" /* DEVICE_REMOVED */,
        "0xb3" /* SESSION_HANDLE_INVALID */, "0xe0" /* TOKEN_NOT_PRESENT */,
        "0x101" /* USER_NOT_LOGGED_IN */,    "0x5" /* GENERAL_ERROR */};
    struct signumd_hsm *hsm = open_faulty();
    struct signumd_key key;

    (void)state;
    make_key(hsm, "one", "ecdsa", "P-256", 256, &key);
    for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) {
        for (size_t c = 0; c < sizeof codes / sizeof codes[0]; c++) {
            char text[64];
            (void)snprintf(text, sizeof text, "%s %s 1\n", functions[f], codes[c]);
            set_faults(text);
            assert_status(sign_with(hsm, &key, SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256),
                          SIGNUM_OK);
            assert_faults_used();
        }
    }
    signumd_key_clear(&key);
    signumd_hsm_close(&hsm);
}

/* Opening sessions fails too, so that only a new start of the module helps. */
static void
test_recovery_by_new_start(void **state)
{
    struct signumd_hsm *hsm = open_faulty();
    struct signumd_key key;

    (void)state;
    make_key(hsm, "one", "ecdsa", "P-256", 256, &key);
    set_faults("C_Sign 0x32 1\nC_OpenSession 0x32 1\n");
    assert_status(sign_with(hsm, &key, SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256), SIGNUM_OK);
    assert_faults_used();
    signumd_key_clear(&key);
    signumd_hsm_close(&hsm);
}

/* A dead HSM is an answer at once, not an endless loop; when it lives again it is found again. */
static void
test_dead_and_back(void **state)
{
    struct signumd_hsm *hsm = open_faulty();
    struct signumd_key key;

    (void)state;
    make_key(hsm, "one", "ecdsa", "P-256", 256, &key);
    set_faults("C_Sign 0x30 -1\nC_OpenSession 0x30 -1\n");
    for (int i = 0; i < 3; i++)
        assert_status(sign_with(hsm, &key, SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256),
                      SIGNUM_SERVICE_BUSY);
    set_faults("");
    enum signum_status status = SIGNUM_SERVICE_BUSY;
    for (int i = 0; i < 100 && status == SIGNUM_SERVICE_BUSY; i++) {
        const struct timespec pause = {0, 50 * 1000 * 1000};
        (void)nanosleep(&pause, NULL);
        status = sign_with(hsm, &key, SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256);
    }
    assert_status(status, SIGNUM_OK);
    signumd_key_clear(&key);
    signumd_hsm_close(&hsm);
}

/* The token is lost after it has made the key pair: the second try does not leave two of them. */
static void
test_generate_again(void **state)
{
    struct signumd_hsm *hsm = open_faulty();
    struct signumd_key key;
    struct signumd_key found;

    (void)state;
    set_faults("C_GetAttributeValue 0x32 1\n");
    make_key(hsm, "one", "ecdsa", "P-256", 256, &key);
    assert_faults_used();
    signumd_key_init(&found);
    strcpy(found.token_label, "one");
    assert_status(signumd_hsm_adopt(hsm, &found), SIGNUM_OK);
    assert_true(signum_bytes_is_equal(signum_bytes_of_buf(&found.spki),
                                      signum_bytes_of_buf(&key.spki)));
    signumd_key_clear(&found);
    signumd_key_clear(&key);
    signumd_hsm_close(&hsm);
}

static void
test_wrong_signature(void **state)
{
    struct signumd_hsm *hsm = open_faulty();
    struct signumd_key ec;
    struct signumd_key rsa;

    (void)state;
    make_key(hsm, "one", "ecdsa", "P-256", 256, &ec);
    make_key(hsm, "two", "rsa", NULL, 2048, &rsa);
    set_faults("C_Sign corrupt 3\n");
    assert_status(sign_with(hsm, &ec, SIGNUM_SCHEME_ECDSA, SIGNUM_HASH_SHA256),
                  SIGNUM_BAD_SIGNATURE);
    assert_status(sign_with(hsm, &rsa, SIGNUM_SCHEME_RSA_PKCS1, SIGNUM_HASH_SHA256),
                  SIGNUM_BAD_SIGNATURE);
    assert_status(sign_with(hsm, &rsa, SIGNUM_SCHEME_RSA_PSS, SIGNUM_HASH_SHA256),
                  SIGNUM_BAD_SIGNATURE);
    assert_faults_used();
    signumd_key_clear(&ec);
    signumd_key_clear(&rsa);
    signumd_hsm_close(&hsm);
}

/* A token that made an extractable key after all: refused, and nothing is left over. */
static void
test_unprotected_key_is_refused(void **state)
{
    struct signumd_hsm *hsm = open_faulty();
    struct signumd_key key;

    (void)state;
    signumd_key_init(&key);
    strcpy(key.token_label, "one");
    key.alg = signum_alg_by_wire("ecdsa", "P-256");
    key.bits = 256;
    set_faults("C_GetAttributeValue corrupt 1\n");
    assert_status(signumd_hsm_generate(hsm, &key), SIGNUM_DENIED);
    assert_faults_used();
    assert_status(signumd_hsm_adopt(hsm, &key), SIGNUM_KEY_NOT_FOUND);
    assert_status(signumd_hsm_generate(hsm, &key), SIGNUM_OK);
    set_faults("C_GetAttributeValue corrupt 1\n");
    assert_status(signumd_hsm_adopt(hsm, &key), SIGNUM_DENIED);
    signumd_key_clear(&key);
    signumd_hsm_close(&hsm);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_with_token, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_every_algorithm),       WITH(test_adopt_and_destroy),
        WITH(test_bad_settings),          WITH(test_wrong_pin_is_tried_once),
        WITH(test_recovery),              WITH(test_recovery_by_new_start),
        WITH(test_dead_and_back),         WITH(test_wrong_signature),
        WITH(test_unprotected_key_is_refused), WITH(test_generate_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
