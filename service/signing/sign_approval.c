#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "signing/signing.h"

#define RETRY_AFTER "2"

/* What the policies ask for now. */
static enum signum_status
read_needs(const struct signumd_signing *signing, struct signumd_needs *needs_out)
{
    const struct signumd_obligations *obligations = &signing->decision.obligations;
    enum signum_status status = SIGNUM_OK;

    memset(needs_out, 0, sizeof *needs_out);
    for (size_t i = 0; i < obligations->approval_count && status == SIGNUM_OK; i++)
        status = signumd_needs_add(
            needs_out, obligations->approvals[i].need, obligations->approvals[i].group);
    return status;
}

static void
copy(struct signum_buf *to, const struct signum_buf *from)
{
    signum_buf_clear(to);
    signum_buf_put(to, from->data, from->len);
}

/* What is to be approved, as the client sent it. The version is the one that would sign now. */
static enum signum_status
make_wanted(struct signumd_signing *signing, int64_t now)
{
    struct signumd_approval *wanted = &signing->approval;
    const struct signumd_settings *settings = &signing->request->app->state->settings;

    (void)snprintf(wanted->user, sizeof wanted->user, "%s", signing->request->user.name);
    (void)snprintf(wanted->key_id, sizeof wanted->key_id, "%s", signing->key.id);
    (void)snprintf(wanted->key, sizeof wanted->key, "%s", signing->key.name);
    wanted->version = signing->key.version;
    wanted->params = signing->sign.params;
    copy(&wanted->digest, &signing->sign.digest);
    copy(&wanted->context, &signing->sign.context);
    copy(&wanted->reason, &signing->sign.reason);
    wanted->expires = now + settings->request_expiry_s;
    if (signum_buf_status(&wanted->digest) != SIGNUM_OK ||
        signum_buf_status(&wanted->context) != SIGNUM_OK)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = signum_buf_status(&wanted->reason);
    return status == SIGNUM_OK ? read_needs(signing, &wanted->needs) : status;
}

static void
reply_waiting(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;
    struct signumd_json_writer writer = {&request->answer, false};

    signum_buf_clear(&request->answer);
    signumd_approval_write_pending(&signing->approval, &writer);
    signumd_reply_json(request, SIGNUM_OK);
    if (request->status != 200)
        return;
    request->status = 202;
    request->cause = "waits for approval";
    signumd_reply_header(request, "Location", "/v1/requests/%s", signing->approval.id);
    signumd_reply_header(request, "Retry-After", RETRY_AFTER);
}

static void
reply_signed(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;

    copy(&request->answer, &signing->approval.answer);
    signumd_reply_json(request, SIGNUM_OK);
    signumd_reply_header(request, "Idempotent-Replayed", "true");
}

/* Anything but an approved one has its answer. */
static void
reply_state(struct signumd_signing *signing)
{
    switch (signing->approval.state) {
    case SIGNUMD_APPROVAL_PENDING:
    case SIGNUMD_APPROVAL_APPROVED:
        reply_waiting(signing);
        break;
    case SIGNUMD_APPROVAL_SIGNED:
        reply_signed(signing);
        break;
    case SIGNUMD_APPROVAL_EXPIRED:
        signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_REQUEST_EXPIRED,
            "It was not approved and fetched in time: make a new request");
        break;
    default:
        signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_APPROVAL_REJECTED,
            signing->approval.state == SIGNUMD_APPROVAL_CANCELLED ? "The request was cancelled"
                                                                  : "An approver rejected it");
        break;
    }
}

/* One at a time signs for an approved request; its name has a blank, which no client's has. */
static enum signum_status
hold(struct signumd_signing *signing)
{
    (void)snprintf(signing->held, sizeof signing->held, " %s", signing->approval.id);
    const struct signumd_idempotency_name name = {
        signing->approval.user, signing->approval.key_id, signing->held};
    enum signum_status status = signumd_running_begin(signing->request->app->running, &name);

    if (status != SIGNUM_OK)
        signing->held[0] = '\0';
    return status;
}

