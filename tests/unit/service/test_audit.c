#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_TRIGGERS                                                                       \
    "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"                                  \
    "DROP TRIGGER audit_nodes_no_update; DROP TRIGGER audit_nodes_no_delete;"                      \
    "DROP TRIGGER audit_search_no_update; DROP TRIGGER audit_search_no_delete;"                    \
    "DROP TRIGGER audit_chain_no_update; DROP TRIGGER audit_chain_no_delete;"
#define RECORDS 5

static int
open_with_records(void **state)
{
    if (fixture_open(state) != 0)
        return -1;
    const struct fixture *fixture = *state;
    for (int i = 0; i < RECORDS; i++) {
        char action[32];
        (void)snprintf(action, sizeof action, "test.event%d", i);
        if (signumd_audit_event(fixture->db, action) != SIGNUM_OK)
            return -1;
    }
    return 0;
}

static struct signumd_audit_report
verify(const struct fixture *fixture)
{
    struct signumd_audit_report report;

    assert_status(signumd_audit_verify(fixture->db, NULL, &report), SIGNUM_OK);
    return report;
}

static void
test_good_log(void **state)
{
    struct signumd_audit_report report = verify(*state);

    assert_null(report.fault);
    assert_int_equal(report.bad_index, -1);
    assert_int_equal(report.count, RECORDS);
}

static void
test_empty_log(void **state)
{
    struct signumd_audit_report report = verify(*state);

    assert_null(report.fault);
    assert_int_equal(report.count, 0);
}

/* The leaf of the definition, by another hand: the hash that OpenSSL's command gave. */
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
    {"UPDATE audit_nodes SET hash = zeroblob(32) WHERE last = 3 AND level = 1", 3, 3},
    {"UPDATE audit_nodes SET hash = x'' WHERE last = 3 AND level = 2", 3, 3},
    {"UPDATE audit_nodes SET level = 7 WHERE last = 1", 1, 1},
    {"UPDATE audit_nodes SET last = 2 WHERE last = 1", 1, 1},
    {"DELETE FROM audit_nodes WHERE last = 3 AND level = 1", 3, 3},
    {"DELETE FROM audit_nodes", 1, 1},
    {"INSERT INTO audit_nodes VALUES (4, 1, zeroblob(32))", 5, 5},
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
    {"INSERT INTO audit SELECT 5, body, leaf FROM audit WHERE idx = 4", 5, 5},
    {"UPDATE audit_head SET count = 4", 5, 5},
    {"UPDATE audit_head SET count = 3", 3, 5},
    {"UPDATE audit_search SET action = 'x' WHERE idx = 3", 3, 5},
    {"DELETE FROM audit_search WHERE idx = 2", 2, 5},
    {"INSERT INTO audit_search (idx) VALUES (7)", 7, 5},
    {"UPDATE audit_head SET count = 6", 5, 5},
    {"UPDATE audit_head SET count = -1", 5, 5},
    {"UPDATE audit_head SET edge = zeroblob(64)", 5, 5},
    {"UPDATE audit_head SET edge = x''", 5, 5},
    {"DELETE FROM audit_head", 5, 5},
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

/* The log as it is now, as a checkpoint would have it. */
static struct signumd_checkpoint
witness_of(const struct fixture *fixture)
{
    const struct signumd_audit_report now = verify(fixture);

    return (struct signumd_checkpoint){"log", now.count, now.root};
}

static void
test_witness(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_checkpoint witness = witness_of(fixture);
    struct signumd_audit_report report;

    for (int i = 0; i < 4; i++) {
        assert_status(signumd_audit_verify(fixture->db, &witness, &report), SIGNUM_OK);
        assert_null(report.fault);
        assert_status(signumd_audit_event(fixture->db, "x"), SIGNUM_OK);
    }
    witness.root.bytes[5] ^= 1;
    assert_status(signumd_audit_verify(fixture->db, &witness, &report), SIGNUM_OK);
    assert_int_equal(report.bad_index, RECORDS - 1);
    witness.size = 0;
    assert_status(signumd_audit_verify(fixture->db, &witness, &report), SIGNUM_OK);
    assert_int_equal(report.bad_index, 0);
    witness.size = RECORDS + 5;
    assert_status(signumd_audit_verify(fixture->db, &witness, &report), SIGNUM_OK);
    assert_int_equal(report.bad_index, RECORDS + 4);
}

