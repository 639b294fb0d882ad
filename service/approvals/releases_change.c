#include <stdio.h>
#include <string.h>

#include "approvals/releases.h"
#include "approvals/releases_internal.h"

#define RECORD_MAX ((size_t)16 * 1024)
#define STATE_SIZE 16

/* One as it is stored. */
struct stored {
    char id[SIGNUMD_ID_SIZE];
    char creator[SIGNUMD_USER_MAX + 1];
    char state[STATE_SIZE];
    struct signumd_needs needs;
};

enum signum_status
signumd_release_record(struct signumd_db *db, const struct signumd_actor *actor, const char *action,
    const struct signumd_release_row *row, const char *as, const char *reason)
{
    struct signum_buf body;
    struct signumd_json_writer writer;
    int64_t index = 0;

    signum_buf_init(&body, RECORD_MAX);
    signumd_audit_start(&writer, &body, action, actor);
    signumd_json_put_text(&writer, "release", row->name);
    signumd_json_put_text(&writer, "requester", row->creator);
    signumd_json_put_text(&writer, "state", row->state);
    if (actor->user == NULL)
        signumd_json_put_text(&writer, "as", as);
    signumd_needs_write(&row->needs, &writer);
    signumd_json_begin(&writer, "asserted", '{');
    if (reason != NULL)
        signumd_json_put_text(&writer, "reason", reason);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
    enum signum_status status = signumd_audit_append(db, &body, &index);
    signum_buf_clear(&body);
    return status;
}

static enum signum_status
find(struct signumd_db *db, const char *name, int64_t now, struct stored *stored)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT id, creator, CASE WHEN state IN ('pending', 'active') AND expires <= ?2"
        " THEN 'expired' ELSE state END FROM releases WHERE name = ?1",
        "ti", name, now);

    memset(stored, 0, sizeof *stored);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        (void)snprintf(stored->id, sizeof stored->id, "%s", signumd_db_text(query, 0));
        (void)snprintf(stored->creator, sizeof stored->creator, "%s", signumd_db_text(query, 1));
        (void)snprintf(stored->state, sizeof stored->state, "%s", signumd_db_text(query, 2));
    }
    signumd_db_end(&query);
    if (status == SIGNUM_OK)
        status = signumd_needs_load(db, stored->id, &stored->needs);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

static enum signum_status
check_state(const struct stored *stored, bool is_active_good)
{
    if (strcmp(stored->state, "expired") == 0)
        return SIGNUM_TIMEOUT;
    if (strcmp(stored->state, "pending") == 0 ||
        (is_active_good && strcmp(stored->state, "active") == 0))
        return SIGNUM_OK;
    return SIGNUM_BAD_KEY_STATE;
}

static enum signum_status
check_voter(const struct stored *stored, const struct signumd_voter *voter, const char **cause_out)
{
    if (strcmp(stored->creator, voter->name) == 0)
        *cause_out = "Nobody approves or rejects a release of his own";
    else if (!voter->is_approver)
        *cause_out = "This needs the role approver";
    else if (!signumd_needs_has_voter(&stored->needs, voter))
        *cause_out = "This needs an approver of one of the groups that are asked";
    else
        return SIGNUM_OK;
    return SIGNUM_DENIED;
}

static enum signum_status
set_state(struct signumd_db *db, struct stored *stored, const char *state)
{
    (void)snprintf(stored->state, sizeof stored->state, "%s", state);
    return signumd_db_run(
        db, "UPDATE releases SET state = ? WHERE id = ?", "tt", state, stored->id);
}

static enum signum_status
record(struct signumd_db *db, const struct signumd_actor *actor, const char *action,
    const struct signumd_vote *vote, const struct stored *stored)
{
    const struct signumd_release_row row = {.name = vote->subject,
        .creator = stored->creator,
        .state = stored->state,
        .needs = stored->needs};

    return signumd_release_record(db, actor, action, &row, vote->voter.name, vote->reason);
}

