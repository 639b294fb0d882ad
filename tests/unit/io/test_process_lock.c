#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "io/process_lock.h"
#include "support/system.h"

#define THREADS 4
#define TURNS 25
#define LONG_MS 60000

static struct signum_process_lock lock;

static void
test_one_at_a_time(void **state)
{
    void *held = NULL;
    void *again = NULL;

    (void)state;
    assert_int_equal(lock.acquire(lock.self, "one", LONG_MS, &held), SIGNUM_OK);
    assert_non_null(held);
    lock.release(lock.self, held);
    assert_int_equal(lock.acquire(lock.self, "one", 0, &again), SIGNUM_OK);
    lock.release(lock.self, again);
}

static void
test_names_are_apart(void **state)
{
    void *first = NULL;
    void *second = NULL;

    (void)state;
    assert_int_equal(lock.acquire(lock.self, "first", LONG_MS, &first), SIGNUM_OK);
    assert_int_equal(lock.acquire(lock.self, "second", 0, &second), SIGNUM_OK);
    lock.release(lock.self, second);
    lock.release(lock.self, first);
}

/* What a thread that may not have the lock is told. */
static void
try_briefly(void *context)
{
    enum signum_status *status_out = context;
    void *held = NULL;

    *status_out = lock.acquire(lock.self, "busy", 50, &held);
    if (*status_out == SIGNUM_OK)
        lock.release(lock.self, held);
}

static void
test_waiting_ends(void **state)
{
    enum signum_status status = SIGNUM_INTERNAL;
    void *held = NULL;

    (void)state;
    assert_int_equal(lock.acquire(lock.self, "busy", LONG_MS, &held), SIGNUM_OK);
    struct signum_thread *thread = signum_thread_start(try_briefly, &status);
    signum_thread_join(&thread);
    assert_int_equal(status, SIGNUM_TIMEOUT);
    lock.release(lock.self, held);
    thread = signum_thread_start(try_briefly, &status);
    signum_thread_join(&thread);
    assert_int_equal(status, SIGNUM_OK);
}

/* Atomic because ThreadSanitizer does not know that a lock of the kernel orders memory. That no two
   are inside at once is up to the lock alone. */
static atomic_uint inside;
static atomic_uint turns;
static atomic_uint collisions;

static void
take_turns(void *context)
{
    (void)context;
    for (unsigned i = 0; i < TURNS; i++) {
        void *held = NULL;
        if (lock.acquire(lock.self, "shared", LONG_MS, &held) != SIGNUM_OK)
            return;
        collisions += inside++;
        signum_thread_pause();
        inside--;
        turns++;
        lock.release(lock.self, held);
    }
}

static void
test_threads_take_turns(void **state)
{
    struct signum_thread *threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = signum_thread_start(take_turns, NULL);
    for (size_t i = 0; i < THREADS; i++)
        signum_thread_join(&threads[i]);
    assert_int_equal(turns, THREADS * TURNS);
    assert_int_equal(collisions, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_names_are_apart),
        cmocka_unit_test(test_waiting_ends),
        cmocka_unit_test(test_threads_take_turns),
    };

    signum_process_lock_open(&lock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
