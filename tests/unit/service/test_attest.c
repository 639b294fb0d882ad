#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "x509/attest.h"
#include "cmd/init.h"
#include "keys/leftovers.h"

/* A whole state folder with a SoftHSM2 token and one key, "one". */
struct scene {
    struct fixture *fixture;
    struct signumd_state folder;
    struct signumd_hsm *hsm;
    struct signumd_key key;
};

static void
make_key(struct scene *scene, const char *name, struct signumd_key *key)
{
    assert_status(signumd_key_begin(key, name), SIGNUM_OK);
    assert_status(signumd_key_choose(key, "ecdsa", 0, NULL), SIGNUM_OK);
    assert_status(signumd_hsm_generate(scene->hsm, key), SIGNUM_OK);
    assert_status(
        signumd_keys_add(scene->folder.db, &signumd_actor_local, "key.create", key), SIGNUM_OK);
}

static void
open_token(struct scene *scene)
{
    struct signum_buf pin;

    signum_buf_init_secret(&pin, 256);
    assert_status(signumd_state_read(&scene->folder, SIGNUMD_FILE_PIN, &pin), SIGNUM_OK);
    const struct signumd_hsm_settings settings = {fixture_softhsm(), SIGNUMD_DEFAULT_TOKEN,
                                                  signum_buf_text(&pin), 2,
                                                  "attestation-{label}"};
    assert_status(signumd_hsm_open(&settings, &scene->hsm), SIGNUM_OK);
    signum_buf_clear(&pin);
}

static int
open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct signumd_init_options options;
    char folder[512];

    if (scene == NULL || fixture_open((void **)&scene->fixture) != 0)
        return -1;
    (void)snprintf(folder, sizeof folder, "%s/state", scene->fixture->folder);
    memset(&options, 0, sizeof options);
    options.folder = folder;
    options.module = fixture_softhsm();
    assert_status(signumd_init_run(&options), SIGNUM_OK);
    assert_status(signumd_state_open(folder, &scene->folder), SIGNUM_OK);
    open_token(scene);
    signumd_key_init(&scene->key);
    make_key(scene, "one", &scene->key);
    *state = scene;
    return 0;
}

static int
close_scene(void **state)
{
    struct scene *scene = *state;

    signumd_key_clear(&scene->key);
    signumd_hsm_close(&scene->hsm);
    signumd_state_close(&scene->folder);
    int code = fixture_close((void **)&scene->fixture);
    free(scene);
    return code;
}

static enum signum_status
attest(struct scene *scene)
{
    struct signum_buf document;

    signum_buf_init(&document, SIGNUMD_ATTESTATION_MAX);
    const struct signumd_attest_ask ask = {&scene->folder,        scene->folder.db, scene->hsm,
                                           &signumd_actor_local, &scene->key,      NULL};
    enum signum_status status = signumd_attest_write(&ask, &document);
    if (status == SIGNUM_OK) {
        assert_non_null(strstr(signum_buf_text(&document), "\"origin\":\"software token\""));
        assert_non_null(strstr(signum_buf_text(&document), "\"extractable\":false"));
    } else {
        assert_int_equal(document.len, 0);
    }
    signum_buf_clear(&document);
    return status;
}

