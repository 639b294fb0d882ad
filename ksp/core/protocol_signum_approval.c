#include <cjson/cJSON.h>
#include <string.h>

#include "protocol_json.h"
#include "protocol_signum.h"

/*
 * A signing request that waits for approval: 202 with the request's identifier, then questions
 * after it until it has been signed or has ended.
 */

#define ID_MAX 64
#define WAIT_MIN_S 1
#define WAIT_MAX_S 60
#define STEPS_PER_PACE 8 /* after so many questions they come less often */

bool
signum_protocol_signum_is_waiting(const struct signum_exchange *exchange)
{
    return exchange->memory.len > 0;
}

void
signum_protocol_signum_put_wait(const struct signum_exchange *exchange, struct signum_buf *url)
{
    signum_buf_put_text(url, "/v1/requests/");
    signum_http_put_escaped(url, signum_buf_text(&exchange->memory));
}

/* It becomes a part of a path. */
static bool
is_id(const char *text)
{
    static const char allowed[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    size_t len = strlen(text);

    return len >= 1 && len <= ID_MAX && strspn(text, allowed) == len;
}

/* Whom it waits for: " by release-managers (1 of 2)". */
static void
put_missing(const cJSON *object, struct signum_buf *cause)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "approvals"))
    {
        uint64_t need = 0;
        uint64_t have = 0;
        const char *group = signum_json_text(item, "group");
        if (signum_json_number(item, "need", 1000, &need) != SIGNUM_OK ||
            signum_json_number(item, "have", 1000, &have) != SIGNUM_OK || have >= need)
            continue;
        signum_buf_printf(cause, ", by %.64s (%u of %u)", group == NULL ? "any approver" : group,
            (unsigned)have, (unsigned)need);
    }
}

/* The questions come slower with time, so that a day's wait is not thousands of them. */
static uint64_t
wait_of(const cJSON *object, const struct signum_exchange *exchange)
{
    uint64_t seconds = 0;

    if (signum_json_number(object, "retry_after", 86400, &seconds) != SIGNUM_OK ||
        seconds < WAIT_MIN_S)
        seconds = WAIT_MIN_S;
    seconds *= 1 + exchange->step / STEPS_PER_PACE;
    return (seconds > WAIT_MAX_S ? WAIT_MAX_S : seconds) * 1000;
}

/* The identifier that approvers see, in place of that of the HTTP request. */
static void
tell_request(const char *id, struct signum_result *result)
{
    signum_buf_clear(&result->request);
    signum_buf_put_text(&result->request, id);
}

static enum signum_status
wait(const cJSON *object, const char *id, struct signum_exchange *exchange,
    struct signum_result *result, enum signum_next *next_out)
{
    signum_buf_clear(&exchange->memory);
    signum_buf_put_text(&exchange->memory, id);
    tell_request(id, result);
    signum_buf_clear(&result->cause);
    signum_buf_printf(&result->cause, "request %s", id);
    put_missing(object, &result->cause);
    result->wait_ms = wait_of(object, exchange);
    *next_out = SIGNUM_NEXT_WAIT;
    return signum_buf_status(&exchange->memory);
}

/* The reason of the vote that ended it, if there is one. */
static const char *
find_reason(const cJSON *object)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "votes"))
    {
        const char *vote = signum_json_text(item, "vote");
        if (vote != NULL && strcmp(vote, "reject") == 0)
            return signum_json_text(item, "reason");
    }
    return NULL;
}

static enum signum_status
end(const cJSON *object, const char *id, const char *state, struct signum_result *result)
{
    const char *reason = find_reason(object);
    const bool is_late = strcmp(state, "expired") == 0;

    tell_request(id, result);
    signum_buf_clear(&result->cause);
    signum_buf_printf(&result->cause, "request %s %s", id, is_late ? "has expired" : "was ");
    if (!is_late)
        signum_buf_put_text(&result->cause, state);
    if (reason != NULL)
        signum_buf_printf(&result->cause, ": %.512s", reason);
    return is_late ? SIGNUM_APPROVAL_EXPIRED : SIGNUM_APPROVAL_REJECTED;
}

enum signum_status
signum_protocol_signum_accept_wait(const struct signum_response_of_wait *answer,
    struct signum_exchange *exchange, struct signum_result *result, enum signum_next *next_out)
{
    static const char *const ends[] = {"rejected", "cancelled", "expired"};
    const char *id = signum_json_text(answer->object, "request");
    const char *state = signum_json_text(answer->object, "status");
    const bool is_first = !signum_protocol_signum_is_waiting(exchange);

    if (id == NULL || state == NULL || !is_id(id))
        return SIGNUM_PROTOCOL;
    if (!is_first && strcmp(id, signum_buf_text(&exchange->memory)) != 0)
        return SIGNUM_PROTOCOL; /* another request's signature is not to be taken for this one's */
    if (strcmp(state, "pending") == 0 || strcmp(state, "approved") == 0)
        return wait(answer->object, id, exchange, result, next_out);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (strcmp(state, ends[i]) == 0)
            return end(answer->object, id, state, result);
    if (strcmp(state, "signed") != 0 || is_first)
        return SIGNUM_PROTOCOL;
    return answer->accept_sign(
        answer->operation, cJSON_GetObjectItemCaseSensitive(answer->object, "result"), result);
}
