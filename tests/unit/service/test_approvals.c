#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "approvals/approvals.h"

/* Requests that wait: their states, who moves them, and what happens at once. */

#define NOW 1000000
#define EXPIRES (NOW + 100)
#define THREADS 8

static char *group_names[] = {(char *)"legal", (char *)"release"};
static const struct signumd_texts both = {group_names, 2};
static const struct signumd_texts legal = {group_names, 1};
static const uint8_t body[SIGNUMD_SHA256_LEN] = {1};
static const uint8_t other_body[SIGNUMD_SHA256_LEN] = {2};

static void
make_wanted(struct signumd_approval *wanted, const char *user, uint8_t digest)
{
    signumd_approval_clear(wanted);
    signumd_approval_init(wanted);
    strcpy(wanted->user, user);
    strcpy(wanted->key_id, "id");
    strcpy(wanted->key, "release");
    wanted->version = 1;
    wanted->params.scheme = SIGNUM_SCHEME_RSA_PKCS1;
    wanted->params.hash = SIGNUM_HASH_SHA256;
    for (int i = 0; i < 32; i++)
        signum_buf_put_byte(&wanted->digest, digest);
    signum_buf_put_text(&wanted->context, "{\"machine\":\"m\"}");
    signum_buf_put_text(&wanted->reason, "for the release");
    wanted->expires = EXPIRES;
    assert_status(signumd_needs_add(&wanted->needs, 1, "legal"), SIGNUM_OK);
}

static enum signum_status
place(struct fixture *fixture, const char *name, const uint8_t *sha256, int64_t now,
    struct signumd_approval *wanted)
{
    const struct signumd_approval_name given = {name, sha256};

    return signumd_approvals_place(fixture->db, &signumd_actor_local, &given, now, wanted);
}

/* A new one of alice's for the digest; its identifier. */
static const char *
make(struct fixture *fixture, uint8_t digest, int64_t need)
{
    static char id[SIGNUMD_ID_SIZE];
    struct signumd_approval wanted;
    char name[] = {'n', (char)('A' + digest), 0};

    signumd_approval_init(&wanted);
    make_wanted(&wanted, "alice", digest);
    assert_status(signumd_needs_add(&wanted.needs, need, "legal"), SIGNUM_OK);
    assert_status(place(fixture, name, body, NOW, &wanted), SIGNUM_OK);
    assert_int_equal(wanted.state, SIGNUMD_APPROVAL_PENDING);
    memcpy(id, wanted.id, sizeof id);
    signumd_approval_clear(&wanted);
    return id;
}

static enum signum_status
vote(struct signumd_db *db, const char *id, const char *user, bool is_approval, int64_t now)
{
    const char *cause = NULL;
    const struct signumd_vote given = {id, {user, true, &legal}, is_approval, "why", now};

    return signumd_approvals_vote(db, &signumd_actor_local, &given, &cause);
}

static enum signumd_approval_state
state_of(struct fixture *fixture, const char *id, int64_t now)
{
    struct signumd_approval found;

    signumd_approval_init(&found);
    assert_status(signumd_approvals_find(fixture->db, id, now, &found), SIGNUM_OK);
    enum signumd_approval_state state = found.state;
    signumd_approval_clear(&found);
    return state;
}

static enum signum_status
settle(struct signumd_db *db, const char *id, int64_t now)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, signumd_approvals_settle(db, id, now, "{}"));
}

