#include "policy/uses.h"

#include <stdio.h>
#include <string.h>

#define SLOT_SIZE 32

/* Which limit of the policy: "hour/user". */
static void
name_slot(const struct signumd_limit *limit, char slot_out[SLOT_SIZE])
{
    (void)snprintf(slot_out, SLOT_SIZE, "%s/%s", signumd_limit_per_name(limit->per),
                   signumd_limit_by_name(limit->by));
}

/* A row of a later span is one from before the clock was set back: it still counts. */
static enum signum_status
load_one(struct signumd_db *db, const struct signumd_facts *facts, const char *policy,
         const struct signumd_limit *limit, int64_t *used_out)
{
    char slot[SLOT_SIZE];

    name_slot(limit, slot);
    enum signum_status status = signumd_db_get_number(
        db, used_out,
        "SELECT used FROM policy_uses WHERE policy = ? AND slot = ? AND subject = ? AND start >= ?",
        "ttti", policy, slot, signumd_limit_subject(limit, facts),
        signumd_limit_start(limit, facts->time));
    if (status != SIGNUM_NOT_FOUND)
        return status;
    *used_out = 0;
    return SIGNUM_OK;
}

enum signum_status
signumd_uses_load(struct signumd_db *db, const struct signumd_facts *facts,
                  struct signumd_candidate *candidate)
{
    const struct signumd_policy *policy = candidate->policy;
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < policy->limit_count && status == SIGNUM_OK; i++)
        status = load_one(db, facts, policy->name, &policy->limits[i], &candidate->used[i]);
    return status;
}

/* SIGNUM_NOT_FOUND: nothing is left. */
static enum signum_status
count_one(struct signumd_db *db, const struct signumd_use *use, int64_t time)
{
    char slot[SLOT_SIZE];

    name_slot(&use->limit, slot);
    return signumd_db_run(db,
                          "INSERT INTO policy_uses VALUES (?1, ?2, ?3, ?4, 1)"
                          " ON CONFLICT DO UPDATE SET start = max(start, excluded.start),"
                          " used = CASE WHEN start < excluded.start THEN 1 ELSE used + 1 END"
                          " WHERE start < excluded.start OR used < ?5",
                          "tttii", use->policy, slot, use->subject,
                          signumd_limit_start(&use->limit, time), use->limit.count);
}

static void
deny_by(struct signumd_decision *decision, size_t use, int64_t time)
{
    const struct signumd_use spent = decision->uses[use];
    int64_t end = signumd_limit_end(&spent.limit, time);

    memset(decision, 0, sizeof *decision);
    decision->is_used_up = true;
    decision->uses[0] = spent;
    decision->retry_after = end == 0 ? 0 : end - time;
    decision->reason = "a limit of the policy is used up";
    (void)snprintf(decision->rule, sizeof decision->rule, "%s", spent.policy);
}

enum signum_status
signumd_uses_count(struct signumd_db *db, struct signumd_decision *decision, int64_t time)
{
    for (size_t i = 0; i < decision->use_count; i++) {
        enum signum_status status = count_one(db, &decision->uses[i], time);
        if (status == SIGNUM_NOT_FOUND) {
            deny_by(decision, i, time);
            return SIGNUM_DENIED;
        }
        if (status != SIGNUM_OK)
            return status;
    }
    return SIGNUM_OK;
}

enum signum_status
signumd_uses_forget(struct signumd_db *db, const char *policy)
{
    enum signum_status status =
        signumd_db_run(db, "DELETE FROM policy_uses WHERE policy = ?", "t", policy);

    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}
