#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

/* A part without texts asks for nothing. */
static bool
is_part_fit(const struct signumd_policy *policy, enum signumd_policy_part part,
            const struct signumd_facts *facts)
{
    const struct signumd_texts *texts = &policy->parts[part];
    const struct signumd_part_info *info = signumd_part_info(part);

    if (texts->count == 0)
        return true;
    if (facts->is_reading && info->is_of_signing)
        return policy->is_allow;
    for (size_t i = 0; i < texts->count; i++)
        if (info->match(texts->items[i], facts))
            return true;
    return false;
}

/* Users and roles are two ways to name somebody: where both are given, one is enough. */
static bool
is_who_fit(const struct signumd_policy *policy, const struct signumd_facts *facts)
{
    bool has_users = policy->parts[SIGNUMD_PART_USERS].count > 0;
    bool has_roles = policy->parts[SIGNUMD_PART_ROLES].count > 0;

    if (has_users && is_part_fit(policy, SIGNUMD_PART_USERS, facts))
        return true;
    return has_roles && is_part_fit(policy, SIGNUMD_PART_ROLES, facts);
}

/* Path of the first part that does not fit; NULL if all do. */
static const char *
find_misfit(const struct signumd_policy *policy, const struct signumd_facts *facts)
{
    if (policy->parts[SIGNUMD_PART_KEYS].count == 0 ||
        !is_part_fit(policy, SIGNUMD_PART_KEYS, facts))
        return signumd_part_info(SIGNUMD_PART_KEYS)->path;
    if (!is_who_fit(policy, facts))
        return "who";
    for (int part = SIGNUMD_PART_NETWORKS; part < SIGNUMD_PART_COUNT; part++)
        if (!is_part_fit(policy, (enum signumd_policy_part)part, facts))
            return signumd_part_info((enum signumd_policy_part)part)->path;
    return NULL;
}

/* Does `a` decide rather than `b`? A total order, so that the order of the policies is none. */
static bool
is_before(const struct signumd_policy *a, const struct signumd_policy *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    if (a->is_allow != b->is_allow)
        return !a->is_allow;
    return strcmp(a->name, b->name) < 0;
}

struct signumd_decision
signumd_policy_decide(const struct signumd_facts *facts, const struct signumd_policy *policies,
                      size_t count, struct signumd_policy_verdict *verdicts_out)
{
    struct signumd_decision decision = {false, "", "no policy allows this request"};
    size_t chosen = count;

    for (size_t i = 0; i < count; i++) {
        const char *misfit = find_misfit(&policies[i], facts);
        if (verdicts_out != NULL)
            verdicts_out[i] = (struct signumd_policy_verdict){
                misfit == NULL ? SIGNUMD_VERDICT_OUTRANKED : SIGNUMD_VERDICT_NO_MATCH, misfit};
        if (misfit == NULL && (chosen == count || is_before(&policies[i], &policies[chosen])))
            chosen = i;
    }
    if (chosen == count)
        return decision;
    if (verdicts_out != NULL)
        verdicts_out[chosen].verdict = SIGNUMD_VERDICT_DECIDES;
    decision.is_allowed = policies[chosen].is_allow;
    decision.reason = decision.is_allowed ? "a policy allows this request"
                                          : "a policy denies this request";
    (void)snprintf(decision.rule, sizeof decision.rule, "%s", policies[chosen].name);
    return decision;
}

const char *
signumd_verdict_name(enum signumd_verdict verdict)
{
    static const char *const names[] = {"no match", "outranked", "decides"};

    return names[verdict];
}
