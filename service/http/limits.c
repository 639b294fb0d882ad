#include "http/limits.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/timestamp.h"

#define SETS 1024
#define WAYS 4
#define MINUTE_MS 60000

/* Told apart by their hash alone, which nobody outside can foresee. */
struct bucket {
    uint64_t hash;
    int64_t used; /* in units of 1/MINUTE_MS of a request */
    int64_t at_ms;
};

struct signumd_limits {
    pthread_mutex_t lock;
    uint64_t seed;
    int64_t per_minute;
    struct bucket buckets[SETS][WAYS];
};

enum signum_status
signumd_limits_new(unsigned per_minute, struct signumd_limits **limits_out)
{
    struct signumd_limits *limits = calloc(1, sizeof *limits);

    *limits_out = limits;
    if (limits == NULL)
        return SIGNUM_NO_MEMORY;
    (void)pthread_mutex_init(&limits->lock, NULL);
    limits->per_minute = per_minute;
    return signumd_crypto_random(&limits->seed, sizeof limits->seed);
}

void
signumd_limits_free(struct signumd_limits **limits)
{
    if (*limits == NULL)
        return;
    (void)pthread_mutex_destroy(&(*limits)->lock);
    free(*limits);
    *limits = NULL;
}

void
signumd_limits_change(struct signumd_limits *limits, unsigned per_minute)
{
    (void)pthread_mutex_lock(&limits->lock);
    limits->per_minute = per_minute;
    (void)pthread_mutex_unlock(&limits->lock);
}

/* FNV-1a, begun with a secret. */
static uint64_t
hash_of(const struct signumd_limits *limits, struct signum_bytes who)
{
    uint64_t hash = limits->seed ^ 0xcbf29ce484222325U;

    for (size_t i = 0; i < who.len; i++)
        hash = (hash ^ who.data[i]) * 0x100000001b3U;
    return (hash ^ (hash >> 32)) | 1; /* 0 is an empty place */
}

/* What has flowed back into the bucket since it was looked at. */
static void
refill(struct bucket *bucket, int64_t per_minute, int64_t now)
{
    int64_t full = per_minute * MINUTE_MS;
    int64_t back = (now - bucket->at_ms) >= MINUTE_MS ? full : (now - bucket->at_ms) * per_minute;

    bucket->used = bucket->used > full ? full : bucket->used;
    bucket->used = bucket->used > back ? bucket->used - back : 0;
    bucket->at_ms = now;
}

static struct bucket *
find(struct signumd_limits *limits, uint64_t hash, int64_t now)
{
    struct bucket *set = limits->buckets[(hash >> 1) % SETS];
    struct bucket *least = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        refill(&set[i], limits->per_minute, now);
        if (set[i].hash == hash)
            return &set[i];
        if (set[i].used < least->used)
            least = &set[i];
    }
    *least = (struct bucket){hash, 0, now};
    return least;
}

bool
signumd_limits_take(struct signumd_limits *limits, struct signum_bytes who, unsigned *wait_s_out)
{
    int64_t now = signumd_timestamp_monotonic_ms();
    bool is_taken = true;

    *wait_s_out = 0;
    (void)pthread_mutex_lock(&limits->lock);
    int64_t per_minute = limits->per_minute;
    if (per_minute > 0) {
        struct bucket *bucket = find(limits, hash_of(limits, who), now);
        int64_t over = bucket->used + MINUTE_MS - per_minute * MINUTE_MS;
        is_taken = over <= 0;
        if (is_taken)
            bucket->used += MINUTE_MS;
        else
            *wait_s_out = (unsigned)(over / per_minute / 1000 + 1);
    }
    (void)pthread_mutex_unlock(&limits->lock);
    return is_taken;
}

bool
signumd_limits_take_address(
    struct signumd_limits *limits, const char *address, unsigned *wait_s_out)
{
    struct in6_addr six;
    struct signum_bytes who = signum_bytes_of_text(address);

    if (inet_pton(AF_INET6, address, &six) == 1 && !IN6_IS_ADDR_V4MAPPED(&six))
        who = (struct signum_bytes){six.s6_addr, 8};
    return signumd_limits_take(limits, who, wait_s_out);
}
