#ifndef SIGNUMD_SERVE_H
#define SIGNUMD_SERVE_H

#include "base/state.h"

/* Serves until SIGTERM or SIGINT. `listen` NULL: what the settings say. */
enum signum_status signumd_serve_run(struct signumd_state *state,
                                     const char *listen) SIGNUM_MUST_USE;

#endif
