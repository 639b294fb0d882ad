#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/idempotency.h"
#include "policy/policies.h"

static const struct signumd_actor alice = {"alice", "0123456789abcdef", "request", "127.0.0.1",
                                          NULL};

static bool
has_key(const struct fixture *fixture, const char *name)
{
    struct signumd_key key;

    signumd_key_init(&key);
    enum signum_status status = signumd_keys_find(fixture->db, name, &key);
    signumd_key_clear(&key);
    return status == SIGNUM_OK;
}

static int64_t
count(const struct fixture *fixture, const char *table)
{
    char sql[64];
    int64_t number = -1;

    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    assert_status(signumd_db_get_number(fixture->db, &number, sql, ""), SIGNUM_OK);
    return number;
}

static void
allow(const struct fixture *fixture, const char *name, const char *key)
{
    struct signumd_rule rule;

    memset(&rule, 0, sizeof rule);
    (void)snprintf(rule.name, sizeof rule.name, "%s", name);
    (void)snprintf(rule.user, sizeof rule.user, "alice");
    (void)snprintf(rule.key, sizeof rule.key, "%s", key);
    assert_status(signumd_rules_add(fixture->db, &signumd_actor_local, &rule), SIGNUM_OK);
}

static void
add_alice(const struct fixture *fixture)
{
    assert_status(
        signumd_users_add(fixture->db, &signumd_actor_local, "alice",
                          SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER)),
        SIGNUM_OK);
}

static void
test_begin(void **state)
{
    struct signumd_key one;
    struct signumd_key two;

    (void)state;
    signumd_key_init(&one);
    signumd_key_init(&two);
    assert_status(signumd_key_begin(&one, "release"), SIGNUM_OK);
    assert_status(signumd_key_begin(&two, "release"), SIGNUM_OK);
    assert_string_equal(one.name, "release");
    assert_string_equal(one.token_label, "release");
    assert_int_equal(one.version, 1);
    assert_true(one.is_enabled);
    assert_int_equal(strlen(one.id), SIGNUMD_ID_SIZE - 1);
    assert_string_not_equal(one.id, two.id);
    signumd_key_clear(&one);
    signumd_key_clear(&two);
}

struct choice {
    const char *algorithm;
    int64_t bits;
    const char *curve;
    enum signum_status status;
    uint32_t chosen; /* bits */
};

