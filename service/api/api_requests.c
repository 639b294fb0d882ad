#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "approvals/approvals.h"
#include "base/timestamp.h"
#include "signing/signing.h"

#define AFTER_DIGITS_MAX 15
#define READERS                                                                                    \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_APPROVER) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR) |            \
        SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))

static bool
is_requester(const struct signumd_request *request, const struct signumd_approval *approval)
{
    return strcmp(approval->user, request->user.name) == 0;
}

static void
reply_not_found(struct signumd_request *request)
{
    signumd_reply_problem(request, SIGNUMD_PROBLEM_REQUEST_NOT_FOUND,
        "There is no request %s for you to see", request->name);
}

/* Finds one that the user may see: his own, or with one of the roles. False after having answered.
 */
static bool
find(struct signumd_request *request, struct signumd_approval *approval)
{
    enum signum_status status =
        signumd_approvals_find(request->db, request->name, signumd_timestamp_seconds(), approval);

    if (status == SIGNUM_OK &&
        (is_requester(request, approval) || signumd_user_has(&request->user, READERS)))
        return true;
    if (status == SIGNUM_OK || status == SIGNUM_NOT_FOUND)
        reply_not_found(request);
    else
        signumd_reply_internal(request, status);
    return false;
}

/* The request as it is now, in place of any answer. */
static void
reply_request(struct signumd_request *request, const char *id)
{
    struct signumd_approval approval;
    struct signumd_json_writer writer = {&request->answer, false};

    signum_buf_clear(&request->answer);
    signumd_approval_init(&approval);
    enum signum_status status =
        signumd_approvals_find(request->db, id, signumd_timestamp_seconds(), &approval);
    if (status == SIGNUM_OK)
        status = signumd_approval_write(
            request->db, &approval, is_requester(request, &approval), &writer);
    signumd_approval_clear(&approval);
    signumd_reply_json(request, status);
}

void
signumd_api_request(struct signumd_request *request)
{
    struct signumd_approval approval;
    char id[SIGNUMD_ID_SIZE] = "";
    bool is_shown = false;

    signumd_approval_init(&approval);
    if (find(request, &approval)) {
        memcpy(id, approval.id, sizeof id);
        is_shown = !is_requester(request, &approval) ||
                   approval.state != SIGNUMD_APPROVAL_APPROVED ||
                   signumd_signing_resume(request, id);
    }
    signumd_approval_clear(&approval);
    if (is_shown)
        reply_request(request, id);
}

/* Body: {reason}. False after having answered. */
static bool
read_reason(struct signumd_request *request, bool is_required, struct signum_buf *reason_out)
{
    static const char *const names[] = {"reason"};
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, 1);
    const char *reason =
        signumd_json_get_text(&reader, "reason", is_required, SIGNUMD_VOTE_REASON_MAX);
    if (reason != NULL)
        signum_buf_put_text(reason_out, reason);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    signumd_json_free(&object);
    return reader.failure == SIGNUM_OK;
}

static struct signumd_vote
make_vote(const struct signumd_request *request, const struct signum_buf *reason, bool is_approval)
{
    return (struct signumd_vote){
        .subject = request->name,
        .voter = {request->user.name,
            signumd_user_has(&request->user, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_APPROVER)),
            &request->groups},
        .is_approval = is_approval,
        .reason = reason->len == 0 ? NULL : signum_buf_text(reason),
        .time = signumd_timestamp_seconds(),
    };
}

static void
reply_change(struct signumd_request *request, enum signum_status status, const char *cause)
{
    if (status == SIGNUM_OK)
        reply_request(request, request->name);
    else if (status == SIGNUM_NOT_FOUND)
        reply_not_found(request);
    else if (status == SIGNUM_DENIED)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_DENIED, "%s", cause);
    else if (status == SIGNUM_TIMEOUT)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_REQUEST_EXPIRED, "Its time is over");
    else if (status == SIGNUM_BAD_KEY_STATE)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_REQUEST_CLOSED, "It has been decided already");
    else
        signumd_reply_internal(request, status);
}

