#include "budget.h"

struct signum_budget
signum_budget_start(const struct signum_clock *clock, uint64_t ms)
{
    uint64_t now = clock->monotonic_ms(clock->self);
    uint64_t deadline = ms > UINT64_MAX - now ? UINT64_MAX : now + ms;

    return (struct signum_budget){clock, deadline};
}

void
signum_budget_extend(struct signum_budget *budget, uint64_t ms)
{
    bool is_endless = ms > UINT64_MAX - budget->deadline_ms;

    budget->deadline_ms = is_endless ? UINT64_MAX : budget->deadline_ms + ms;
}

uint64_t
signum_budget_left(const struct signum_budget *budget)
{
    uint64_t now = budget->clock->monotonic_ms(budget->clock->self);

    return now >= budget->deadline_ms ? 0 : budget->deadline_ms - now;
}
