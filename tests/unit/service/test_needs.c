#include "fixture.h"

#include <string.h>

#include "approvals/needs.h"

/* Who counts for what: the pure part, and votes as they are stored. */

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static struct signumd_needs
needs_of(int64_t a, int64_t b, int64_t c)
{
    struct signumd_needs needs = {.count = 0};

    if (a > 0)
        assert_status(signumd_needs_add(&needs, a, "a"), SIGNUM_OK);
    if (b > 0)
        assert_status(signumd_needs_add(&needs, b, "b"), SIGNUM_OK);
    if (c > 0)
        assert_status(signumd_needs_add(&needs, c, "c"), SIGNUM_OK);
    return needs;
}

static void
test_add(void **state)
{
    struct signumd_needs needs = {.count = 0};
    char name[2] = "a";

    (void)state;
    assert_status(signumd_needs_add(&needs, 2, "a"), SIGNUM_OK);
    assert_status(signumd_needs_add(&needs, 1, "a"), SIGNUM_OK);
    assert_int_equal(needs.items[0].need, 2);
    assert_status(signumd_needs_add(&needs, 3, "a"), SIGNUM_OK);
    assert_int_equal(needs.items[0].need, 3);
    assert_int_equal(needs.count, 1);
    assert_status(signumd_needs_add(&needs, 0, "b"), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_needs_add(&needs, -1, "b"), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_needs_add(&needs, SIGNUMD_NEED_MAX + 1, "b"), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_needs_add(&needs, 1, "a b"), SIGNUM_INVALID_ARGUMENT);
    for (char c = 'b'; needs.count < SIGNUMD_NEEDS_MAX; c++) {
        name[0] = c;
        assert_status(signumd_needs_add(&needs, 1, name), SIGNUM_OK);
    }
    assert_status(signumd_needs_add(&needs, 1, "z"), SIGNUM_TOO_LARGE);
    assert_status(signumd_needs_add(&needs, 1, "a"), SIGNUM_OK);
}

/* The bits of a mask: 1 is group a, 2 is b, 4 is c. */
static void
test_count(void **state)
{
    static const struct {
        int64_t need[3];
        unsigned masks[5];
        size_t count;
        bool is_met;
    } rows[] = {
        {{1, 0, 0}, {0}, 0, false},
        {{1, 0, 0}, {1}, 1, true},
        {{2, 0, 0}, {1}, 1, false},
        {{2, 0, 0}, {1, 1}, 2, true},
        {{2, 0, 0}, {1, 0}, 2, false},
        {{1, 1, 0}, {3}, 1, false}, /* one person in both groups counts once */
        {{1, 1, 0}, {3, 3}, 2, true},
        {{1, 1, 0}, {3, 1}, 2, true}, /* in either order: the first one moves over */
        {{1, 1, 0}, {1, 3}, 2, true},
        {{1, 1, 0}, {1, 1}, 2, false},
        {{1, 1, 1}, {3, 6, 1}, 3, true}, /* a chain of moves */
        {{1, 1, 1}, {7, 1, 1}, 3, false},
        {{2, 1, 1}, {1, 3, 7, 4}, 4, true},
        {{2, 1, 1}, {1, 1, 7, 1}, 4, false}, /* b or c has nobody */
        {{2, 2, 0}, {3, 3, 3}, 3, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct signumd_needs needs = needs_of(rows[i].need[0], rows[i].need[1], rows[i].need[2]);
        signumd_needs_count(&needs, rows[i].masks, rows[i].count);
        if (signumd_needs_are_met(&needs) != rows[i].is_met)
            fail_msg("row %zu", i);
        size_t used = 0;
        for (size_t g = 0; g < needs.count; g++) {
            assert_true(needs.items[g].have <= needs.items[g].need);
            used += (size_t)needs.items[g].have;
        }
        assert_true(used <= rows[i].count);
    }
    const struct signumd_needs none = {.count = 0};
    assert_false(signumd_needs_are_met(&none));
}

/* By a simple count of sets: Hall's condition says exactly when a matching exists. */
static bool
is_possible(const struct signumd_needs *needs, const unsigned *masks, size_t count)
{
    for (unsigned set = 1; set < 1u << needs->count; set++) {
        int64_t wanted = 0;
        int64_t there = 0;
        for (size_t g = 0; g < needs->count; g++)
            wanted += (set & (1u << g)) != 0 ? needs->items[g].need : 0;
        for (size_t i = 0; i < count; i++)
            there += (masks[i] & set) != 0 ? 1 : 0;
        if (there < wanted)
            return false;
    }
    return true;
}

static void
test_count_agrees_with_hall(void **state)
{
    uint32_t seed = 7;
    unsigned masks[6];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < COUNT_OF(masks); i++) {
            seed = seed * 1664525u + 1013904223u;
            masks[i] = (seed >> 16) & 7u;
        }
        struct signumd_needs needs =
            needs_of(1 + (seed >> 8) % 3, 1 + (seed >> 12) % 3, 1 + (seed >> 20) % 2);
        signumd_needs_count(&needs, masks, COUNT_OF(masks));
        if (signumd_needs_are_met(&needs) != is_possible(&needs, masks, COUNT_OF(masks)))
            fail_msg("round %d", round);
    }
}