static void
test_is_kept_whole(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_approval found;
    const char *id = make(fixture, 1, 2);

    signumd_approval_init(&found);
    assert_status(signumd_approvals_find(fixture->db, id, NOW, &found), SIGNUM_OK);
    assert_string_equal(found.user, "alice");
    assert_string_equal(found.key, "release");
    assert_string_equal(found.key_id, "id");
    assert_int_equal(found.version, 1);
    assert_int_equal(found.params.scheme, SIGNUM_SCHEME_RSA_PKCS1);
    assert_int_equal(found.params.hash, SIGNUM_HASH_SHA256);
    assert_int_equal(found.digest.len, 32);
    assert_string_equal(signum_buf_text(&found.context), "{\"machine\":\"m\"}");
    assert_string_equal(signum_buf_text(&found.reason), "for the release");
    assert_int_equal(found.created, NOW);
    assert_int_equal(found.expires, EXPIRES);
    assert_int_equal(found.needs.items[0].need, 2);
    assert_status(signumd_approvals_find(fixture->db, "none", NOW, &found), SIGNUM_NOT_FOUND);
    signumd_approval_clear(&found);
    char *audit = fixture_audit_text(fixture);
    assert_non_null(strstr(audit, "request.create"));
    assert_non_null(strstr(audit, "\"reason\":\"for the release\",\"context\":{\"machine\""));
    free(audit);
}

static void
test_same_joins(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_approval wanted;
    char id[SIGNUMD_ID_SIZE];

    memcpy(id, make(fixture, 1, 1), sizeof id);
    signumd_approval_init(&wanted);
    make_wanted(&wanted, "alice", 1);
    assert_status(place(fixture, "second", body, NOW + 1, &wanted), SIGNUM_OK);
    assert_string_equal(wanted.id, id);
    make_wanted(&wanted, "alice", 1);
    assert_status(place(fixture, "second", other_body, NOW, &wanted), SIGNUM_INVALID_ARGUMENT);
    static const char *const differences[] = {"user", "version", "key", "salt", "digest", "late"};
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        make_wanted(&wanted, i == 0 ? "bob" : "alice", i == 4 ? 9 : 1);
        wanted.version += i == 1;
        if (i == 2)
            strcpy(wanted.key_id, "other");
        wanted.params.salt_len += i == 3;
        assert_status(
            place(fixture, differences[i], body, i == 5 ? EXPIRES : NOW, &wanted), SIGNUM_OK);
        if (strcmp(wanted.id, id) == 0)
            fail_msg("%s", differences[i]);
    }
    signumd_approval_clear(&wanted);
}

/* A policy that asks for more makes an approved request wait again. */
static void
test_more_is_needed_later(void **state)
{
    struct fixture *fixture = *state;
    struct signumd_approval wanted;
    const char *id = make(fixture, 1, 1);

    assert_status(vote(fixture->db, id, "carol", true, NOW), SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_APPROVED);
    signumd_approval_init(&wanted);
    make_wanted(&wanted, "alice", 1);
    assert_status(place(fixture, "later", body, NOW, &wanted), SIGNUM_OK);
    assert_int_equal(wanted.state, SIGNUMD_APPROVAL_APPROVED);
    make_wanted(&wanted, "alice", 1);
    assert_status(signumd_needs_add(&wanted.needs, 1, "release"), SIGNUM_OK);
    assert_status(place(fixture, "latest", body, NOW, &wanted), SIGNUM_OK);
    assert_int_equal(wanted.state, SIGNUMD_APPROVAL_PENDING);
    assert_int_equal(wanted.needs.count, 2);
    assert_status(settle(fixture->db, id, NOW), SIGNUM_NOT_FOUND);
    const char *cause = NULL;
    const struct signumd_vote given = {id, {"dave", true, &both}, true, NULL, NOW};
    assert_status(
        signumd_approvals_vote(fixture->db, &signumd_actor_local, &given, &cause), SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_APPROVED);
    signumd_approval_clear(&wanted);
}

