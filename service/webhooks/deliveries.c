#include "webhooks/deliveries.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "core/base64.h"

#define BODY_MAX ((size_t)80 * 1024)
#define RECORDS_MAX 200 /* of one scan and webhook */
#define DELAY_MAX_S 21600
#define TAKEN_KEPT_S (7 * 86400)
#define DEAD_KEPT_S (30 * 86400)

void
signumd_delivery_init(struct signumd_delivery *delivery)
{
    memset(delivery, 0, sizeof *delivery);
    signum_buf_init(&delivery->body, BODY_MAX);
}

void
signumd_delivery_clear(struct signumd_delivery *delivery)
{
    signum_buf_clear(&delivery->body);
    signum_wipe(delivery->secret, sizeof delivery->secret);
}

/* {type, timestamp, data}, as the Standard Webhooks specification has it. */
static enum signum_status
insert(struct signumd_db *db, const char *webhook, const char *event, const char *record,
    int64_t index, int64_t now)
{
    struct signum_buf body;
    struct signumd_json_writer writer;
    char time[SIGNUMD_TIMESTAMP_SIZE];
    char id[SIGNUMD_DELIVERY_ID_SIZE] = "msg_";

    signumd_timestamp_format(now, time);
    signum_buf_init(&body, BODY_MAX);
    signumd_json_start(&writer, &body);
    signumd_json_put_text(&writer, "type", event);
    signumd_json_put_text(&writer, "timestamp", time);
    signumd_json_begin(&writer, "data", '{');
    if (index >= 0)
        signumd_json_put_number(&writer, "index", index);
    signumd_json_put_raw(&writer, "record", record);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
    enum signum_status status = signum_buf_status(&body);
    if (status == SIGNUM_OK)
        status = signumd_crypto_random_hex(id + strlen(id), 32);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "INSERT INTO deliveries (id, webhook, event, body, state, attempts, next, created,"
            " changed) VALUES (?, ?, ?, ?, 'waiting', 0, ?, ?, ?)",
            "ttttiii", id, webhook, event, signum_buf_text(&body), now, now, now);
    signum_buf_clear(&body);
    return status;
}

/* One webhook, and how far it has come. */
struct scan {
    char webhook[SIGNUMD_NAME_MAX + 1];
    char events[SIGNUMD_WEBHOOK_EVENTS_MAX * (SIGNUMD_WEBHOOK_EVENT_MAX + 1)];
    int64_t seen;
};

static bool
is_wanted(const char *patterns, const char *event)
{
    char pattern[SIGNUMD_WEBHOOK_EVENT_MAX];

    while (*patterns != '\0') {
        size_t len = strcspn(patterns, " ");
        (void)snprintf(pattern, sizeof pattern, "%.*s", (int)len, patterns);
        if (signumd_webhook_wants(pattern, event))
            return true;
        patterns += len;
        patterns += strspn(patterns, " ");
    }
    return false;
}

static enum signum_status
scan_records(struct signumd_db *db, struct scan *scan, int64_t now, size_t *count)
{
    struct sqlite3_stmt *query = NULL;
    char event[SIGNUMD_WEBHOOK_EVENT_MAX];
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT idx, body FROM audit WHERE idx > ? ORDER BY idx LIMIT ?", "ii", scan->seen,
        (int64_t)RECORDS_MAX);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        scan->seen = signumd_db_number(query, 0);
        const char *record = signumd_db_text(query, 1);
        /* a record that cannot be read is for `audit verify` to find, and no event */
        if (signumd_webhook_event_of(record, event) == SIGNUM_OK && event[0] != '\0' &&
            is_wanted(scan->events, event)) {
            status = insert(db, scan->webhook, event, record, scan->seen, now);
            (*count)++;
        }
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

/* The webhook behind the name `after` that has not seen all. SIGNUM_NO_MORE_ITEMS. */
static enum signum_status
find_behind(struct signumd_db *db, const char *after, struct scan *scan)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT name, events, seen FROM webhooks WHERE name > ?"
        " AND seen < (SELECT coalesce(max(idx), -1) FROM audit) ORDER BY name LIMIT 1",
        "t", after);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        (void)snprintf(scan->webhook, sizeof scan->webhook, "%s", signumd_db_text(query, 0));
        (void)snprintf(scan->events, sizeof scan->events, "%s", signumd_db_text(query, 1));
        scan->seen = signumd_db_number(query, 2);
    }
    signumd_db_end(&query);
    return status;
}

