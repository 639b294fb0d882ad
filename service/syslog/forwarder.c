#include "syslog/forwarder.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit_export.h"
#include "base/crypto.h"
#include "base/log.h"
#include "syslog/link.h"
#include "webhooks/deliveries.h"

#define LOOK_MS 1000
#define SETTLE_MS 3000
#define BATCH 200                        /* records between two looks */
#define BATCH_BYTES ((size_t)256 * 1024) /* the same in bytes, but for the last record */
#define PIECE_MAX ((size_t)1024 * 1024)
#define FIRST_DELAY_S 1
#define FAILURES_MAX 7 /* more do not lengthen the delay, which is a minute then */

struct signumd_forwarder {
    pthread_t thread;
    int stop; /* an eventfd */
    struct signumd_db *db;
    char *paths[3]; /* of the target's files */
    struct signumd_syslog_target target;
    unsigned facility;
    struct signumd_syslog_link *link; /* NULL: there is none */
    struct signum_buf cause;
    int64_t opened_ms;
    int64_t next_try_ms;
    int64_t failures;
    /* Indexes of records; confirmed <= mark <= sent */
    int64_t confirmed; /* as in the database */
    int64_t mark;      /* what had been sent at mark_ms */
    int64_t mark_ms;
    int64_t sent;
};

static int64_t
clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum signum_status
signumd_forwarder_backlog(struct signumd_db *db, int64_t *count_out)
{
    return signumd_db_get_number(db, count_out,
        "SELECT (SELECT coalesce(max(idx), -1) FROM audit) - seen FROM syslog_cursor", "");
}

static long long
backlog(struct signumd_forwarder *forwarder)
{
    int64_t count = 0;

    if (signumd_forwarder_backlog(forwarder->db, &count) != SIGNUM_OK)
        return -1;
    return count;
}

/* Nothing that was sent since the last confirmation counts: all of it is sent again. */
static void
give_up(struct signumd_forwarder *forwarder, enum signum_status status)
{
    uint32_t random = 0;

    signumd_syslog_link_close(&forwarder->link);
    if (forwarder->cause.len == 0)
        signum_buf_put_text(&forwarder->cause, signum_status_text(status));
    if (forwarder->failures < FAILURES_MAX)
        forwarder->failures++;
    if (signumd_crypto_random(&random, sizeof random) != SIGNUM_OK)
        random = 0; /* the full delay then */
    const int64_t delay = signumd_delivery_delay(forwarder->failures, FIRST_DELAY_S, random);
    forwarder->next_try_ms = clock_ms() + delay * 1000;
    if (status != SIGNUM_NO_MORE_ITEMS)
        signumd_log(SIGNUMD_LOG_WARNING,
            "syslog: collector %s: %s; %lld records wait, next try in %lld s",
            forwarder->target.address, signum_buf_text(&forwarder->cause), backlog(forwarder),
            (long long)delay);
    signum_buf_clear(&forwarder->cause);
}

static void
open_link(struct signumd_forwarder *forwarder)
{
    enum signum_status status = signumd_syslog_link_open(
        &forwarder->target, forwarder->stop, &forwarder->cause, &forwarder->link);

    if (status != SIGNUM_OK) {
        give_up(forwarder, status);
        return;
    }
    forwarder->opened_ms = clock_ms();
    forwarder->sent = forwarder->mark = forwarder->confirmed;
    signumd_log(SIGNUMD_LOG_INFO, "syslog: connected to %s; %lld records wait",
        forwarder->target.address, backlog(forwarder));
}

