#ifndef SIGNUM_CORE_BUDGET_H
#define SIGNUM_CORE_BUDGET_H

#include "ports.h"

/* The time that one operation may still take, passed down instead of a timeout per call. */
struct signum_budget {
    const struct signum_clock *clock; /* borrowed; must outlive the budget */
    uint64_t deadline_ms;
};

/* A budget of `ms` milliseconds from now on. */
struct signum_budget signum_budget_start(const struct signum_clock *clock, uint64_t ms);

/* Makes it `ms` milliseconds longer. */
void signum_budget_extend(struct signum_budget *budget, uint64_t ms);

/* Milliseconds left; 0 when it is used up. */
uint64_t signum_budget_left(const struct signum_budget *budget);

#endif