static void
test_who_may(void **state)
{
    struct fixture *fixture = *state;
    const char *id = make(fixture, 1, 2);
    const struct signumd_texts none = {NULL, 0};
    const struct signumd_vote bad[] = {
        {id, {"alice", true, &legal}, true, NULL, NOW}, /* her own */
        {id, {"carol", false, &legal}, true, NULL, NOW},
        {id, {"carol", true, &none}, true, NULL, NOW},
        {id, {"carol", true, NULL}, false, NULL, NOW},
        {id, {"alice", true, &legal}, false, "no", NOW},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *cause = NULL;
        assert_status(signumd_approvals_vote(fixture->db, &signumd_actor_local, &bad[i], &cause),
            SIGNUM_DENIED);
        assert_true(strlen(cause) > 0);
    }
    assert_status(vote(fixture->db, "none", "carol", true, NOW), SIGNUM_NOT_FOUND);
    assert_status(vote(fixture->db, id, "carol", true, NOW), SIGNUM_OK);
    assert_status(vote(fixture->db, id, "carol", true, NOW), SIGNUM_OK); /* counts once */
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_PENDING);
    assert_status(vote(fixture->db, id, "dave", true, NOW), SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_APPROVED);
    assert_status(vote(fixture->db, id, "erin", true, NOW), SIGNUM_BAD_KEY_STATE);
    assert_status(vote(fixture->db, id, "carol", true, NOW), SIGNUM_OK);
    /* who approved may think better of it until it is signed */
    assert_status(vote(fixture->db, id, "carol", false, NOW), SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_REJECTED);
    assert_status(vote(fixture->db, id, "dave", false, NOW), SIGNUM_BAD_KEY_STATE);
    assert_status(settle(fixture->db, id, NOW), SIGNUM_NOT_FOUND);
}

static void
test_cancel(void **state)
{
    struct fixture *fixture = *state;
    const char *cause = NULL;
    const struct signumd_actor *actor = &signumd_actor_local;
    char id[SIGNUMD_ID_SIZE];

    memcpy(id, make(fixture, 1, 1), sizeof id);
    struct signumd_vote given = {id, {"carol", true, &legal}, false, "no", NOW};
    assert_status(
        signumd_approvals_cancel(fixture->db, actor, &given, false, &cause), SIGNUM_DENIED);
    given.voter.name = "alice";
    assert_status(signumd_approvals_cancel(fixture->db, actor, &given, false, &cause), SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_CANCELLED);
    assert_status(
        signumd_approvals_cancel(fixture->db, actor, &given, false, &cause), SIGNUM_BAD_KEY_STATE);
    memcpy(id, make(fixture, 2, 1), sizeof id);
    given.voter.name = "root";
    assert_status(signumd_approvals_cancel(fixture->db, actor, &given, true, &cause), SIGNUM_OK);
    given.subject = "none";
    assert_status(
        signumd_approvals_cancel(fixture->db, actor, &given, true, &cause), SIGNUM_NOT_FOUND);
}

/* The time decides, whether or not anybody has written it down. */
static void
test_expiry(void **state)
{
    struct fixture *fixture = *state;
    const char *cause = NULL;
    const char *id = make(fixture, 1, 1);
    const struct signumd_vote cancel = {id, {"alice", true, &legal}, false, NULL, EXPIRES};

    assert_int_equal(state_of(fixture, id, EXPIRES - 1), SIGNUMD_APPROVAL_PENDING);
    assert_int_equal(state_of(fixture, id, EXPIRES), SIGNUMD_APPROVAL_EXPIRED);
    assert_status(vote(fixture->db, id, "carol", true, EXPIRES), SIGNUM_TIMEOUT);
    assert_status(
        signumd_approvals_cancel(fixture->db, &signumd_actor_local, &cancel, false, &cause),
        SIGNUM_TIMEOUT);
    assert_status(vote(fixture->db, id, "carol", true, EXPIRES - 1), SIGNUM_OK);
    assert_status(settle(fixture->db, id, EXPIRES), SIGNUM_NOT_FOUND);
    assert_status(signumd_approvals_sweep(fixture->db, EXPIRES - 1), SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, EXPIRES - 1), SIGNUMD_APPROVAL_APPROVED);
    assert_status(signumd_approvals_sweep(fixture->db, EXPIRES), SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_EXPIRED);
    assert_status(signumd_approvals_sweep(fixture->db, EXPIRES), SIGNUM_OK);
    char *audit = fixture_audit_text(fixture);
    char *first = strstr(audit, "request.expire");
    assert_non_null(first);
    assert_null(strstr(first + 1, "request.expire"));
    free(audit);
}

