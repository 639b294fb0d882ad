#ifndef SIGNUM_CORE_RETRY_H
#define SIGNUM_CORE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/*
 * When to try again. Every operation may be repeated safely: reading is harmless, and a signing
 * request repeats its idempotency key. A pure function, so that it is tested as a table.
 */

#define SIGNUM_RETRY_MAX 3 /* tries of one request */

/* What is known after a failed try. */
struct signum_retry_facts {
    enum signum_status status;
    unsigned tries;       /* made so far; at least 1 */
    uint64_t asked_ms;    /* Retry-After; 0 if the service said nothing */
    uint64_t left_ms;     /* of the budget */
    uint32_t random;      /* any number: the jitter */
};

/*
 * True if it is worth one more try, and then in how many milliseconds: what the service asked
 * for, else a delay that doubles from 200 ms, of which a random half is taken off. False when the
 * status is not one that passes, the tries are used up, or the delay would use up the budget.
 */
bool signum_retry_is_due(const struct signum_retry_facts *facts, uint64_t *delay_ms_out);

#endif