static enum signum_status
scan_all(struct signumd_db *db, int64_t now, size_t *count)
{
    struct scan scan;
    char after[SIGNUMD_NAME_MAX + 1] = "";
    enum signum_status status = find_behind(db, after, &scan);

    while (status == SIGNUM_OK) {
        status = scan_records(db, &scan, now, count);
        if (status == SIGNUM_OK)
            status = signumd_db_run(
                db, "UPDATE webhooks SET seen = ? WHERE name = ?", "it", scan.seen, scan.webhook);
        memcpy(after, scan.webhook, sizeof after);
        if (status == SIGNUM_OK)
            status = find_behind(db, after, &scan);
    }
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_deliveries_scan(struct signumd_db *db, int64_t now, size_t *count_out)
{
    struct scan scan;

    *count_out = 0;
    enum signum_status status = find_behind(db, "", &scan);
    if (status != SIGNUM_OK)
        return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
    status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, scan_all(db, now, count_out));
}

static enum signum_status
check_webhook(struct signumd_db *db, const char *webhook)
{
    int64_t one = 0;

    return signumd_db_get_number(db, &one, "SELECT 1 FROM webhooks WHERE name = ?", "t", webhook);
}

static enum signum_status
test_in(struct signumd_db *db, const struct signumd_actor *actor, const char *webhook, int64_t now)
{
    char record[128];
    enum signum_status status = check_webhook(db, webhook);

    (void)snprintf(record, sizeof record, "{\"webhook\":\"%s\"}", webhook);
    if (status == SIGNUM_OK)
        status = insert(db, webhook, "webhook.test", record, -1, now);
    if (status != SIGNUM_OK)
        return status;
    return signumd_audit_change(db, actor, "webhook.test", "name", webhook, NULL);
}

enum signum_status
signumd_deliveries_test(
    struct signumd_db *db, const struct signumd_actor *actor, const char *webhook, int64_t now)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, test_in(db, actor, webhook, now));
}

static enum signum_status
read_delivery(struct sqlite3_stmt *query, struct signumd_delivery *delivery)
{
    const struct signum_bytes secret = signumd_db_bytes(query, 7);

    delivery->number = signumd_db_number(query, 0);
    (void)snprintf(delivery->id, sizeof delivery->id, "%s", signumd_db_text(query, 1));
    (void)snprintf(delivery->webhook, sizeof delivery->webhook, "%s", signumd_db_text(query, 2));
    delivery->attempts = signumd_db_number(query, 3);
    signum_buf_clear(&delivery->body);
    signum_buf_put_text(&delivery->body, signumd_db_text(query, 4));
    (void)snprintf(delivery->url, sizeof delivery->url, "%s", signumd_db_text(query, 5));
    (void)snprintf(delivery->ca_file, sizeof delivery->ca_file, "%s", signumd_db_text(query, 6));
    if (secret.len != sizeof delivery->secret)
        return SIGNUM_INTERNAL;
    memcpy(delivery->secret, secret.data, sizeof delivery->secret);
    return signum_buf_status(&delivery->body);
}

enum signum_status
signumd_deliveries_next(struct signumd_db *db, int64_t now, struct signumd_delivery *delivery_out)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT d.number, d.id, d.webhook, d.attempts, d.body, w.url, w.ca_file, w.secret"
        " FROM deliveries d JOIN webhooks w ON w.name = d.webhook"
        " WHERE d.state = 'waiting' AND d.next <= ? ORDER BY d.next, d.number LIMIT 1",
        "i", now);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        status = read_delivery(query, delivery_out);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

int64_t
signumd_delivery_delay(int64_t attempts, int64_t first_s, uint32_t random)
{
    int64_t delay = first_s;

    for (int64_t i = 1; i < attempts && delay < DELAY_MAX_S; i++)
        delay *= 2;
    if (delay > DELAY_MAX_S)
        delay = DELAY_MAX_S;
    return delay - (int64_t)(random % (uint32_t)(delay / 2 + 1));
}

