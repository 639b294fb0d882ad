#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "identity/groups.h"
#include "keys/key_groups.h"
#include "keys/owners.h"

static const struct signumd_actor alice = {"alice", NULL, "request", "127.0.0.1", NULL};

static void
test_names(void **state)
{
    static const char *const good[] = {"user:alice", "group:a.b-c_1", "user:idp:sub/1"};
    static const char *const bad[] = {"", "alice", "user:", "group:", "group:a:b", "user:a b",
        "User:alice", "none", "user:idp:a*", "users:alice"};
    char *items[] = {(char *)"red"};
    const struct signumd_texts groups = {items, 1};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(signumd_owner_is_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(signumd_owner_is_valid(bad[i]));
    assert_true(signumd_owner_is("user:alice", "alice", &groups));
    assert_true(signumd_owner_is("group:red", "bob", &groups));
    assert_false(signumd_owner_is("user:red", "alice", &groups));
    assert_false(signumd_owner_is("group:alice", "alice", &groups));
    assert_false(signumd_owner_is("user:alic", "alice", &groups));
    assert_false(signumd_owner_is("", "", &groups));
}

static enum signum_status
set_owner(const struct fixture *fixture, const char *key, const char *owner)
{
    struct signumd_key_change change;

    memset(&change, 0, sizeof change);
    change.has_owner = true;
    (void)snprintf(change.owner, sizeof change.owner, "%s", owner);
    return signumd_keys_change(fixture->db, &signumd_actor_local, key, &change);
}

static void
assert_owner(const struct fixture *fixture, const char *key, const char *owner)
{
    char found[SIGNUMD_OWNER_SIZE];

    assert_status(signumd_owner_find(fixture->db, key, found), SIGNUM_OK);
    assert_string_equal(found, owner);
}

static void
test_owner_must_be_there(void **state)
{
    const struct fixture *fixture = *state;

    fixture_add_key(fixture, "one");
    assert_owner(fixture, "one", "");
    assert_owner(fixture, "none", "");
    assert_status(set_owner(fixture, "one", "user:alice"), SIGNUM_INVALID_ARGUMENT);
    assert_status(set_owner(fixture, "one", "group:red"), SIGNUM_INVALID_ARGUMENT);
    assert_status(set_owner(fixture, "one", "alice"), SIGNUM_INVALID_ARGUMENT);
    assert_status(set_owner(fixture, "none", "user:idp:x"), SIGNUM_KEY_NOT_FOUND);
    assert_status(set_owner(fixture, "one", "user:idp:x"), SIGNUM_OK);
    assert_owner(fixture, "one", "user:idp:x");
    assert_status(set_owner(fixture, "one", ""), SIGNUM_OK);
    assert_owner(fixture, "one", "");
}

/* Who gets the name of a removed user or group later does not get the keys. */
static void
test_removed_owners(void **state)
{
    const struct fixture *fixture = *state;

    fixture_add_key(fixture, "one");
    fixture_add_key(fixture, "two");
    assert_status(
        signumd_users_add(fixture->db, &alice, "red", SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER)),
        SIGNUM_OK);
    assert_status(signumd_groups_add(fixture->db, &alice, "red"), SIGNUM_OK);
    assert_status(set_owner(fixture, "one", "user:red"), SIGNUM_OK);
    assert_status(set_owner(fixture, "two", "group:red"), SIGNUM_OK);
    assert_status(signumd_users_remove(fixture->db, &alice, "red"), SIGNUM_OK);
    assert_owner(fixture, "one", "");
    assert_owner(fixture, "two", "group:red");
    assert_status(signumd_groups_remove(fixture->db, &alice, "red"), SIGNUM_OK);
    assert_owner(fixture, "two", "");
    char *audit = fixture_audit_text(fixture);
    assert_non_null(strstr(audit, "\"key\":\"one\",\"owner\":\"none\""));
    assert_non_null(strstr(audit, "\"key\":\"two\",\"owner\":\"none\""));
    free(audit);
}

