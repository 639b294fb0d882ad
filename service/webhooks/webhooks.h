#ifndef SIGNUMD_WEBHOOKS_H
#define SIGNUMD_WEBHOOKS_H

#include "audit/audit.h"
#include "base/texts.h"
#include "identity/users.h"

/*
 * Who is told of what happens, and what is on its way to them.
 *
 * The audit log is the outbox: an event is written in the transaction of what happened, because
 * its record is. signumd_deliveries_scan() makes one delivery of each record for each webhook that
 * wants to hear of it; a delivery is tried until the receiver takes it or its tries are used up,
 * and then it is dead. Each is sent at least once, always under the same identifier.
 */

#define SIGNUMD_WEBHOOK_URL_MAX 1024
#define SIGNUMD_WEBHOOK_PATH_MAX 1024
#define SIGNUMD_WEBHOOK_EVENTS_MAX 32
#define SIGNUMD_WEBHOOK_EVENT_MAX 64 /* bytes of a name */
#define SIGNUMD_WEBHOOKS_MAX 32
#define SIGNUMD_WEBHOOK_SECRET_LEN 32
#define SIGNUMD_WEBHOOK_SECRET_SIZE 64    /* "whsec_" and base64, and the NUL */
#define SIGNUMD_WEBHOOK_SIGNATURE_SIZE 64 /* "v1," and base64, and the NUL */
#define SIGNUMD_DELIVERY_ID_SIZE 40

struct signumd_webhook {
    char name[SIGNUMD_NAME_MAX + 1];
    char url[SIGNUMD_WEBHOOK_URL_MAX + 1];
    struct signumd_texts events;                /* "request.created", "request.*" or "*" */
    char ca_file[SIGNUMD_WEBHOOK_PATH_MAX + 1]; /* "": the system's trust */
};

void signumd_webhook_clear(struct signumd_webhook *webhook);

/* What is wrong with it (static), or NULL. */
const char *signumd_webhook_check_url(const char *url);
const char *signumd_webhook_check_event(const char *pattern);

/*
 * Adds one; it hears of what happens from now on. Its secret is written to `secret_out`, which the
 * caller wipes. SIGNUM_KEY_EXISTS, SIGNUM_INVALID_ARGUMENT, SIGNUM_TOO_LARGE: there are too many.
 * Audited.
 */
enum signum_status signumd_webhooks_add(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_webhook *webhook,
    char secret_out[SIGNUMD_WEBHOOK_SECRET_SIZE]) SIGNUM_MUST_USE;

/* With it go its deliveries. SIGNUM_NOT_FOUND. Audited. */
enum signum_status signumd_webhooks_remove(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name) SIGNUM_MUST_USE;

/* Writes one as an item or document: {name, url, events, ca_file, created, waiting, dead}. */
enum signum_status signumd_webhooks_write(
    struct signumd_db *db, const char *name, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* The same with a last member "secret". */
enum signum_status signumd_webhooks_write_new(struct signumd_db *db, const char *name,
    const char *secret, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Writes all as items of an array. */
enum signum_status signumd_webhooks_write_list(
    struct signumd_db *db, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/*
 * The name of the event that an audit record is, into `event_out`; "" if it is none that anybody
 * is told of. `record` is its body.
 */
enum signum_status signumd_webhook_event_of(
    const char *record, char event_out[SIGNUMD_WEBHOOK_EVENT_MAX]) SIGNUM_MUST_USE;

/* Does the pattern name the event? */
bool signumd_webhook_wants(const char *pattern, const char *event);

#endif
