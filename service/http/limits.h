#ifndef SIGNUMD_LIMITS_H
#define SIGNUMD_LIMITS_H

#include <stdbool.h>

#include "core/buf.h"

/*
 * How often somebody may do something: a token bucket for each of them, which holds what a minute
 * gives and is filled evenly. Memory is bounded: when too many are known, the one that has used
 * least of its bucket is forgotten. Any thread may call.
 */
struct signumd_limits;

enum signum_status signumd_limits_new(
    unsigned per_minute, struct signumd_limits **limits_out) SIGNUM_MUST_USE;
void signumd_limits_free(struct signumd_limits **limits);

/* 0 is no limit. What the buckets hold is kept, but no more than the new rate gives. */
void signumd_limits_change(struct signumd_limits *limits, unsigned per_minute);

/* Takes one from the bucket. If there is none, false and the seconds to wait for one. */
bool signumd_limits_take(
    struct signumd_limits *limits, struct signum_bytes who, unsigned *wait_s_out);

/* The same by an address as text; of IPv6 the first 64 bits, as one site has all of the rest. */
bool signumd_limits_take_address(
    struct signumd_limits *limits, const char *address, unsigned *wait_s_out);

#endif
