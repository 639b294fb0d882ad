#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "identity/groups.h"
#include "policy/policies.h"

static const struct signumd_actor *const actor = &signumd_actor_local;

static int
open_with_people(void **state)
{
    if (fixture_open(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    const unsigned signer = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER);
    if (signumd_users_add(fixture->db, actor, "alice", signer) != SIGNUM_OK ||
        signumd_users_add(fixture->db, actor, "bob", signer) != SIGNUM_OK)
        return -1;
    return signumd_groups_add(fixture->db, actor, "red") == SIGNUM_OK ? 0 : -1;
}

/* The user's groups with commas between. */
static void
assert_groups(const struct fixture *fixture, const char *user, const char *wanted)
{
    struct signumd_texts groups;
    char text[256] = "";

    assert_status(signumd_groups_of(fixture->db, user, &groups), SIGNUM_OK);
    for (size_t i = 0; i < groups.count; i++) {
        strcat(text, i == 0 ? "" : ",");
        strcat(text, groups.items[i]);
    }
    signumd_texts_clear(&groups);
    assert_string_equal(text, wanted);
}

static void
test_join_and_leave(void **state)
{
    const struct fixture *fixture = *state;

    assert_status(signumd_groups_join(fixture->db, actor, "red", "alice"), SIGNUM_OK);
    assert_status(signumd_groups_join(fixture->db, actor, "red", "alice"), SIGNUM_KEY_EXISTS);
    assert_status(signumd_groups_join(fixture->db, actor, "blue", "alice"), SIGNUM_NOT_FOUND);
    assert_status(signumd_groups_join(fixture->db, actor, "red", "carol"), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_groups_join(fixture->db, actor, "red", "ci:o/r"), SIGNUM_OK);
    assert_groups(fixture, "alice", "red");
    assert_groups(fixture, "ci:o/r", "red");
    assert_groups(fixture, "bob", "");
    assert_status(signumd_groups_leave(fixture->db, actor, "red", "alice"), SIGNUM_OK);
    assert_status(signumd_groups_leave(fixture->db, actor, "red", "alice"), SIGNUM_NOT_FOUND);
    assert_groups(fixture, "alice", "");
}

static void
test_names(void **state)
{
    const struct fixture *fixture = *state;

    assert_status(signumd_groups_add(fixture->db, actor, "red"), SIGNUM_KEY_EXISTS);
    assert_status(signumd_groups_add(fixture->db, actor, "a b"), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_groups_add(fixture->db, actor, "ci:red"), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_groups_add(fixture->db, actor, "blue"), SIGNUM_OK);
}

static void
test_put(void **state)
{
    static char alice[] = "alice";
    static char bob[] = "bob";
    static char carol[] = "carol";
    static char *both[] = {alice, bob, alice};
    static char *strange[] = {alice, carol};
    const struct signumd_texts two = {both, 3};
    const struct signumd_texts one = {both + 1, 1};
    const struct signumd_texts wrong = {strange, 2};
    const struct signumd_texts none = {NULL, 0};
    const char *missing = NULL;
    const struct fixture *fixture = *state;

    assert_status(signumd_groups_put(fixture->db, actor, "new", &two, &missing), SIGNUM_OK);
    assert_groups(fixture, "alice", "new");
    assert_status(signumd_groups_put(fixture->db, actor, "new", &one, &missing), SIGNUM_OK);
    assert_groups(fixture, "alice", "");
    assert_groups(fixture, "bob", "new");
    assert_status(
        signumd_groups_put(fixture->db, actor, "new", &wrong, &missing), SIGNUM_NOT_FOUND);
    assert_string_equal(missing, "carol");
    assert_groups(fixture, "alice", "");
    assert_groups(fixture, "bob", "new");
    assert_status(
        signumd_groups_put(fixture->db, actor, "a b", &none, &missing), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_groups_put(fixture->db, actor, "new", &none, &missing), SIGNUM_OK);
    assert_groups(fixture, "bob", "");
}

/* A name that is used again brings nothing with it. */
static void
test_removal(void **state)
{
    const struct fixture *fixture = *state;
    const unsigned signer = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER);

    assert_status(signumd_groups_join(fixture->db, actor, "red", "alice"), SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "alice"), SIGNUM_OK);
    assert_status(signumd_users_add(fixture->db, actor, "alice", signer), SIGNUM_OK);
    assert_groups(fixture, "alice", "");
    assert_status(signumd_groups_join(fixture->db, actor, "red", "alice"), SIGNUM_OK);
    assert_status(signumd_groups_remove(fixture->db, actor, "red"), SIGNUM_OK);
    assert_status(signumd_groups_remove(fixture->db, actor, "red"), SIGNUM_NOT_FOUND);
    assert_status(signumd_groups_add(fixture->db, actor, "red"), SIGNUM_OK);
    assert_groups(fixture, "alice", "");
}

static void
test_policies_forget_the_group(void **state)
{
    static const char text[] = "{\"name\":\"p\",\"what\":{\"keys\":[\"*\"]},"
                               "\"who\":{\"groups\":[\"red\"]},\"action\":\"allow\"}";
    struct signumd_policy policy;
    struct signumd_json_reader fault;
    int64_t count = 7;
    const struct fixture *fixture = *state;

    signumd_policy_init(&policy);
    assert_status(signumd_policy_read(signum_bytes_of_text(text), &policy, &fault), SIGNUM_OK);
    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    enum signum_status status =
        signumd_policies_store(fixture->db, actor, &policy, "policy.put", true);
    assert_status(signumd_db_finish(fixture->db, status), SIGNUM_OK);
    signumd_policy_clear(&policy);
    assert_status(signumd_groups_remove(fixture->db, actor, "red"), SIGNUM_OK);
    assert_status(signumd_db_get_number(fixture->db, &count, "SELECT count(*) FROM policies", ""),
                  SIGNUM_OK);
    assert_int_equal(count, 0);
}

static void
test_changes_are_audited(void **state)
{
    static const char *const parts[] = {"\"action\":\"group.add\"", "\"action\":\"group.join\"",
        "\"group\":\"red\"", "\"action\":\"group.leave\"", "\"action\":\"group.remove\""};
    const struct fixture *fixture = *state;

    assert_status(signumd_groups_join(fixture->db, actor, "red", "alice"), SIGNUM_OK);
    assert_status(signumd_groups_leave(fixture->db, actor, "red", "alice"), SIGNUM_OK);
    assert_status(signumd_groups_remove(fixture->db, actor, "red"), SIGNUM_OK);
    char *text = fixture_audit_text(fixture);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(text, parts[i]) == NULL)
            fail_msg("%s is not in %s", parts[i], text);
    assert_null(strstr(text, "\"index\":6"));
    free(text);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_with_people, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_join_and_leave),
        WITH(test_names),
        WITH(test_put),
        WITH(test_removal),
        WITH(test_changes_are_audited), WITH(test_policies_forget_the_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
