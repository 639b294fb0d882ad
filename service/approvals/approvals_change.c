#include <stdio.h>
#include <string.h>

#include "approvals/approvals.h"
#include "approvals/approvals_internal.h"
#include "base/timestamp.h"

#define SWEEP_MAX 100 /* in one transaction */

/* SIGNUM_OK if it can still be changed. */
static enum signum_status
check_open(const struct signumd_approval *approval)
{
    if (approval->state == SIGNUMD_APPROVAL_EXPIRED)
        return SIGNUM_TIMEOUT;
    return approval->state > SIGNUMD_APPROVAL_APPROVED ? SIGNUM_BAD_KEY_STATE : SIGNUM_OK;
}

static enum signum_status
check_voter(const struct signumd_approval *approval, const struct signumd_voter *voter,
    const char **cause_out)
{
    if (strcmp(approval->user, voter->name) == 0)
        *cause_out = "Nobody approves or rejects a request of his own";
    else if (!voter->is_approver)
        *cause_out = "This needs the role approver";
    else if (!signumd_needs_has_voter(&approval->needs, voter))
        *cause_out = "This needs an approver of one of the groups that are asked";
    else
        return SIGNUM_OK;
    return SIGNUM_DENIED;
}

static enum signum_status
approve(struct signumd_db *db, const struct signumd_vote *vote, struct signumd_approval *approval)
{
    enum signum_status status = signumd_votes_store(db, vote, &approval->needs);

    if (status == SIGNUM_OK)
        status = signumd_needs_weigh(db, approval->id, approval->user, &approval->needs);
    if (status == SIGNUM_OK && signumd_needs_are_met(&approval->needs)) {
        approval->state = SIGNUMD_APPROVAL_APPROVED;
        status = signumd_approval_set_state(db, approval->id, approval->state, vote->time);
    }
    return status;
}

static enum signum_status
reject(struct signumd_db *db, const struct signumd_vote *vote, struct signumd_approval *approval)
{
    enum signum_status status = signumd_votes_store(db, vote, &approval->needs);

    if (status == SIGNUM_OK)
        status = signumd_needs_weigh(db, approval->id, approval->user, &approval->needs);
    approval->state = SIGNUMD_APPROVAL_REJECTED;
    if (status == SIGNUM_OK)
        status = signumd_approval_set_state(db, approval->id, approval->state, vote->time);
    return status;
}

static enum signum_status
vote_in(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_vote *vote,
    struct signumd_approval *approval, const char **cause_out)
{
    bool has_voted = false;
    enum signum_status status = signumd_approvals_find(db, vote->subject, vote->time, approval);

    if (status == SIGNUM_OK)
        status = check_voter(approval, &vote->voter, cause_out);
    if (status == SIGNUM_OK)
        status = check_open(approval);
    if (status == SIGNUM_OK && vote->is_approval)
        status = signumd_votes_has(db, approval->id, vote->voter.name, &has_voted);
    if (status != SIGNUM_OK || has_voted)
        return status;
    if (vote->is_approval && approval->state == SIGNUMD_APPROVAL_APPROVED)
        return SIGNUM_BAD_KEY_STATE;
    status = vote->is_approval ? approve(db, vote, approval) : reject(db, vote, approval);
    if (status != SIGNUM_OK)
        return status;
    return signumd_approval_record(db, actor,
        vote->is_approval ? "request.approve" : "request.reject", approval, vote->voter.name,
        vote->reason);
}

enum signum_status
signumd_approvals_vote(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_vote *vote, const char **cause_out)
{
    struct signumd_approval approval;

    *cause_out = "";
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    signumd_approval_init(&approval);
    status = signumd_db_finish(db, vote_in(db, actor, vote, &approval, cause_out));
    signumd_approval_clear(&approval);
    return status;
}

static enum signum_status
cancel_in(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_vote *vote,
    bool is_admin, struct signumd_approval *approval, const char **cause_out)
{
    enum signum_status status = signumd_approvals_find(db, vote->subject, vote->time, approval);

    if (status == SIGNUM_OK && !is_admin && strcmp(approval->user, vote->voter.name) != 0) {
        *cause_out = "Only who made the request, or an admin, cancels it";
        status = SIGNUM_DENIED;
    }
    if (status == SIGNUM_OK)
        status = check_open(approval);
    approval->state = SIGNUMD_APPROVAL_CANCELLED;
    if (status == SIGNUM_OK)
        status = signumd_approval_set_state(db, approval->id, approval->state, vote->time);
    if (status != SIGNUM_OK)
        return status;
    return signumd_approval_record(
        db, actor, "request.cancel", approval, vote->voter.name, vote->reason);
}