static void
vote(struct signumd_request *request, bool is_approval)
{
    struct signumd_approval approval;
    struct signum_buf reason;
    const struct signumd_actor actor = signumd_request_actor(request);
    const char *cause = "";

    signumd_approval_init(&approval);
    signum_buf_init(&reason, SIGNUMD_VOTE_REASON_MAX);
    if (read_reason(request, !is_approval, &reason) && find(request, &approval)) {
        const struct signumd_vote given = make_vote(request, &reason, is_approval);
        enum signum_status status = signumd_approvals_vote(request->db, &actor, &given, &cause);
        reply_change(request, status, cause);
    }
    signum_buf_clear(&reason);
    signumd_approval_clear(&approval);
}

void
signumd_api_approve(struct signumd_request *request)
{
    vote(request, true);
}

void
signumd_api_reject(struct signumd_request *request)
{
    vote(request, false);
}

void
signumd_api_cancel(struct signumd_request *request)
{
    struct signumd_approval approval;
    struct signum_buf reason;
    const struct signumd_actor actor = signumd_request_actor(request);
    const bool is_admin = signumd_user_has(&request->user, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN));
    const char *cause = "";

    signumd_approval_init(&approval);
    signum_buf_init(&reason, SIGNUMD_VOTE_REASON_MAX);
    if (read_reason(request, false, &reason) && find(request, &approval)) {
        const struct signumd_vote given = make_vote(request, &reason, false);
        enum signum_status status =
            signumd_approvals_cancel(request->db, &actor, &given, is_admin, &cause);
        reply_change(request, status, cause);
    }
    signum_buf_clear(&reason);
    signumd_approval_clear(&approval);
}

/* "after" is the number of a request. False after having answered. */
static bool
read_after(struct signumd_request *request, int64_t *after_out, int64_t *limit_out)
{
    const char *after = NULL;

    *after_out = 0;
    if (!signumd_paging_read(request, &after, limit_out))
        return false;
    if (after[0] == '\0')
        return true;
    size_t digits = strspn(after, "0123456789");
    if (digits <= AFTER_DIGITS_MAX && after[digits] == '\0') {
        *after_out = strtoll(after, NULL, 10);
        return true;
    }
    signumd_reply_bad_field(request, "after", "must be the number of a request");
    return false;
}

/* Names and state of the query. False after having answered. */
static bool
read_filter(struct signumd_request *request, struct signumd_approval_filter *filter)
{
    enum signumd_approval_state state = SIGNUMD_APPROVAL_PENDING;
    const char *bad = NULL;

    filter->user = signumd_request_query(request, "user");
    filter->key = signumd_request_query(request, "key");
    filter->state = signumd_request_query(request, "state");
    filter->reader = request->user.name;
    if (filter->user != NULL && !signumd_name_is_valid(filter->user) &&
        !signumd_name_is_federated(filter->user))
        bad = "user";
    else if (filter->key != NULL && !signumd_name_is_valid(filter->key))
        bad = "key";
    if (bad != NULL) {
        signumd_reply_bad_field(request, bad, "is not a name that one can have");
        return false;
    }
    if (filter->state != NULL && !signumd_approval_state_from_name(filter->state, &state)) {
        signumd_reply_bad_field(
            request, "state", "must be pending, approved, rejected, cancelled, expired or signed");
        return false;
    }
    return true;
}

void
signumd_api_requests(struct signumd_request *request)
{
    struct signumd_approval_filter filter;
    struct signumd_json_writer writer;
    int64_t after = 0;
    int64_t limit = 0;
    int64_t next = 0;

    if (!read_after(request, &after, &limit) || !read_filter(request, &filter))
        return;
    /* who has none of the roles sees his own, whatever he asks for */
    bool is_nothing = false;
    if (!signumd_user_has(&request->user, READERS)) {
        is_nothing = filter.user != NULL && strcmp(filter.user, request->user.name) != 0;
        filter.user = request->user.name;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "requests", '[');
    enum signum_status status = is_nothing
                                    ? SIGNUM_OK
                                    : signumd_approvals_write_page(request->db, &filter, after,
                                          limit, signumd_timestamp_seconds(), &writer, &next);
    signumd_json_end(&writer, ']');
    if (next == 0)
        signumd_json_put_text(&writer, "next", NULL);
    else
        signumd_json_put_number(&writer, "next", next);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}
