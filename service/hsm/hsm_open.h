#ifndef SIGNUMD_HSM_OPEN_H
#define SIGNUMD_HSM_OPEN_H

#include "hsm/hsm.h"
#include "base/state.h"

/* Opens the HSM that the settings of a state folder name, with at most `sessions` sessions. */
enum signum_status signumd_hsm_open_for(const struct signumd_state *state, size_t sessions,
                                        struct signumd_hsm **hsm_out) SIGNUM_MUST_USE;

/* Reads the PIN file: its first line, into a buffer for secrets. */
enum signum_status signumd_hsm_read_pin(const struct signumd_state *state,
                                        struct signum_buf *pin_out) SIGNUM_MUST_USE;

#endif