enum signum_status
signumd_approvals_cancel(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_vote *vote, bool is_admin, const char **cause_out)
{
    struct signumd_approval approval;

    *cause_out = "";
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    signumd_approval_init(&approval);
    status = signumd_db_finish(db, cancel_in(db, actor, vote, is_admin, &approval, cause_out));
    signumd_approval_clear(&approval);
    return status;
}

enum signum_status
signumd_approvals_settle(struct signumd_db *db, const char *id, int64_t now, const char *answer)
{
    return signumd_db_run(db,
        "UPDATE approvals SET state = 'signed', answer = ?, ended = ? WHERE id = ?"
        " AND state = 'approved' AND expires > ?",
        "titi", answer, now, id, now);
}

enum signum_status
signumd_approvals_each_name(
    struct signumd_db *db, const char *id, signumd_approval_name_visit *visit, void *context)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT idempotency_key, body_sha256 FROM approval_names WHERE approval = ?", "t", id);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        struct signum_bytes body = signumd_db_bytes(query, 1);
        const struct signumd_approval_name name = {signumd_db_text(query, 0), body.data};
        status = body.len == SIGNUMD_SHA256_LEN ? visit(context, &name) : SIGNUM_INTERNAL;
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

/* The next open one that `sql` finds with the two values. SIGNUM_NOT_FOUND. */
static enum signum_status
find_next(struct signumd_db *db, const char *sql, const char *user, int64_t now,
    struct signumd_approval *approval)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query, sql, "ti", user, now);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        (void)snprintf(approval->id, sizeof approval->id, "%s", signumd_db_text(query, 0));
    signumd_db_end(&query);
    if (status == SIGNUM_NO_MORE_ITEMS)
        return SIGNUM_NOT_FOUND;
    if (status != SIGNUM_OK)
        return status;
    char id[SIGNUMD_ID_SIZE];
    memcpy(id, approval->id, sizeof id);
    return signumd_approvals_find(db, id, now, approval);
}

static enum signum_status
end_next(struct signumd_db *db, const struct signumd_actor *actor, const char *user, int64_t now)
{
    struct signumd_approval approval;
    const char *sql = user == NULL
                          ? "SELECT id FROM approvals WHERE ?1 IS NULL AND expires <= ?2"
                            " AND state IN ('pending', 'approved') ORDER BY number LIMIT 1"
                          : "SELECT id FROM approvals WHERE user = ?1 AND ?2 IS NOT NULL"
                            " AND state IN ('pending', 'approved') ORDER BY number LIMIT 1";

    signumd_approval_init(&approval);
    enum signum_status status = find_next(db, sql, user, now, &approval);
    approval.state = user == NULL ? SIGNUMD_APPROVAL_EXPIRED : SIGNUMD_APPROVAL_CANCELLED;
    if (status == SIGNUM_OK)
        status = signumd_approval_set_state(db, approval.id, approval.state, now);
    if (status == SIGNUM_OK)
        status =
            signumd_approval_record(db, actor, user == NULL ? "request.expire" : "request.cancel",
                &approval, NULL, user == NULL ? NULL : "The user was removed");
    signumd_approval_clear(&approval);
    return status;
}

enum signum_status
signumd_approvals_sweep(struct signumd_db *db, int64_t now)
{
    int64_t due = 0;
    enum signum_status status = signumd_db_get_number(db, &due,
        "SELECT count(*) FROM approvals WHERE state IN ('pending', 'approved') AND expires <= ?",
        "i", now);

    if (status != SIGNUM_OK || due == 0)
        return status;
    status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    for (int i = 0; i < SWEEP_MAX && status == SIGNUM_OK; i++)
        status = end_next(db, &signumd_actor_local, NULL, now);
    return signumd_db_finish(db, status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status);
}

enum signum_status
signumd_approvals_forget(struct signumd_db *db, const struct signumd_actor *actor, const char *user)
{
    enum signum_status status = SIGNUM_OK;

    while (status == SIGNUM_OK)
        status = end_next(db, actor, user, signumd_timestamp_seconds());
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}
