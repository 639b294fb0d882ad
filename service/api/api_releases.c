#include <string.h>

#include "api/api.h"
#include "approvals/releases.h"
#include "base/timestamp.h"

#define RELEASE_KEEPERS                                                                            \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_POLICY_MANAGER) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))

static void
reply_release(struct signumd_request *request, const char *name, bool is_whole)
{
    struct signumd_json_writer writer = {&request->answer, false};
    enum signum_status status =
        signumd_releases_write(request->db, name, signumd_timestamp_seconds(), is_whole, &writer);

    if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_RELEASE_NOT_FOUND, "There is no release %s", name);
    else
        signumd_reply_json(request, status);
}

void
signumd_api_release(struct signumd_request *request)
{
    reply_release(request, request->name, true);
}

void
signumd_api_releases(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    const char *after = NULL;
    int64_t limit = 0;
    char next[SIGNUMD_NAME_MAX + 1];

    if (!signumd_paging_read(request, &after, &limit))
        return;
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "releases", '[');
    enum signum_status status = signumd_releases_write_page(
        request->db, after, limit, signumd_timestamp_seconds(), &writer, next);
    signumd_json_end(&writer, ']');
    signumd_json_put_text(&writer, "next", next[0] == '\0' ? NULL : next);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

static void
create(struct signumd_request *request, struct signumd_release *release)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    const char *missing = "";
    enum signum_status status = signumd_releases_create(
        request->db, &actor, request->user.name, signumd_timestamp_seconds(), release, &missing);

    if (status == SIGNUM_KEY_EXISTS)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_RELEASE_EXISTS, "There is a release %s", release->name);
    else if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_reply_bad_field(request, "keys", "names a key that is not there");
    else if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_reply_bad_field(
            request, "approvals", "is missing: no policy of these keys says who is to approve");
    else if (status == SIGNUM_TOO_LARGE)
        signumd_reply_bad_field(
            request, "approvals", "names, with the policies of these keys, too many groups");
    else if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    if (status != SIGNUM_OK)
        return;
    reply_release(request, release->name, true);
    if (request->status != 200)
        return;
    request->status = 201;
    signumd_reply_header(request, "Location", "/v1/releases/%s", release->name);
}

static bool
parse(struct signumd_request *request, struct cJSON **object_out)
{
    if (signumd_json_parse(signum_bytes_of_buf(&request->body), object_out) == SIGNUM_OK)
        return true;
    signumd_reply_problem(request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
    return false;
}

void
signumd_api_create_release(struct signumd_request *request)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    struct signumd_release release;

    if (!parse(request, &object))
        return;
    signumd_release_init(&release);
    signumd_json_reader_init(&reader, object);
    signumd_release_read(&reader, signumd_timestamp_seconds(), &release);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        create(request, &release);
    signumd_release_clear(&release);
    signumd_json_free(&object);
}

enum change { CHANGE_APPROVE, CHANGE_REJECT, CHANGE_REVOKE };

static void
reply_change(struct signumd_request *request, enum signum_status status, const char *cause)
{
    if (status == SIGNUM_OK || status == SIGNUM_NOT_FOUND)
        reply_release(request, request->name, false);
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
change_with(struct signumd_request *request, enum change change, const char *reason)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    const char *cause = "";
    const struct signumd_vote vote = {
        .subject = request->name,
        .voter = {request->user.name,
            signumd_user_has(&request->user, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_APPROVER)),
            &request->groups},
        .is_approval = change == CHANGE_APPROVE,
        .reason = reason,
        .time = signumd_timestamp_seconds(),
    };
    enum signum_status status = change == CHANGE_REVOKE
                                    ? signumd_releases_revoke(request->db, &actor, &vote,
                                          signumd_user_has(&request->user, RELEASE_KEEPERS), &cause)
                                    : signumd_releases_vote(request->db, &actor, &vote, &cause);

    reply_change(request, status, cause);
}

/* Body: {reason}. */
static void
change(struct signumd_request *request, enum change change)
{
    static const char *const names[] = {"reason"};
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (!parse(request, &object))
        return;
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, 1);
    const char *reason =
        signumd_json_get_text(&reader, "reason", change == CHANGE_REJECT, SIGNUMD_VOTE_REASON_MAX);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        change_with(request, change, reason);
    signumd_json_free(&object);
}

void
signumd_api_approve_release(struct signumd_request *request)
{
    change(request, CHANGE_APPROVE);
}

void
signumd_api_reject_release(struct signumd_request *request)
{
    change(request, CHANGE_REJECT);
}

void
signumd_api_revoke_release(struct signumd_request *request)
{
    change(request, CHANGE_REVOKE);
}
