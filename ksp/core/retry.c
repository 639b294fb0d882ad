#include "retry.h"

#define FIRST_DELAY_MS 200

static bool
is_passing(enum signum_status status)
{
    return status == SIGNUM_NETWORK || status == SIGNUM_SERVICE_BUSY;
}

bool
signum_retry_is_due(const struct signum_retry_facts *facts, uint64_t *delay_ms_out)
{
    *delay_ms_out = 0;
    if (!is_passing(facts->status) || facts->tries >= SIGNUM_RETRY_MAX)
        return false;
    uint64_t delay = facts->asked_ms;
    if (delay == 0) {
        delay = (uint64_t)FIRST_DELAY_MS << (facts->tries - 1);
        delay -= facts->random % (delay / 2 + 1);
    }
    if (delay >= facts->left_ms)
        return false;
    *delay_ms_out = delay;
    return true;
}