void
signumd_signing_release_hold(struct signumd_signing *signing)
{
    const struct signumd_idempotency_name name = {
        signing->approval.user, signing->approval.key_id, signing->held};

    if (signing->held[0] != '\0')
        signumd_running_end(signing->request->app->running, &name);
    signing->held[0] = '\0';
}

/* Holds it and looks again: who held it before may have signed. False after having answered. */
static bool
take_approved(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;
    char id[SIGNUMD_ID_SIZE];

    memcpy(id, signing->approval.id, sizeof id);
    enum signum_status status = hold(signing);
    if (status == SIGNUM_SERVICE_BUSY) {
        reply_waiting(signing);
        return false;
    }
    if (status == SIGNUM_OK)
        status = signumd_approvals_find(
            request->db, id, signumd_timestamp_seconds(), &signing->approval);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    else if (signing->approval.state != SIGNUMD_APPROVAL_APPROVED)
        reply_state(signing);
    else
        return true;
    return false;
}

static bool
wait_or_take(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;
    const struct signumd_actor actor = signumd_request_actor(request);
    const struct signumd_approval_name name = {
        signing->sign.idempotency_key, signing->sign.body_sha256};
    int64_t now = signumd_timestamp_seconds();
    enum signum_status status = make_wanted(signing, now);

    if (status == SIGNUM_OK)
        status = signumd_approvals_place(request->db, &actor, &name, now, &signing->approval);
    if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_IDEMPOTENCY_MISMATCH,
            "A new request needs a new Idempotency-Key");
    else if (status == SIGNUM_TOO_LARGE)
        signumd_signing_refuse(signing, "denied", SIGNUMD_PROBLEM_DENIED,
            "Too many requests of this user wait for approval: cancel some");
    else if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    else if (signing->approval.state != SIGNUMD_APPROVAL_APPROVED)
        reply_state(signing);
    else
        return take_approved(signing);
    return false;
}

/* A digest that was approved before it was asked for; release_digest is 0 if there is none. */
static enum signum_status
find_release(struct signumd_signing *signing)
{
    struct signumd_needs needs;
    const struct signumd_release_use use = {.user = signing->request->user.name,
        .key_id = signing->key.id,
        .params = &signing->sign.params,
        .digest = signum_bytes_of_buf(&signing->sign.digest),
        .needs = &needs,
        .now = signumd_timestamp_seconds()};
    enum signum_status status = read_needs(signing, &needs);

    if (status != SIGNUM_OK)
        return status;
    return signumd_releases_find_use(
        signing->request->db, &use, &signing->release_digest, signing->release);
}

bool
signumd_signing_approval(struct signumd_signing *signing)
{
    if (signing->decision.obligations.approval_count == 0)
        return true;
    enum signum_status status = find_release(signing);
    if (status != SIGNUM_OK)
        signumd_reply_internal(signing->request, status);
    if (status != SIGNUM_OK || signing->release_digest != 0)
        return status == SIGNUM_OK;
    return wait_or_take(signing);
}

/* What the policies ask for now may be more than it was. False after having answered. */
static bool
demand(struct signumd_signing *signing)
{
    struct signumd_db *db = signing->request->db;
    struct signumd_needs needs;
    enum signum_status status = read_needs(signing, &needs);

    if (status == SIGNUM_OK)
        status =
            signumd_approvals_demand(db, &needs, signumd_timestamp_seconds(), &signing->approval);
    if (status != SIGNUM_OK)
        signumd_reply_internal(signing->request, status);
    return status == SIGNUM_OK && signing->approval.state == SIGNUMD_APPROVAL_APPROVED;
}

