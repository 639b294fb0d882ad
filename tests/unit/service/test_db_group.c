#include "fixture.h"

#include <pthread.h>
#include <time.h>

#include "base/db_group.h"

#define THREADS 8
#define ROUNDS 25

/* What one thread does, and how it went. */
struct job {
    struct signumd_db_group *group;
    enum signum_status (*work)(struct signumd_db *db, void *context);
    int64_t number;
    int64_t seen; /* rows of the transaction that the work saw */
    enum signum_status status;
};

static int
open_with_table(void **state)
{
    if (fixture_open(state) != 0)
        return -1;
    fixture_tamper(*state, "CREATE TABLE rows (number INTEGER PRIMARY KEY, parent INTEGER"
                           " REFERENCES rows(number) DEFERRABLE INITIALLY DEFERRED)");
    return 0;
}

static enum signum_status
add_row(struct signumd_db *db, void *context)
{
    struct job *job = context;
    enum signum_status status =
        signumd_db_run(db, "INSERT INTO rows VALUES (?, NULL)", "i", job->number);

    if (status == SIGNUM_OK)
        status = signumd_db_get_number(db, &job->seen, "SELECT count(*) FROM rows", "");
    return status;
}

/* Writes first and fails then. */
static enum signum_status
add_and_fail(struct signumd_db *db, void *context)
{
    enum signum_status status = add_row(db, context);

    return status == SIGNUM_OK ? SIGNUM_DENIED : status;
}

/* Breaks a rule that is checked only when the transaction is committed. */
static enum signum_status
spoil_commit(struct signumd_db *db, void *context)
{
    const struct job *job = context;

    return signumd_db_run(db, "INSERT INTO rows VALUES (?, -1)", "i", job->number);
}

static enum signum_status
fill_disk(struct signumd_db *db, void *context)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query, "PRAGMA max_page_count = 1", "");

    (void)context;
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    signumd_db_end(&query);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_run(db,
        "INSERT INTO users (name, role, created)"
        " VALUES (hex(zeroblob(100000)), 'x', 0)",
        "");
}

static enum signum_status
append_record(struct signumd_db *db, void *context)
{
    (void)context;
    return signumd_audit_change(db, &signumd_actor_local, "test.group", NULL);
}

static void *
run_job(void *context)
{
    struct job *job = context;

    job->status = signumd_db_group_run(job->group, job->work, job);
    return NULL;
}

