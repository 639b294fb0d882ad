#include "fixture_check.h"

#include "core/retry.h"

#define PLENTY 100000 /* ms of budget */

/* What the header promises, row by row: NETWORK and SERVICE_BUSY pass, all else does not. */
static void
test_only_passing_failures_are_retried(void **state)
{
    (void)state;
    for (int i = 0; i < SIGNUM_STATUS_COUNT; i++) {
        enum signum_status status = (enum signum_status)i;
        struct signum_retry_facts facts = {.status = status, .tries = 1, .left_ms = PLENTY};
        uint64_t delay = 99;
        bool is_expected = status == SIGNUM_NETWORK || status == SIGNUM_SERVICE_BUSY;
        if (signum_retry_is_due(&facts, &delay) != is_expected) {
            print_error("%s\n", signum_status_name(status));
            fail();
        }
        assert_int_equal(delay, is_expected ? 200 : 0);
    }
}

static void
test_table(void **state)
{
    static const struct {
        const char *label;
        struct signum_retry_facts facts;
        bool is_due;
        uint64_t delay;
    } rows[] = {
        {"first try", {SIGNUM_NETWORK, 1, 0, PLENTY, 0}, true, 200},
        {"second try doubles", {SIGNUM_NETWORK, 2, 0, PLENTY, 0}, true, 400},
        {"third try was the last", {SIGNUM_NETWORK, 3, 0, PLENTY, 0}, false, 0},
        {"more tries than allowed", {SIGNUM_NETWORK, 4, 0, PLENTY, 0}, false, 0},
        {"many tries", {SIGNUM_NETWORK, 4000000000u, 0, PLENTY, 0}, false, 0},
        {"jitter of one", {SIGNUM_NETWORK, 1, 0, PLENTY, 1}, true, 199},
        {"the most jitter is half", {SIGNUM_NETWORK, 1, 0, PLENTY, 100}, true, 100},
        {"jitter wraps", {SIGNUM_NETWORK, 1, 0, PLENTY, 101}, true, 200},
        {"any random number", {SIGNUM_NETWORK, 1, 0, PLENTY, 0xffffffffu}, true,
         200 - 0xffffffffu % 101},
        {"the second's jitter", {SIGNUM_NETWORK, 2, 0, PLENTY, 200}, true, 200},
        {"what was asked wins", {SIGNUM_SERVICE_BUSY, 1, 5000, PLENTY, 77}, true, 5000},
        {"asked for less", {SIGNUM_SERVICE_BUSY, 2, 1, PLENTY, 77}, true, 1},
        {"asked for on the last try", {SIGNUM_SERVICE_BUSY, 3, 1, PLENTY, 0}, false, 0},
        {"just within the budget", {SIGNUM_NETWORK, 1, 0, 201, 0}, true, 200},
        {"all of the budget", {SIGNUM_NETWORK, 1, 0, 200, 0}, false, 0},
        {"more than the budget", {SIGNUM_NETWORK, 1, 0, 199, 0}, false, 0},
        {"no budget", {SIGNUM_NETWORK, 1, 0, 0, 0}, false, 0},
        {"asked within the budget", {SIGNUM_SERVICE_BUSY, 1, 9999, 10000, 0}, true, 9999},
        {"asked for all of it", {SIGNUM_SERVICE_BUSY, 1, 10000, 10000, 0}, false, 0},
        {"asked for years", {SIGNUM_SERVICE_BUSY, 1, UINT64_MAX, PLENTY, 0}, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t delay = 12345;
        bool is_due = signum_retry_is_due(&rows[i].facts, &delay);
        if (is_due != rows[i].is_due || delay != rows[i].delay) {
            print_error("%s: %d after %u ms\n", rows[i].label, is_due, (unsigned)delay);
            fail();
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_passing_failures_are_retried),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