/* The request as it was when it came. */
static enum signum_status
restore(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;
    const struct signumd_approval *approval = &signing->approval;

    (void)snprintf(request->name, sizeof request->name, "%s", approval->key);
    signing->sign.version = approval->version;
    signing->sign.params = approval->params;
    copy(&signing->sign.digest, &approval->digest);
    copy(&signing->sign.context, &approval->context);
    copy(&signing->sign.reason, &approval->reason);
    if (signum_buf_status(&signing->sign.digest) != SIGNUM_OK ||
        signum_buf_status(&signing->sign.reason) != SIGNUM_OK)
        return SIGNUM_NO_MEMORY;
    return signumd_asserted_parse(&signing->sign.context, &signing->sign.asserted);
}

/* A key that was made anew under its name is not the one that was approved. */
static bool
is_same_key(struct signumd_signing *signing)
{
    if (strcmp(signing->key.id, signing->approval.key_id) == 0)
        return true;
    signumd_signing_refuse(
        signing, "failed", SIGNUMD_PROBLEM_VERSION_MISMATCH, "The key is not the one approved");
    return false;
}

static void
resume(struct signumd_signing *signing)
{
    struct signumd_request *request = signing->request;

    if (!signumd_signing_admit(signing) || !is_same_key(signing) ||
        !signumd_signing_check_limits(signing) || !signumd_signing_check_key(signing) ||
        !demand(signing))
        return;
    enum signum_status status = hold(signing);
    if (status == SIGNUM_SERVICE_BUSY) /* it is being signed just now: the client asks again */
        return;
    char id[SIGNUMD_ID_SIZE];
    memcpy(id, signing->approval.id, sizeof id);
    if (status == SIGNUM_OK)
        status = signumd_approvals_find(
            request->db, id, signumd_timestamp_seconds(), &signing->approval);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    else if (signing->approval.state == SIGNUMD_APPROVAL_APPROVED)
        signumd_signing_sign(signing);
}

bool
signumd_signing_resume(struct signumd_request *request, const char *id)
{
    struct signumd_signing signing;

    signumd_signing_init(&signing, request);
    enum signum_status status =
        signumd_approvals_find(request->db, id, signumd_timestamp_seconds(), &signing.approval);
    if (status == SIGNUM_OK)
        status = restore(&signing);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    else if (signing.approval.state == SIGNUMD_APPROVAL_APPROVED)
        resume(&signing);
    signumd_signing_clear(&signing);
    return request->status == 0 || request->status == 200;
}

/* Every name under which a client sent it gets the answer. */
struct naming {
    struct signumd_db *db;
    struct signumd_signing *signing;
    int64_t now;
};

static enum signum_status
answer_name(void *context, const struct signumd_approval_name *name)
{
    const struct naming *naming = context;
    const struct signumd_approval *approval = &naming->signing->approval;
    const struct signumd_idempotency_name full = {
        approval->user, approval->key_id, name->idempotency_key};

    enum signum_status status = signumd_answers_add(naming->db, &full, name->body_sha256,
        naming->now, signum_buf_text(&naming->signing->request->answer));
    /* it got another signature meanwhile, when no approval was asked for: that one stays */
    return status == SIGNUM_KEY_EXISTS ? SIGNUM_OK : status;
}

enum signum_status
signumd_signing_settle(struct signumd_db *db, struct signumd_signing *signing)
{
    const char *answer = signum_buf_text(&signing->request->answer);
    struct naming naming = {db, signing, signumd_timestamp_seconds()};

    enum signum_status status = SIGNUM_OK;

    if (signing->release_digest != 0)
        status = signumd_releases_count_use(db, signing->release_digest, naming.now);
    if (status == SIGNUM_NOT_FOUND)
        return SIGNUM_BAD_KEY_STATE;
    if (status == SIGNUM_OK && signing->approval.id[0] == '\0')
        return signumd_answers_add(
            db, &signing->name, signing->sign.body_sha256, naming.now, answer);
    if (status == SIGNUM_OK)
        status = signumd_approvals_settle(db, signing->approval.id, naming.now, answer);
    if (status == SIGNUM_NOT_FOUND)
        return SIGNUM_BAD_KEY_STATE;
    if (status == SIGNUM_OK)
        status = signumd_approvals_each_name(db, signing->approval.id, answer_name, &naming);
    return status;
}
