#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/timestamp.h"
#include "webhooks/deliveries.h"

#define AFTER_DIGITS_MAX 15

static void
reply_not_found(struct signumd_request *request)
{
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_WEBHOOK_NOT_FOUND, "There is no webhook %s", request->name);
}

static const char *
take_event(void *context, const char *text)
{
    struct signumd_webhook *webhook = context;
    const char *fault = signumd_webhook_check_event(text);

    if (fault != NULL)
        return fault;
    return signumd_texts_add(&webhook->events, text) == SIGNUM_OK ? NULL : "cannot be kept";
}

static void
read_webhook(struct signumd_json_reader *reader, struct signumd_webhook *webhook)
{
    static const char *const names[] = {"name", "url", "events", "ca_file"};

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    const char *name = signumd_json_get_text(reader, "name", true, SIGNUMD_NAME_MAX);
    if (name != NULL && !signumd_name_is_valid(name))
        signumd_json_refuse(reader, "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    const char *url = signumd_json_get_text(reader, "url", true, SIGNUMD_WEBHOOK_URL_MAX);
    if (url != NULL && signumd_webhook_check_url(url) != NULL)
        signumd_json_refuse(reader, "url", signumd_webhook_check_url(url));
    signumd_json_get_texts(reader, "events", SIGNUMD_WEBHOOK_EVENTS_MAX, take_event, webhook);
    const char *ca_file = signumd_json_get_text(reader, "ca_file", false, SIGNUMD_WEBHOOK_PATH_MAX);
    if (ca_file != NULL && ca_file[0] != '/')
        signumd_json_refuse(reader, "ca_file", "must be an absolute path at the service");
    if (reader->failure != SIGNUM_OK)
        return;
    (void)snprintf(webhook->name, sizeof webhook->name, "%s", name);
    (void)snprintf(webhook->url, sizeof webhook->url, "%s", url);
    if (ca_file != NULL)
        (void)snprintf(webhook->ca_file, sizeof webhook->ca_file, "%s", ca_file);
}

static void
add(struct signumd_request *request, const struct signumd_webhook *webhook)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_json_writer writer = {&request->answer, false};
    char secret[SIGNUMD_WEBHOOK_SECRET_SIZE];
    enum signum_status status = signumd_webhooks_add(request->db, &actor, webhook, secret);

    if (status == SIGNUM_OK)
        status = signumd_webhooks_write_new(request->db, webhook->name, secret, &writer);
    signum_wipe(secret, sizeof secret);
    if (status == SIGNUM_KEY_EXISTS || status == SIGNUM_TOO_LARGE) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_WEBHOOK_EXISTS, "%s",
            status == SIGNUM_KEY_EXISTS ? "There is a webhook of this name"
                                        : "There are as many webhooks as there can be");
        return;
    }
    signumd_reply_json(request, status);
    if (request->status != 200)
        return;
    request->status = 201;
    signumd_reply_header(request, "Location", "/v1/webhooks/%s", webhook->name);
}

void
signumd_api_add_webhook(struct signumd_request *request)
{
    struct signumd_webhook webhook;
    struct signumd_json_reader reader;
    struct cJSON *object = NULL;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return;
    }
    memset(&webhook, 0, sizeof webhook);
    signumd_json_reader_init(&reader, object);
    read_webhook(&reader, &webhook);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        add(request, &webhook);
    signumd_webhook_clear(&webhook);
    signumd_json_free(&object);
}

void
signumd_api_webhooks(struct signumd_request *request)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "webhooks", '[');
    enum signum_status status = signumd_webhooks_write_list(request->db, &writer);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

/* What a change leaves: the webhook as it is now, or why not. */
static void
reply_webhook(struct signumd_request *request, enum signum_status status)
{
    struct signumd_json_writer writer = {&request->answer, false};

    if (status == SIGNUM_OK)
        status = signumd_webhooks_write(request->db, request->name, &writer);
    if (status == SIGNUM_NOT_FOUND)
        reply_not_found(request);
    else
        signumd_reply_json(request, status);
}

void
signumd_api_webhook(struct signumd_request *request)
{
    reply_webhook(request, SIGNUM_OK);
}

void
signumd_api_remove_webhook(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status = signumd_webhooks_remove(request->db, &actor, request->name);

    if (status == SIGNUM_OK)
        request->status = 204;
    else if (status == SIGNUM_NOT_FOUND)
        reply_not_found(request);
    else
        signumd_reply_internal(request, status);
}

void
signumd_api_test_webhook(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);

    reply_webhook(request,
        signumd_deliveries_test(request->db, &actor, request->name, signumd_timestamp_seconds()));
}

void
signumd_api_retry_webhook(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);

    reply_webhook(request,
        signumd_deliveries_retry(request->db, &actor, request->name, signumd_timestamp_seconds()));
}

/* Paging by number, and the state. False after having answered. */
static bool
read_query(
    struct signumd_request *request, const char **state_out, int64_t *after_out, int64_t *limit_out)
{
    const char *after = NULL;

    *state_out = signumd_request_query(request, "state");
    *after_out = 0;
    if (!signumd_paging_read(request, &after, limit_out))
        return false;
    size_t digits = strspn(after, "0123456789");
    if (after[digits] != '\0' || digits > AFTER_DIGITS_MAX) {
        signumd_reply_bad_field(request, "after", "must be the number of a delivery");
        return false;
    }
    if (digits > 0)
        *after_out = strtoll(after, NULL, 10);
    if (*state_out == NULL || strcmp(*state_out, "waiting") == 0 ||
        strcmp(*state_out, "delivered") == 0 || strcmp(*state_out, "dead") == 0)
        return true;
    signumd_reply_bad_field(request, "state", "must be waiting, delivered or dead");
    return false;
}

void
signumd_api_deliveries(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    const char *state = NULL;
    int64_t after = 0;
    int64_t limit = 0;
    int64_t next = 0;
    int64_t one = 0;

    if (!read_query(request, &state, &after, &limit))
        return;
    enum signum_status status = signumd_db_get_number(
        request->db, &one, "SELECT 1 FROM webhooks WHERE name = ?", "t", request->name);
    if (status == SIGNUM_NOT_FOUND) {
        reply_not_found(request);
        return;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "deliveries", '[');
    if (status == SIGNUM_OK)
        status = signumd_deliveries_write_page(
            request->db, request->name, state, after, limit, &writer, &next);
    signumd_json_end(&writer, ']');
    if (next == 0)
        signumd_json_put_text(&writer, "next", NULL);
    else
        signumd_json_put_number(&writer, "next", next);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}
