#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/schema.h"
#include "fixture.h"

#define KILLS 20

/* A database of an earlier version, with rows that have gone through all of its steps. */
static void
make_old(struct fixture *fixture, size_t schema)
{
    char sql[128];
    size_t count = 0;
    const char *const *steps = signumd_schema_steps(&count);

    fixture_make_old(fixture, 1);
    fixture_tamper(fixture, "INSERT INTO users VALUES (7, 'alice', 'signer', 1);"
                            "INSERT INTO tokens VALUES ('t1', 7, x'00', 1, NULL, NULL);"
                            "INSERT INTO keys VALUES ('k1', 'release', 1, 'rsa', NULL, 2048, x'30',"
                            "  x'01', 'release', 1, 1);"
                            "INSERT INTO certificates VALUES ('k1', 0, x'3000');"
                            "INSERT INTO rules VALUES ('r1', 7, 'k1', 1);");
    for (size_t i = 1; i < schema; i++)
        fixture_tamper(fixture, steps[i]);
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %zu", schema);
    fixture_tamper(fixture, sql);
}

static void
assert_rows(struct signumd_db *db)
{
    static const char *const queries[] = {
        "SELECT count(*) FROM users WHERE id = 7 AND name = 'alice'",
        "SELECT count(*) FROM tokens WHERE id = 't1' AND user_id = 7",
        "SELECT count(*) FROM keys WHERE name = 'release'",
    };

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        int64_t found = 0;
        assert_status(signumd_db_get_number(db, &found, queries[i], ""), SIGNUM_OK);
        assert_int_equal(found, 1);
    }
}

static size_t
newest(void)
{
    size_t count = 0;

    (void)signumd_schema_steps(&count);
    return count;
}

static void
copy_path(const struct fixture *fixture, char *path, size_t size)
{
    (void)snprintf(path, size, "%s.before-%zu", fixture->path, newest());
}

static void
test_from_each_version(void **state)
{
    struct fixture *fixture = *state;
    char path[600];

    copy_path(fixture, path, sizeof path);
    for (size_t schema = 1; schema < newest(); schema++) {
        int64_t found = 0;
        make_old(fixture, schema);
        assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
        assert_status(signumd_db_schema(fixture->db, &found), SIGNUM_OK);
        assert_int_equal(found, newest());
        assert_rows(fixture->db);
        /* the copy is the old one: it goes the same way once more */
        struct signumd_db *copy = NULL;
        char second[640];
        assert_status(signumd_db_open(path, false, &copy), SIGNUM_OK);
        assert_rows(copy);
        signumd_db_close(&copy);
        (void)snprintf(second, sizeof second, "%s.before-%zu", path, newest());
        assert_int_equal(unlink(second), 0);
        assert_int_equal(unlink(path), 0);
    }
}

static void
test_a_new_database_needs_no_copy(void **state)
{
    struct fixture *fixture = *state;
    char path[600];

    copy_path(fixture, path, sizeof path);
    assert_int_equal(access(path, F_OK), -1);
}

static void
test_a_newer_one_is_refused_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    char sql[64];
    char path[600];

    signumd_db_close(&fixture->db);
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %zu", newest() + 1);
    fixture_tamper(fixture, sql);
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_NOT_SUPPORTED);
    copy_path(fixture, path, sizeof path);
    assert_int_equal(access(path, F_OK), -1);
}

static void
test_without_a_copy_nothing_changes(void **state)
{
    struct fixture *fixture = *state;
    char path[600];
    char inside[640];

    make_old(fixture, 1);
    copy_path(fixture, path, sizeof path);
    /* a folder with something in it stands where the copy shall be */
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(inside, sizeof inside, "%s/x", path);
    assert_int_equal(mkdir(inside, 0700), 0);
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_IO);
    fixture_tamper(fixture, "SELECT user_id FROM rules");
    assert_int_equal(rmdir(inside), 0);
    assert_int_equal(rmdir(path), 0);
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
    assert_rows(fixture->db);
}

/* Killed at any moment, the next start goes on with all or with nothing. */
static void
test_killed_in_the_middle(void **state)
{
    struct fixture *fixture = *state;
    int killed = 0;

    for (int i = 0; i < KILLS; i++) {
        make_old(fixture, 1);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct signumd_db *db = NULL;
            _exit(signumd_db_open(fixture->path, false, &db) == SIGNUM_OK ? 0 : 1);
        }
        int status = 0;
        (void)usleep((useconds_t)i * 700);
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        killed += WIFSIGNALED(status) ? 1 : 0;
        assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
        assert_rows(fixture->db);
    }
    assert_true(killed > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_from_each_version, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(
            test_a_new_database_needs_no_copy, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(
            test_a_newer_one_is_refused_and_left_alone, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(
            test_without_a_copy_nothing_changes, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_killed_in_the_middle, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
