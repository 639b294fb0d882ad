#ifndef SIGNUMD_CHORES_H
#define SIGNUMD_CHORES_H

#include "base/state.h"
#include "webhooks/sender.h"

/* What the thread knows; outlives it. */
struct signumd_chores {
    int64_t warning_days; /* see the setting certificate_warning_days */
    int64_t watched;      /* when certificates were looked at last */
};

/*
 * Starts the thread that does what is due by time: webhooks, records of what has expired, warnings
 * of certificates that will. `chores_out` is its own until it is stopped.
 */
enum signum_status signumd_chores_start(const struct signumd_state *state,
    struct signumd_chores *chores_out, struct signumd_sender **sender_out) SIGNUM_MUST_USE;

#endif
