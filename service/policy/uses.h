#ifndef SIGNUMD_USES_H
#define SIGNUMD_USES_H

#include "base/db.h"
#include "policy/policy.h"

/*
 * How much of the limits of policies is used: one row for each limit and each user, key or policy
 * that it counts by itself, for the newest span of time alone. Signatures are counted, and nothing
 * else. A limit is the same one as long as its span and subject are, also in a later version of the
 * policy; with the policy its rows go.
 */

/* What is used, for those whom the facts are about, in the span of their time. */
enum signum_status signumd_uses_load(struct signumd_db *db, const struct signumd_facts *facts,
                                     struct signumd_candidate *candidate) SIGNUM_MUST_USE;

/*
 * Counts one signature at that time for every use of the decision. Only within a transaction, the
 * one that makes the signature's record durable: so the counts are exact whatever runs beside it.
 * SIGNUM_DENIED: a limit was used up in the meantime; the decision then denies by it, and the
 * transaction has to be undone.
 */
enum signum_status signumd_uses_count(struct signumd_db *db, struct signumd_decision *decision,
                                      int64_t time) SIGNUM_MUST_USE;

/* Forgets what is used of a policy that goes. Only within a transaction. */
enum signum_status signumd_uses_forget(struct signumd_db *db, const char *policy) SIGNUM_MUST_USE;

#endif
