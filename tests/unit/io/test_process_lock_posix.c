#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/process_lock.h"

#define LONG_MS 60000

static struct signum_process_lock lock;

/* A process that has the lock until it is killed; `ready` tells when. */
static void
hold(int ready)
{
    void *held = NULL;
    char status = lock.acquire(lock.self, "shared", LONG_MS, &held) == SIGNUM_OK ? 'y' : 'n';

    if (write(ready, &status, 1) == 1)
        (void)pause();
    _exit(0);
}

static void
test_process_that_dies(void **state)
{
    int ready[2];
    char told = 0;
    void *held = NULL;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        hold(ready[1]);
    assert_int_equal(read(ready[0], &told, 1), 1);
    assert_int_equal(told, 'y');
    assert_int_equal(lock.acquire(lock.self, "shared", 100, &held), SIGNUM_TIMEOUT);
    assert_null(held);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(lock.acquire(lock.self, "shared", LONG_MS, &held), SIGNUM_OK);
    lock.release(lock.self, held);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_process_that_dies)};

    signum_process_lock_open(&lock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