static enum signum_status
save(struct signumd_forwarder *forwarder, int64_t index)
{
    enum signum_status status = signumd_db_begin(forwarder->db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_finish(forwarder->db,
        signumd_db_run(forwarder->db, "UPDATE syslog_cursor SET seen = ?", "i", index));
    if (status == SIGNUM_OK)
        forwarder->confirmed = index;
    return status;
}

/* Moves the cursor to what was sent a while ago, and sets the next mark. */
static enum signum_status
settle(struct signumd_forwarder *forwarder)
{
    const int64_t now = clock_ms();
    enum signum_status status = SIGNUM_OK;

    if (now - forwarder->opened_ms >= SETTLE_MS)
        forwarder->failures = 0;
    if (forwarder->mark > forwarder->confirmed) {
        if (now - forwarder->mark_ms < SETTLE_MS || !signumd_syslog_link_is_quiet(forwarder->link))
            return SIGNUM_OK;
        status = save(forwarder, forwarder->mark);
    }
    forwarder->mark = forwarder->sent;
    forwarder->mark_ms = now;
    return status;
}

/* A record that cannot be read is for `audit verify` to find, and holds up no others. */
static enum signum_status
put_record(struct signumd_forwarder *forwarder, struct sqlite3_stmt *query, struct signum_buf *out)
{
    const int64_t index = signumd_db_number(query, 0);
    enum signum_status status =
        signumd_syslog_put(out, forwarder->facility, index, signumd_db_text(query, 1));

    if (status != SIGNUM_PROTOCOL)
        return status;
    signumd_log(
        SIGNUMD_LOG_ERROR, "syslog: record %lld cannot be read, nor sent", (long long)index);
    return SIGNUM_OK;
}

/* The query is over before anything is sent: a slow collector must not hold up the database. */
static enum signum_status
read_batch(
    struct signumd_forwarder *forwarder, struct signum_buf *out, int64_t *last_out, int *count_out)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_audit_query(forwarder->db, NULL, forwarder->sent, BATCH, &query);

    *last_out = forwarder->sent;
    *count_out = 0;
    if (status == SIGNUM_OK)
        status = signumd_db_next(forwarder->db, query);
    while (status == SIGNUM_OK && out->len < BATCH_BYTES) {
        *last_out = signumd_db_number(query, 0);
        (*count_out)++;
        status = put_record(forwarder, query, out);
        if (status == SIGNUM_OK)
            status = signumd_db_next(forwarder->db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

/* True if there is more to send at once. A failure of the connection ends it. */
static bool
send_batch(struct signumd_forwarder *forwarder)
{
    struct signum_buf batch;
    int64_t last = 0;
    int count = 0;

    signum_buf_init(&batch, PIECE_MAX);
    enum signum_status status = settle(forwarder);
    if (status == SIGNUM_OK)
        status = read_batch(forwarder, &batch, &last, &count);
    if (status != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "syslog: %s", signum_status_text(status));
        count = 0;
    } else if (count > 0) {
        status = signumd_syslog_link_send(
            forwarder->link, signum_bytes_of_buf(&batch), &forwarder->cause);
        if (status == SIGNUM_OK)
            forwarder->sent = last;
        else
            give_up(forwarder, status);
    }
    signum_buf_clear(&batch);
    return status == SIGNUM_OK && count > 0;
}

/* Until a second is over, the connection is lost or the stop has come; false after the stop. */
static bool
wait_a_while(struct signumd_forwarder *forwarder, int ms)
{
    struct pollfd file = {forwarder->stop, POLLIN, 0};

    if (forwarder->link != NULL) {
        enum signum_status status =
            signumd_syslog_link_wait(forwarder->link, ms, &forwarder->cause);
        if (status != SIGNUM_OK)
            give_up(forwarder, status);
        ms = 0;
    }
    return poll(&file, 1, ms) <= 0;
}

/* Behind an orderly end the collector has all, and nothing is sent again. */
static void
finish(struct signumd_forwarder *forwarder)
{
    enum signum_status status = signumd_syslog_link_finish(forwarder->link, &forwarder->cause);

    if (status == SIGNUM_OK && forwarder->sent > forwarder->confirmed)
        status = save(forwarder, forwarder->sent);
    if (status != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_WARNING, "syslog: collector %s: %s; %lld records are sent again",
            forwarder->target.address, signum_buf_text(&forwarder->cause),
            (long long)(forwarder->sent - forwarder->confirmed));
}

static void *
run(void *context)
{
    struct signumd_forwarder *forwarder = context;
    int ms = 0;

    do {
        bool has_more = false;
        if (forwarder->link == NULL && clock_ms() >= forwarder->next_try_ms)
            open_link(forwarder);
        if (forwarder->link != NULL)
            has_more = send_batch(forwarder);
        ms = has_more ? 0 : LOOK_MS;
    } while (wait_a_while(forwarder, ms));
    if (forwarder->link != NULL)
        finish(forwarder);
    return NULL;
}

static void
forwarder_free(struct signumd_forwarder *forwarder)
{
    signumd_syslog_link_close(&forwarder->link);
    signum_buf_clear(&forwarder->cause);
    signumd_db_close(&forwarder->db);
    if (forwarder->stop >= 0)
        (void)close(forwarder->stop);
    for (size_t i = 0; i < sizeof forwarder->paths / sizeof forwarder->paths[0]; i++)
        free(forwarder->paths[i]);
    free(forwarder);
}

static enum signum_status
set_target(const struct signumd_state *state, struct signumd_forwarder *forwarder)
{
    const struct signumd_settings *settings = &state->settings;
    const char *const files[] = {
        settings->syslog_ca_file, settings->syslog_certificate_file, settings->syslog_key_file};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i][0] == '\0')
            continue;
        forwarder->paths[i] = signumd_state_path(state, files[i]);
        if (forwarder->paths[i] == NULL)
            return SIGNUM_NO_MEMORY;
    }
    forwarder->target = (struct signumd_syslog_target){
        settings->syslog_address, forwarder->paths[0], forwarder->paths[1], forwarder->paths[2]};
    forwarder->facility = settings->syslog_facility;
    return SIGNUM_OK;
}

