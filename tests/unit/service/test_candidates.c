#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy/candidates.h"
#include "policy/policies.h"
#include "policy/uses.h"

static void
put(const struct fixture *fixture, const char *name, const char *user, const char *key,
    const char *more)
{
    char text[512];
    struct signumd_policy policy;
    struct signumd_json_reader fault;

    (void)snprintf(text, sizeof text,
        "{\"name\":\"%s\",\"what\":{\"keys\":[\"%s\"]},\"who\":{\"users\":[\"%s\"]}"
        ",\"action\":\"allow\"%s}",
        name, key, user, more);
    signumd_policy_init(&policy);
    assert_status(signumd_policy_read(signum_bytes_of_text(text), &policy, &fault), SIGNUM_OK);
    assert_status(
        signumd_policies_put(fixture->db, &signumd_actor_local, &policy, NULL), SIGNUM_OK);
    signumd_policy_clear(&policy);
}

/* How many can fit; every one of them once. */
static size_t
count(struct signumd_db *db, const char *user, const char *key)
{
    struct signumd_candidates candidates;

    assert_status(signumd_candidates_find(db, user, key, &candidates), SIGNUM_OK);
    size_t found = candidates.count;
    for (size_t i = 0; i < found; i++)
        for (size_t j = i + 1; j < found; j++)
            assert_ptr_not_equal(candidates.items[i].policy, candidates.items[j].policy);
    signumd_candidates_clear(&candidates);
    return found;
}

static void
test_found_by_user_and_key(void **state)
{
    const struct fixture *fixture = *state;

    assert_int_equal(count(fixture->db, "alice", "a"), 0);
    put(fixture, "one", "alice", "a", "");
    put(fixture, "two", "alice", "*", "");
    put(fixture, "three", "*", "a", "");
    put(fixture, "four", "*", "a*", "");
    put(fixture, "five", "bob", "a", "");
    assert_int_equal(count(fixture->db, "alice", "a"), 4);
    assert_int_equal(count(fixture->db, "alice", "b"), 2);
    assert_int_equal(count(fixture->db, "bob", "a"), 3);
    assert_int_equal(count(fixture->db, "carol", "b"), 1);
    assert_int_equal(count(fixture->db, NULL, NULL), 5);
}

/* Changes of another connection, as of another process, are seen; so is what was undone. */
static void
test_changes_are_seen(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_db *other = NULL;
    struct signumd_candidates held;

    assert_status(signumd_db_open(fixture->path, false, &other), SIGNUM_OK);
    put(fixture, "one", "alice", "a", "");
    assert_int_equal(count(other, "alice", "a"), 1);
    assert_status(signumd_candidates_find(other, "alice", "a", &held), SIGNUM_OK);
    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    assert_status(signumd_db_run(fixture->db, "DELETE FROM policies", ""), SIGNUM_OK);
    assert_int_equal(count(fixture->db, "alice", "a"), 0); /* within the transaction */
    assert_int_equal(count(other, "alice", "a"), 1);       /* without it */
    assert_status(signumd_db_finish(fixture->db, SIGNUM_DENIED), SIGNUM_DENIED);
    assert_int_equal(count(fixture->db, "alice", "a"), 1);
    fixture_tamper(fixture, "DELETE FROM policies");
    assert_int_equal(count(other, "alice", "a"), 0);
    assert_string_equal(held.items[0].policy->name, "one"); /* as long as it is held */
    signumd_candidates_clear(&held);
    signumd_db_close(&other);
}

static double
now_ms(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds of one decision, of many, when the policies have been read. */
static double
measure(const struct fixture *fixture, const char *user)
{
    struct signumd_facts facts = {.user = user, .key = "key-7", .hash = "sha256"};
    struct signumd_decision decision;
    enum { TIMES = 200 };

    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
    double start = now_ms();
    for (int i = 0; i < TIMES; i++)
        assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
    return (now_ms() - start) / TIMES;
}

/* A loose bound, for a sanitizer's build on a busy machine; the numbers are printed. */
static void
test_speed(void **state)
{
    static const int counts[] = {1, 100, 10000};
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char sql[1024];
        (void)snprintf(sql, sizeof sql,
            "DELETE FROM policies; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < %d) INSERT INTO policies SELECT 'p' || i, 1, '{\"name\":\"p' || i ||"
            " '\",\"what\":{\"keys\":[\"key-' || (i %% 50) || '\"]},\"who\":{\"users\":[\"user-' ||"
            " (i / 50) || '\"]},\"action\":\"allow\",\"priority\":100}', NULL, NULL FROM n",
            counts[i]);
        fixture_tamper(fixture, sql);
        double start = now_ms();
        (void)measure(fixture, "user-0");
        double all = now_ms() - start;
        double each = measure(fixture, "user-0");
        print_message("%d policies: %.3f ms a decision, first reading %.1f ms\n", counts[i], each,
            all - 200 * each);
        assert_true(each < 20);
    }
}

static void
test_uses(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_facts facts = {.user = "alice", .key = "a", .time = 7201};
    struct signumd_decision decision;

    put(fixture, "one", "alice", "a",
        ",\"limits\":[{\"count\":2,\"per\":\"hour\",\"by\":\"user\"}]");
    for (int64_t time = 7201; time < 7203; time++) {
        assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
        assert_true(decision.is_allowed);
        assert_int_equal(decision.use_count, 1);
        assert_status(signumd_uses_count(fixture->db, &decision, time), SIGNUM_OK);
    }
    /* one that was decided before: who is slower gets nothing */
    assert_status(signumd_uses_count(fixture->db, &decision, 7300), SIGNUM_DENIED);
    assert_false(decision.is_allowed);
    assert_true(decision.is_used_up);
    assert_int_equal(decision.retry_after, 3500);
    facts.time = 10799;
    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
    assert_true(decision.is_used_up && !decision.is_allowed);
    assert_int_equal(decision.retry_after, 1);
    facts.is_reading = true;
    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
    assert_true(decision.is_allowed);
    facts.is_reading = false;
    facts.time = 10800; /* the next hour */
    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
    assert_true(decision.is_allowed);
    assert_status(signumd_uses_count(fixture->db, &decision, 10800), SIGNUM_OK);
    facts.time = 7201; /* a clock that was set back gives nothing twice */
    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
    assert_status(signumd_uses_count(fixture->db, &decision, 7201), SIGNUM_OK);
    assert_status(signumd_policy_ask(fixture->db, &facts, &decision), SIGNUM_OK);
    assert_true(decision.is_used_up);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_found_by_user_and_key, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_changes_are_seen, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_uses, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_speed, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
