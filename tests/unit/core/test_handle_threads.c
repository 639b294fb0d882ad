#include "fixture_check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/handle.h"

/*
 * Threads that open, take and close the same handles at once. What must hold: an object that was
 * taken is alive, each object is destroyed exactly once, and one of several closers wins. Bounded
 * by the number of rounds, not by time. Not on Windows: mingw-w64's win32 model has no pthreads.
 */

#define THREADS 4
#define SHARED 16
#define ROUNDS 4000

struct counted {
    struct signum_object object;
    atomic_uint canary;
};

static struct signum_handle_table table;
static atomic_uintptr_t shared[SHARED];
static atomic_uint made;
static atomic_uint destroyed;
static atomic_uint closed;
static atomic_uint broken;

static void
destroy(struct signum_object *object)
{
    struct counted *counted = (struct counted *)object;

    if (atomic_exchange(&counted->canary, 0) != 1)
        atomic_fetch_add(&broken, 1);
    atomic_fetch_add(&destroyed, 1);
    free(counted);
}

static void
put_new(unsigned place)
{
    struct counted *counted = calloc(1, sizeof *counted);
    uintptr_t handle = 0;

    if (counted == NULL) {
        atomic_fetch_add(&broken, 1);
        return;
    }
    signum_object_init(&counted->object, destroy);
    atomic_init(&counted->canary, 1);
    atomic_fetch_add(&made, 1);
    if (signum_handle_open(&table, SIGNUM_HANDLE_KEY, &counted->object, &handle) != SIGNUM_OK)
        atomic_fetch_add(&broken, 1);
    uintptr_t old = atomic_exchange(&shared[place], handle);
    if (old != 0 && signum_handle_close(&table, SIGNUM_HANDLE_KEY, old) == SIGNUM_OK)
        atomic_fetch_add(&closed, 1);
}

static void *
work(void *argument)
{
    uint32_t seed = (uint32_t)(uintptr_t)argument;

    for (int i = 0; i < ROUNDS; i++) {
        unsigned place = fixture_next(&seed) % SHARED;
        uintptr_t handle = atomic_load(&shared[place]);
        struct signum_object *object = NULL;
        switch (fixture_next(&seed) % 4) {
        case 0:
            put_new(place);
            break;
        case 1:
            if (signum_handle_close(&table, SIGNUM_HANDLE_KEY, handle) == SIGNUM_OK)
                atomic_fetch_add(&closed, 1);
            break;
        default:
            if (signum_handle_take(&table, SIGNUM_HANDLE_KEY, handle, &object) != SIGNUM_OK)
                break;
            if (atomic_load(&((struct counted *)object)->canary) != 1)
                atomic_fetch_add(&broken, 1);
            signum_object_unref(object);
            break;
        }
    }
    return NULL;
}

static void
test_threads(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    signum_handle_table_init(&table);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(i * 7919 + 1)), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&broken), 0);
    assert_true(atomic_load(&made) > ROUNDS / 8);
    assert_int_equal(atomic_load(&destroyed), atomic_load(&closed));
    assert_int_equal(signum_handle_count(&table), atomic_load(&made) - atomic_load(&closed));
    signum_handle_table_clear(&table);
    assert_int_equal(atomic_load(&destroyed), atomic_load(&made));
    assert_int_equal(atomic_load(&broken), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};

    return cmocka_run_group_tests_name("handle_threads", tests, NULL, NULL);
}