/* A log that has never been sent is sent from its first record on. */
static enum signum_status
open_cursor(const struct signumd_state *state, struct signumd_forwarder *forwarder)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_DB);
    enum signum_status status =
        path == NULL ? SIGNUM_NO_MEMORY : signumd_db_open(path, false, &forwarder->db);

    free(path);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_begin(forwarder->db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(
        forwarder->db, "INSERT OR IGNORE INTO syslog_cursor (one, seen) VALUES (1, -1)", "");
    status = signumd_db_finish(forwarder->db, status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status);
    if (status == SIGNUM_OK)
        status = signumd_db_get_number(
            forwarder->db, &forwarder->confirmed, "SELECT seen FROM syslog_cursor", "");
    return status;
}

enum signum_status
signumd_forwarder_start(const struct signumd_state *state, struct signumd_forwarder **forwarder_out)
{
    *forwarder_out = NULL;
    if (state->settings.syslog_address[0] == '\0')
        return SIGNUM_OK;
    struct signumd_forwarder *forwarder = calloc(1, sizeof *forwarder);
    if (forwarder == NULL)
        return SIGNUM_NO_MEMORY;
    signum_buf_init(&forwarder->cause, SIGNUMD_SYSLOG_CAUSE_MAX);
    forwarder->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum signum_status status = forwarder->stop < 0 ? SIGNUM_IO : set_target(state, forwarder);
    if (status == SIGNUM_OK)
        status = open_cursor(state, forwarder);
    if (status == SIGNUM_OK && pthread_create(&forwarder->thread, NULL, run, forwarder) != 0)
        status = SIGNUM_NO_MEMORY;
    if (status != SIGNUM_OK) {
        forwarder_free(forwarder);
        return status;
    }
    *forwarder_out = forwarder;
    return SIGNUM_OK;
}

void
signumd_forwarder_stop(struct signumd_forwarder **forwarder)
{
    const uint64_t one = 1;

    if (*forwarder == NULL)
        return;
    if (write((*forwarder)->stop, &one, sizeof one) != (ssize_t)sizeof one)
        signumd_log(SIGNUMD_LOG_ERROR, "syslog: the thread cannot be told to end");
    (void)pthread_join((*forwarder)->thread, NULL);
    forwarder_free(*forwarder);
    *forwarder = NULL;
}
