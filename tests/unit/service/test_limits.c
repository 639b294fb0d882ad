#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "http/limits.h"

static int
open_limits(void **state)
{
    struct signumd_limits *limits = NULL;

    assert_status(signumd_limits_new(3, &limits), SIGNUM_OK);
    *state = limits;
    return 0;
}

static int
close_limits(void **state)
{
    struct signumd_limits *limits = *state;

    signumd_limits_free(&limits);
    return 0;
}

static bool
take(struct signumd_limits *limits, const char *who)
{
    unsigned wait_s = 0;
    bool is_taken = signumd_limits_take(limits, signum_bytes_of_text(who), &wait_s);

    assert_int_equal(wait_s == 0, is_taken);
    return is_taken;
}

static void
test_each_has_a_bucket(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_true(take(*state, "alice"));
    assert_false(take(*state, "alice"));
    assert_true(take(*state, "bob"));
    assert_false(take(*state, "alice"));
}

static void
test_the_wait_is_for_one(void **state)
{
    unsigned wait_s = 0;

    for (int i = 0; i < 3; i++)
        assert_true(take(*state, "alice"));
    assert_false(signumd_limits_take(*state, signum_bytes_of_text("alice"), &wait_s));
    assert_in_range(wait_s, 19, 21); /* three a minute */
}

static void
test_it_fills_again(void **state)
{
    signumd_limits_change(*state, 600); /* one in 100 ms */
    for (int i = 0; i < 600; i++)
        (void)take(*state, "alice");
    while (take(*state, "alice"))
        continue;
    (void)usleep(250 * 1000);
    assert_true(take(*state, "alice"));
    assert_true(take(*state, "alice"));
}

static void
test_a_change_holds_at_once(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_true(take(*state, "alice"));
    assert_false(take(*state, "alice"));
    signumd_limits_change(*state, 0);
    assert_true(take(*state, "alice"));
    signumd_limits_change(*state, 10);
    for (int i = 0; i < 7; i++)
        assert_true(take(*state, "alice"));
    assert_false(take(*state, "alice"));
    signumd_limits_change(*state, 1);
    assert_false(take(*state, "alice"));
}

static void
test_addresses(void **state)
{
    unsigned wait_s = 0;

    for (int i = 0; i < 3; i++)
        assert_true(signumd_limits_take_address(*state, "2001:db8:1:2::1", &wait_s));
    assert_false(signumd_limits_take_address(*state, "2001:db8:1:2:ffff::2", &wait_s));
    assert_true(signumd_limits_take_address(*state, "2001:db8:1:3::1", &wait_s));
    for (int i = 0; i < 3; i++)
        assert_true(signumd_limits_take_address(*state, "192.0.2.1", &wait_s));
    assert_false(signumd_limits_take_address(*state, "192.0.2.1", &wait_s));
    assert_true(signumd_limits_take_address(*state, "192.0.2.2", &wait_s));
    assert_true(signumd_limits_take_address(*state, "::ffff:192.0.2.3", &wait_s));
    assert_true(signumd_limits_take_address(*state, "unknown", &wait_s));
}

/* Many that ask once push out each other, and not the one that asks too often. */
static void
test_a_crowd_does_not_free_the_greedy(void **state)
{
    char name[32];

    for (int i = 0; i < 3; i++)
        assert_true(take(*state, "greedy"));
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof name, "user-%d", i);
        assert_true(take(*state, name));
    }
    assert_false(take(*state, "greedy"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_has_a_bucket, open_limits, close_limits),
        cmocka_unit_test_setup_teardown(test_the_wait_is_for_one, open_limits, close_limits),
        cmocka_unit_test_setup_teardown(test_it_fills_again, open_limits, close_limits),
        cmocka_unit_test_setup_teardown(test_a_change_holds_at_once, open_limits, close_limits),
        cmocka_unit_test_setup_teardown(test_addresses, open_limits, close_limits),
        cmocka_unit_test_setup_teardown(
            test_a_crowd_does_not_free_the_greedy, open_limits, close_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
