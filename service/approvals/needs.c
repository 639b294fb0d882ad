#include "approvals/needs.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"

#define NOBODY SIZE_MAX
#define GROUP_ANY ""

enum signum_status
signumd_needs_add(struct signumd_needs *needs, int64_t need, const char *group)
{
    if (need < 1 || need > SIGNUMD_NEED_MAX || (group[0] != '\0' && !signumd_name_is_valid(group)))
        return SIGNUM_INVALID_ARGUMENT;
    for (size_t i = 0; i < needs->count; i++) {
        if (strcmp(needs->items[i].group, group) != 0)
            continue;
        if (needs->items[i].need < need)
            needs->items[i].need = need;
        return SIGNUM_OK;
    }
    if (needs->count == SIGNUMD_NEEDS_MAX)
        return SIGNUM_TOO_LARGE;
    struct signumd_need *item = &needs->items[needs->count++];
    item->need = need;
    item->have = 0;
    (void)snprintf(item->group, sizeof item->group, "%s", group);
    return SIGNUM_OK;
}

/* Whom each person counts for while it is worked out (a bipartite matching by augmenting paths). */
struct matching {
    const struct signumd_needs *needs;
    const unsigned *masks;
    size_t count;
    size_t group_of[SIGNUMD_VOTES_MAX]; /* NOBODY: counts for no group yet */
    bool is_seen[SIGNUMD_VOTES_MAX];
};

/* Finds one more person for the group, moving others to their other groups if that helps. */
static bool
find_person(struct matching *matching, size_t group)
{
    for (size_t i = 0; i < matching->count; i++) {
        if (matching->is_seen[i] || (matching->masks[i] & (1u << group)) == 0 ||
            matching->group_of[i] == group)
            continue;
        matching->is_seen[i] = true;
        size_t other = matching->group_of[i];
        if (other == NOBODY || find_person(matching, other)) {
            matching->group_of[i] = group;
            return true;
        }
    }
    return false;
}

void
signumd_needs_count(struct signumd_needs *needs, const unsigned *masks, size_t count)
{
    struct matching matching = {.needs = needs, .masks = masks, .count = count};

    if (matching.count > SIGNUMD_VOTES_MAX)
        matching.count = SIGNUMD_VOTES_MAX;
    for (size_t i = 0; i < SIGNUMD_VOTES_MAX; i++)
        matching.group_of[i] = NOBODY;
    for (size_t g = 0; g < needs->count; g++) {
        needs->items[g].have = 0;
        bool is_found = true;
        while (is_found && needs->items[g].have < needs->items[g].need) {
            memset(matching.is_seen, 0, sizeof matching.is_seen);
            is_found = find_person(&matching, g);
            needs->items[g].have += is_found ? 1 : 0;
        }
    }
}

bool
signumd_needs_are_met(const struct signumd_needs *needs)
{
    for (size_t i = 0; i < needs->count; i++)
        if (needs->items[i].have < needs->items[i].need)
            return false;
    return needs->count > 0;
}

static bool
is_in(const struct signumd_voter *voter, const char *group)
{
    return strcmp(group, GROUP_ANY) == 0 ||
           (voter->groups != NULL && signumd_texts_has(voter->groups, group));
}

bool
signumd_needs_has_voter(const struct signumd_needs *needs, const struct signumd_voter *voter)
{
    for (size_t i = 0; i < needs->count && voter->is_approver; i++)
        if (is_in(voter, needs->items[i].group))
            return true;
    return false;
}

enum signum_status
signumd_needs_store(struct signumd_db *db, const char *subject, const struct signumd_needs *needs)
{
    enum signum_status status =
        signumd_db_run(db, "DELETE FROM needs WHERE subject = ?", "t", subject);

    if (status == SIGNUM_NOT_FOUND)
        status = SIGNUM_OK;
    for (size_t i = 0; i < needs->count && status == SIGNUM_OK; i++)
        status = signumd_db_run(db, "INSERT INTO needs (subject, grp, need) VALUES (?, ?, ?)",
            "tti", subject, needs->items[i].group, needs->items[i].need);
    return status;
}