static struct signumd_vote
vote_of(const char *user, const struct signumd_texts *groups, bool is_approval)
{
    return (struct signumd_vote){"subject", {user, true, groups}, is_approval, "because", 1000};
}

static void
store(struct signumd_db *db, const struct signumd_needs *needs, const struct signumd_vote *vote)
{
    assert_status(signumd_db_begin(db), SIGNUM_OK);
    assert_status(signumd_needs_store(db, "subject", needs), SIGNUM_OK);
    assert_status(signumd_db_finish(db, signumd_votes_store(db, vote, needs)), SIGNUM_OK);
}

static void
test_stored_votes(void **state)
{
    struct fixture *fixture = *state;
    char *both[] = {(char *)"a", (char *)"b", (char *)"unasked"};
    const struct signumd_texts in_both = {both, 3};
    const struct signumd_texts in_a = {both, 1};
    const struct signumd_needs needs = needs_of(1, 1, 0);
    struct signumd_needs found;
    bool has = true;

    struct signumd_vote vote = vote_of("carol", &in_both, true);
    store(fixture->db, &needs, &vote);
    assert_status(signumd_needs_load(fixture->db, "subject", &found), SIGNUM_OK);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0].have + found.items[1].have, 1);
    vote = vote_of("dave", &in_a, true);
    store(fixture->db, &needs, &vote);
    assert_status(signumd_needs_load(fixture->db, "subject", &found), SIGNUM_OK);
    assert_true(signumd_needs_are_met(&found));
    assert_status(signumd_needs_weigh(fixture->db, "subject", "dave", &found), SIGNUM_OK);
    assert_false(signumd_needs_are_met(&found));
    /* a group that nobody asked for when the vote was given is not remembered */
    struct signumd_needs other = {.count = 0};
    assert_status(signumd_needs_add(&other, 1, "unasked"), SIGNUM_OK);
    assert_status(signumd_needs_weigh(fixture->db, "subject", "", &other), SIGNUM_OK);
    assert_int_equal(other.items[0].have, 0);
    /* who rejects after all has not approved */
    vote = vote_of("carol", &in_both, false);
    store(fixture->db, &needs, &vote);
    assert_status(signumd_votes_has(fixture->db, "subject", "carol", &has), SIGNUM_OK);
    assert_false(has);
    assert_status(signumd_votes_has(fixture->db, "subject", "dave", &has), SIGNUM_OK);
    assert_true(has);
    assert_status(signumd_needs_load(fixture->db, "subject", &found), SIGNUM_OK);
    assert_false(signumd_needs_are_met(&found));
}

static void
test_who_may_vote(void **state)
{
    char *names[] = {(char *)"a"};
    const struct signumd_texts in_a = {names, 1};
    const struct signumd_needs needs_a = needs_of(1, 0, 0);
    const struct signumd_needs needs_b = needs_of(0, 1, 0);
    struct signumd_needs any = {.count = 0};
    const struct signumd_voter approver = {"carol", true, &in_a};
    const struct signumd_voter signer = {"sam", false, &in_a};
    const struct signumd_voter lonely = {"lea", true, NULL};

    (void)state;
    assert_status(signumd_needs_add(&any, 1, ""), SIGNUM_OK);
    assert_true(signumd_needs_has_voter(&needs_a, &approver));
    assert_false(signumd_needs_has_voter(&needs_b, &approver));
    assert_false(signumd_needs_has_voter(&needs_a, &signer));
    assert_false(signumd_needs_has_voter(&needs_a, &lonely));
    assert_true(signumd_needs_has_voter(&any, &lonely));
    assert_false(signumd_needs_has_voter(&any, &signer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_add),
        TEST(test_count),
        TEST(test_count_agrees_with_hall),
        TEST(test_stored_votes),
        TEST(test_who_may_vote),
    };

    return cmocka_run_group_tests_name("needs", tests, NULL, NULL);
}