static void
remove_file(const struct scene *scene, const char *file)
{
    char *path = signumd_state_path(&scene->folder, file);

    assert_non_null(path);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void
test_describe(void **state)
{
    struct scene *scene = *state;
    struct signumd_hsm_facts facts;
    const char *before = "";

    for (int i = 0; i < SIGNUMD_HSM_ATTRIBUTE_COUNT; i++) {
        const char *name = signumd_hsm_attribute_name((enum signumd_hsm_attribute)i);
        assert_true(strcmp(before, name) < 0);
        before = name;
    }
    assert_status(signumd_hsm_describe(scene->hsm, &scene->key, &facts), SIGNUM_OK);
    assert_true(facts.is_software);
    assert_true(facts.attributes[SIGNUMD_HSM_SENSITIVE]);
    assert_true(facts.attributes[SIGNUMD_HSM_LOCAL]);
    assert_false(facts.attributes[SIGNUMD_HSM_EXTRACTABLE]);
    assert_false(facts.attributes[SIGNUMD_HSM_DECRYPT]);
    assert_string_equal(facts.label, SIGNUMD_DEFAULT_TOKEN);
    assert_string_equal(facts.manufacturer, "SoftHSM project");
    scene->key.spki.data[scene->key.spki.len - 1] ^= 1;
    assert_status(signumd_hsm_describe(scene->hsm, &scene->key, &facts), SIGNUM_CRYPTO);
    assert_status(attest(scene), SIGNUM_CRYPTO);
    (void)snprintf(scene->key.token_label, sizeof scene->key.token_label, "none");
    assert_status(signumd_hsm_describe(scene->hsm, &scene->key, &facts), SIGNUM_KEY_NOT_FOUND);
}

static void
test_files_are_made_when_missing(void **state)
{
    struct scene *scene = *state;

    assert_status(attest(scene), SIGNUM_OK);
    remove_file(scene, SIGNUMD_FILE_ATTEST_KEY);
    assert_status(attest(scene), SIGNUM_OK);
    assert_true(signumd_state_has(&scene->folder, SIGNUMD_FILE_ATTEST_KEY));
    remove_file(scene, SIGNUMD_FILE_CA_KEY); /* needed for making them only */
    assert_status(attest(scene), SIGNUM_OK);
    remove_file(scene, SIGNUMD_FILE_ATTEST_CERT);
    assert_int_not_equal(attest(scene), SIGNUM_OK);
    assert_false(signumd_state_has(&scene->folder, SIGNUMD_FILE_ATTEST_CERT));
}

static void
test_foreign_certificate(void **state)
{
    struct scene *scene = *state;
    struct signum_buf pem;

    signum_buf_init(&pem, 65536);
    assert_status(signumd_state_read(&scene->folder, SIGNUMD_FILE_TLS_CERT, &pem), SIGNUM_OK);
    assert_status(signumd_state_write(&scene->folder, SIGNUMD_FILE_ATTEST_CERT,
                                      signum_bytes_of_buf(&pem), 0644),
                  SIGNUM_OK);
    assert_status(attest(scene), SIGNUM_CRYPTO);
    signum_buf_clear(&pem);
}

static int64_t
count_leftovers(struct scene *scene)
{
    int64_t count = -1;

    assert_status(
        signumd_db_get_number(scene->folder.db, &count, "SELECT count(*) FROM leftovers", ""),
        SIGNUM_OK);
    return count;
}

static void
test_leftovers(void **state)
{
    struct scene *scene = *state;
    struct signumd_hsm_facts facts;

    assert_status(signumd_leftovers_sweep(scene->folder.db, scene->hsm), SIGNUM_OK);
    assert_status(signumd_keys_remove(scene->folder.db, &signumd_actor_local, "one"), SIGNUM_OK);
    assert_int_equal(count_leftovers(scene), 1);
    assert_status(signumd_hsm_describe(scene->hsm, &scene->key, &facts), SIGNUM_OK);
    assert_status(signumd_leftovers_sweep(scene->folder.db, scene->hsm), SIGNUM_OK);
    assert_int_equal(count_leftovers(scene), 0);
    assert_status(signumd_hsm_describe(scene->hsm, &scene->key, &facts), SIGNUM_KEY_NOT_FOUND);
}

/* A key pair with two names, and one that is taken over again after its deletion. */
static void
test_leftovers_spare_what_is_in_use(void **state)
{
    struct scene *scene = *state;
    struct signumd_hsm_facts facts;
    struct signumd_key *key = &scene->key;

    (void)snprintf(key->name, sizeof key->name, "two");
    (void)snprintf(key->id, sizeof key->id, "two");
    assert_status(signumd_keys_add(scene->folder.db, &signumd_actor_local, "key.adopt", key),
                  SIGNUM_OK);
    assert_status(signumd_keys_remove(scene->folder.db, &signumd_actor_local, "one"), SIGNUM_OK);
    assert_int_equal(count_leftovers(scene), 0);
    assert_status(signumd_keys_remove(scene->folder.db, &signumd_actor_local, "two"), SIGNUM_OK);
    assert_int_equal(count_leftovers(scene), 1);
    assert_status(signumd_keys_add(scene->folder.db, &signumd_actor_local, "key.adopt", key),
                  SIGNUM_OK);
    assert_status(signumd_leftovers_sweep(scene->folder.db, scene->hsm), SIGNUM_OK);
    assert_int_equal(count_leftovers(scene), 0);
    assert_status(signumd_hsm_describe(scene->hsm, key, &facts), SIGNUM_OK);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_describe),            WITH(test_files_are_made_when_missing),
        WITH(test_foreign_certificate), WITH(test_leftovers),
        WITH(test_leftovers_spare_what_is_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
