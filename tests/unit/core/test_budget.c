#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/budget.h"
#include "support/fake_ports.h"

static void
test_runs_down(void **state)
{
    struct signum_fake fake;

    (void)state;
    signum_fake_init(&fake);
    struct signum_budget budget = signum_budget_start(&fake.ports.clock, 1000);
    assert_int_equal(signum_budget_left(&budget), 1000);
    fake.ports.clock.sleep_ms(&fake, 400);
    assert_int_equal(signum_budget_left(&budget), 600);
    fake.ports.clock.sleep_ms(&fake, 600);
    assert_int_equal(signum_budget_left(&budget), 0);
    fake.ports.clock.sleep_ms(&fake, 5000);
    assert_int_equal(signum_budget_left(&budget), 0);
    signum_fake_clear(&fake);
}

static void
test_endless_does_not_overflow(void **state)
{
    struct signum_fake fake;

    (void)state;
    signum_fake_init(&fake);
    struct signum_budget budget = signum_budget_start(&fake.ports.clock, UINT64_MAX);
    assert_true(signum_budget_left(&budget) > UINT64_MAX / 2);
    budget = signum_budget_start(&fake.ports.clock, 0);
    assert_int_equal(signum_budget_left(&budget), 0);
    signum_fake_clear(&fake);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_down),
        cmocka_unit_test(test_endless_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
