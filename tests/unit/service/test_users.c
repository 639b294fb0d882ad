#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "identity/users.h"

static void
test_names(void **state)
{
    static const char *const good[] = {"...", ".a", "a", "A.b_c-9", "-",
                                       "0123456789012345678901234567890123456789"
                                       "012345678901234567890123"};
    static const char *const bad[] = {".", "..", "",    " ",   "a b",    "a/b", "a\n", "*",
                                      "\xc3\xa4", "a;b", "0123456789012345678901234567890123456789"
                                                         "0123456789012345678901234"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(signumd_name_is_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(signumd_name_is_valid(bad[i]));
}

static void
test_roles(void **state)
{
    enum signumd_role role = SIGNUMD_ROLE_ADMIN;

    (void)state;
    for (int i = 0; i < SIGNUMD_ROLE_COUNT; i++) {
        assert_true(signumd_role_from_name(signumd_role_name((enum signumd_role)i), &role));
        assert_int_equal(role, i);
    }
    assert_false(signumd_role_from_name("root", &role));
    assert_int_equal(role, SIGNUMD_ROLE_SIGNER);
    assert_string_equal(signumd_role_name(SIGNUMD_ROLE_COUNT), "unknown");
}

static void
test_add_find_remove(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;
    struct signumd_user user;

    assert_status(signumd_users_add(fixture->db, actor, "a b", SIGNUMD_ROLE_SIGNER),
                  SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_users_add(fixture->db, actor, "eve", SIGNUMD_ROLE_AUDITOR), SIGNUM_OK);
    assert_status(signumd_users_add(fixture->db, actor, "eve", SIGNUMD_ROLE_ADMIN),
                  SIGNUM_KEY_EXISTS);
    assert_status(signumd_users_find(fixture->db, "eve", &user), SIGNUM_OK);
    assert_int_equal(user.role, SIGNUMD_ROLE_AUDITOR);
    assert_status(signumd_users_remove(fixture->db, actor, "eve"), SIGNUM_OK);
    assert_status(signumd_users_find(fixture->db, "eve", &user), SIGNUM_NOT_FOUND);
    assert_status(signumd_users_remove(fixture->db, actor, "eve"), SIGNUM_NOT_FOUND);
}

static void
test_last_admin_stays(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;

    assert_status(signumd_users_add(fixture->db, actor, "one", SIGNUMD_ROLE_ADMIN), SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "one"), SIGNUM_DENIED);
    assert_status(signumd_users_add(fixture->db, actor, "two", SIGNUMD_ROLE_ADMIN), SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "one"), SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "two"), SIGNUM_DENIED);
}

/* What was refused leaves no record, what was done leaves one. */
static void
test_changes_are_audited(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;

    assert_status(signumd_users_add(fixture->db, actor, "one", SIGNUMD_ROLE_ADMIN), SIGNUM_OK);
    assert_status(signumd_users_add(fixture->db, actor, "one", SIGNUMD_ROLE_ADMIN),
                  SIGNUM_KEY_EXISTS);
    assert_status(signumd_users_remove(fixture->db, actor, "one"), SIGNUM_DENIED);
    char *text = fixture_audit_text(fixture);
    assert_non_null(strstr(text, "\"action\":\"user.add\""));
    assert_null(strstr(text, "\"index\":1"));
    free(text);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names), cmocka_unit_test(test_roles),
        WITH(test_add_find_remove),   WITH(test_last_admin_stays),
        WITH(test_changes_are_audited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