/* One row per approval: the person. The mask is worked out by a query of its own. */
static enum signum_status
read_masks(struct signumd_db *db, const char *subject, const char *without,
    const struct signumd_needs *needs, unsigned masks[SIGNUMD_VOTES_MAX], size_t *count)
{
    struct sqlite3_stmt *query = NULL;
    char last[SIGNUMD_USER_MAX + 1] = "";
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT v.user, g.grp FROM votes v JOIN vote_groups g ON g.subject = v.subject"
        " AND g.user = v.user WHERE v.subject = ? AND v.is_approval AND v.user <> ?"
        " ORDER BY v.user",
        "tt", subject, without);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK; status = signumd_db_next(db, query)) {
        if (*count == 0 || strcmp(last, signumd_db_text(query, 0)) != 0) {
            if (*count == SIGNUMD_VOTES_MAX)
                break;
            masks[(*count)++] = 0;
        }
        (void)snprintf(last, sizeof last, "%s", signumd_db_text(query, 0));
        for (size_t i = 0; i < needs->count; i++)
            if (strcmp(needs->items[i].group, signumd_db_text(query, 1)) == 0)
                masks[*count - 1] |= 1u << i;
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_needs_weigh(
    struct signumd_db *db, const char *subject, const char *without, struct signumd_needs *needs)
{
    unsigned masks[SIGNUMD_VOTES_MAX];
    size_t count = 0;
    enum signum_status status = read_masks(db, subject, without, needs, masks, &count);

    if (status == SIGNUM_OK)
        signumd_needs_count(needs, masks, count);
    return status;
}

enum signum_status
signumd_needs_load(struct signumd_db *db, const char *subject, struct signumd_needs *needs_out)
{
    struct sqlite3_stmt *query = NULL;

    memset(needs_out, 0, sizeof *needs_out);
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT need, grp FROM needs WHERE subject = ? ORDER BY grp", "t", subject);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        status =
            signumd_needs_add(needs_out, signumd_db_number(query, 0), signumd_db_text(query, 1));
        if (status == SIGNUM_OK)
            status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    if (status != SIGNUM_NO_MORE_ITEMS)
        return status;
    return signumd_needs_weigh(db, subject, "", needs_out);
}

enum signum_status
signumd_votes_store(
    struct signumd_db *db, const struct signumd_vote *vote, const struct signumd_needs *needs)
{
    enum signum_status status = signumd_db_run(db,
        "INSERT INTO votes (subject, user, is_approval, reason, time) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (subject, user) DO UPDATE SET is_approval = excluded.is_approval,"
        " reason = excluded.reason, time = excluded.time",
        "ttiti", vote->subject, vote->voter.name, (int64_t)vote->is_approval, vote->reason,
        vote->time);

    for (size_t i = 0; i < needs->count && status == SIGNUM_OK; i++)
        if (is_in(&vote->voter, needs->items[i].group))
            status = signumd_db_run(db,
                "INSERT OR REPLACE INTO vote_groups (subject, user, grp) VALUES (?, ?, ?)", "ttt",
                vote->subject, vote->voter.name, needs->items[i].group);
    return status;
}

enum signum_status
signumd_votes_has(struct signumd_db *db, const char *subject, const char *user, bool *has_out)
{
    int64_t count = 0;
    enum signum_status status = signumd_db_get_number(db, &count,
        "SELECT count(*) FROM votes WHERE subject = ? AND user = ? AND is_approval", "tt", subject,
        user);

    *has_out = status == SIGNUM_OK && count > 0;
    return status;
}

void
signumd_needs_write(const struct signumd_needs *needs, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, "approvals", '[');
    for (size_t i = 0; i < needs->count; i++) {
        const struct signumd_need *item = &needs->items[i];
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "group", item->group[0] == '\0' ? NULL : item->group);
        signumd_json_put_number(writer, "need", item->need);
        signumd_json_put_number(writer, "have", item->have);
        signumd_json_end(writer, '}');
    }
    signumd_json_end(writer, ']');
}

enum signum_status
signumd_votes_write(struct signumd_db *db, const char *subject, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    char time[SIGNUMD_TIMESTAMP_SIZE];
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT user, is_approval, reason, time FROM votes WHERE subject = ? ORDER BY time, user",
        "t", subject);

    signumd_json_begin(writer, "votes", '[');
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK; status = signumd_db_next(db, query)) {
        signumd_timestamp_format(signumd_db_number(query, 3), time);
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "user", signumd_db_text(query, 0));
        signumd_json_put_text(
            writer, "vote", signumd_db_number(query, 1) != 0 ? "approve" : "reject");
        signumd_json_put_text(
            writer, "reason", signumd_db_is_null(query, 2) ? NULL : signumd_db_text(query, 2));
        signumd_json_put_text(writer, "time", time);
        signumd_json_end(writer, '}');
    }
    signumd_json_end(writer, ']');
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
