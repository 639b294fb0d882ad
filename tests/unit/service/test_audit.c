#include "fixture.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define NO_TRIGGERS "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"
#define RECORDS 5

static int
open_with_records(void **state)
{
    if (fixture_open(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    for (int i = 0; i < RECORDS; i++)
        if (signumd_audit_event(fixture->db, "test.event") != SIGNUM_OK)
            return -1;
    return 0;
}

static struct signumd_audit_report
verify(const struct fixture *fixture)
{
    struct signumd_audit_report report;

    assert_status(signumd_audit_verify(fixture->db, &report), SIGNUM_OK);
    return report;
}

static void
test_good_log(void **state)
{
    struct signumd_audit_report report = verify(*state);

    assert_null(report.fault);
    assert_int_equal(report.bad_index, -1);
    assert_int_equal(report.count, RECORDS);
    assert_int_equal(strlen(report.chain), 64);
}

static void
test_empty_log(void **state)
{
    struct signumd_audit_report report = verify(*state);

    assert_null(report.fault);
    assert_int_equal(report.count, 0);
}

/* The definition of the chain, by another hand: records whose hashes OpenSSL's command gave. */
static void
test_known_values(void **state)
{
    const struct fixture *fixture = *state;
    struct signum_buf body;
    int64_t index = -1;

    signum_buf_init(&body, 100);
    signum_buf_put_text(&body, "{\"a\":1}");
    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    enum signum_status status = signumd_audit_append(fixture->db, &body, &index);
    assert_status(signumd_db_finish(fixture->db, status), SIGNUM_OK);
    assert_int_equal(index, 0);
    signum_buf_clear(&body);
    char *text = fixture_audit_text(fixture);
    assert_non_null(strstr(text, "\"leaf\":\"c7261463ebd776f4650b6d0fe942d9cc"
                                 "38c925d90f77d440ab6df8d5dd258c5f\""));
    assert_non_null(strstr(text, "\"chain\":\"37c086d32b1f152e01511484813cc939"
                                 "e3a7870f95bc573da2677f64001f764b\""));
    free(text);
}

struct forgery {
    const char *sql;
    int64_t bad_index;
    int64_t good_count;
};

static const struct forgery forgeries[] = {
    {"UPDATE audit SET body = replace(body, 'test.event', 'TEST.event') WHERE idx = 2", 2, 2},
    {"UPDATE audit SET body = body || ' ' WHERE idx = 0", 0, 0},
    {"UPDATE audit SET body = body || char(0) || 'x' WHERE idx = 1", 1, 1},
    {"UPDATE audit SET leaf = zeroblob(32) WHERE idx = 3", 3, 3},
    {"UPDATE audit SET leaf = x'00' WHERE idx = 3", 3, 3},
    {"UPDATE audit SET chain = zeroblob(32) WHERE idx = 4", 4, 4},
    {"UPDATE audit SET chain = x'' WHERE idx = 1", 1, 1},
    {"DELETE FROM audit WHERE idx = 0", 0, 0},
    {"DELETE FROM audit WHERE idx = 2", 2, 2},
    {"DELETE FROM audit WHERE idx = 4", 4, 4},
    {"DELETE FROM audit WHERE idx >= 1", 1, 1},
    {"DELETE FROM audit", 0, 0},
    {"UPDATE audit SET idx = 9 WHERE idx = 4", 4, 4},
    {"UPDATE audit SET idx = -1 WHERE idx = 0", 0, 0},
    {"UPDATE audit SET idx = 99 WHERE idx = 1; UPDATE audit SET idx = 1 WHERE idx = 2;"
     "UPDATE audit SET idx = 2 WHERE idx = 99",
     1, 1},
    {"INSERT INTO audit SELECT 5, body, leaf, chain FROM audit WHERE idx = 4", 5, 5},
    {"UPDATE audit_head SET count = 4", 4, 5},
    {"UPDATE audit_head SET chain = zeroblob(32)", 5, 5},
    {"DELETE FROM audit WHERE idx = 4; UPDATE audit_head SET count = 4", 4, 4},
};

static void
test_forgeries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        void *own = NULL;
        assert_int_equal(open_with_records(&own), 0);
        fixture_tamper(own, NO_TRIGGERS);
        fixture_tamper(own, forgeries[i].sql);
        struct signumd_audit_report report = verify(own);
        if (report.fault == NULL || report.bad_index != forgeries[i].bad_index)
            fail_msg("%s: bad index %lld", forgeries[i].sql, (long long)report.bad_index);
        assert_int_equal(report.count, forgeries[i].good_count);
        fixture_close(&own);
    }
}

