#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "x509/bundle.h"

/* Certification requests of keys in a SoftHSM2 token. */
struct scene {
    struct fixture *fixture;
    struct signumd_hsm *hsm;
    struct signumd_key key;
    struct signumd_attest_ask by;
    struct signumd_csr_ask ask;
};

static void
make_key(struct scene *scene, const char *name, const char *algorithm, const char *curve)
{
    signumd_key_clear(&scene->key);
    signumd_key_init(&scene->key);
    assert_status(signumd_key_begin(&scene->key, name), SIGNUM_OK);
    assert_status(
        signumd_key_choose(&scene->key, algorithm, curve == NULL ? 2048 : 0, curve), SIGNUM_OK);
    assert_status(signumd_hsm_generate(scene->hsm, &scene->key), SIGNUM_OK);
}

static int
open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    if (scene == NULL || fixture_open((void **)&scene->fixture) != 0)
        return -1;
    fixture_make_token(scene->fixture);
    const struct signumd_hsm_settings settings = {fixture_softhsm(), "test", "1234", 1, NULL};
    assert_status(signumd_hsm_open(&settings, &scene->hsm), SIGNUM_OK);
    signumd_key_init(&scene->key);
    scene->by = (struct signumd_attest_ask){
        NULL, scene->fixture->db, scene->hsm, &signumd_actor_local, &scene->key, NULL};
    scene->ask.subject = "CN=one,O=Example";
    scene->ask.is_code_signing = true;
    *state = scene;
    return 0;
}

static int
close_scene(void **state)
{
    struct scene *scene = *state;

    signumd_key_clear(&scene->key);
    signumd_hsm_close(&scene->hsm);
    int code = fixture_close((void **)&scene->fixture);
    free(scene);
    return code;
}

static void
test_subjects(void **state)
{
    static const char *const good[] = {"/CN=x", "CN=x", "cn=x", "CN=x,O=y", "CN=a\\,b",
        "CN=\\C3\\A4", "CN=x+OU=y,O=z", "2.5.4.3=x", "CN=\\#x", "O=a=b"};
    static const char *const bad[] = {"", "x", "/", "/x", "CN", "CN=", "CN= ", "=x", ",CN=x",
        "CN=x,", "CN=x+", "CN=x,,O=y", "CN=#0c0178", "CN=\"x\"", "CN=x\\", "CN=x\\y", "CN=x\\4",
        "CN=a<b", "XX=y", "CN=x\n", "CN=\\00", "CN=\\0a", "C=DEU", "CN=\xff", "99.1=x"};
    char large[SIGNUMD_SUBJECT_MAX + 16];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!signumd_csr_is_subject(good[i]))
            fail_msg("'%s' was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (signumd_csr_is_subject(bad[i]))
            fail_msg("'%s' was taken", bad[i]);
    memset(large, 'x', sizeof large);
    memcpy(large, "CN=", 3);
    large[sizeof large - 1] = '\0';
    assert_false(signumd_csr_is_subject(large));
    for (size_t i = 0; i + 8 < sizeof large; i += 5)
        memcpy(large + i, "CN=x,", 5); /* more attributes than a name may have */
    assert_false(signumd_csr_is_subject(large));
}

static void
test_alternative_names(void **state)
{
    static const char *const good[] = {
        "dns:a.b", "email:a@b", "uri:https://a/b", "ip:1.2.3.4", "ip:::1", "dns:a,DNS:b"};
    static const char *const bad[] = {"", "dns:", "a.b", "DNS:a", "ip:1.2.3", "ip:x", "dns:a b",
        "dns:\xc3\xa4", "dirName:x", "dns:a\n"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!signumd_csr_is_san(good[i]))
            fail_msg("'%s' was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (signumd_csr_is_san(bad[i]))
            fail_msg("'%s' was taken", bad[i]);
}

static void
test_nonces(void **state)
{
    char text[SIGNUMD_SUBJECT_MAX];

    (void)state;
    memset(text, 'a', sizeof text);
    text[128] = '\0';
    assert_true(signumd_attest_is_nonce(text));
    assert_true(signumd_attest_is_nonce("aZ09-_xx"));
    assert_false(signumd_attest_is_nonce("1234567"));
    assert_false(signumd_attest_is_nonce("12345678=="));
    assert_false(signumd_attest_is_nonce("1234567\""));
    text[128] = 'a';
    text[129] = '\0';
    assert_false(signumd_attest_is_nonce(text));
}

static void
test_choice(void **state)
{
    static const struct {
        const char *curve; /* NULL: RSA */
        const char *scheme;
        const char *hash;
        enum signum_status status;
        enum signum_hash chosen;
    } rows[] = {
        {NULL, NULL, NULL, SIGNUM_OK, SIGNUM_HASH_SHA256},
        {NULL, "rsa-pss", "sha512", SIGNUM_OK, SIGNUM_HASH_SHA512},
        {"P-256", NULL, NULL, SIGNUM_OK, SIGNUM_HASH_SHA256},
        {"P-384", NULL, NULL, SIGNUM_OK, SIGNUM_HASH_SHA384},
        {"P-521", NULL, NULL, SIGNUM_OK, SIGNUM_HASH_SHA512},
        {"P-521", "ecdsa", "sha256", SIGNUM_OK, SIGNUM_HASH_SHA256},
        {NULL, "ecdsa", NULL, SIGNUM_BAD_ALGORITHM, SIGNUM_HASH_NONE},
        {"P-256", "rsa-pkcs1", NULL, SIGNUM_BAD_ALGORITHM, SIGNUM_HASH_NONE},
        {NULL, "x", NULL, SIGNUM_BAD_ALGORITHM, SIGNUM_HASH_NONE},
        {NULL, NULL, "sha1", SIGNUM_BAD_ALGORITHM, SIGNUM_HASH_NONE},
        {NULL, NULL, "none", SIGNUM_BAD_ALGORITHM, SIGNUM_HASH_NONE},
        {NULL, NULL, "x", SIGNUM_BAD_ALGORITHM, SIGNUM_HASH_NONE},
    };
    struct signumd_key key;
    struct signum_sign_params params;

    (void)state;
    signumd_key_init(&key);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        key.alg = signum_alg_by_wire(rows[i].curve == NULL ? "rsa" : "ecdsa", rows[i].curve);
        key.bits = key.alg->bits_default;
        assert_status(
            signumd_csr_choose(&key, rows[i].scheme, rows[i].hash, &params), rows[i].status);
        assert_int_equal(params.hash, rows[i].chosen);
        assert_int_equal(params.salt_len, params.scheme == SIGNUM_SCHEME_RSA_PSS ? 64 : 0);
    }
    signumd_key_clear(&key);
}

