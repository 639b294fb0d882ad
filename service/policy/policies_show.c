#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/candidates.h"
#include "policy/policies.h"
#include "policy/uses.h"
#include "base/timestamp.h"

#define NAMES_TEXT_MAX ((size_t)64 * 1024)

/* Row: name, version, document, changed, changed_by. */
static void
write_row(struct sqlite3_stmt *query, struct signumd_json_writer *writer)
{
    char changed[SIGNUMD_TIMESTAMP_SIZE];
    bool is_local = signumd_db_is_null(query, 4);
    bool is_removed = signumd_db_is_null(query, 2);

    signumd_timestamp_format(signumd_db_number(query, 3), changed);
    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", signumd_db_text(query, 0));
    signumd_json_put_number(writer, "version", signumd_db_number(query, 1));
    signumd_json_put_text(writer, "changed", changed);
    signumd_json_put_text(writer, "changed_by", is_local ? NULL : signumd_db_text(query, 4));
    signumd_json_put_raw(writer, "policy", is_removed ? "null" : signumd_db_text(query, 2));
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_policies_write(struct signumd_db *db, const char *name, int64_t version,
    struct signumd_json_writer *writer, int64_t *version_out)
{
    struct sqlite3_stmt *query = NULL;

    *version_out = 0;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT name, version, document, changed, changed_by"
        " FROM policy_versions v WHERE name = ?1 AND (version = ?2 OR (?2 = 0 AND"
        " version = (SELECT version FROM policies p WHERE p.name = v.name)))",
        "ti", name, version);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        *version_out = signumd_db_number(query, 1);
        write_row(query, writer);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_policies_write_page(struct signumd_db *db, const char *after, int64_t limit,
    struct signumd_json_writer *writer, char next_out[SIGNUMD_NAME_MAX + 1])
{
    struct sqlite3_stmt *query = NULL;
    char last[SIGNUMD_NAME_MAX + 1] = "";
    int64_t count = 0;

    next_out[0] = '\0';
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT p.name, p.version, p.document, v.changed, v.changed_by"
        " FROM policies p JOIN policy_versions v ON v.name = p.name"
        " AND v.version = p.version WHERE p.name > ? ORDER BY p.name LIMIT ?",
        "ti", after, limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK && count < limit; count++) {
        (void)snprintf(last, sizeof last, "%s", signumd_db_text(query, 0));
        write_row(query, writer);
        status = signumd_db_next(db, query);
    }
    if (status == SIGNUM_OK)
        (void)snprintf(next_out, sizeof last, "%s", last);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

enum signum_status
signumd_policies_write_versions(struct signumd_db *db, const char *name, int64_t before,
    int64_t limit, struct signumd_json_writer *writer, int64_t *next_out)
{
    struct sqlite3_stmt *query = NULL;
    int64_t count = 0;
    int64_t last = 0;

    *next_out = 0;
    enum signum_status status = signumd_db_get_number(
        db, &last, "SELECT max(version) FROM policy_versions WHERE name = ?", "t", name);
    if (status == SIGNUM_OK && last == 0)
        status = SIGNUM_NOT_FOUND;
    if (status == SIGNUM_OK)
        status = signumd_db_query(db, &query,
            "SELECT version, document IS NULL, changed, changed_by"
            " FROM policy_versions WHERE name = ?1 AND (?2 = 0 OR version < ?2)"
            " ORDER BY version DESC LIMIT ?3",
            "tii", name, before, limit + 1);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK && count < limit; count++) {
        char changed[SIGNUMD_TIMESTAMP_SIZE];
        last = signumd_db_number(query, 0);
        signumd_timestamp_format(signumd_db_number(query, 2), changed);
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_number(writer, "version", last);
        signumd_json_put_text(writer, "changed", changed);
        signumd_json_put_text(
            writer, "changed_by", signumd_db_is_null(query, 3) ? NULL : signumd_db_text(query, 3));
        signumd_json_put_text(
            writer, "action", signumd_db_number(query, 1) != 0 ? "remove" : "put");
        signumd_json_end(writer, '}');
        status = signumd_db_next(db, query);
    }
    if (status == SIGNUM_OK)
        *next_out = last;
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static void
put_names(struct signum_buf *out, const char *prefix, const struct signumd_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        signum_buf_printf(out, "%s%s%s", out->len == 0 ? "" : ",", prefix, texts->items[i]);
}

static void
write_line(const struct signumd_policy *policy, struct signumd_json_writer *writer)
{
    struct signum_buf users;
    struct signum_buf keys;

    signum_buf_init(&users, NAMES_TEXT_MAX);
    signum_buf_init(&keys, NAMES_TEXT_MAX);
    put_names(&users, "", &policy->parts[SIGNUMD_PART_USERS]);
    put_names(&users, "role:", &policy->parts[SIGNUMD_PART_ROLES]);
    put_names(&users, "group:", &policy->parts[SIGNUMD_PART_USER_GROUPS]);
    for (size_t i = 0; i < policy->claim_count; i++)
        signum_buf_printf(&users, "%sclaim:%s", users.len == 0 ? "" : ",", policy->claims[i].name);
    put_names(&keys, "", &policy->parts[SIGNUMD_PART_KEYS]);
    put_names(&keys, "group:", &policy->parts[SIGNUMD_PART_KEY_GROUPS]);
    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", policy->name);
    signumd_json_put_text(writer, "user", signum_buf_text(&users));
    signumd_json_put_text(writer, "key", signum_buf_text(&keys));
    signumd_json_put_text(writer, "action", policy->is_allow ? "allow" : "deny");
    signumd_json_put_number(writer, "priority", policy->priority);
    signumd_json_put_number(writer, "version", policy->version);
    signumd_json_end(writer, '}');
    signum_buf_clear(&keys);
    signum_buf_clear(&users);
}

enum signum_status
signumd_policies_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    struct signumd_policy_set set;
    enum signum_status status = signumd_policies_load(db, NULL, NULL, &set);

    for (size_t i = 0; i < set.count && status == SIGNUM_OK; i++)
        write_line(&set.items[i], writer);
    signumd_policy_set_clear(&set);
    return status;
}

