#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "policy/policies.h"

static enum signum_status
take_away(const struct fixture *fixture, const char *name)
{
    return signumd_policies_remove(fixture->db, &signumd_actor_local, name, NULL);
}

static enum signum_status
add(const struct fixture *fixture, const char *name, const char *user, const char *key)
{
    struct signumd_rule rule;

    memset(&rule, 0, sizeof rule);
    strcpy(rule.name, name);
    strcpy(rule.user, user);
    strcpy(rule.key, key);
    return signumd_rules_add(fixture->db, &signumd_actor_local, &rule);
}

static void
put(const struct fixture *fixture, const char *text)
{
    struct signumd_policy policy;
    struct signumd_json_reader fault;

    signumd_policy_init(&policy);
    assert_status(signumd_policy_read(signum_bytes_of_text(text), &policy, &fault), SIGNUM_OK);
    assert_status(signumd_policies_put(fixture->db, &signumd_actor_local, &policy, NULL),
                  SIGNUM_OK);
    signumd_policy_clear(&policy);
}

static void
add_people(const struct fixture *fixture)
{
    const struct signumd_actor *actor = &signumd_actor_local;
    const unsigned signer = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER);

    assert_status(signumd_users_add(fixture->db, actor, "alice", signer), SIGNUM_OK);
    assert_status(signumd_users_add(fixture->db, actor, "bob", signer), SIGNUM_OK);
    fixture_add_key(fixture, "release");
    fixture_add_key(fixture, "test");
}

static bool
is_allowed(const struct fixture *fixture, const char *user, const char *key)
{
    struct signumd_decision decision;
    struct signumd_facts facts = {
        .user = user, .roles = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER), .key = key};

    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
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
    assert_status(take_away(fixture, "one"), SIGNUM_OK);
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
    put(fixture, "{\"name\":\"both\",\"what\":{\"keys\":[\"*\"]},"
                 "\"who\":{\"users\":[\"alice\",\"bob\"]},\"action\":\"allow\"}");
    put(fixture, "{\"name\":\"never\",\"what\":{\"keys\":[\"test\"]},"
                 "\"who\":{\"users\":[\"alice\",\"bob\"]},\"action\":\"deny\"}");
    assert_status(signumd_users_remove(fixture->db, actor, "alice"), SIGNUM_OK);
    assert_status(signumd_users_add(fixture->db, actor, "alice",
                                    SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER)),
                  SIGNUM_OK);
    assert_false(is_allowed(fixture, "alice", "release"));
    assert_true(is_allowed(fixture, "bob", "release"));
    assert_false(is_allowed(fixture, "bob", "test"));
    assert_status(add(fixture, "again", "alice", "*"), SIGNUM_OK);
    assert_true(is_allowed(fixture, "alice", "release"));
    assert_false(is_allowed(fixture, "alice", "test")); /* a denial is not forgotten */
}

static void
test_rules_go_with_the_key(void **state)
{
    const struct fixture *fixture = *state;

    add_people(fixture);
    assert_status(add(fixture, "one", "alice", "release"), SIGNUM_OK);
    assert_status(add(fixture, "two", "alice", "*"), SIGNUM_OK);
    put(fixture, "{\"name\":\"both\",\"what\":{\"keys\":[\"release\",\"test\"]},"
                 "\"who\":{\"users\":[\"bob\"]},\"action\":\"allow\"}");
    assert_status(signumd_keys_remove(fixture->db, &signumd_actor_local, "release"), SIGNUM_OK);
    assert_false(is_allowed(fixture, "bob", "release"));
    assert_true(is_allowed(fixture, "bob", "test"));
    assert_true(is_allowed(fixture, "alice", "release"));
    assert_status(take_away(fixture, "one"),
                  SIGNUM_NOT_FOUND);
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
    assert_status(take_away(fixture, "none"),
                  SIGNUM_NOT_FOUND);
    assert_false(is_allowed(fixture, "bob", "release"));
}

static void
test_damage_denies(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_decision decision;
    struct signumd_facts facts = {
        .user = "alice", .roles = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER), .key = "release"};

    add_people(fixture);
    assert_status(add(fixture, "one", "alice", "*"), SIGNUM_OK);
    fixture_tamper(fixture, "UPDATE policies SET document = replace(document, 'allow', 'al')");
    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_INTERNAL);
    assert_false(decision.is_allowed);
}

static char *
show(const struct fixture *fixture, int64_t version)
{
    struct signum_buf text;

    signum_buf_init(&text, 4096);
    struct signumd_json_writer writer = {&text, false};
    assert_status(signumd_policies_write(fixture->db, "one", version, &writer, &version),
                  SIGNUM_OK);
    char *copy = signum_text_copy(signum_buf_text(&text));
    signum_buf_clear(&text);
    assert_non_null(copy);
    return copy;
}

static void
assert_shown(const struct fixture *fixture, int64_t version, const char *part)
{
    char *text = show(fixture, version);

    if (strstr(text, part) == NULL)
        fail_msg("%s is not in %s", part, text);
    free(text);
}

static void
test_versions(void **state)
{
    const struct fixture *fixture = *state;
    struct signum_buf text;

    signum_buf_init(&text, 4096);
    struct signumd_json_writer writer = {&text, false};
    int64_t number = 0;
    add_people(fixture);
    assert_status(add(fixture, "one", "alice", "release"), SIGNUM_OK);
    put(fixture, "{\"name\":\"one\",\"what\":{\"keys\":[\"test\"]},"
                 "\"who\":{\"users\":[\"bob\"]},\"action\":\"deny\"}");
    assert_shown(fixture, 0, "\"version\":2,");
    assert_shown(fixture, 1, "\"allow\"");
    assert_status(take_away(fixture, "one"), SIGNUM_OK);
    assert_status(signumd_policies_write(fixture->db, "one", 0, &writer, &number),
                  SIGNUM_NOT_FOUND);
    assert_status(signumd_policies_write(fixture->db, "one", 4, &writer, &number),
                  SIGNUM_NOT_FOUND);
    assert_shown(fixture, 3, "\"policy\":null");
    assert_shown(fixture, 2, "\"deny\"");
    assert_status(add(fixture, "one", "bob", "test"), SIGNUM_OK);
    assert_shown(fixture, 0, "\"version\":4,");
    signum_buf_clear(&text);
}

/* A database of the version before, with a rule for one key and one for every key. */
static void
test_rules_migrate(void **state)
{
    struct fixture *fixture = *state;

    fixture_make_old(fixture, 2);
    fixture_tamper(fixture,
                   "INSERT INTO users VALUES (1, 'alice', 'signer', 5), (2, 'bob', 'signer', 5);"
                   "INSERT INTO keys VALUES ('id', 'release', 1, 'rsa', NULL, 2048, x'3000', x'01',"
                   " 'release', 1, 5);"
                   "INSERT INTO rules VALUES ('one', 1, 'id', 7), ('two', 2, NULL, 8);");
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
    assert_true(is_allowed(fixture, "alice", "release"));
    assert_false(is_allowed(fixture, "alice", "test"));
    assert_true(is_allowed(fixture, "bob", "test"));
    assert_shown(fixture, 1, "\"changed\":\"1970-01-01T00:00:07Z\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stored_rules, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_rules_go_with_the_user, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_rules_go_with_the_key, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_refusals, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_damage_denies, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_versions, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_rules_migrate, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