/* Made, recorded, and verified by OpenSSL, which is given nothing else. */
static void
check_request(struct scene *scene, const char *scheme)
{
    struct signum_buf der;

    assert_status(signumd_csr_choose(&scene->key, scheme, NULL, &scene->ask.params), SIGNUM_OK);
    signum_buf_init(&der, SIGNUMD_CSR_MAX);
    assert_status(signumd_csr_write(&scene->by, &scene->ask, false, NULL, &der), SIGNUM_OK);
    const uint8_t *at = der.data;
    X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.len);
    assert_non_null(request);
    assert_ptr_equal(at, der.data + der.len);
    assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
    X509_REQ_free(request);
    signum_buf_clear(&der);
    char *audit = fixture_audit_text(scene->fixture);
    assert_non_null(strstr(audit, "\"action\":\"key.csr\""));
    assert_non_null(strstr(audit, "\"csr_sha256\":\""));
    free(audit);
}

static void
test_each_algorithm(void **state)
{
    struct scene *scene = *state;

    make_key(scene, "r", "rsa", NULL);
    check_request(scene, NULL);
    check_request(scene, "rsa-pss");
    make_key(scene, "a", "ecdsa", "P-256");
    check_request(scene, NULL);
    make_key(scene, "b", "ecdsa", "P-384");
    check_request(scene, NULL);
    make_key(scene, "c", "ecdsa", "P-521");
    check_request(scene, NULL);
}

static void
test_nothing_is_given_out_on_failure(void **state)
{
    struct scene *scene = *state;
    struct signum_buf der;

    signum_buf_init(&der, SIGNUMD_CSR_MAX);
    make_key(scene, "a", "ecdsa", "P-256");
    assert_status(signumd_csr_choose(&scene->key, NULL, NULL, &scene->ask.params), SIGNUM_OK);
    scene->ask.subject = "x";
    assert_status(
        signumd_csr_write(&scene->by, &scene->ask, false, NULL, &der), SIGNUM_INVALID_ARGUMENT);
    scene->ask.subject = "CN=x";
    scene->ask.san_count = 1; /* an empty text */
    assert_status(
        signumd_csr_write(&scene->by, &scene->ask, false, NULL, &der), SIGNUM_INVALID_ARGUMENT);
    scene->ask.san_count = 0;
    fixture_tamper(scene->fixture, "ALTER TABLE audit_head RENAME TO gone");
    assert_int_not_equal(signumd_csr_write(&scene->by, &scene->ask, false, NULL, &der), SIGNUM_OK);
    assert_int_equal(der.len, 0);
    fixture_tamper(scene->fixture, "ALTER TABLE gone RENAME TO audit_head");
    (void)snprintf(scene->key.token_label, sizeof scene->key.token_label, "gone");
    assert_status(
        signumd_csr_write(&scene->by, &scene->ask, false, NULL, &der), SIGNUM_KEY_NOT_FOUND);
    signumd_key_clear(&scene->key);
    assert_int_not_equal(signumd_csr_write(&scene->by, &scene->ask, false, NULL, &der), SIGNUM_OK);
    assert_int_equal(der.len, 0);
}

static void
test_facts_of_the_token(void **state)
{
    struct scene *scene = *state;
    struct signumd_hsm_facts facts;
    struct signumd_hsm_vendors vendors;

    make_key(scene, "a", "ecdsa", "P-256");
    assert_status(signumd_hsm_describe(scene->hsm, &scene->key, &facts), SIGNUM_OK);
    assert_string_equal(facts.key_gen_mechanism, "CKM_EC_KEY_PAIR_GEN");
    assert_false(facts.is_restricted);
    assert_false(facts.is_hardware_slot);
    assert_string_equal(facts.module, "libsofthsm2.so");
    assert_int_equal(strlen(facts.module_sha256), 64);
    assert_int_equal(strlen(facts.serial), 16);
    signumd_hsm_vendors_init(&vendors);
    assert_status(signumd_hsm_find_vendor(scene->hsm, &scene->key, &vendors), SIGNUM_OK);
    assert_int_equal(vendors.count, 0);
    signumd_hsm_vendors_clear(&vendors);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_alternative_names),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_choice),
        WITH(test_each_algorithm),
        WITH(test_nothing_is_given_out_on_failure),
        WITH(test_facts_of_the_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
