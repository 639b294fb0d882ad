#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/context.h"
#include "core/sha256.h"
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

/* The same by the other way of hashing. */
static void
check_own_hash(const char *path, const char *expected)
{
    uint8_t hash[SIGNUM_SHA256_LEN];
    struct signum_buf content;
    struct signum_buf hex;
    char room[65536];
    size_t got;
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    signum_buf_init(&content, 64u << 20);
    signum_buf_init(&hex, 2 * sizeof hash);
    while ((got = fread(room, 1, sizeof room, file)) > 0)
        signum_buf_put(&content, room, got);
    fclose(file);
    assert_int_equal(signum_sha256(signum_bytes_of_buf(&content), hash), SIGNUM_OK);
    signum_buf_put_hex(&hex, (struct signum_bytes){hash, sizeof hash});
    assert_string_equal(signum_buf_text(&hex), expected);
    signum_buf_clear(&hex);
    signum_buf_clear(&content);
}

static void
test_process(void **state)
{
    struct signum_context context;

    (void)state;
    signum_context_init(&context);
    assert_int_equal(ports.process.describe(ports.process.self, SIGNUM_CONTEXT_ALL, &context),
                     SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&context.process), "test_ports_real"));
    assert_true(context.user.len > 0);
    assert_true(context.machine.len > 0);
#ifndef _WIN32 /* there the parent may be gone, or be no program of Windows */
    assert_true(context.parent.len > 0);
#endif
    assert_int_equal(context.sha256.len, 64);
    check_own_hash(signum_buf_text(&context.process), signum_buf_text(&context.sha256));
    assert_non_null(strstr(signum_buf_text(&context.arguments), "test_ports_real"));
    assert_int_equal(context.arguments.data[context.arguments.len - 1], 0);
    signum_context_clear(&context);
    /* what is not asked for is not found out either */
    signum_context_init(&context);
    assert_int_equal(ports.process.describe(ports.process.self, 1u << SIGNUM_CONTEXT_USER,
                                            &context), SIGNUM_OK);
    assert_true(context.user.len > 0);
    assert_int_equal(context.process.len + context.sha256.len + context.signer.len +
                         context.parent.len + context.arguments.len + context.machine.len, 0);
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