static enum signum_status
note_failure(struct signumd_db *db, const struct signumd_delivery *delivery,
    const struct signumd_delivery_pace *pace, int64_t now, const char *error, bool is_final)
{
    const int64_t attempts = delivery->attempts + 1;
    const bool is_dead = is_final || attempts >= pace->attempts_max;
    uint32_t random = 0;
    enum signum_status status = signumd_crypto_random(&random, sizeof random);
    const int64_t next = now + signumd_delivery_delay(attempts, pace->first_s, random);

    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "UPDATE deliveries SET state = ?, attempts = ?, next = ?, error = ?, changed = ?"
            " WHERE number = ?",
            "tiitii", is_dead ? "dead" : "waiting", attempts, next, error, now, delivery->number);
    if (status != SIGNUM_OK)
        return status;
    /* its other deliveries would fail alike, and the other webhooks would wait for that */
    status = signumd_db_run(db,
        "UPDATE deliveries SET next = ? WHERE webhook = ? AND state = 'waiting' AND next < ?",
        "iti", next, delivery->webhook, next);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
note(struct signumd_db *db, const struct signumd_delivery *delivery,
    const struct signumd_delivery_pace *pace, int64_t now, const char *error, bool is_final)
{
    enum signum_status status;

    if (error != NULL)
        status = note_failure(db, delivery, pace, now, error, is_final);
    else
        status = signumd_db_run(db,
            "UPDATE deliveries SET state = 'delivered', attempts = ?, error = NULL, changed = ?"
            " WHERE number = ?",
            "iii", delivery->attempts + 1, now, delivery->number);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status; /* removed with its webhook meanwhile */
}

enum signum_status
signumd_deliveries_note(struct signumd_db *db, const struct signumd_delivery *delivery,
    const struct signumd_delivery_pace *pace, int64_t now, const char *error, bool is_final)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, note(db, delivery, pace, now, error, is_final));
}

static enum signum_status
retry_in(struct signumd_db *db, const struct signumd_actor *actor, const char *webhook, int64_t now)
{
    enum signum_status status = check_webhook(db, webhook);

    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "UPDATE deliveries SET state = 'waiting', attempts = 0, next = ?, changed = ?"
            " WHERE webhook = ? AND state = 'dead'",
            "iit", now, now, webhook);
    else
        return status;
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        return status;
    return signumd_audit_change(db, actor, "webhook.retry", "name", webhook, NULL);
}

enum signum_status
signumd_deliveries_retry(
    struct signumd_db *db, const struct signumd_actor *actor, const char *webhook, int64_t now)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, retry_in(db, actor, webhook, now));
}

enum signum_status
signumd_deliveries_prune(struct signumd_db *db, int64_t now)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db,
        "DELETE FROM deliveries WHERE (state = 'delivered' AND changed < ?)"
        " OR (state = 'dead' AND changed < ?)",
        "ii", now - TAKEN_KEPT_S, now - DEAD_KEPT_S);
    return signumd_db_finish(db, status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status);
}

enum signum_status
signumd_delivery_sign(const struct signumd_delivery *delivery, int64_t timestamp,
    char signature_out[SIGNUMD_WEBHOOK_SIGNATURE_SIZE])
{
    uint8_t mac[SIGNUMD_SHA256_LEN];
    struct signum_buf text;

    signature_out[0] = '\0';
    signum_buf_init(&text, BODY_MAX + 256);
    signum_buf_printf(&text, "%s.%lld.", delivery->id, (long long)timestamp);
    signum_buf_put(&text, delivery->body.data, delivery->body.len);
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_crypto_hmac_sha256(
            (struct signum_bytes){delivery->secret, sizeof delivery->secret},
            signum_bytes_of_buf(&text), mac);
    signum_buf_clear(&text);
    signum_buf_put_text(&text, "v1,");
    signum_base64_encode(&text, (struct signum_bytes){mac, sizeof mac});
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        (void)snprintf(signature_out, SIGNUMD_WEBHOOK_SIGNATURE_SIZE, "%s", signum_buf_text(&text));
    signum_buf_clear(&text);
    return status;
}