static enum signum_status
vote_in(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_vote *vote,
    const char **cause_out)
{
    struct stored stored;
    struct signumd_vote given = *vote;
    bool has_voted = false;
    enum signum_status status = find(db, vote->subject, vote->time, &stored);

    if (status == SIGNUM_OK)
        status = check_voter(&stored, &vote->voter, cause_out);
    if (status == SIGNUM_OK && vote->is_approval)
        status = signumd_votes_has(db, stored.id, vote->voter.name, &has_voted);
    if (status != SIGNUM_OK || has_voted)
        return status;
    status = check_state(&stored, !vote->is_approval);
    given.subject = stored.id;
    if (status == SIGNUM_OK)
        status = signumd_votes_store(db, &given, &stored.needs);
    if (status == SIGNUM_OK)
        status = signumd_needs_weigh(db, stored.id, stored.creator, &stored.needs);
    if (status == SIGNUM_OK && !vote->is_approval)
        status = set_state(db, &stored, "rejected");
    else if (status == SIGNUM_OK && signumd_needs_are_met(&stored.needs))
        status = set_state(db, &stored, "active");
    if (status != SIGNUM_OK)
        return status;
    return record(
        db, actor, vote->is_approval ? "release.approve" : "release.reject", vote, &stored);
}

enum signum_status
signumd_releases_vote(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_vote *vote, const char **cause_out)
{
    *cause_out = "";
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, vote_in(db, actor, vote, cause_out));
}

static enum signum_status
revoke_in(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_vote *vote,
    bool may_all, const char **cause_out)
{
    struct stored stored;
    enum signum_status status = find(db, vote->subject, vote->time, &stored);

    if (status == SIGNUM_OK && !may_all && strcmp(stored.creator, vote->voter.name) != 0) {
        *cause_out = "Only who made the release, a policy-manager or an admin revokes it";
        status = SIGNUM_DENIED;
    }
    if (status == SIGNUM_OK)
        status = check_state(&stored, true);
    if (status == SIGNUM_OK)
        status = set_state(db, &stored, "revoked");
    return status == SIGNUM_OK ? record(db, actor, "release.revoke", vote, &stored) : status;
}

enum signum_status
signumd_releases_revoke(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_vote *vote, bool may_all, const char **cause_out)
{
    *cause_out = "";
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, revoke_in(db, actor, vote, may_all, cause_out));
}

enum signum_status
signumd_releases_find_use(struct signumd_db *db, const struct signumd_release_use *use,
    int64_t *digest_out, char name_out[SIGNUMD_NAME_MAX + 1])
{
    struct sqlite3_stmt *query = NULL;

    *digest_out = 0;
    name_out[0] = '\0';
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT d.number, r.name, r.id FROM release_digests d JOIN releases r ON r.id = d.release"
        " JOIN release_keys k ON k.release = r.id WHERE d.digest = ? AND d.hash = ?"
        " AND (d.scheme IS NULL OR d.scheme = ?) AND k.key_id = ? AND r.state = 'active'"
        " AND r.expires > ? AND d.used < r.uses ORDER BY r.expires, d.number",
        "bttti", use->digest, signum_hash_by_id(use->params->hash)->wire,
        signum_scheme_by_id(use->params->scheme)->wire, use->key_id, use->now);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        struct signumd_needs needs = *use->needs;
        status = signumd_needs_weigh(db, signumd_db_text(query, 2), use->user, &needs);
        if (status == SIGNUM_OK && signumd_needs_are_met(&needs)) {
            *digest_out = signumd_db_number(query, 0);
            (void)snprintf(name_out, SIGNUMD_NAME_MAX + 1, "%s", signumd_db_text(query, 1));
            break;
        }
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_releases_count_use(struct signumd_db *db, int64_t digest, int64_t now)
{
    return signumd_db_run(db,
        "UPDATE release_digests SET used = used + 1 WHERE number = ? AND used <"
        " (SELECT uses FROM releases r WHERE r.id = release AND r.state = 'active'"
        " AND r.expires > ?)",
        "ii", digest, now);
}