static void
assert_groups(const struct fixture *fixture, const char *key, const char *expected)
{
    struct signumd_texts groups;
    char text[256] = "";

    assert_status(signumd_key_groups_of(fixture->db, key, &groups), SIGNUM_OK);
    for (size_t i = 0; i < groups.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", groups.items[i]);
    signumd_texts_clear(&groups);
    assert_string_equal(text, expected);
}

static void
test_groups(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_db *db = fixture->db;
    char name[16];

    fixture_add_key(fixture, "one");
    assert_status(signumd_key_groups_add(db, &alice, "b", "one"), SIGNUM_OK);
    assert_status(signumd_key_groups_add(db, &alice, "a", "one"), SIGNUM_OK);
    assert_groups(fixture, "one", "a b ");
    assert_status(signumd_key_groups_add(db, &alice, "a", "one"), SIGNUM_KEY_EXISTS);
    assert_status(signumd_key_groups_add(db, &alice, "a b", "one"), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_key_groups_add(db, &alice, "a", "none"), SIGNUM_KEY_NOT_FOUND);
    assert_status(signumd_key_groups_remove(db, &alice, "c", "one"), SIGNUM_NOT_FOUND);
    assert_status(signumd_key_groups_remove(db, &alice, "a", "one"), SIGNUM_OK);
    assert_groups(fixture, "one", "b ");
    for (int i = 1; i < SIGNUMD_KEY_GROUPS_MAX; i++) {
        (void)snprintf(name, sizeof name, "g%d", i);
        assert_status(signumd_key_groups_add(db, &alice, name, "one"), SIGNUM_OK);
    }
    assert_status(signumd_key_groups_add(db, &alice, "more", "one"), SIGNUM_TOO_LARGE);
    assert_status(signumd_keys_remove(db, &alice, "one"), SIGNUM_OK);
    fixture_add_key(fixture, "one");
    assert_groups(fixture, "one", "");
}

/* Without its record nothing is changed. */
static void
test_no_record_no_change(void **state)
{
    const struct fixture *fixture = *state;

    fixture_add_key(fixture, "one");
    fixture_tamper(fixture, "ALTER TABLE audit_head RENAME TO gone");
    assert_int_not_equal(set_owner(fixture, "one", "user:idp:x"), SIGNUM_OK);
    assert_int_not_equal(signumd_key_groups_add(fixture->db, &alice, "a", "one"), SIGNUM_OK);
    fixture_tamper(fixture, "ALTER TABLE gone RENAME TO audit_head");
    assert_owner(fixture, "one", "");
    assert_groups(fixture, "one", "");
}

/* How many steps the schema has before there are owners. */
static size_t
steps_before(void)
{
    size_t count = 0;
    size_t found = 0;
    const char *const *steps = signumd_schema_steps(&count);

    while (found < count && strstr(steps[found], "CREATE TABLE key_groups") == NULL)
        found++;
    return found;
}

static void
test_old_database(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_key key;

    fixture_make_old(fixture, steps_before());
    fixture_tamper(fixture,
        "INSERT INTO keys (id, name, version, algorithm, curve, bits, spki, token_id, token_label,"
        " is_enabled, created) VALUES ('one', 'one', 1, 'rsa', NULL, 2048, x'3000', x'01', 'one',"
        " 1, 1)");
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
    signumd_key_init(&key);
    assert_status(signumd_keys_find(fixture->db, "one", &key), SIGNUM_OK);
    assert_string_equal(key.owner, "");
    assert_string_equal(key.description, "");
    assert_int_equal(key.groups.count, 0);
    signumd_key_clear(&key);
    assert_status(set_owner(fixture, "one", "user:idp:x"), SIGNUM_OK);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        WITH(test_owner_must_be_there),
        WITH(test_removed_owners),
        WITH(test_groups),
        WITH(test_no_record_no_change),
        WITH(test_old_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
