#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keys/pin_gate.h"

#define NOW 1000000
#define MAX 3

static const struct signumd_actor alice = {
    .user = "alice", .token = "0123456789abcdef", .request = "request", .address = "127.0.0.1"};
static const struct signumd_actor bob = {
    .user = "bob", .token = "0123456789abcdef", .request = "request", .address = "127.0.0.1"};

static struct signum_bytes
text(const char *value)
{
    return signum_bytes_of_text(value);
}

static unsigned
flags_of(const struct fixture *fixture, const char *name)
{
    struct signumd_key key;

    signumd_key_init(&key);
    assert_status(signumd_keys_find(fixture->db, name, &key), SIGNUM_OK);
    unsigned flags = key.flags;
    signumd_key_clear(&key);
    return flags;
}

static void
test_faults(void **state)
{
    char longest[SIGNUMD_PIN_MAX + 2];

    (void)state;
    memset(longest, 'x', sizeof longest);
    assert_null(signumd_pin_fault(text("1234")));
    assert_null(signumd_pin_fault(text("\xc3\xa4\xc3\xb6")));
    assert_null(signumd_pin_fault((struct signum_bytes){(uint8_t *)longest, SIGNUMD_PIN_MAX}));
    assert_non_null(
        signumd_pin_fault((struct signum_bytes){(uint8_t *)longest, SIGNUMD_PIN_MAX + 1}));
    assert_non_null(signumd_pin_fault(text("123")));
    assert_non_null(signumd_pin_fault(text("")));
    assert_non_null(signumd_pin_fault(text("12\n4")));
    assert_non_null(signumd_pin_fault(text("123\x7f")));
    assert_non_null(signumd_pin_fault(text("123\xff")));
}

static void
test_set_and_clear(void **state)
{
    const struct fixture *fixture = *state;
    const unsigned need_pin = SIGNUMD_KEY_FLAG_BIT(SIGNUMD_KEY_NEED_PIN);
    struct signumd_pin first;
    struct signumd_pin second;

    fixture_add_key(fixture, "one");
    assert_status(signumd_pins_clear(fixture->db, &alice, "one"), SIGNUM_NOT_FOUND);
    assert_status(
        signumd_pins_set(fixture->db, &alice, "none", text("1234")), SIGNUM_KEY_NOT_FOUND);
    assert_status(
        signumd_pins_set(fixture->db, &alice, "one", text("123")), SIGNUM_INVALID_ARGUMENT);
    assert_status(signumd_pins_find(fixture->db, "one", &first), SIGNUM_NOT_FOUND);
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    assert_int_equal(flags_of(fixture, "one"), need_pin);
    assert_status(signumd_pins_find(fixture->db, "one", &first), SIGNUM_OK);
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    assert_status(signumd_pins_find(fixture->db, "one", &second), SIGNUM_OK);
    assert_memory_not_equal(first.salt, second.salt, sizeof first.salt);
    assert_memory_not_equal(first.hash, second.hash, sizeof first.hash);
    assert_true(first.cost.n >= 16384);
    char *audit = fixture_audit_text(fixture);
    assert_non_null(strstr(audit, "\"action\":\"pin.set\""));
    assert_null(strstr(audit, "1234\""));
    free(audit);
    assert_status(signumd_pins_clear(fixture->db, &alice, "one"), SIGNUM_OK);
    assert_int_equal(flags_of(fixture, "one"), 0);
    assert_status(signumd_pins_find(fixture->db, "one", &first), SIGNUM_NOT_FOUND);
}

static void
test_a_flag_needs_a_pin(void **state)
{
    const struct fixture *fixture = *state;
    const unsigned both =
        SIGNUMD_KEY_FLAG_BIT(SIGNUMD_KEY_NEED_PIN) | SIGNUMD_KEY_FLAG_BIT(SIGNUMD_KEY_USAGE_REASON);
    struct signumd_key_change change = {.has_flags = true, .flags = both};

    fixture_add_key(fixture, "one");
    assert_status(signumd_keys_change(fixture->db, &alice, "one", &change), SIGNUM_BAD_KEY_STATE);
    assert_int_equal(flags_of(fixture, "one"), 0);
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    assert_status(signumd_keys_change(fixture->db, &alice, "one", &change), SIGNUM_OK);
    assert_int_equal(flags_of(fixture, "one"), both);
    change.flags = 0;
    assert_status(signumd_keys_change(fixture->db, &alice, "one", &change), SIGNUM_OK);
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("5678")), SIGNUM_OK);
    assert_int_equal(flags_of(fixture, "one"), 0); /* somebody did not want the flag */
    assert_status(signumd_keys_change(fixture->db, &alice, "none", &change), SIGNUM_KEY_NOT_FOUND);
}

