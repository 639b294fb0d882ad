#ifndef SIGNUMD_DELIVERIES_H
#define SIGNUMD_DELIVERIES_H

#include "webhooks/webhooks.h"

/* One event on its way to one webhook. */
struct signumd_delivery {
    int64_t number;
    char id[SIGNUMD_DELIVERY_ID_SIZE];
    char webhook[SIGNUMD_NAME_MAX + 1];
    int64_t attempts; /* so far */
    struct signum_buf body;
    char url[SIGNUMD_WEBHOOK_URL_MAX + 1];
    char ca_file[SIGNUMD_WEBHOOK_PATH_MAX + 1];
    uint8_t secret[SIGNUMD_WEBHOOK_SECRET_LEN];
};

/* How often and how soon a delivery is tried again. */
struct signumd_delivery_pace {
    int64_t attempts_max;
    int64_t first_s; /* after the first failure; then twice as long each time, to six hours */
};

void signumd_delivery_init(struct signumd_delivery *delivery);
void signumd_delivery_clear(struct signumd_delivery *delivery); /* wipes the secret */

/* Makes deliveries of the audit records that the webhooks have not seen; `count_out` of them. */
enum signum_status signumd_deliveries_scan(
    struct signumd_db *db, int64_t now, size_t *count_out) SIGNUM_MUST_USE;

/* Makes one of the event webhook.test. SIGNUM_NOT_FOUND. Audited. */
enum signum_status signumd_deliveries_test(struct signumd_db *db, const struct signumd_actor *actor,
    const char *webhook, int64_t now) SIGNUM_MUST_USE;

/* The one that has been due longest. SIGNUM_NOT_FOUND if none is due. */
enum signum_status signumd_deliveries_next(
    struct signumd_db *db, int64_t now, struct signumd_delivery *delivery_out) SIGNUM_MUST_USE;

/*
 * What became of a try; `error` NULL: it was taken. After a failure nothing is sent to the webhook
 * until the delivery is due again. `is_final`: the receiver wants no more tries.
 */
enum signum_status signumd_deliveries_note(struct signumd_db *db,
    const struct signumd_delivery *delivery, const struct signumd_delivery_pace *pace, int64_t now,
    const char *error, bool is_final) SIGNUM_MUST_USE;

/* The dead ones of a webhook are tried anew. SIGNUM_NOT_FOUND: no such webhook. Audited. */
enum signum_status signumd_deliveries_retry(struct signumd_db *db,
    const struct signumd_actor *actor, const char *webhook, int64_t now) SIGNUM_MUST_USE;

/* Forgets those that were taken a week ago, or died a month ago. */
enum signum_status signumd_deliveries_prune(struct signumd_db *db, int64_t now) SIGNUM_MUST_USE;

/*
 * Up to `limit` of a webhook behind the number `after`: {number, id, event, state, attempts,
 * next, error, created}. `state` NULL: all. `next_out` is 0 on the last page.
 */
enum signum_status signumd_deliveries_write_page(struct signumd_db *db, const char *webhook,
    const char *state, int64_t after, int64_t limit, struct signumd_json_writer *writer,
    int64_t *next_out) SIGNUM_MUST_USE;

/* Seconds to the next try after `attempts` failures; `random` spreads it over the upper half. */
int64_t signumd_delivery_delay(int64_t attempts, int64_t first_s, uint32_t random);

/* webhook-signature of the Standard Webhooks specification, version 1.0.0. */
enum signum_status signumd_delivery_sign(const struct signumd_delivery *delivery, int64_t timestamp,
    char signature_out[SIGNUMD_WEBHOOK_SIGNATURE_SIZE]) SIGNUM_MUST_USE;

#endif
