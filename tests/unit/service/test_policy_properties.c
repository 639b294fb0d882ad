#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

/* What holds for all policies and facts: thousands of random ones, always the same ones. */

#define ROUNDS 5000
#define CROWD 10
#define MONDAY_NOON 1769428800LL

static uint32_t seed;

static uint32_t
pick(uint32_t count)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % count;
}

static const char *
pick_text(const char *const *texts, uint32_t count)
{
    return texts[pick(count)];
}

static void
maybe_add(struct signumd_policy *policy, enum signumd_policy_part part, const char *text)
{
    if (pick(4) == 0)
        assert_status(signumd_texts_add(&policy->parts[part], text), SIGNUM_OK);
}

static void
add_obligations(struct signumd_obligations *obligations)
{
    static const char *const groups[] = {"a", "b", "c"};

    obligations->needs_reason = pick(3) == 0;
    obligations->needs_pin = pick(3) == 0;
    obligations->approval_count = pick(2);
    for (size_t i = 0; i < obligations->approval_count; i++) {
        obligations->approvals[i].need = 1 + pick(3);
        (void)snprintf(obligations->approvals[i].group, sizeof obligations->approvals[i].group,
            "%s", pick_text(groups, 3));
    }
}

static void
make_policy(struct signumd_policy *policy, size_t number)
{
    static const char *const users[] = {"alice", "bob", "*"};
    static const char *const keys[] = {"release", "rel*", "*", "test"};

    signumd_policy_init(policy);
    (void)snprintf(policy->name, sizeof policy->name, "p%zu", number);
    policy->is_allow = pick(3) != 0;
    policy->priority = pick(3);
    assert_status(
        signumd_texts_add(&policy->parts[SIGNUMD_PART_USERS], pick_text(users, 3)), SIGNUM_OK);
    assert_status(
        signumd_texts_add(&policy->parts[SIGNUMD_PART_KEYS], pick_text(keys, 4)), SIGNUM_OK);
    maybe_add(policy, SIGNUMD_PART_USER_GROUPS, "devs");
    maybe_add(policy, SIGNUMD_PART_KEY_GROUPS, "trusted");
    maybe_add(policy, SIGNUMD_PART_DAYS, pick(2) == 0 ? "mon" : "tue");
    maybe_add(policy, SIGNUMD_PART_HASHES, "sha256");
    maybe_add(policy, SIGNUMD_PART_NETWORKS, "10.0.0.0/8");
    if (!policy->is_allow)
        return;
    add_obligations(&policy->obligations);
    policy->limit_count = pick(3) == 0 ? 1 : 0;
    policy->limits[0] = (struct signumd_limit){2, SIGNUMD_PER_HOUR, SIGNUMD_BY_USER};
}

/* A case: facts, policies, and how much of them is used. */
struct world {
    struct signumd_facts facts;
    struct signumd_policy policies[CROWD];
    struct signumd_candidate candidates[CROWD];
    size_t count;
};

static char devs[] = "devs";
static char trusted[] = "trusted";
static char *devs_items[] = {devs};
static char *trusted_items[] = {trusted};
static const struct signumd_texts in_devs = {devs_items, 1};
static const struct signumd_texts in_trusted = {trusted_items, 1};

static void
make_world(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->facts = (struct signumd_facts){
        .user = pick(2) == 0 ? "alice" : "bob",
        .groups = pick(2) == 0 ? &in_devs : NULL,
        .key = pick(2) == 0 ? "release" : "test",
        .key_groups = pick(2) == 0 ? &in_trusted : NULL,
        .address = pick(2) == 0 ? "10.1.1.1" : NULL,
        .hash = pick(2) == 0 ? "sha256" : "sha1",
        .time = MONDAY_NOON,
        .is_reading = pick(5) == 0,
    };
    world->count = 1 + pick(CROWD);
    for (size_t i = 0; i < world->count; i++) {
        make_policy(&world->policies[i], i);
        world->candidates[i] = (struct signumd_candidate){&world->policies[i], {pick(4)}};
    }
}

static void
clear_world(struct world *world)
{
    for (size_t i = 0; i < world->count; i++)
        signumd_policy_clear(&world->policies[i]);
}

static struct signumd_decision
judge(const struct world *world)
{
    return signumd_policy_judge(&world->facts, world->candidates, world->count, NULL);
}

/* Does `more` ask for everything that `less` asks for? */
static bool
asks_for_all(const struct signumd_obligations *more, const struct signumd_obligations *less)
{
    struct signumd_obligations both = *more;

    return signumd_obligations_join(&both, less) && memcmp(&both, more, sizeof both) == 0;
}