static void
test_choose(void **state)
{
    static const struct choice rows[] = {
        {"rsa", 0, NULL, SIGNUM_OK, 3072},
        {"rsa", 2048, NULL, SIGNUM_OK, 2048},
        {"rsa", 4096, NULL, SIGNUM_OK, 4096},
        {"rsa", 1024, NULL, SIGNUM_BAD_ALGORITHM, 0},
        {"rsa", 2049, NULL, SIGNUM_BAD_ALGORITHM, 0},
        {"rsa", -1, NULL, SIGNUM_BAD_ALGORITHM, 0},
        {"rsa", ((int64_t)1 << 32) + 2048, NULL, SIGNUM_BAD_ALGORITHM, 0},
        {"rsa", 0, "P-256", SIGNUM_BAD_ALGORITHM, 0},
        {"ecdsa", 0, NULL, SIGNUM_OK, 256},
        {"ecdsa", 0, "P-384", SIGNUM_OK, 384},
        {"ecdsa", 0, "P-521", SIGNUM_OK, 521},
        {"ecdsa", 0, "P-192", SIGNUM_BAD_ALGORITHM, 0},
        {"ecdsa", 256, NULL, SIGNUM_INVALID_ARGUMENT, 0},
        {"dsa", 0, NULL, SIGNUM_BAD_ALGORITHM, 0},
        {"", 0, NULL, SIGNUM_BAD_ALGORITHM, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signumd_key key;
        signumd_key_init(&key);
        assert_status(signumd_key_choose(&key, rows[i].algorithm, rows[i].bits, rows[i].curve),
                      rows[i].status);
        assert_int_equal(key.bits, rows[i].chosen);
        assert_int_equal(key.alg != NULL, rows[i].status == SIGNUM_OK);
    }
}

static void
test_remove(void **state)
{
    const struct fixture *fixture = *state;

    add_alice(fixture);
    fixture_add_key(fixture, "one");
    fixture_add_key(fixture, "two");
    allow(fixture, "first", "one");
    allow(fixture, "second", "one");
    allow(fixture, "third", "two");
    allow(fixture, "fourth", "*");
    assert_status(signumd_keys_remove(fixture->db, &alice, "none"), SIGNUM_KEY_NOT_FOUND);
    assert_status(signumd_keys_remove(fixture->db, &alice, "one"), SIGNUM_OK);
    assert_false(has_key(fixture, "one"));
    assert_true(has_key(fixture, "two"));
    assert_int_equal(count(fixture, "policies"), 2);
    assert_int_equal(count(fixture, "leftovers"), 1);
    char *audit = fixture_audit_text(fixture);
    assert_non_null(strstr(audit, "\"action\":\"key.delete\""));
    assert_non_null(strstr(audit, "\"rule\":\"first\""));
    assert_non_null(strstr(audit, "\"rule\":\"second\""));
    free(audit);
    assert_status(signumd_keys_remove(fixture->db, &alice, "one"), SIGNUM_KEY_NOT_FOUND);
    fixture_add_key(fixture, "one");
    assert_true(has_key(fixture, "one"));
}

static void
test_certificate_protects(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_key key;

    fixture_add_key(fixture, "one");
    signumd_key_init(&key);
    assert_status(signumd_keys_find(fixture->db, "one", &key), SIGNUM_OK);
    signum_buf_put_text(&key.chain[0], "a certificate");
    key.chain_count = 1;
    assert_status(signumd_keys_set_chain(fixture->db, &alice, "cert.import", &key), SIGNUM_OK);
    assert_status(signumd_keys_remove(fixture->db, &alice, "one"), SIGNUM_DENIED);
    assert_true(has_key(fixture, "one"));
    assert_int_equal(count(fixture, "leftovers"), 0);
    key.chain_count = 0;
    assert_status(signumd_keys_set_chain(fixture->db, &alice, "cert.remove", &key), SIGNUM_OK);
    assert_status(signumd_keys_remove(fixture->db, &alice, "one"), SIGNUM_OK);
    signumd_key_clear(&key);
}

/* Without its record nothing is changed. */
static void
test_no_record_no_change(void **state)
{
    const struct fixture *fixture = *state;

    add_alice(fixture);
    fixture_add_key(fixture, "one");
    allow(fixture, "first", "one");
    fixture_tamper(fixture, "ALTER TABLE audit_head RENAME TO gone");
    assert_int_not_equal(signumd_keys_remove(fixture->db, &alice, "one"), SIGNUM_OK);
    assert_int_not_equal(signumd_keys_enable(fixture->db, &alice, "one", false), SIGNUM_OK);
    fixture_tamper(fixture, "ALTER TABLE gone RENAME TO audit_head");
    assert_true(has_key(fixture, "one"));
    assert_int_equal(count(fixture, "policies"), 1);
    assert_int_equal(count(fixture, "leftovers"), 0);
    assert_int_equal(count(fixture, "keys WHERE is_enabled = 1"), 1);
}

/* Answers to the making of this key go, those to other requests stay. */
static void
test_answers_are_forgotten(void **state)
{
    const struct fixture *fixture = *state;
    static const char *const scopes[] = {"create:one", "create:one2", "one"};
    const uint8_t hash[SIGNUMD_SHA256_LEN] = {0};

    fixture_add_key(fixture, "one");
    for (size_t i = 0; i < 3; i++) {
        const struct signumd_idempotency_name name = {"alice", scopes[i], "x"};
        assert_status(signumd_answers_add(fixture->db, &name, hash, 1, "{}"), SIGNUM_OK);
    }
    assert_status(signumd_keys_remove(fixture->db, &alice, "one"), SIGNUM_OK);
    assert_int_equal(count(fixture, "answers"), 2);
    assert_int_equal(count(fixture, "answers WHERE key_id = 'create:one'"), 0);
}

static void
test_enable(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_key key;

    fixture_add_key(fixture, "one");
    signumd_key_init(&key);
    for (int i = 0; i < 4; i++) {
        bool is_enabled = i % 2 != 0;
        assert_status(signumd_keys_enable(fixture->db, &alice, "one", is_enabled), SIGNUM_OK);
        assert_status(signumd_keys_find(fixture->db, "one", &key), SIGNUM_OK);
        assert_int_equal(key.is_enabled, is_enabled);
    }
    assert_status(signumd_keys_enable(fixture->db, &alice, "two", true), SIGNUM_KEY_NOT_FOUND);
    signumd_key_clear(&key);
}

/* In a transaction, as the caller has to. */
static enum signum_status
add_created(const struct fixture *fixture, const char *key_name)
{
    struct signumd_key key;

    signumd_key_init(&key);
    assert_status(signumd_keys_find(fixture->db, key_name, &key), SIGNUM_OK);
    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    enum signum_status status = signumd_rules_add_created(fixture->db, &alice, &key);
    signumd_key_clear(&key);
    return signumd_db_finish(fixture->db, status);
}

static enum signum_status
ask(const struct fixture *fixture, const char *key, struct signumd_decision *decision_out)
{
    struct signumd_facts facts = {
        .user = "alice", .roles = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER), .key = key};

    return signumd_policy_ask(fixture->db, &facts, decision_out);
}