static void
test_settled_once(void **state)
{
    struct fixture *fixture = *state;
    const char *id = make(fixture, 1, 1);

    assert_status(settle(fixture->db, id, NOW), SIGNUM_NOT_FOUND);
    assert_status(vote(fixture->db, id, "carol", true, NOW), SIGNUM_OK);
    assert_status(settle(fixture->db, id, NOW), SIGNUM_OK);
    assert_status(settle(fixture->db, id, NOW), SIGNUM_NOT_FOUND);
    assert_int_equal(state_of(fixture, id, EXPIRES + 1), SIGNUMD_APPROVAL_SIGNED);
    assert_status(vote(fixture->db, id, "carol", false, NOW), SIGNUM_BAD_KEY_STATE);
}

static void
test_user_goes(void **state)
{
    struct fixture *fixture = *state;
    char id[SIGNUMD_ID_SIZE];

    memcpy(id, make(fixture, 1, 1), sizeof id);
    (void)make(fixture, 2, 1);
    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    assert_status(signumd_db_finish(fixture->db,
                      signumd_approvals_forget(fixture->db, &signumd_actor_local, "alice")),
        SIGNUM_OK);
    assert_int_equal(state_of(fixture, id, NOW), SIGNUMD_APPROVAL_CANCELLED);
    int64_t open = 1;
    assert_status(signumd_db_get_number(fixture->db, &open,
                      "SELECT count(*) FROM approvals WHERE state = 'pending'", ""),
        SIGNUM_OK);
    assert_int_equal(open, 0);
}

struct racer {
    struct fixture *fixture;
    const char *id;
    int index;
    enum signum_status status;
};

/* Even ones approve, odd ones reject, all at once, each with a connection of its own. */
static void *
race(void *context)
{
    struct racer *racer = context;
    struct signumd_db *db = NULL;
    const char user[] = {'v', (char)('0' + racer->index), 0};

    racer->status = signumd_db_open(racer->fixture->path, false, &db);
    if (racer->status == SIGNUM_OK)
        racer->status = vote(db, racer->id, user, racer->index % 2 == 0, NOW);
    if (racer->index % 2 == 0 && racer->status == SIGNUM_OK)
        racer->status = settle(db, racer->id, NOW);
    signumd_db_close(&db);
    return NULL;
}

static void
test_approve_against_reject(void **state)
{
    struct fixture *fixture = *state;

    for (uint8_t round = 0; round < 10; round++) {
        pthread_t threads[THREADS];
        struct racer racers[THREADS];
        const char *id = make(fixture, round, 1);
        int signed_count = 0;
        int rejected_count = 0;
        for (int i = 0; i < THREADS; i++) {
            racers[i] = (struct racer){fixture, id, i, SIGNUM_OK};
            assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            signed_count += i % 2 == 0 && racers[i].status == SIGNUM_OK;
            rejected_count += i % 2 == 1 && racers[i].status == SIGNUM_OK;
        }
        assert_int_equal(signed_count + rejected_count, 1);
        assert_int_equal(state_of(fixture, id, NOW),
            signed_count == 1 ? SIGNUMD_APPROVAL_SIGNED : SIGNUMD_APPROVAL_REJECTED);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_is_kept_whole),
        TEST(test_same_joins),
        TEST(test_more_is_needed_later),
        TEST(test_who_may),
        TEST(test_cancel),
        TEST(test_expiry),
        TEST(test_settled_once),
        TEST(test_user_goes),
        TEST(test_approve_against_reject),
    };

    return cmocka_run_group_tests_name("approvals", tests, NULL, NULL);
}
