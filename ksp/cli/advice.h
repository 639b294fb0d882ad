#ifndef SIGNUM_CLI_ADVICE_H
#define SIGNUM_CLI_ADVICE_H

#include "core/status.h"

/* The next step for a person after a failure: a clause without capital and full stop, so that it
   can follow "CAUSE; ". One row per status; docs/troubleshooting.md lists the same. Never NULL. */
const char *signum_advice_for(enum signum_status status);

#endif
