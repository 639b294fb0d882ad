#ifndef SIGNUMD_CHORES_H
#define SIGNUMD_CHORES_H

#include "base/state.h"
#include "webhooks/sender.h"

/* Starts the thread that does what is due by time: webhooks, and records of what has expired. */
enum signum_status signumd_chores_start(
    const struct signumd_state *state, struct signumd_sender **sender_out) SIGNUM_MUST_USE;

#endif
