#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/ports_real.h"

static struct signum_ports ports;

static int
set_up(void **state)
{
    (void)state;
    return signum_ports_real_open(&ports) == SIGNUM_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    signum_ports_real_clear(&ports);
    return 0;
}

static void
test_every_port_is_there(void **state)
{
    (void)state;
    assert_non_null(ports.open_transport);
    assert_non_null(ports.secrets.get);
    assert_non_null(ports.secrets.put);
    assert_non_null(ports.secrets.remove);
    assert_non_null(ports.clock.unix_time);
    assert_non_null(ports.log_sink.write);
    assert_non_null(ports.log_sink.direct);
    assert_non_null(ports.settings.variable);
    assert_non_null(ports.settings.read_file);
    assert_non_null(ports.settings.machine_file);
    assert_non_null(ports.settings.user_file);
}

static void
test_clock(void **state)
{
    (void)state;
    uint64_t before = ports.clock.monotonic_ms(ports.clock.self);
    ports.clock.sleep_ms(ports.clock.self, 50);
    uint64_t passed = ports.clock.monotonic_ms(ports.clock.self) - before;
    assert_true(passed >= 30 && passed < 20000);
    /* Later than 2024 and earlier than 2100. */
    int64_t now = ports.clock.unix_time(ports.clock.self);
    assert_true(now > 1704067200 && now < 4102444800);
}

static void
test_random(void **state)
{
    uint8_t a[70000] = {0};
    uint8_t b[70000] = {0};

    (void)state;
    assert_int_equal(ports.random.fill(ports.random.self, a, sizeof a), SIGNUM_OK);
    assert_int_equal(ports.random.fill(ports.random.self, b, sizeof b), SIGNUM_OK);
    assert_memory_not_equal(a, b, sizeof a);
    /* The end is filled as well. */
    assert_memory_not_equal(a + sizeof a - 32, b + sizeof b - 32, 32);
    assert_int_equal(ports.random.fill(ports.random.self, a, 0), SIGNUM_OK);
}

static void
test_process(void **state)
{
    struct signum_context context;

    (void)state;
    signum_context_init(&context);
    assert_int_equal(ports.process.describe(ports.process.self, &context), SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&context.process), "test_ports_real"));
    assert_true(context.user.len > 0);
    assert_true(context.machine.len > 0);
    signum_context_clear(&context);
}

static void
test_clear_twice(void **state)
{
    (void)state;
    signum_ports_real_clear(&ports);
    signum_ports_real_clear(&ports);
    assert_null(ports.open_transport);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_every_port_is_there), TEST(test_clock),       TEST(test_random),
        TEST(test_process),             TEST(test_clear_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
