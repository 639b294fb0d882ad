#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "policy.h"

static const struct signumd_rule rules[] = {
    {"a-rule", "alice", "release"},
    {"b-rule", "alice", "*"},
    {"c-rule", "bob", "test"},
};

struct row {
    const char *user;
    const char *key;
    size_t rule_count;
    const char *rule; /* NULL: denied */
};

static void
test_decide(void **state)
{
    static const struct row rows[] = {
        {"alice", "release", 0, NULL},      {"alice", "release", 3, "a-rule"},
        {"alice", "other", 3, "b-rule"},    {"alice", "other", 1, NULL},
        {"bob", "test", 3, "c-rule"},       {"bob", "test", 2, NULL},
        {"bob", "release", 3, NULL},        {"carol", "release", 3, NULL},
        {"ALICE", "release", 3, NULL},      {"bob", "TEST", 3, NULL},
        {"alic", "release", 3, NULL},       {"alicee", "release", 3, NULL},
        {"bob", "*", 3, NULL},              {"*", "release", 3, NULL},
        {"", "", 3, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct signumd_decision_request request = {rows[i].user, rows[i].key};
        struct signumd_decision decision = signumd_decide(&request, rules, rows[i].rule_count);
        assert_int_equal(decision.is_allowed, rows[i].rule != NULL);
        assert_string_equal(decision.rule, rows[i].rule == NULL ? "" : rows[i].rule);
        assert_true(strlen(decision.reason) > 0);
    }
}

static struct signumd_rule
rule_of(const char *name, const char *user, const char *key)
{
    struct signumd_rule rule;

    memset(&rule, 0, sizeof rule);
    strcpy(rule.name, name);
    strcpy(rule.user, user);
    strcpy(rule.key, key);
    return rule;
}

static enum signum_status
add(const struct fixture *fixture, const char *name, const char *user, const char *key)
{
    struct signumd_rule rule = rule_of(name, user, key);

    return signumd_rules_add(fixture->db, &signumd_actor_local, &rule);
}

static void
add_people(const struct fixture *fixture)
{
    const struct signumd_actor *actor = &signumd_actor_local;

    assert_status(signumd_users_add(fixture->db, actor, "alice", SIGNUMD_ROLE_SIGNER), SIGNUM_OK);
    assert_status(signumd_users_add(fixture->db, actor, "bob", SIGNUMD_ROLE_SIGNER), SIGNUM_OK);
    fixture_add_key(fixture, "release");
    fixture_add_key(fixture, "test");
}

static bool
is_allowed(const struct fixture *fixture, const char *user, const char *key)
{
    struct signumd_decision decision;

    assert_status(signumd_policy_ask(fixture->db, user, key, &decision), SIGNUM_OK);
    return decision.is_allowed;
}

static void
test_stored_rules(void **state)
{
    const struct fixture *fixture = *state;

    add_people(fixture);
    assert_false(is_allowed(fixture, "alice", "release"));
    assert_status(add(fixture, "one", "alice", "release"), SIGNUM_OK);
    assert_true(is_allowed(fixture, "alice", "release"));
    assert_false(is_allowed(fixture, "alice", "test"));
    assert_false(is_allowed(fixture, "bob", "release"));
    assert_status(add(fixture, "two", "bob", "*"), SIGNUM_OK);
    assert_true(is_allowed(fixture, "bob", "release"));
    assert_true(is_allowed(fixture, "bob", "a-later-one"));
    assert_status(signumd_rules_remove(fixture->db, &signumd_actor_local, "one"), SIGNUM_OK);
    assert_false(is_allowed(fixture, "alice", "release"));
    assert_true(is_allowed(fixture, "bob", "release"));
}

static void
test_rules_go_with_the_user(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;

    add_people(fixture);
    assert_status(add(fixture, "one", "alice", "*"), SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "alice"), SIGNUM_OK);
    assert_status(signumd_users_add(fixture->db, actor, "alice", SIGNUMD_ROLE_SIGNER), SIGNUM_OK);
    assert_false(is_allowed(fixture, "alice", "release"));
}

static void
test_refusals(void **state)
{
    const struct fixture *fixture = *state;

    add_people(fixture);
    assert_status(add(fixture, "one", "nobody", "release"), SIGNUM_NOT_FOUND);
    assert_status(add(fixture, "one", "alice", "nothing"), SIGNUM_KEY_NOT_FOUND);
    assert_status(add(fixture, "", "alice", "release"), SIGNUM_INVALID_ARGUMENT);
    assert_status(add(fixture, "a b", "alice", "release"), SIGNUM_INVALID_ARGUMENT);
    assert_status(add(fixture, "one", "alice", "release"), SIGNUM_OK);
    assert_status(add(fixture, "one", "bob", "release"), SIGNUM_KEY_EXISTS);
    assert_status(signumd_rules_remove(fixture->db, &signumd_actor_local, "none"),
                  SIGNUM_NOT_FOUND);
    assert_false(is_allowed(fixture, "bob", "release"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decide),
        cmocka_unit_test_setup_teardown(test_stored_rules, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_rules_go_with_the_user, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_refusals, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
