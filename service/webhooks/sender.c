#include "webhooks/sender.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "io/transport_curl.h"
#include "signum/version.h"

#define LOOK_S 1
#define SEND_MS 10000
#define BATCH 50 /* deliveries between two looks */
#define PRUNE_S 3600
#define CAUSE_MAX 512
#define HTTP_GONE 410

struct signumd_sender {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
    struct signumd_db *db;
    struct signumd_delivery_pace pace;
    void (*chores)(void *context, struct signumd_db *db, int64_t now);
    void *context;
    int64_t pruned; /* when it was done last */
};

static enum signum_status
compose(const struct signumd_delivery *delivery, struct signum_http_request *request)
{
    char timestamp[24];
    char signature[SIGNUMD_WEBHOOK_SIGNATURE_SIZE];
    const int64_t now = signumd_timestamp_seconds();
    enum signum_status status = signumd_delivery_sign(delivery, now, signature);

    (void)snprintf(timestamp, sizeof timestamp, "%lld", (long long)now);
    const char *const headers[][2] = {{"Content-Type", "application/json"},
        {"webhook-id", delivery->id}, {"webhook-timestamp", timestamp},
        {"webhook-signature", signature}};
    request->method = "POST";
    signum_buf_put_text(&request->url, delivery->url);
    signum_buf_put(&request->body, delivery->body.data, delivery->body.len);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0] && status == SIGNUM_OK; i++)
        status = signum_http_add_header(&request->headers, headers[i][0], headers[i][1]);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&request->url);
    return status == SIGNUM_OK ? signum_buf_status(&request->body) : status;
}

/* A transport of its own: each webhook has its own trust, and they are few. */
static enum signum_status
exchange(const struct signumd_delivery *delivery, const struct signum_http_request *request,
    struct signum_http_response *response, struct signum_buf *cause)
{
    struct signum_transport transport;
    const struct signum_transport_options options = {
        .ca_file = delivery->ca_file[0] == '\0' ? NULL : delivery->ca_file,
        .user_agent = "signumd/" SIGNUM_VERSION,
    };
    enum signum_status status = signum_transport_curl_open(NULL, &options, &transport);

    if (status != SIGNUM_OK)
        return status;
    status = transport.send(transport.self, request, SEND_MS, response, cause);
    transport.free(transport.self);
    return status;
}

static enum signum_status
send_one(struct signumd_sender *sender, const struct signumd_delivery *delivery)
{
    struct signum_http_request request;
    struct signum_http_response response;
    struct signum_buf cause;

    signum_http_request_init(&request);
    signum_http_response_init(&response);
    signum_buf_init(&cause, CAUSE_MAX);
    enum signum_status status = compose(delivery, &request);
    if (status == SIGNUM_OK)
        status = exchange(delivery, &request, &response, &cause);
    const bool is_taken = status == SIGNUM_OK && response.status / 100 == 2;
    if (status == SIGNUM_OK && !is_taken)
        signum_buf_printf(&cause, "HTTP %u", response.status);
    else if (status != SIGNUM_OK && cause.len == 0)
        signum_buf_put_text(&cause, signum_status_text(status));
    if (!is_taken)
        signumd_log(SIGNUMD_LOG_WARNING, "webhook %s: %s was not taken: %s", delivery->webhook,
            delivery->id, signum_buf_text(&cause));
    status =
        signumd_deliveries_note(sender->db, delivery, &sender->pace, signumd_timestamp_seconds(),
            is_taken ? NULL : signum_buf_text(&cause), response.status == HTTP_GONE);
    signum_buf_clear(&cause);
    signum_http_response_clear(&response);
    signum_http_request_clear(&request);
    return status;
}

static bool
is_stopping(struct signumd_sender *sender)
{
    (void)pthread_mutex_lock(&sender->lock);
    bool is = sender->is_stopping;
    (void)pthread_mutex_unlock(&sender->lock);
    return is;
}

static enum signum_status
send_due(struct signumd_sender *sender)
{
    struct signumd_delivery delivery;
    enum signum_status status = SIGNUM_OK;

    for (int i = 0; i < BATCH && status == SIGNUM_OK && !is_stopping(sender); i++) {
        signumd_delivery_init(&delivery);
        status = signumd_deliveries_next(sender->db, signumd_timestamp_seconds(), &delivery);
        if (status == SIGNUM_OK)
            status = send_one(sender, &delivery);
        signumd_delivery_clear(&delivery);
    }
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static void
look(struct signumd_sender *sender)
{
    const int64_t now = signumd_timestamp_seconds();
    size_t count = 0;

    if (sender->chores != NULL)
        sender->chores(sender->context, sender->db, now);
    enum signum_status status = signumd_deliveries_scan(sender->db, now, &count);
    if (status == SIGNUM_OK)
        status = send_due(sender);
    if (status == SIGNUM_OK && now - sender->pruned >= PRUNE_S) {
        status = signumd_deliveries_prune(sender->db, now);
        sender->pruned = now;
    }
    if (status != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_ERROR, "webhooks: %s", signum_status_text(status));
}

/* Until a second is over or the end has come; false at the end. */
static bool
wait_a_while(struct signumd_sender *sender)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOOK_S;
    (void)pthread_mutex_lock(&sender->lock);
    if (!sender->is_stopping)
        (void)pthread_cond_timedwait(&sender->wake, &sender->lock, &until);
    bool goes_on = !sender->is_stopping;
    (void)pthread_mutex_unlock(&sender->lock);
    return goes_on;
}

static void *
run(void *context)
{
    struct signumd_sender *sender = context;

    do
        look(sender);
    while (wait_a_while(sender));
    return NULL;
}

static void
sender_free(struct signumd_sender *sender)
{
    signumd_db_close(&sender->db);
    (void)pthread_cond_destroy(&sender->wake);
    (void)pthread_mutex_destroy(&sender->lock);
    free(sender);
}

enum signum_status
signumd_sender_start(
    const struct signumd_sender_options *options, struct signumd_sender **sender_out)
{
    struct signumd_sender *sender = calloc(1, sizeof *sender);

    *sender_out = NULL;
    if (sender == NULL)
        return SIGNUM_NO_MEMORY;
    (void)pthread_mutex_init(&sender->lock, NULL);
    (void)pthread_cond_init(&sender->wake, NULL);
    sender->pace = options->pace;
    sender->chores = options->chores;
    sender->context = options->context;
    enum signum_status status = signumd_db_open(options->db_path, false, &sender->db);
    if (status == SIGNUM_OK && pthread_create(&sender->thread, NULL, run, sender) != 0)
        status = SIGNUM_NO_MEMORY;
    if (status != SIGNUM_OK) {
        sender_free(sender);
        return status;
    }
    *sender_out = sender;
    return SIGNUM_OK;
}

void
signumd_sender_stop(struct signumd_sender **sender)
{
    if (*sender == NULL)
        return;
    (void)pthread_mutex_lock(&(*sender)->lock);
    (*sender)->is_stopping = true;
    (void)pthread_cond_signal(&(*sender)->wake);
    (void)pthread_mutex_unlock(&(*sender)->lock);
    (void)pthread_join((*sender)->thread, NULL);
    sender_free(*sender);
    *sender = NULL;
}
