#include "stress.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

/*
 * Sixteen threads for a bounded time: first a while to warm up (connections, heaps, OpenSSL's
 * tables), then the run that is measured. After each everything is freed again, so what the
 * process uses more after the second than after the first has leaked.
 */

#define THREADS 16
#define WARM_UP_SECONDS 4
#define HANG_MS 90000        /* no step takes longer, even on a busy machine */
#define HANDLES_MAX 8        /* more than after the warm-up; threads of Wine come and go */
#define BYTES_MAX (8u << 20) /* the same; a heap keeps some holes */
#define HEAP_MAX (64u << 10) /* the same, of what is not freed: some more connections */
#define SLOTS_MAX 40000      /* more than the handle table has */

struct stress_counts stress_counts;

static struct stress_thread threads[THREADS];
static volatile LONG is_over;

static unsigned
total_weight(void)
{
    unsigned total = 0;

    for (size_t i = 0; i < stress_step_count; i++)
        total += stress_steps[i].weight;
    return total;
}

static uint32_t
next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static DWORD WINAPI
work(void *argument)
{
    struct stress_thread *thread = argument;
    unsigned total = total_weight();

    while (InterlockedCompareExchange(&is_over, 0, 0) == 0) {
        unsigned choice = next(&thread->seed) % total;
        size_t i = 0;
        while (choice >= stress_steps[i].weight)
            choice -= stress_steps[i++].weight;
        thread->step = stress_steps[i].name;
        stress_steps[i].run(thread);
    }
    thread->step = "nothing";
    return 0;
}

static bool
join(HANDLE *handles)
{
    bool is_joined = WaitForMultipleObjects(THREADS, handles, TRUE, HANG_MS) != WAIT_TIMEOUT;

    for (size_t i = 0; i < THREADS; i++) {
        if (!is_joined)
            printf("not ok thread %u hangs in %s\n", (unsigned)i, threads[i].step);
        CloseHandle(handles[i]);
    }
    return is_joined;
}

/* One run of all threads; false if one hangs: then nothing more can be said. */
static bool
run_for(unsigned seconds, uint32_t seed)
{
    HANDLE handles[THREADS];

    InterlockedExchange(&is_over, 0);
    stress_shared_open();
    for (size_t i = 0; i < THREADS; i++) {
        memset(&threads[i], 0, sizeof threads[i]);
        threads[i].seed = seed + (uint32_t)i * 7919;
        handles[i] = CreateThread(NULL, 0, work, &threads[i], 0, NULL);
        if (handles[i] == NULL)
            return check_true(false, "start thread %u", (unsigned)i);
    }
    Sleep(seconds * 1000);
    InterlockedExchange(&is_over, 1);
    bool is_joined = check_true(join(handles), "%d threads end", THREADS);
    if (is_joined)
        stress_shared_close();
    return is_joined;
}

/* How many handles can be open at once: a slot that leaked is missing here. */
static unsigned
count_slots(void)
{
    static NCRYPT_PROV_HANDLE opened[SLOTS_MAX];
    unsigned count = 0;

    while (count < SLOTS_MAX &&
           ksp->OpenProvider(&opened[count], SIGNUM_PROVIDER_NAME_W, 0) == ERROR_SUCCESS)
        count++;
    for (unsigned i = 0; i < count; i++)
        ksp->FreeProvider(opened[i]);
    return count;
}

static void
check_counts(void)
{
    check_number(atomic_load(&stress_counts.wrong), 0, "answers that no document allows");
    check_number(atomic_load(&stress_counts.freed), atomic_load(&stress_counts.opened),
                 "each of %u handles is freed once", atomic_load(&stress_counts.opened));
    check_true(atomic_load(&stress_counts.signatures) >= THREADS, "%u signatures are right",
               atomic_load(&stress_counts.signatures));
    check_true(atomic_load(&stress_counts.lost) > 0,
               "%u calls met a handle that another thread had freed",
               atomic_load(&stress_counts.lost));
}

static void
check_usage(const struct usage *before, const struct usage *after)
{
    check_true(before->handles > 0 && after->handles <= before->handles + HANDLES_MAX,
               "%u handles of the system after the warm-up, %u at the end", before->handles,
               after->handles);
    check_true(before->private_bytes > 0 &&
                   after->private_bytes <= before->private_bytes + BYTES_MAX,
               "%u KiB of memory after the warm-up, %u at the end",
               (unsigned)(before->private_bytes >> 10), (unsigned)(after->private_bytes >> 10));
    check_true(before->heap_bytes > 0 && after->heap_bytes <= before->heap_bytes + HEAP_MAX,
               "%u bytes in %u blocks not freed after the warm-up, %u in %u at the end",
               (unsigned)before->heap_bytes, before->heap_blocks, (unsigned)after->heap_bytes,
               after->heap_blocks);
}

void
stress_run(unsigned seconds)
{
    if (!run_for(WARM_UP_SECONDS, 1))
        return;
    unsigned slots = ksp_is_direct ? count_slots() : 0;
    struct usage before = measure_usage();
    bool is_joined = run_for(seconds, 1000003);
    struct usage after = measure_usage();
    if (is_joined) {
        check_counts();
        check_usage(&before, &after);
        if (ksp_is_direct) {
            check_true(slots > 1000, "%u handles can be open at once", slots);
            check_number(count_slots(), slots, "as many can be open after all that");
        }
    }
}
