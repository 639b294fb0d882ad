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

    assert_status(
        signumd_users_add(fixture->db, actor, "a b", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER)),
        SIGNUM_INVALID_ARGUMENT);
    assert_status(
        signumd_users_add(fixture->db, actor, "eve", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR)),
        SIGNUM_OK);
    assert_status(
        signumd_users_add(fixture->db, actor, "eve", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)),
        SIGNUM_KEY_EXISTS);
    assert_status(signumd_users_find(fixture->db, "eve", &user), SIGNUM_OK);
    assert_int_equal(user.roles, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR));
    assert_status(signumd_users_remove(fixture->db, actor, "eve"), SIGNUM_OK);
    assert_status(signumd_users_find(fixture->db, "eve", &user), SIGNUM_NOT_FOUND);
    assert_status(signumd_users_remove(fixture->db, actor, "eve"), SIGNUM_NOT_FOUND);
}

static void
test_sets_of_roles(void **state)
{
    char text[SIGNUMD_ROLES_TEXT_SIZE];
    unsigned roles = 7;

    (void)state;
    assert_true(signumd_roles_read("admin,signer,admin", &roles));
    signumd_roles_text(roles, text);
    assert_string_equal(text, "signer,admin");
    signumd_roles_text(SIGNUMD_ROLES_ALL, text);
    assert_string_equal(text, "signer,auditor,key-manager,policy-manager,approver,admin");
    static const char *const bad[] = {"", ",", "admin,", ",admin", "root", "admin, signer",
        "administrator-with-a-name-far-too-long"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(signumd_roles_read(bad[i], &roles));
        assert_int_equal(roles, 0);
    }
}

static void
test_federated_names(void **state)
{
    static const char *const good[] = {"github:repo:o/r:ref:refs/heads/main", "a:b", "A.b_c-9:|@+"};
    static const char *const bad[] = {"", "a", "a:", ":a", "a b:c", "a:b c", "a:b*", "a:?", "a:\"",
        "a:\\", "a:\n", "a:\xc3\xa4", "a/b:c"};
    char name[SIGNUMD_USER_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(signumd_name_is_federated(good[i]));
        assert_false(signumd_name_is_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(signumd_name_is_federated(bad[i]));
    memset(name, 'x', sizeof name);
    name[1] = ':';
    name[SIGNUMD_USER_MAX + 1] = '\0';
    assert_false(signumd_name_is_federated(name));
    name[SIGNUMD_USER_MAX] = '\0';
    assert_true(signumd_name_is_federated(name));
}

static void
test_change_of_roles(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;
    const unsigned admin = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN);
    const unsigned signer = SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER);
    struct signumd_user user;

    assert_status(signumd_users_add(fixture->db, actor, "none", 0), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_users_add(fixture->db, actor, "me", signer), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_users_add(fixture->db, actor, "one", admin | signer), SIGNUM_OK);
    assert_status(signumd_users_set_roles(fixture->db, actor, "one", signer), SIGNUM_DENIED);
    assert_status(signumd_users_set_roles(fixture->db, actor, "one", 0), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_users_set_roles(fixture->db, actor, "two", signer), SIGNUM_NOT_FOUND);
    assert_status(signumd_users_find(fixture->db, "one", &user), SIGNUM_OK);
    assert_int_equal(user.roles, admin | signer);
    assert_status(signumd_users_add(fixture->db, actor, "two", admin), SIGNUM_OK);
    assert_status(signumd_users_set_roles(fixture->db, actor, "one", signer), SIGNUM_OK);
    assert_status(signumd_users_find(fixture->db, "one", &user), SIGNUM_OK);
    assert_int_equal(user.roles, signer);
    assert_status(signumd_users_set_roles(fixture->db, actor, "two", signer), SIGNUM_DENIED);
    assert_status(signumd_users_remove(fixture->db, actor, "two"), SIGNUM_DENIED);
}

/* A user of the first version keeps role and token. */
static void
test_migration_of_roles(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_user user;

    for (size_t step = 1; step <= 3; step++) {
        fixture_make_old(fixture, step);
        fixture_tamper(fixture,
            "INSERT INTO users VALUES (7, 'eve', 'key-manager', 1000);"
            "INSERT INTO users VALUES (8, 'adam', 'admin', 1000);"
            "INSERT INTO tokens VALUES ('0123456789abcdef', 7, x'00', 1, 2, 3)");
        assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
        assert_status(signumd_users_find(fixture->db, "eve", &user), SIGNUM_OK);
        assert_int_equal(user.id, 7);
        assert_int_equal(user.roles, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER));
        int64_t count = 0;
        assert_status(signumd_db_get_number(fixture->db, &count,
                          "SELECT count(*) FROM tokens WHERE user_id = 7 AND networks IS NULL", ""),
            SIGNUM_OK);
        assert_int_equal(count, 1);
        assert_status(
            signumd_users_remove(fixture->db, &signumd_actor_local, "adam"), SIGNUM_DENIED);
    }
}

static void
test_last_admin_stays(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;

    assert_status(
        signumd_users_add(fixture->db, actor, "one", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)),
        SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "one"), SIGNUM_DENIED);
    assert_status(
        signumd_users_add(fixture->db, actor, "two", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)),
        SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "one"), SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, actor, "two"), SIGNUM_DENIED);
}

/* What was refused leaves no record, what was done leaves one. */
static void
test_changes_are_audited(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;

    assert_status(
        signumd_users_add(fixture->db, actor, "one", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)),
        SIGNUM_OK);
    assert_status(
        signumd_users_add(fixture->db, actor, "one", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)),
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
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_roles),
        WITH(test_add_find_remove),
        WITH(test_last_admin_stays),
        WITH(test_changes_are_audited),
        cmocka_unit_test(test_sets_of_roles),
        cmocka_unit_test(test_federated_names),
        WITH(test_change_of_roles),
        WITH(test_migration_of_roles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