/* What a chain without a witness cannot see, as audit.h says: tail and head cut off together. */
static void
test_known_limit(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_audit_report before = verify(fixture);

    fixture_tamper(fixture,
                   NO_TRIGGERS "DELETE FROM audit WHERE idx = 4; UPDATE audit_head SET count = 4,"
                               " chain = (SELECT chain FROM audit WHERE idx = 3)");
    struct signumd_audit_report after = verify(fixture);
    assert_null(after.fault);
    assert_string_not_equal(before.chain, after.chain);
}

static void
test_database_refuses_changes(void **state)
{
    static const char *const changes[] = {"UPDATE audit SET body = 'x' WHERE idx = 0",
                                          "DELETE FROM audit WHERE idx = 0"};
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < 2; i++)
        assert_int_not_equal(signumd_db_run(fixture->db, changes[i], ""), SIGNUM_OK);
    assert_null(verify(fixture).fault);
}

static void
test_rolled_back_record_is_gone(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor *actor = &signumd_actor_local;

    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    assert_status(signumd_audit_change(fixture->db, actor, "x", "a", "b", NULL), SIGNUM_OK);
    assert_status(signumd_db_finish(fixture->db, SIGNUM_DENIED), SIGNUM_DENIED);
    struct signumd_audit_report report = verify(fixture);
    assert_null(report.fault);
    assert_int_equal(report.count, RECORDS);
}

/* A head that was set back must not let a new record replace an old one. */
static void
test_head_set_back(void **state)
{
    const struct fixture *fixture = *state;

    fixture_tamper(fixture, "UPDATE audit_head SET count = 2");
    assert_status(signumd_audit_event(fixture->db, "x"), SIGNUM_INTERNAL);
    assert_int_equal(verify(fixture).bad_index, 2);
}

static void
test_hostile_text_stays_json(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor actor = {"a\"b\\c\n", "t", "r", "\xff\xfe"};
    struct cJSON *document = NULL;

    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    enum signum_status status =
        signumd_audit_change(fixture->db, &actor, "x", "a", "\xc3\x28", NULL);
    assert_status(signumd_db_finish(fixture->db, status), SIGNUM_OK);
    char *text = fixture_audit_text(fixture);
    assert_status(signumd_json_parse(signum_bytes_of_text(text), &document), SIGNUM_OK);
    assert_non_null(strstr(text, "a\\\"b\\\\c\\u000a"));
    signumd_json_free(&document);
    free(text);
}

static void
test_paging(void **state)
{
    const struct fixture *fixture = *state;
    struct signum_buf text;
    struct signumd_json_writer writer;
    int64_t next = 0;

    signum_buf_init(&text, 100000);
    signumd_json_start(&writer, &text);
    assert_status(signumd_audit_write_list(fixture->db, -1, 2, &writer, &next), SIGNUM_OK);
    assert_int_equal(next, 1);
    assert_status(signumd_audit_write_list(fixture->db, 1, 3, &writer, &next), SIGNUM_OK);
    assert_int_equal(next, -1);
    assert_status(signumd_audit_write_list(fixture->db, 4, 3, &writer, &next), SIGNUM_OK);
    assert_int_equal(next, -1);
    signum_buf_clear(&text);
}

#define WITH(test, setup) cmocka_unit_test_setup_teardown(test, setup, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_good_log, open_with_records),
        WITH(test_empty_log, fixture_open),
        WITH(test_known_values, fixture_open),
        cmocka_unit_test(test_forgeries),
        WITH(test_known_limit, open_with_records),
        WITH(test_database_refuses_changes, open_with_records),
        WITH(test_rolled_back_record_is_gone, open_with_records),
        WITH(test_head_set_back, open_with_records),
        WITH(test_hostile_text_stays_json, fixture_open),
        WITH(test_paging, open_with_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