static void
test_created_rule(void **state)
{
    const struct fixture *fixture = *state;
    static const char long_name[] =
        "n123456789n123456789n123456789n123456789n123456789n123456"; /* 57 */
    struct signumd_decision decision;

    fixture_add_key(fixture, "one");
    fixture_add_key(fixture, "two");
    assert_status(add_created(fixture, "one"), SIGNUM_NOT_FOUND); /* no such user */
    add_alice(fixture);
    assert_status(add_created(fixture, "one"), SIGNUM_OK);
    assert_status(ask(fixture, "one", &decision), SIGNUM_OK);
    assert_true(decision.is_allowed);
    assert_string_equal(decision.rule, "created-one");
    allow(fixture, "created-two", "one");
    fixture_tamper(fixture, "UPDATE keys SET id = 'identifier' WHERE name = 'two'");
    assert_status(add_created(fixture, "two"), SIGNUM_OK);
    assert_status(ask(fixture, "two", &decision), SIGNUM_OK);
    assert_string_equal(decision.rule, "created-identifier");
    fixture_add_key(fixture, long_name);
    fixture_tamper(fixture, "UPDATE keys SET id = 'other' WHERE length(name) = 57");
    assert_status(add_created(fixture, long_name), SIGNUM_OK);
    assert_status(ask(fixture, long_name, &decision), SIGNUM_OK);
    assert_string_equal(decision.rule, "created-other");
}

/* A database from before there were leftovers. */
static void
test_old_database(void **state)
{
    struct fixture *fixture = *state;

    fixture_make_old(fixture, 1);
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
    fixture_add_key(fixture, "one");
    assert_status(signumd_keys_remove(fixture->db, &alice, "one"), SIGNUM_OK);
    assert_int_equal(count(fixture, "leftovers"), 1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin),     cmocka_unit_test(test_choose),
        WITH(test_remove),                WITH(test_certificate_protects),
        WITH(test_no_record_no_change),   WITH(test_answers_are_forgotten),
        WITH(test_enable),                WITH(test_created_rule),
        WITH(test_old_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
