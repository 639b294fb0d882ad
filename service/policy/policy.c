#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

/* The facts by the clock that the policy goes by. */
static struct signumd_facts
by_its_clock(const struct signumd_policy *policy, const struct signumd_facts *facts)
{
    const struct signumd_texts *offset = &policy->parts[SIGNUMD_PART_UTC_OFFSET];
    struct signumd_facts local = *facts;

    if (offset->count > 0)
        local.time += signumd_utc_offset(offset->items[0]);
    return local;
}

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
    if (part == SIGNUMD_PART_DAYS || part == SIGNUMD_PART_HOURS) {
        const struct signumd_facts local = by_its_clock(policy, facts);
        for (size_t i = 0; i < texts->count; i++)
            if (info->match(texts->items[i], &local))
                return true;
        return false;
    }
    for (size_t i = 0; i < texts->count; i++)
        if (info->match(texts->items[i], facts))
            return true;
    return false;
}

/* Of parts that are alternatives one is enough; `is_named_out`: has one of them any texts? */
static bool
is_one_fit(const struct signumd_policy *policy, const struct signumd_facts *facts,
           enum signumd_policy_part first, enum signumd_policy_part last, bool *is_named_out)
{
    *is_named_out = false;
    for (int part = (int)first; part <= (int)last; part++) {
        if (policy->parts[part].count == 0)
            continue;
        *is_named_out = true;
        if (is_part_fit(policy, (enum signumd_policy_part)part, facts))
            return true;
    }
    return false;
}

static const char *
find_what_misfit(const struct signumd_policy *policy, const struct signumd_facts *facts)
{
    bool is_named = false;

    if (is_one_fit(policy, facts, SIGNUMD_PART_KEYS, SIGNUMD_PART_KEY_GROUPS, &is_named))
        return NULL;
    if (policy->parts[SIGNUMD_PART_KEY_GROUPS].count == 0)
        return signumd_part_info(SIGNUMD_PART_KEYS)->path;
    return policy->parts[SIGNUMD_PART_KEYS].count == 0
               ? signumd_part_info(SIGNUMD_PART_KEY_GROUPS)->path
               : "what";
}

/* Somebody who is named, by any of the ways to name somebody, and whose claims are right. */
static const char *
find_who_misfit(const struct signumd_policy *policy, const struct signumd_facts *facts,
                const struct cJSON *claims)
{
    bool is_named = false;
    bool is_fit =
        is_one_fit(policy, facts, SIGNUMD_PART_USERS, SIGNUMD_PART_USER_GROUPS, &is_named);

    if (is_named ? !is_fit : policy->claim_count == 0)
        return "who";
    return signumd_claims_fit(policy, claims) ? NULL : "who.claims";
}

