#include "client.h"

#include "retry.h"

#define REPORT_TEXT_MAX 1024

void
signum_report_init(struct signum_report *report)
{
    report->status = SIGNUM_OK;
    signum_buf_init(&report->text, REPORT_TEXT_MAX);
    signum_buf_init(&report->request, REPORT_TEXT_MAX);
}

void
signum_report_clear(struct signum_report *report)
{
    report->status = SIGNUM_OK;
    signum_buf_clear(&report->text);
    signum_buf_clear(&report->request);
}

/* Puts the credential on and sends; once more if a 401 made the credential new. */
static enum signum_status
send_with_credential(struct signum_client *client, const struct signum_budget *budget,
                     struct signum_http_request *request, struct signum_http_response *response,
                     struct signum_buf *cause)
{
    size_t headers = request->headers.count;

    for (unsigned tries = 0;; tries++) {
        enum signum_status status = SIGNUM_OK;
        if (!request->is_public)
            status = client->auth->method->apply(client->auth, budget, request, cause);
        if (status != SIGNUM_OK)
            return status;
        uint64_t left = signum_budget_left(budget);
        if (left == 0)
            return SIGNUM_TIMEOUT;
        status =
            client->transport->send(client->transport->self, request, left, response, cause);
        if (status != SIGNUM_OK || response->status != 401 || tries > 0 || request->is_public)
            return status;
        if (!client->auth->method->is_renewed(client->auth, budget, request, response))
            return status;
        signum_http_truncate_headers(&request->headers, headers);
        signum_http_response_clear(response);
    }
}

/* One step of the operation: compose, send, read. */
static enum signum_status
step(struct signum_client *client, const struct signum_operation *operation,
     const struct signum_budget *budget, struct signum_exchange *exchange,
     struct signum_result *result, enum signum_next *next_out)
{
    struct signum_http_request request;
    struct signum_http_response response;

    *next_out = SIGNUM_NEXT_DONE;
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    enum signum_status status = client->protocol->compose(operation, exchange, &request);
    if (status != SIGNUM_OK)
        goto out;
    status = send_with_credential(client, budget, &request, &response, &result->cause);
    result->is_unsent = response.is_unsent;
    if (status == SIGNUM_OK)
        status = client->protocol->accept(operation, exchange, &response, result, next_out);
    signum_log_debug(client->log, "%s %s: HTTP %u, %s", request.method,
                     signum_buf_text(&request.url), response.status, signum_status_name(status));
out:
    signum_http_request_clear(&request);
    signum_http_response_clear(&response);
    return status;
}

/* Waits before another try, if one is due. */
static bool
wait_to_retry(struct signum_client *client, const struct signum_budget *budget,
              enum signum_status status, unsigned tries, const struct signum_result *result)
{
    struct signum_retry_facts facts = {
        .status = status,
        .tries = tries,
        .asked_ms = result->wait_ms,
        .left_ms = signum_budget_left(budget),
    };
    uint64_t delay;
    const struct signum_random *random = &client->ports->random;

    if (random->fill(random->self, &facts.random, sizeof facts.random) != SIGNUM_OK)
        facts.random = 0; /* no jitter is better than no retry */
    if (!signum_retry_is_due(&facts, &delay))
        return false;
    signum_log_warning(client->log, "%s; trying again in %u ms", signum_buf_text(&result->cause),
                       (unsigned)delay);
    client->ports->clock.sleep_ms(client->ports->clock.self, delay);
    return true;
}

/* A step with its retries. What a failed try left in the result is dropped. */
static enum signum_status
step_with_retries(struct signum_client *client, const struct signum_operation *operation,
                  const struct signum_budget *budget, struct signum_exchange *exchange,
                  struct signum_result *result, enum signum_next *next_out)
{
    for (unsigned tries = 1;; tries++) {
        result->wait_ms = 0;
        enum signum_status status = step(client, operation, budget, exchange, result, next_out);
        if (operation->has_other_url && result->is_unsent)
            return status;
        if (status == SIGNUM_OK || !wait_to_retry(client, budget, status, tries, result))
            return status;
        signum_buf_clear(&result->cause);
        signum_buf_clear(&result->request);
    }
}

static const char *
name_of(enum signum_operation_kind kind)
{
    static const char *const names[] = {
        [SIGNUM_OPERATION_INFO] = "info",
        [SIGNUM_OPERATION_LIST] = "list keys",
        [SIGNUM_OPERATION_GET] = "get key",
        [SIGNUM_OPERATION_SIGN] = "sign",
        [SIGNUM_OPERATION_CREATE] = "create key",
        [SIGNUM_OPERATION_DELETE] = "delete key",
        [SIGNUM_OPERATION_ATTEST] = "attest key",
        [SIGNUM_OPERATION_CSR] = "make a certification request of key",
        [SIGNUM_OPERATION_SET_CHAIN] = "set the certificates of key",
    };

    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

/* Says what failed, where and why. Who called logs or prints it: he knows what it was for. */
static void
write_report(const struct signum_operation *operation, const struct signum_result *result,
             enum signum_status status, struct signum_report *report)
{
    const char *key = operation->key_name;

    if (operation->kind == SIGNUM_OPERATION_SIGN)
        key = signum_key_name(operation->key);
    signum_report_clear(report);
    report->status = status;
    signum_buf_printf(&report->text, "%s%s%s at %s: %s", name_of(operation->kind),
                      key == NULL ? "" : " ", key == NULL ? "" : key, operation->base_url,
                      signum_status_text(status));
    if (result->cause.len > 0)
        signum_buf_printf(&report->text, ": %s", signum_buf_text(&result->cause));
    signum_buf_put(&report->request, result->request.data, result->request.len);
}

enum signum_status
signum_client_run(struct signum_client *client, const struct signum_operation *operation,
                  const struct signum_budget *budget, struct signum_result *result,
                  struct signum_report *report)
{
    struct signum_budget left = *budget;
    bool is_waiting = false;
    enum signum_status status = SIGNUM_OK;
    enum signum_next next = SIGNUM_NEXT_REQUEST;
    struct signum_exchange exchange;

    signum_exchange_init(&exchange);
    for (unsigned steps = 0; next != SIGNUM_NEXT_DONE; steps++) {
        if (steps >= SIGNUM_CLIENT_STEPS_MAX) {
            status = next == SIGNUM_NEXT_WAIT ? SIGNUM_APPROVAL_PENDING : SIGNUM_PROTOCOL;
            break;
        }
        status = step_with_retries(client, operation, &left, &exchange, result, &next);
        if (status != SIGNUM_OK)
            break;
        if (next == SIGNUM_NEXT_WAIT) {
            if (!is_waiting)
                signum_budget_extend(&left, operation->approval_ms);
            is_waiting = true;
            if (result->wait_ms >= signum_budget_left(&left)) {
                status = SIGNUM_APPROVAL_PENDING;
                break;
            }
            client->ports->clock.sleep_ms(client->ports->clock.self, result->wait_ms);
        }
    }
    if (status != SIGNUM_OK)
        write_report(operation, result, status, report);
    signum_exchange_clear(&exchange);
    return status;
}
