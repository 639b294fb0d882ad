#include "io/platform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static uint64_t
monotonic_ms(void *self)
{
    struct timespec now = {0};

    (void)self;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int64_t
unix_time(void *self)
{
    (void)self;
    return (int64_t)time(NULL);
}

static void
sleep_ms(void *self, uint64_t ms)
{
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    (void)self;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static enum signum_status
fill(void *self, void *data, size_t len)
{
    uint8_t *next = data;

    (void)self;
    while (len > 0) {
        ssize_t got = getrandom(next, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return SIGNUM_CRYPTO;
        next += got;
        len -= (size_t)got;
    }
    return SIGNUM_OK;
}

void
signum_platform_clock(struct signum_clock *clock_out)
{
    *clock_out = (struct signum_clock){NULL, monotonic_ms, unix_time, sleep_ms};
}

void
signum_platform_random(struct signum_random *random_out)
{
    *random_out = (struct signum_random){NULL, fill};
}

enum signum_status
signum_platform_variable(const char *name, struct signum_buf *value_out)
{
    const char *value = getenv(name);

    if (value == NULL)
        return SIGNUM_NOT_FOUND;
    signum_buf_put_text(value_out, value);
    return signum_buf_status(value_out);
}

unsigned long
signum_platform_pid(void)
{
    return (unsigned long)getpid();
}