/* Lets all of them wait for the write lock, so that they are most likely one transaction. */
static void
run_jobs(const struct fixture *fixture, struct job *jobs, size_t count)
{
    const struct timespec pause = {0, 50 * 1000 * 1000};
    pthread_t threads[THREADS];

    assert_status(signumd_db_begin(fixture->db), SIGNUM_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    (void)nanosleep(&pause, NULL);
    assert_status(signumd_db_finish(fixture->db, SIGNUM_OK), SIGNUM_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static int64_t
count_rows(const struct fixture *fixture, int64_t number)
{
    int64_t count = -1;

    assert_status(signumd_db_get_number(fixture->db, &count,
                      "SELECT count(*) FROM rows WHERE number = ?", "i", number),
        SIGNUM_OK);
    return count;
}

static struct signumd_db_group *
open_group(const struct fixture *fixture)
{
    struct signumd_db_group *group = NULL;

    assert_status(signumd_db_group_new(fixture->path, &group), SIGNUM_OK);
    return group;
}

/* Makes the jobs 0 to THREADS - 1 of a round: the first does `odd`, the others add a row. */
static void
fill_jobs(struct job *jobs, struct signumd_db_group *group, int round,
    enum signum_status (*odd)(struct signumd_db *db, void *context))
{
    for (int i = 0; i < THREADS; i++)
        jobs[i] =
            (struct job){group, i == 0 ? odd : add_row, round * THREADS + i, 0, SIGNUM_INTERNAL};
}

static void
test_all_become_durable(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_db_group *group = open_group(fixture);
    struct job jobs[THREADS];
    int64_t most = 0;

    for (int round = 0; round < ROUNDS && most < THREADS; round++) {
        int64_t before = round * THREADS;
        fill_jobs(jobs, group, round, add_row);
        run_jobs(fixture, jobs, THREADS);
        for (int i = 0; i < THREADS; i++) {
            assert_status(jobs[i].status, SIGNUM_OK);
            assert_int_equal(count_rows(fixture, jobs[i].number), 1);
            if (jobs[i].seen - before > most)
                most = jobs[i].seen - before;
        }
    }
    assert_int_equal(most, THREADS);
    signumd_db_group_free(&group);
}

static void
test_a_failing_work_fails_alone(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_db_group *group = open_group(fixture);
    struct job jobs[THREADS];

    for (int round = 0; round < 3; round++) {
        fill_jobs(jobs, group, round, add_and_fail);
        run_jobs(fixture, jobs, THREADS);
        assert_status(jobs[0].status, SIGNUM_DENIED);
        assert_int_equal(count_rows(fixture, jobs[0].number), 0);
        for (int i = 1; i < THREADS; i++) {
            assert_status(jobs[i].status, SIGNUM_OK);
            assert_int_equal(count_rows(fixture, jobs[i].number), 1);
        }
    }
    signumd_db_group_free(&group);
}

/* Whoever was in a transaction that could not be committed is told so: nothing of it is there. */
static void
test_a_failing_commit_fails_all(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_db_group *group = open_group(fixture);
    struct job jobs[THREADS];
    int most = 0;

    for (int round = 0; round < ROUNDS && most < THREADS; round++) {
        int failed = 0;
        fill_jobs(jobs, group, round, spoil_commit);
        run_jobs(fixture, jobs, THREADS);
        assert_int_not_equal(jobs[0].status, SIGNUM_OK);
        for (int i = 0; i < THREADS; i++) {
            assert_int_equal(count_rows(fixture, jobs[i].number), jobs[i].status == SIGNUM_OK);
            failed += jobs[i].status != SIGNUM_OK;
        }
        most = failed > most ? failed : most;
    }
    assert_int_equal(most, THREADS);
    struct job last = {group, add_row, -7, 0, SIGNUM_INTERNAL};
    run_job(&last);
    assert_status(last.status, SIGNUM_OK);
    signumd_db_group_free(&group);
}

static void
test_a_full_disk(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_db_group *group = open_group(fixture);
    struct job jobs[THREADS];

    fill_jobs(jobs, group, 0, fill_disk);
    run_jobs(fixture, jobs, THREADS);
    assert_status(jobs[0].status, SIGNUM_IO);
    for (int i = 1; i < THREADS; i++)
        assert_int_equal(count_rows(fixture, jobs[i].number), jobs[i].status == SIGNUM_OK);
    signumd_db_group_free(&group);
}

static void
test_a_broken_database(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_db_group *group = open_group(fixture);
    struct job job = {group, add_row, 1, 0, SIGNUM_INTERNAL};

    fixture_tamper(fixture, "DROP TABLE rows");
    run_job(&job);
    assert_int_not_equal(job.status, SIGNUM_OK);
    signumd_db_group_free(&group);
    signumd_db_group_free(&group);
    assert_status(signumd_db_group_new("/nonexistent/x.db", &group), SIGNUM_IO);
    assert_null(group);
}

static void
test_records_stay_in_order(void **state)
{
    const struct fixture *fixture = *state;
    struct signumd_db_group *group = open_group(fixture);
    struct signumd_audit_report report;
    struct job jobs[THREADS];

    for (int round = 0; round < 3; round++) {
        fill_jobs(jobs, group, round, append_record);
        for (int i = 1; i < THREADS; i++)
            jobs[i].work = append_record;
        run_jobs(fixture, jobs, THREADS);
        for (int i = 0; i < THREADS; i++)
            assert_status(jobs[i].status, SIGNUM_OK);
    }
    assert_status(signumd_audit_verify(fixture->db, NULL, &report), SIGNUM_OK);
    assert_null(report.fault);
    assert_int_equal(report.count, 3 * THREADS);
    signumd_db_group_free(&group);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, open_with_table, fixture_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_all_become_durable),
        WITH(test_a_failing_work_fails_alone),
        WITH(test_a_failing_commit_fails_all),
        WITH(test_a_full_disk),
        WITH(test_a_broken_database),
        WITH(test_records_stay_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