static void
write_limit(const struct signumd_limit *limit, int64_t used, int64_t time,
    struct signumd_json_writer *writer)
{
    char ends[SIGNUMD_TIMESTAMP_SIZE];
    int64_t end = signumd_limit_end(limit, time);

    signumd_timestamp_format(end, ends);
    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_number(writer, "count", limit->count);
    signumd_json_put_text(writer, "per", signumd_limit_per_name(limit->per));
    signumd_json_put_text(writer, "by", signumd_limit_by_name(limit->by));
    signumd_json_put_number(writer, "left", used < limit->count ? limit->count - used : 0);
    signumd_json_put_text(writer, "ends", end == 0 ? NULL : ends);
    signumd_json_end(writer, '}');
}

static void
write_verdict(const struct signumd_candidate *candidate, int64_t time,
    const struct signumd_policy_verdict *verdict, struct signumd_json_writer *writer)
{
    const struct signumd_policy *policy = candidate->policy;

    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", policy->name);
    signumd_json_put_number(writer, "version", policy->version);
    signumd_json_put_text(writer, "action", policy->is_allow ? "allow" : "deny");
    signumd_json_put_number(writer, "priority", policy->priority);
    signumd_json_put_text(writer, "verdict", signumd_verdict_name(verdict->verdict));
    signumd_json_put_text(writer, "part", verdict->part);
    signumd_obligations_write(writer, &policy->obligations);
    signumd_json_begin(writer, "limits", '[');
    for (size_t i = 0; i < policy->limit_count; i++)
        write_limit(&policy->limits[i], candidate->used[i], time, writer);
    signumd_json_end(writer, ']');
    signumd_json_end(writer, '}');
}

static enum signum_status
explain_all(const struct signumd_candidates *candidates, const struct signumd_facts *facts,
    struct signumd_json_writer *writer)
{
    struct signumd_policy_verdict *verdicts = calloc(candidates->count + 1, sizeof *verdicts);

    if (verdicts == NULL)
        return SIGNUM_NO_MEMORY;
    struct signumd_decision decision =
        signumd_policy_judge(facts, candidates->items, candidates->count, verdicts);
    signumd_json_put_text(writer, "decision", decision.is_allowed ? "allow" : "deny");
    signumd_json_put_text(writer, "policy", decision.rule[0] == '\0' ? NULL : decision.rule);
    signumd_json_put_text(writer, "reason", decision.reason);
    signumd_obligations_write(writer, &decision.obligations);
    signumd_json_begin(writer, "policies", '[');
    for (size_t i = 0; i < candidates->count; i++)
        write_verdict(&candidates->items[i], facts->time, &verdicts[i], writer);
    signumd_json_end(writer, ']');
    free(verdicts);
    return SIGNUM_OK;
}

enum signum_status
signumd_policies_explain(
    struct signumd_db *db, const struct signumd_facts *facts, struct signumd_json_writer *writer)
{
    struct signumd_candidates candidates;
    enum signum_status status = signumd_candidates_find(db, NULL, NULL, &candidates);

    for (size_t i = 0; i < candidates.count && status == SIGNUM_OK; i++)
        if (candidates.items[i].policy->limit_count > 0)
            status = signumd_uses_load(db, facts, &candidates.items[i]);
    if (status == SIGNUM_OK)
        status = explain_all(&candidates, facts, writer);
    signumd_candidates_clear(&candidates);
    return status;
}
