#include "support/fake_ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
copy_of(const void *data, size_t len)
{
    char *copy = malloc(len + 1);

    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = 0;
    return copy;
}

static char *
text_of(const char *text)
{
    return copy_of(text, strlen(text));
}

static char *
headers_of(const struct signum_http_headers *headers)
{
    struct signum_buf text;

    signum_buf_init(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < headers->count; i++)
        signum_buf_printf(&text, "%s: %s\n", signum_buf_text(&headers->items[i].name),
                          signum_buf_text(&headers->items[i].value));
    char *copy = text_of(signum_buf_text(&text));
    signum_buf_clear(&text);
    return copy;
}

static struct signum_fake_request
record_of(const struct signum_http_request *request, uint64_t timeout_ms)
{
    return (struct signum_fake_request){
        .method = text_of(request->method),
        .url = text_of(signum_buf_text(&request->url)),
        .headers = headers_of(&request->headers),
        .body = copy_of(request->body.data, request->body.len),
        .body_len = request->body.len,
        .timeout_ms = timeout_ms,
    };
}

static void
free_record(struct signum_fake_request *record)
{
    free(record->method);
    free(record->url);
    free(record->headers);
    free(record->body);
}

static void
free_answer(struct signum_fake_answer *answer)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        free(answer->header_names[i]);
        free(answer->header_values[i]);
    }
    free(answer->body);
    *answer = (struct signum_fake_answer){0};
}

static enum signum_status
fill_response(const struct signum_fake_answer *answer, struct signum_http_response *response)
{
    enum signum_status status = SIGNUM_OK;

    response->status = answer->status;
    for (size_t i = 0; i < answer->header_count && status == SIGNUM_OK; i++)
        status = signum_http_add_header(&response->headers, answer->header_names[i],
                                        answer->header_values[i]);
    signum_buf_put(&response->body, answer->body, answer->body_len);
    return status != SIGNUM_OK ? status : signum_buf_status(&response->body);
}

/* Gives the first answer of the queue. Called with the lock held. */
static enum signum_status
answer_from_queue(struct signum_fake *fake, uint64_t timeout_ms,
                  struct signum_http_response *response, struct signum_buf *cause)
{
    if (fake->queue_count == 0) {
        signum_buf_put_text(cause, "no answer is queued");
        return SIGNUM_NETWORK;
    }
    struct signum_fake_answer *answer = &fake->queue[fake->queue_first];
    fake->queue_first = (fake->queue_first + 1) % SIGNUM_FAKE_QUEUE_MAX;
    fake->queue_count--;

    bool is_late = answer->takes_ms > timeout_ms;
    uint64_t passes = is_late ? timeout_ms : answer->takes_ms;
    fake->now_ms += passes;
    fake->unix_seconds += (int64_t)(passes / 1000);

    enum signum_status status = is_late ? SIGNUM_TIMEOUT : answer->failure;
    if (status == SIGNUM_OK)
        status = fill_response(answer, response);
    else
        signum_buf_put_text(cause, is_late ? "the fake answers later" : answer->body);
    free_answer(answer);
    return status;
}

static enum signum_status
send_request(void *self, const struct signum_http_request *request, uint64_t timeout_ms,
             struct signum_http_response *response, struct signum_buf *cause)
{
    struct signum_fake *fake = self;
    struct signum_fake_request record = record_of(request, timeout_ms);
    enum signum_status status = SIGNUM_OK;

    signum_lock_acquire(&fake->lock);
    bool is_failing = ++fake->call_count == fake->fail_at;
    signum_fake_responder *responder = fake->responder;
    if (is_failing)
        status = fake->fail_status;
    else if (responder == NULL)
        status = answer_from_queue(fake, timeout_ms, response, cause);
    signum_lock_release(&fake->lock);

    /* Without the lock: a responder may look at the fake. */
    if (!is_failing && responder != NULL)
        status = responder(fake->responder_context, &record, response, cause);