/* What only a witness can see, as docs/audit.md says: tail, hashes and head cut off together. */
static void
test_cut_off_tail(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_checkpoint witness = witness_of(fixture);
    struct signumd_audit_report report;

    fixture_tamper(fixture,
                   NO_TRIGGERS "DELETE FROM audit WHERE idx = 4; UPDATE audit_head SET count = 4,"
                               " edge = (SELECT hash FROM audit_nodes WHERE level = 2);"
                               "DELETE FROM audit_search WHERE idx = 4");
    assert_null(verify(fixture).fault);
    assert_status(signumd_audit_verify(fixture->db, &witness, &report), SIGNUM_OK);
    assert_int_equal(report.bad_index, 4);
    assert_status(signumd_audit_event(fixture->db, "another"), SIGNUM_OK);
    assert_null(verify(fixture).fault);
    assert_status(signumd_audit_verify(fixture->db, &witness, &report), SIGNUM_OK);
    assert_int_equal(report.bad_index, 4);
}

#define CHAIN_STEP 3 /* steps of the schema with which logs had a chain */
#define OLD_RECORDS 11

/* A log of the time of the chain, whose leaves and chain SQL itself cannot make: by OpenSSL. */
static void
fill_old_log(const struct fixture *fixture, int count)
{
    uint8_t chain[SIGNUMD_SHA256_LEN] = {0};
    const uint8_t zero = 0;

    for (int i = 0; i < count; i++) {
        uint8_t leaf[SIGNUMD_SHA256_LEN];
        uint8_t next[SIGNUMD_SHA256_LEN];
        char hex[2][SIGNUMD_SHA256_HEX_SIZE];
        char body[64];
        char sql[512];
        (void)snprintf(body, sizeof body, "{\"action\":\"old.event\",\"number\":%d}", i);
        assert_status(signumd_crypto_sha256((struct signum_bytes){&zero, 1},
                                            signum_bytes_of_text(body), leaf),
                      SIGNUM_OK);
        assert_status(signumd_crypto_sha256((struct signum_bytes){chain, sizeof chain},
                                            (struct signum_bytes){leaf, sizeof leaf}, next),
                      SIGNUM_OK);
        memcpy(chain, next, sizeof chain);
        signumd_crypto_hex(leaf, sizeof leaf, hex[0]);
        signumd_crypto_hex(chain, sizeof chain, hex[1]);
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO audit VALUES (%d, '%s', x'%s', x'%s');"
                       "UPDATE audit_head SET count = %d, chain = x'%s'",
                       i, body, hex[0], hex[1], i + 1, hex[1]);
        fixture_tamper(fixture, sql);
    }
}

static void
make_old_log(struct fixture *fixture, int count, const char *tampering)
{
    fixture_make_old(fixture, CHAIN_STEP);
    fill_old_log(fixture, count);
    if (tampering != NULL) {
        fixture_tamper(fixture, "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;");
        fixture_tamper(fixture, tampering);
    }
    assert_status(signumd_db_open(fixture->path, false, &fixture->db), SIGNUM_OK);
}

/* For each size: what the migration made goes on as if the log had always been a tree. */
static void
test_migrated_log(void **state)
{
    struct fixture *fixture = *state;

    for (int count = 0; count <= OLD_RECORDS; count++) {
        make_old_log(fixture, count, NULL);
        struct signumd_audit_report report = verify(fixture);
        assert_null(report.fault);
        assert_int_equal(report.count, count);
        for (int i = 0; i < 3; i++)
            assert_status(signumd_audit_event(fixture->db, "new.event"), SIGNUM_OK);
        report = verify(fixture);
        assert_null(report.fault);
        assert_int_equal(report.count, count + 3);
    }
}

