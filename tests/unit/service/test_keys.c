#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
find(const struct fixture *fixture, const char *name, struct signumd_key *key)
{
    signumd_key_init(key);
    assert_status(signumd_keys_find(fixture->db, name, key), SIGNUM_OK);
}

static void
test_add_and_find(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_key key;

    fixture_add_key(fixture, "one");
    find(fixture, "one", &key);
    assert_string_equal(key.name, "one");
    assert_string_equal(key.alg->wire, "rsa");
    assert_int_equal(key.bits, 2048);
    assert_int_equal(key.version, 1);
    assert_true(key.is_enabled);
    assert_int_equal(key.chain_count, 0);
    assert_status(signumd_keys_add(fixture->db, &signumd_actor_local, "key.create", &key),
                  SIGNUM_KEY_EXISTS);
    assert_status(signumd_keys_find(fixture->db, "two", &key), SIGNUM_KEY_NOT_FOUND);
    signumd_key_clear(&key);
}

static void
test_etag_follows_every_change(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_key key;
    char etags[5][SIGNUMD_ID_SIZE];

    fixture_add_key(fixture, "one");
    find(fixture, "one", &key);
    assert_status(signumd_key_etag(&key, etags[0]), SIGNUM_OK);
    key.version = 2;
    assert_status(signumd_key_etag(&key, etags[1]), SIGNUM_OK);
    key.is_enabled = false;
    assert_status(signumd_key_etag(&key, etags[2]), SIGNUM_OK);
    signum_buf_put_text(&key.chain[0], "a certificate");
    key.chain_count = 1;
    assert_status(signumd_key_etag(&key, etags[3]), SIGNUM_OK);
    signum_buf_put_text(&key.spki, "x");
    assert_status(signumd_key_etag(&key, etags[4]), SIGNUM_OK);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(etags[i], etags[k]);
    signumd_key_clear(&key);
}

static void
test_chain_is_replaced(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_key key;

    fixture_add_key(fixture, "one");
    find(fixture, "one", &key);
    signum_buf_put_text(&key.chain[0], "leaf");
    signum_buf_put_text(&key.chain[1], "root");
    key.chain_count = 2;
    assert_status(signumd_keys_set_chain(fixture->db, &signumd_actor_local, "cert.import", &key),
                  SIGNUM_OK);
    signumd_key_clear(&key);
    find(fixture, "one", &key);
    assert_int_equal(key.chain_count, 2);
    assert_string_equal(signum_buf_text(&key.chain[1]), "root");
    key.chain_count = 1;
    assert_status(signumd_keys_set_chain(fixture->db, &signumd_actor_local, "cert.import", &key),
                  SIGNUM_OK);
    signumd_key_clear(&key);
    find(fixture, "one", &key);
    assert_int_equal(key.chain_count, 1);
    signumd_key_clear(&key);
}

static bool
collect(void *context, const struct signumd_key *key)
{
    strcat(context, key->name);
    return strcmp(key->name, "c") != 0;
}

static void
test_walk(void **state)
{
    const struct fixture *fixture = *state;
    static const char *const names[] = {"b", "d", "a", "c"};
    char seen[16] = "";

    for (size_t i = 0; i < 4; i++)
        fixture_add_key(fixture, names[i]);
    assert_status(signumd_keys_walk(fixture->db, "", collect, seen), SIGNUM_OK);
    assert_string_equal(seen, "abc");
    seen[0] = '\0';
    assert_status(signumd_keys_walk(fixture->db, "c", collect, seen), SIGNUM_OK);
    assert_string_equal(seen, "d");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_add_and_find),
        WITH(test_etag_follows_every_change),
        WITH(test_chain_is_replaced),
        WITH(test_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