static void
check_order(struct world *world, const struct signumd_decision *first)
{
    for (size_t i = world->count; i > 1; i--) {
        size_t j = pick((uint32_t)i);
        struct signumd_candidate other = world->candidates[i - 1];
        world->candidates[i - 1] = world->candidates[j];
        world->candidates[j] = other;
    }
    struct signumd_decision again = judge(world);
    assert_int_equal(first->is_allowed, again.is_allowed);
    assert_string_equal(first->rule, again.rule);
    assert_string_equal(first->reason, again.reason);
    assert_memory_equal(&first->obligations, &again.obligations, sizeof again.obligations);
    assert_int_equal(first->use_count, again.use_count);
    assert_int_equal(first->is_used_up, again.is_used_up);
    assert_int_equal(first->retry_after, again.retry_after);
}

/* Neither does a deny more allow more, nor an allow less. */
static void
check_removals(const struct world *world, const struct signumd_decision *whole)
{
    for (size_t hole = 0; hole < world->count; hole++) {
        struct world less = *world;
        less.candidates[hole] = less.candidates[--less.count];
        struct signumd_decision left = judge(&less);
        if (world->candidates[hole].policy->is_allow)
            assert_true(whole->is_allowed || !left.is_allowed);
        else
            assert_true(left.is_allowed || !whole->is_allowed);
    }
}

/* An obligation more never makes a decision ask for less, nor allow more. */
static void
check_obligation(const struct world *world, const struct signumd_decision *whole)
{
    struct world more = *world;
    size_t i = pick((uint32_t)world->count);

    if (!world->policies[i].is_allow)
        return;
    more.policies[i].obligations.needs_reason = true;
    for (size_t j = 0; j < more.count; j++)
        more.candidates[j].policy = &more.policies[world->candidates[j].policy - world->policies];
    struct signumd_decision asked = judge(&more);
    assert_int_equal(asked.is_allowed, whole->is_allowed);
    assert_true(asks_for_all(&asked.obligations, &whole->obligations));
}

/* Nothing that fits stands above the one that decided; what is used up never allows. */
static void
check_rank(const struct world *world, const struct signumd_decision *whole)
{
    struct signumd_policy_verdict verdicts[CROWD];
    int64_t best = INT64_MAX;

    (void)signumd_policy_judge(&world->facts, world->candidates, world->count, verdicts);
    for (size_t i = 0; i < world->count; i++)
        if (verdicts[i].part == NULL && world->candidates[i].policy->priority < best)
            best = world->candidates[i].policy->priority;
    for (size_t i = 0; i < world->count; i++) {
        const struct signumd_candidate *candidate = &world->candidates[i];
        if (verdicts[i].verdict != SIGNUMD_VERDICT_DECIDES)
            continue;
        assert_int_equal(candidate->policy->priority, best);
        assert_int_equal(candidate->policy->is_allow, whole->is_allowed);
        if (candidate->policy->limit_count > 0 && !world->facts.is_reading)
            assert_true(candidate->used[0] < candidate->policy->limits[0].count);
    }
    if (best == INT64_MAX)
        assert_false(whole->is_allowed);
}

static void
test_all(void **state)
{
    size_t allowed = 0;
    size_t used_up = 0;
    size_t asking = 0;

    (void)state;
    seed = 20260126;
    for (int round = 0; round < ROUNDS; round++) {
        struct world world;
        make_world(&world);
        struct signumd_decision first = judge(&world);
        check_removals(&world, &first);
        check_obligation(&world, &first);
        check_rank(&world, &first);
        check_order(&world, &first);
        allowed += first.is_allowed ? 1 : 0;
        used_up += first.is_used_up ? 1 : 0;
        asking += signumd_obligations_are_none(&first.obligations) ? 0 : 1;
        clear_world(&world);
    }
    /* a generator that gives only one answer would prove nothing */
    assert_in_range(allowed, ROUNDS / 5, ROUNDS * 4 / 5);
    assert_in_range(used_up, ROUNDS / 100, ROUNDS);
    assert_in_range(asking, ROUNDS / 10, ROUNDS);
}

/* Documents that were written are read as what they were: the same decisions. */
static void
test_written_and_read(void **state)
{
    (void)state;
    seed = 20260127;
    for (int round = 0; round < ROUNDS; round++) {
        struct signumd_policy policy;
        struct signumd_policy again;
        struct signumd_json_reader fault;
        struct signum_buf text;
        struct signum_buf other;
        signum_buf_init(&text, 4096);
        signum_buf_init(&other, 4096);
        make_policy(&policy, (size_t)round);
        signumd_policy_init(&again);
        signumd_policy_write(&policy, &text);
        assert_status(signumd_policy_read(signum_bytes_of_buf(&text), &again, &fault), SIGNUM_OK);
        signumd_policy_write(&again, &other);
        assert_string_equal(signum_buf_text(&text), signum_buf_text(&other));
        signumd_policy_clear(&policy);
        signumd_policy_clear(&again);
        signum_buf_clear(&text);
        signum_buf_clear(&other);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_written_and_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
