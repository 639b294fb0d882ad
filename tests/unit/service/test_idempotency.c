#include "fixture.h"

#include <string.h>

#include "http/idempotency.h"

#define NOW 10000000

static const struct signumd_idempotency_name name = {"alice", "key", "abc"};
static const uint8_t body[SIGNUMD_SHA256_LEN] = {1};
static const uint8_t other_body[SIGNUMD_SHA256_LEN] = {2};

static enum signum_status
add(const struct fixture *fixture, int64_t now, const char *answer)
{
    enum signum_status status = signumd_db_begin(fixture->db);

    assert_status(status, SIGNUM_OK);
    status = signumd_answers_add(fixture->db, &name, body, now, answer);
    return signumd_db_finish(fixture->db, status);
}

static enum signum_status
find(const struct fixture *fixture, const struct signumd_idempotency_name *wanted,
     const uint8_t *hash, int64_t now)
{
    struct signum_buf answer;

    signum_buf_init(&answer, 100);
    enum signum_status status = signumd_answers_find(fixture->db, wanted, hash, now, &answer);
    assert_string_equal(signum_buf_text(&answer), status == SIGNUM_OK ? "the answer" : "");
    signum_buf_clear(&answer);
    return status;
}

static void
test_header(void **state)
{
    char text[SIGNUMD_IDEMPOTENCY_KEY_MAX + 2];

    (void)state;
    memset(text, '~', sizeof text);
    text[SIGNUMD_IDEMPOTENCY_KEY_MAX] = '\0';
    assert_true(signumd_idempotency_is_valid(text));
    text[SIGNUMD_IDEMPOTENCY_KEY_MAX] = '~';
    text[SIGNUMD_IDEMPOTENCY_KEY_MAX + 1] = '\0';
    assert_false(signumd_idempotency_is_valid(text));
    assert_true(signumd_idempotency_is_valid("!"));
    assert_false(signumd_idempotency_is_valid(""));
    assert_false(signumd_idempotency_is_valid("a b"));
    assert_false(signumd_idempotency_is_valid("a\x7f"));
    assert_false(signumd_idempotency_is_valid("\xc3\xa4"));
}

static void
test_replay_and_mismatch(void **state)
{
    const struct fixture *fixture = *state;
    static const struct signumd_idempotency_name others[] = {
        {"bob", "key", "abc"}, {"alice", "other", "abc"}, {"alice", "key", "ABC"}};

    assert_status(find(fixture, &name, body, NOW), SIGNUM_NOT_FOUND);
    assert_status(add(fixture, NOW, "the answer"), SIGNUM_OK);
    assert_status(find(fixture, &name, body, NOW), SIGNUM_OK);
    assert_status(find(fixture, &name, other_body, NOW), SIGNUM_INVALID_ARGUMENT);
    for (size_t i = 0; i < 3; i++)
        assert_status(find(fixture, &others[i], body, NOW), SIGNUM_NOT_FOUND);
    assert_status(add(fixture, NOW, "another answer"), SIGNUM_KEY_EXISTS);
}

static void
test_expiry(void **state)
{
    const struct fixture *fixture = *state;
    int64_t last = NOW + SIGNUMD_IDEMPOTENCY_S - 1;
    int64_t rows = 0;

    assert_status(add(fixture, NOW, "the answer"), SIGNUM_OK);
    assert_status(find(fixture, &name, body, last), SIGNUM_OK);
    assert_status(find(fixture, &name, body, last + 1), SIGNUM_NOT_FOUND);
    assert_status(add(fixture, last + 1, "the answer"), SIGNUM_OK);
    assert_status(signumd_db_get_number(fixture->db, &rows, "SELECT count(*) FROM answers", ""),
                  SIGNUM_OK);
    assert_int_equal(rows, 1);
}

static void
test_running(void **state)
{
    struct signumd_running *running = NULL;
    static const struct signumd_idempotency_name other = {"alice", "key", "def"};

    (void)state;
    assert_status(signumd_running_new(&running), SIGNUM_OK);
    assert_status(signumd_running_begin(running, &name), SIGNUM_OK);
    assert_status(signumd_running_begin(running, &name), SIGNUM_SERVICE_BUSY);
    assert_status(signumd_running_begin(running, &other), SIGNUM_OK);
    signumd_running_end(running, &name);
    signumd_running_end(running, &name);
    assert_status(signumd_running_begin(running, &name), SIGNUM_OK);
    assert_status(signumd_running_begin(running, &other), SIGNUM_SERVICE_BUSY);
    signumd_running_free(&running);
    assert_null(running);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_running),
        cmocka_unit_test_setup_teardown(test_replay_and_mismatch, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_expiry, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