/* One wrong try, in a transaction as the caller has to. */
static struct signumd_pin_tries
try_wrong(const struct fixture *fixture, const struct signumd_actor *actor, int64_t now)
{
    struct signumd_key key;
    struct signumd_pin_tries tries;

    signumd_key_init(&key);
    assert_status(signumd_keys_find(fixture->db, "one", &key), SIGNUM_OK);
    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    enum signum_status status =
        signumd_pins_count_wrong(fixture->db, actor, &key, MAX, now, &tries);
    assert_status(signumd_db_finish(fixture->db, status), SIGNUM_OK);
    signumd_key_clear(&key);
    return tries;
}

static void
test_locks_grow(void **state)
{
    static const int64_t expected[] = {0, 0, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360,
        SIGNUMD_PIN_LOCKED_FOR_GOOD, SIGNUMD_PIN_LOCKED_FOR_GOOD};
    const struct fixture *fixture = *state;
    struct signumd_pin_tries tries;

    fixture_add_key(fixture, "one");
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        tries = try_wrong(fixture, &alice, NOW);
        assert_int_equal(tries.wrong, i + 1);
        assert_int_equal(tries.locked_until, expected[i] > 0 ? NOW + expected[i] : expected[i]);
    }
    assert_status(
        signumd_pins_get_tries(fixture->db, "one", "alice", NOW * 1000, &tries), SIGNUM_OK);
    assert_int_equal(tries.locked_until, SIGNUMD_PIN_LOCKED_FOR_GOOD);
    /* nobody else is locked */
    assert_status(signumd_pins_get_tries(fixture->db, "one", "bob", NOW, &tries), SIGNUM_OK);
    assert_int_equal(tries.wrong, 0);
    assert_int_equal(tries.locked_until, 0);
}

static void
test_a_lock_ends(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_pin_tries tries;
    struct signumd_key key;

    fixture_add_key(fixture, "one");
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    for (int i = 0; i < MAX; i++)
        tries = try_wrong(fixture, &alice, NOW);
    assert_status(signumd_pins_get_tries(fixture->db, "one", "alice", NOW + 59, &tries), SIGNUM_OK);
    assert_int_equal(tries.locked_until, NOW + 60);
    assert_status(signumd_pins_get_tries(fixture->db, "one", "alice", NOW + 60, &tries), SIGNUM_OK);
    assert_int_equal(tries.locked_until, 0);
    assert_int_equal(tries.wrong, MAX); /* the next wrong one locks again */
    signumd_key_init(&key);
    assert_status(signumd_keys_find(fixture->db, "one", &key), SIGNUM_OK);
    assert_status(signumd_pins_count_right(fixture->db, &alice, &key), SIGNUM_OK);
    signumd_key_clear(&key);
    assert_int_equal(try_wrong(fixture, &alice, NOW).wrong, 1);
}

static void
test_unlock(void **state)
{
    const struct fixture *fixture = *state;
    struct signum_buf document;

    fixture_add_key(fixture, "one");
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    (void)try_wrong(fixture, &alice, NOW);
    for (int i = 0; i < MAX; i++)
        (void)try_wrong(fixture, &bob, NOW);
    assert_status(signumd_pins_unlock(fixture->db, &alice, "one", "carol"), SIGNUM_OK);
    signum_buf_init(&document, 4096);
    assert_status(signumd_pins_write(fixture->db, "one", NOW, &document), SIGNUM_OK);
    assert_non_null(strstr(signum_buf_text(&document),
        "\"wrong_total\":4,\"users\":[{\"user\":\"alice\",\"wrong\":1,\"locked_until\":null},"
        "{\"user\":\"bob\",\"wrong\":3,\"locked_until\":\"1970-01-12T13:47:40Z\"}]}"));
    assert_status(signumd_pins_unlock(fixture->db, &alice, "one", "bob"), SIGNUM_OK);
    assert_int_equal(try_wrong(fixture, &alice, NOW).wrong, 2);
    assert_int_equal(try_wrong(fixture, &bob, NOW).wrong, 1);
    assert_status(signumd_pins_unlock(fixture->db, &alice, "one", NULL), SIGNUM_OK);
    assert_int_equal(try_wrong(fixture, &alice, NOW).wrong, 1);
    assert_status(signumd_pins_unlock(fixture->db, &alice, "none", NULL), SIGNUM_KEY_NOT_FOUND);
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("4321")), SIGNUM_OK);
    assert_int_equal(try_wrong(fixture, &alice, NOW).wrong, 1);
    signum_buf_clear(&document);
}