/* What the chain has shown is shown after the migration too. */
static void
test_migrated_forgeries(void **state)
{
    static const struct forgery old[] = {
        {"UPDATE audit SET body = replace(body, 'old', 'new') WHERE idx = 2", 2, 2},
        {"UPDATE audit SET chain = zeroblob(32) WHERE idx = 5", 5, OLD_RECORDS},
        {"DELETE FROM audit WHERE idx = 4", 4, 4},
        {"DELETE FROM audit WHERE idx = 10", 10, 10},
        {"UPDATE audit_head SET chain = zeroblob(32)", OLD_RECORDS, OLD_RECORDS},
        {"UPDATE audit SET idx = 99 WHERE idx = 1; UPDATE audit SET idx = 1 WHERE idx = 2;"
         "UPDATE audit SET idx = 2 WHERE idx = 99", 1, OLD_RECORDS},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        make_old_log(fixture, OLD_RECORDS, old[i].sql);
        struct signumd_audit_report report = verify(fixture);
        if (report.fault == NULL || report.bad_index != old[i].bad_index)
            fail_msg("%s: bad index %lld", old[i].sql, (long long)report.bad_index);
        assert_int_equal(report.count, old[i].good_count);
    }
}

static void
test_database_refuses_changes(void **state)
{
    static const char *const changes[] = {"UPDATE audit SET body = 'x' WHERE idx = 0",
                                          "DELETE FROM audit WHERE idx = 0",
                                          "UPDATE audit_nodes SET hash = x''",
                                          "DELETE FROM audit_nodes WHERE level = 1"};
    const struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
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
    fixture_tamper(fixture, "UPDATE audit_head SET edge = zeroblob(32)");
    assert_status(signumd_audit_event(fixture->db, "x"), SIGNUM_INTERNAL);
    assert_int_equal(verify(fixture).bad_index, 2);
}

static void
test_hostile_text_stays_json(void **state)
{
    const struct fixture *fixture = *state;
    const struct signumd_actor actor = {"a\"b\\c\n", "t", "r", "\xff\xfe",
                                        "{\"method\":\"token\"}"};
    struct cJSON *document = NULL;

    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    enum signum_status status =
        signumd_audit_change(fixture->db, &actor, "x", "a", "\xc3\x28", NULL);
    assert_status(signumd_db_finish(fixture->db, status), SIGNUM_OK);
    char *text = fixture_audit_text(fixture);
    assert_status(signumd_json_parse(signum_bytes_of_text(text), &document), SIGNUM_OK);
    assert_non_null(strstr(text, "a\\\"b\\\\c\\u000a"));
    assert_non_null(strstr(text, "\"identity\":{\"method\":\"token\"}"));
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
    assert_status(signumd_audit_write_list(fixture->db, NULL, -1, 2, &writer, &next), SIGNUM_OK);
    assert_int_equal(next, 1);
    assert_status(signumd_audit_write_list(fixture->db, NULL, 1, 3, &writer, &next), SIGNUM_OK);
    assert_int_equal(next, -1);
    assert_status(signumd_audit_write_list(fixture->db, NULL, 4, 3, &writer, &next), SIGNUM_OK);
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
        WITH(test_witness, open_with_records),
        WITH(test_cut_off_tail, open_with_records),
        WITH(test_migrated_log, fixture_open),
        WITH(test_migrated_forgeries, fixture_open),
        WITH(test_database_refuses_changes, open_with_records),
        WITH(test_rolled_back_record_is_gone, open_with_records),
        WITH(test_head_set_back, open_with_records),
        WITH(test_hostile_text_stays_json, fixture_open),
        WITH(test_paging, open_with_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
