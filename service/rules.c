#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "timestamp.h"

#define RULES_MAX 10000

static void
read_rule(struct sqlite3_stmt *query, struct signumd_rule *rule_out)
{
    (void)snprintf(rule_out->name, sizeof rule_out->name, "%s", signumd_db_text(query, 0));
    (void)snprintf(rule_out->user, sizeof rule_out->user, "%s", signumd_db_text(query, 1));
    (void)snprintf(rule_out->key, sizeof rule_out->key, "%s",
                   signumd_db_is_null(query, 2) ? "*" : signumd_db_text(query, 2));
}

#define SELECT_RULES                                                                               \
    "SELECT r.name, u.name, k.name FROM rules r JOIN users u ON u.id = r.user_id"                  \
    " LEFT JOIN keys k ON k.id = r.key_id"

enum signum_status
signumd_rules_load(struct signumd_db *db, const char *user, struct signumd_rule **rules_out,
                   size_t *count_out)
{
    struct sqlite3_stmt *query = NULL;
    int64_t count = 0;

    *rules_out = NULL;
    *count_out = 0;
    enum signum_status status = signumd_db_get_number(
        db, &count,
        "SELECT count(*) FROM rules r JOIN users u ON u.id = r.user_id WHERE u.name = ?", "t",
        user);
    if (status != SIGNUM_OK)
        return status;
    if (count > RULES_MAX)
        return SIGNUM_TOO_LARGE;
    struct signumd_rule *rules = calloc((size_t)count + 1, sizeof *rules);
    if (rules == NULL)
        return SIGNUM_NO_MEMORY;
    status = signumd_db_query(db, &query, SELECT_RULES " WHERE u.name = ? ORDER BY r.name", "t",
                              user);
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    /* a rule added since the count is left for the next request */
    while (status == SIGNUM_OK && *count_out < (size_t)count) {
        read_rule(query, &rules[*count_out]);
        *count_out += 1;
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    if (status != SIGNUM_OK && status != SIGNUM_NO_MORE_ITEMS) {
        free(rules);
        *count_out = 0;
        return status;
    }
    *rules_out = rules;
    return SIGNUM_OK;
}

enum signum_status
signumd_policy_ask(struct signumd_db *db, const char *user, const char *key,
                   struct signumd_decision *decision_out)
{
    struct signumd_decision_request request = {user, key};
    struct signumd_rule *rules = NULL;
    size_t count = 0;

    memset(decision_out, 0, sizeof *decision_out);
    decision_out->reason = "the rules could not be read";
    enum signum_status status = signumd_rules_load(db, user, &rules, &count);
    if (status == SIGNUM_OK)
        *decision_out = signumd_decide(&request, rules, count);
    free(rules);
    return status;
}

/* SIGNUM_KEY_NOT_FOUND unless the rule is for every key or for one that exists */
static enum signum_status
check_key(struct signumd_db *db, const char *key)
{
    int64_t one = 0;

    if (strcmp(key, "*") == 0)
        return SIGNUM_OK;
    enum signum_status status =
        signumd_db_get_number(db, &one, "SELECT 1 FROM keys WHERE name = ?", "t", key);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_KEY_NOT_FOUND : status;
}

static enum signum_status
insert(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_rule *rule)
{
    struct signumd_user user;
    enum signum_status status = signumd_users_find(db, rule->user, &user);

    if (status == SIGNUM_OK)
        status = check_key(db, rule->key);
    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
                                "INSERT INTO rules (name, user_id, key_id, created)"
                                " VALUES (?, ?, (SELECT id FROM keys WHERE name = ?), ?)",
                                "titi", rule->name, user.id, rule->key,
                                signumd_timestamp_seconds());
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "policy.allow", "rule", rule->name, "name",
                                      rule->user, "key", rule->key, NULL);
    return status;
}

enum signum_status
signumd_rules_add(struct signumd_db *db, const struct signumd_actor *actor,
                  const struct signumd_rule *rule)
{
    if (!signumd_name_is_valid(rule->name))
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, insert(db, actor, rule));
}

enum signum_status
signumd_rules_add_created(struct signumd_db *db, const struct signumd_actor *actor,
                          const struct signumd_key *key)
{
    struct signumd_rule rule;
    int64_t one = 0;
    char name[2 * SIGNUMD_NAME_MAX];

    (void)snprintf(rule.user, sizeof rule.user, "%s", actor->user);
    (void)snprintf(rule.key, sizeof rule.key, "%s", key->name);
    (void)snprintf(name, sizeof name, "created-%s", key->name);
    enum signum_status status =
        signumd_db_get_number(db, &one, "SELECT 1 FROM rules WHERE name = ?", "t", name);
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        return status;
    if (status == SIGNUM_OK || strlen(name) > SIGNUMD_NAME_MAX)
        (void)snprintf(name, sizeof name, "created-%s", key->id);
    (void)snprintf(rule.name, sizeof rule.name, "%.*s", SIGNUMD_NAME_MAX, name);
    return insert(db, actor, &rule);
}

/* The name of some rule for the key. SIGNUM_NOT_FOUND if there is none. */
static enum signum_status
find_for_key(struct signumd_db *db, const char *key_id, char name_out[SIGNUMD_NAME_MAX + 1])
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(
        db, &query, "SELECT name FROM rules WHERE key_id = ? ORDER BY name LIMIT 1", "t", key_id);

    name_out[0] = '\0';
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        (void)snprintf(name_out, SIGNUMD_NAME_MAX + 1, "%s", signumd_db_text(query, 0));
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

static enum signum_status
remove_one(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    enum signum_status status = signumd_db_run(db, "DELETE FROM rules WHERE name = ?", "t", name);

    if (status != SIGNUM_OK)
        return status;
    return signumd_audit_change(db, actor, "policy.remove", "rule", name, NULL);
}

enum signum_status
signumd_rules_remove_key(struct signumd_db *db, const struct signumd_actor *actor,
                         const char *key_id)
{
    char name[SIGNUMD_NAME_MAX + 1];
    enum signum_status status = find_for_key(db, key_id, name);

    while (status == SIGNUM_OK) {
        status = remove_one(db, actor, name);
        if (status == SIGNUM_OK)
            status = find_for_key(db, key_id, name);
    }
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

enum signum_status
signumd_rules_remove(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, remove_one(db, actor, name));
}

enum signum_status
signumd_rules_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    struct signumd_rule rule;
    enum signum_status status = signumd_db_query(db, &query, SELECT_RULES " ORDER BY r.name", "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        read_rule(query, &rule);
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "name", rule.name);
        signumd_json_put_text(writer, "user", rule.user);
        signumd_json_put_text(writer, "key", rule.key);
        signumd_json_put_text(writer, "action", "allow");
        signumd_json_end(writer, '}');
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