/* Path of the first part that does not fit; NULL if all do. */
static const char *
find_misfit(const struct signumd_policy *policy, const struct signumd_facts *facts,
            const struct cJSON *claims)
{
    const char *misfit = find_what_misfit(policy, facts);

    if (misfit == NULL)
        misfit = find_who_misfit(policy, facts, claims);
    if (misfit != NULL)
        return misfit;
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

/* Would the two decide together, if they are the first? */
static bool
is_beside(const struct signumd_policy *a, const struct signumd_policy *b)
{
    return a->priority == b->priority && a->is_allow == b->is_allow;
}

/* What is known of the policies looked at so far. */
struct tally {
    const struct signumd_facts *facts;
    struct cJSON *claims;
    const struct signumd_policy *first; /* of those that fit; NULL if none does */
    const struct signumd_candidate *spent; /* first of those that fit but for a limit */
    struct signumd_obligations obligations;
    struct signumd_use uses[SIGNUMD_USES_MAX];
    size_t use_count;
    bool is_over; /* there is no room for all that is asked for */
};

static void
begin(struct tally *tally, const struct signumd_facts *facts)
{
    memset(tally, 0, sizeof *tally);
    tally->facts = facts;
    /* claims that are not JSON are none: what asks for some does not fit */
    if (facts->claims != NULL &&
        signumd_json_parse(signum_bytes_of_text(facts->claims), &tally->claims) != SIGNUM_OK)
        tally->claims = NULL;
}

static void
put_use(struct signumd_use *use, const struct signumd_policy *policy, size_t limit,
        const struct signumd_facts *facts)
{
    use->limit = policy->limits[limit];
    (void)snprintf(use->policy, sizeof use->policy, "%s", policy->name);
    (void)snprintf(use->subject, sizeof use->subject, "%s",
                   signumd_limit_subject(&policy->limits[limit], facts));
}

static void
add_wishes(struct tally *tally, const struct signumd_policy *policy)
{
    if (!signumd_obligations_join(&tally->obligations, &policy->obligations))
        tally->is_over = true;
    for (size_t i = 0; i < policy->limit_count; i++) {
        if (tally->use_count == SIGNUMD_USES_MAX)
            tally->is_over = true;
        else
            put_use(&tally->uses[tally->use_count++], policy, i, tally->facts);
    }
}

static void
count_in(struct tally *tally, const struct signumd_policy *policy)
{
    if (tally->first == NULL || !is_beside(policy, tally->first)) {
        if (tally->first != NULL && is_before(tally->first, policy))
            return;
        tally->first = policy;
        memset(&tally->obligations, 0, sizeof tally->obligations);
        tally->use_count = 0;
        tally->is_over = false;
    }
    if (is_before(policy, tally->first))
        tally->first = policy;
    add_wishes(tally, policy);
}

static bool
is_spent(const struct signumd_candidate *candidate)
{
    for (size_t i = 0; i < candidate->policy->limit_count; i++)
        if (candidate->used[i] >= candidate->policy->limits[i].count)
            return true;
    return false;
}

/* Looks at one policy; what the limits count is of no concern while a key is only looked at. */
static struct signumd_policy_verdict
look_at(struct tally *tally, const struct signumd_candidate *candidate)
{
    const struct signumd_policy *policy = candidate->policy;
    const char *misfit = find_misfit(policy, tally->facts, tally->claims);

    if (misfit != NULL)
        return (struct signumd_policy_verdict){SIGNUMD_VERDICT_NO_MATCH, misfit};
    if (!tally->facts->is_reading && is_spent(candidate)) {
        if (tally->spent == NULL || is_before(policy, tally->spent->policy))
            tally->spent = candidate;
        return (struct signumd_policy_verdict){SIGNUMD_VERDICT_NO_MATCH, "limits"};
    }
    count_in(tally, policy);
    return (struct signumd_policy_verdict){SIGNUMD_VERDICT_OUTRANKED, NULL};
}

/* The limit of the policy that is used up for the longest time. */
static void
conclude_spent(const struct tally *tally, struct signumd_decision *decision)
{
    const struct signumd_policy *policy = tally->spent->policy;
    bool is_for_ever = false;

    for (size_t i = 0; i < policy->limit_count; i++) {
        int64_t end = signumd_limit_end(&policy->limits[i], tally->facts->time);
        int64_t wait = end == 0 ? INT64_MAX : end - tally->facts->time;
        if (tally->spent->used[i] < policy->limits[i].count || wait <= decision->retry_after)
            continue;
        put_use(&decision->uses[0], policy, i, tally->facts);
        decision->retry_after = wait;
        is_for_ever = end == 0;
    }
    if (is_for_ever)
        decision->retry_after = 0;
    decision->is_used_up = true;
    decision->reason = "a limit of the policy is used up";
    (void)snprintf(decision->rule, sizeof decision->rule, "%s", policy->name);
}

static struct signumd_decision
conclude(const struct tally *tally)
{
    struct signumd_decision decision = {.reason = "no policy allows this request"};

    if (tally->first == NULL) {
        if (tally->spent != NULL)
            conclude_spent(tally, &decision);
        return decision;
    }
    (void)snprintf(decision.rule, sizeof decision.rule, "%s", tally->first->name);
    decision.is_allowed = tally->first->is_allow && !tally->is_over;
    decision.reason = decision.is_allowed ? "a policy allows this request"
                                          : "a policy denies this request";
    if (tally->is_over)
        decision.reason = "the policies ask for more approvals or limits than one request can have";
    if (!decision.is_allowed)
        return decision;
    decision.obligations = tally->obligations;
    memcpy(decision.uses, tally->uses, sizeof decision.uses);
    decision.use_count = tally->use_count;
    return decision;
}

struct signumd_decision
signumd_policy_judge(const struct signumd_facts *facts, const struct signumd_candidate *candidates,
                     size_t count, struct signumd_policy_verdict *verdicts_out)
{
    struct tally tally;

    begin(&tally, facts);
    for (size_t i = 0; i < count; i++) {
        struct signumd_policy_verdict verdict = look_at(&tally, &candidates[i]);
        if (verdicts_out != NULL)
            verdicts_out[i] = verdict;
    }
    for (size_t i = 0; verdicts_out != NULL && i < count; i++)
        if (verdicts_out[i].part == NULL && is_beside(candidates[i].policy, tally.first))
            verdicts_out[i].verdict = SIGNUMD_VERDICT_DECIDES;
    signumd_json_free(&tally.claims);
    return conclude(&tally);
}

struct signumd_decision
signumd_policy_decide(const struct signumd_facts *facts, const struct signumd_policy *policies,
                      size_t count, struct signumd_policy_verdict *verdicts_out)
{
    struct tally tally;

    begin(&tally, facts);
    for (size_t i = 0; i < count; i++) {
        const struct signumd_candidate candidate = {&policies[i], {0}};
        struct signumd_policy_verdict verdict = look_at(&tally, &candidate);
        if (verdicts_out != NULL)
            verdicts_out[i] = verdict;
    }
    for (size_t i = 0; verdicts_out != NULL && i < count; i++)
        if (verdicts_out[i].part == NULL && is_beside(&policies[i], tally.first))
            verdicts_out[i].verdict = SIGNUMD_VERDICT_DECIDES;
    signumd_json_free(&tally.claims);
    return conclude(&tally);
}

bool
signumd_policy_needs_uses(const struct signumd_policy *policy, const struct signumd_facts *facts)
{
    struct tally tally;

    if (policy->limit_count == 0 || facts->is_reading)
        return false;
    begin(&tally, facts);
    bool is_fit = find_misfit(policy, facts, tally.claims) == NULL;
    signumd_json_free(&tally.claims);
    return is_fit;
}

const char *
signumd_verdict_name(enum signumd_verdict verdict)
{
    static const char *const names[] = {"no match", "outranked", "decides"};

    return names[verdict];
}