/* Without its record no try is counted, no PIN set and no lock ended. */
static void
test_no_record_no_change(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_pin before;
    struct signumd_pin after;

    fixture_add_key(fixture, "one");
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    (void)try_wrong(fixture, &alice, NOW);
    assert_status(signumd_pins_find(fixture->db, "one", &before), SIGNUM_OK);
    fixture_tamper(fixture, "ALTER TABLE audit_head RENAME TO gone");
    assert_int_not_equal(signumd_pins_set(fixture->db, &alice, "one", text("5678")), SIGNUM_OK);
    assert_int_not_equal(signumd_pins_clear(fixture->db, &alice, "one"), SIGNUM_OK);
    assert_int_not_equal(signumd_pins_unlock(fixture->db, &alice, "one", NULL), SIGNUM_OK);
    fixture_tamper(fixture, "ALTER TABLE gone RENAME TO audit_head");
    assert_status(signumd_pins_find(fixture->db, "one", &after), SIGNUM_OK);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(try_wrong(fixture, &alice, NOW).wrong, 2);
}

static void
test_gate(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_pin_gate *gate = NULL;
    struct signumd_pin pin;
    bool is_right = true;

    fixture_add_key(fixture, "one");
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    assert_status(signumd_pins_find(fixture->db, "one", &pin), SIGNUM_OK);
    assert_status(signumd_pin_gate_new(1, &gate), SIGNUM_OK);
    assert_status(signumd_pin_gate_enter(gate), SIGNUM_OK);
    assert_status(signumd_pin_gate_enter(gate), SIGNUM_SERVICE_BUSY);
    assert_status(signumd_pin_gate_compare(gate, "one", &pin, text("1235"), &is_right), SIGNUM_OK);
    assert_false(is_right);
    assert_false(signumd_pin_gate_knows(gate, "one", &pin, text("1235")));
    assert_false(signumd_pin_gate_knows(gate, "one", &pin, text("1234")));
    assert_status(signumd_pin_gate_compare(gate, "one", &pin, text("1234"), &is_right), SIGNUM_OK);
    assert_true(is_right);
    signumd_pin_gate_leave(gate);
    assert_true(signumd_pin_gate_knows(gate, "one", &pin, text("1234")));
    assert_false(signumd_pin_gate_knows(gate, "one", &pin, text("12345")));
    assert_false(signumd_pin_gate_knows(gate, "two", &pin, text("1234")));
    pin.hash[0] ^= 1; /* another PIN was set */
    assert_false(signumd_pin_gate_knows(gate, "one", &pin, text("1234")));
    assert_status(signumd_pin_gate_enter(gate), SIGNUM_OK);
    pin.cost.n = 3; /* no power of two */
    assert_status(
        signumd_pin_gate_compare(gate, "one", &pin, text("1234"), &is_right), SIGNUM_CRYPTO);
    signumd_pin_gate_leave(gate);
    signumd_pin_gate_free(&gate);
    signumd_pin_gate_free(&gate);
}

/* Keys of a database from before there were flags demand nothing. */
static void
test_old_database(void **state)
{
    struct fixture *fixture = *state;

    fixture_make_old(fixture, 3);
    fixture_tamper(fixture,
        "INSERT INTO keys (id, name, version, algorithm, curve, bits, spki, token_id, token_label,"
        " is_enabled, created) VALUES ('one', 'one', 1, 'rsa', NULL, 2048, x'3000', x'01', 'one',"
        " 1, 1)");
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
    assert_int_equal(flags_of(fixture, "one"), 0);
    assert_status(signumd_pins_set(fixture->db, &alice, "one", text("1234")), SIGNUM_OK);
    assert_int_equal(try_wrong(fixture, &alice, NOW).wrong, 1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        WITH(test_set_and_clear),
        WITH(test_a_flag_needs_a_pin),
        WITH(test_locks_grow),
        WITH(test_a_lock_ends),
        WITH(test_unlock),
        WITH(test_no_record_no_change),
        WITH(test_gate),
        WITH(test_old_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