    signum_lock_acquire(&fake->lock);
    if (fake->request_count < SIGNUM_FAKE_REQUESTS_MAX)
        fake->requests[fake->request_count] = record;
    else
        free_record(&record);
    fake->request_count++;
    signum_lock_release(&fake->lock);
    return status;
}

static void
free_transport(void *self)
{
    struct signum_fake *fake = self;

    signum_lock_acquire(&fake->lock);
    fake->transports_open--;
    signum_lock_release(&fake->lock);
}

static enum signum_status
open_transport(void *self, const struct signum_transport_options *options,
               struct signum_transport *transport_out)
{
    struct signum_fake *fake = self;

    *transport_out = (struct signum_transport){0};
    signum_lock_acquire(&fake->lock);
    bool is_failing = ++fake->call_count == fake->fail_at;
    if (!is_failing) {
        fake->transports_open++;
        free(fake->ca_file);
        fake->ca_file = text_of(options->ca_file == NULL ? "" : options->ca_file);
        *transport_out = (struct signum_transport){fake, send_request, free_transport};
    }
    signum_lock_release(&fake->lock);
    return is_failing ? fake->fail_status : SIGNUM_OK;
}

void
signum_fake_transport_init(struct signum_fake *fake)
{
    fake->ports.open_transport = open_transport;
    fake->ports.transport_self = fake;
}

void
signum_fake_transport_clear(struct signum_fake *fake)
{
    size_t kept = fake->request_count;

    if (kept > SIGNUM_FAKE_REQUESTS_MAX)
        kept = SIGNUM_FAKE_REQUESTS_MAX;
    for (size_t i = 0; i < kept; i++)
        free_record(&fake->requests[i]);
    for (size_t i = 0; i < SIGNUM_FAKE_QUEUE_MAX; i++)
        free_answer(&fake->queue[i]);
}

/* ---- What tests say ---- */

static struct signum_fake_answer *
last_answer(struct signum_fake *fake)
{
    if (fake->queue_count == 0)
        abort();
    return &fake->queue[(fake->queue_first + fake->queue_count - 1) % SIGNUM_FAKE_QUEUE_MAX];
}

static void
enqueue(struct signum_fake *fake, enum signum_status failure, unsigned status, const char *body)
{
    if (fake->queue_count == SIGNUM_FAKE_QUEUE_MAX)
        abort();
    fake->queue_count++;
    *last_answer(fake) = (struct signum_fake_answer){
        .failure = failure, .status = status, .body = text_of(body), .body_len = strlen(body)};
}

void
signum_fake_respond(struct signum_fake *fake, unsigned status, const char *body)
{
    enqueue(fake, SIGNUM_OK, status, body);
}

void
signum_fake_respond_failure(struct signum_fake *fake, enum signum_status status, const char *cause)
{
    enqueue(fake, status, 0, cause);
}

void
signum_fake_respond_header(struct signum_fake *fake, const char *name, const char *value)
{
    struct signum_fake_answer *answer = last_answer(fake);

    if (answer->header_count == sizeof answer->header_names / sizeof answer->header_names[0])
        abort();
    answer->header_names[answer->header_count] = text_of(name);
    answer->header_values[answer->header_count++] = text_of(value);
}

void
signum_fake_respond_after(struct signum_fake *fake, uint64_t ms)
{
    last_answer(fake)->takes_ms = ms;
}

void
signum_fake_respond_by(struct signum_fake *fake, signum_fake_responder *responder, void *context)
{
    fake->responder = responder;
    fake->responder_context = context;
}

size_t
signum_fake_waiting(const struct signum_fake *fake)
{
    return fake->queue_count;
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

const char *
signum_fake_request_header(const struct signum_fake_request *request, const char *name)
{
    static char value[SIGNUM_HTTP_HEADER_MAX + 1];

    for (const char *line = request->headers; *line != 0; line = strchr(line, '\n') + 1) {
        size_t i = 0;
        while (name[i] != 0 && lower(line[i]) == lower(name[i]))
            i++;
        if (name[i] != 0 || line[i] != ':')
            continue;
        (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(line + i + 2, "\n"),
                       line + i + 2);
        return value;
    }
    return NULL;
}
