#include <stdio.h>
#include <string.h>

#include "policy/policies.h"

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
store(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_rule *rule)
{
    struct signumd_policy policy;

    signumd_policy_init(&policy);
    (void)snprintf(policy.name, sizeof policy.name, "%s", rule->name);
    policy.is_allow = true;
    enum signum_status status =
        signumd_texts_add(&policy.parts[SIGNUMD_PART_USERS], rule->user);
    if (status == SIGNUM_OK)
        status = signumd_texts_add(&policy.parts[SIGNUMD_PART_KEYS], rule->key);
    if (status == SIGNUM_OK)
        status = signumd_policies_store(db, actor, &policy, "policy.allow", true);
    signumd_policy_clear(&policy);
    return status;
}

static enum signum_status
insert(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_rule *rule)
{
    struct signumd_user user;
    enum signum_status status = SIGNUM_OK;

    if (!signumd_name_is_federated(rule->user))
        status = signumd_users_find(db, rule->user, &user);
    if (status == SIGNUM_OK)
        status = check_key(db, rule->key);
    return status == SIGNUM_OK ? store(db, actor, rule) : status;
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
        signumd_db_get_number(db, &one, "SELECT 1 FROM policies WHERE name = ?", "t", name);
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        return status;
    if (status == SIGNUM_OK || strlen(name) > SIGNUMD_NAME_MAX)
        (void)snprintf(name, sizeof name, "created-%s", key->id);
    (void)snprintf(rule.name, sizeof rule.name, "%.*s", SIGNUMD_NAME_MAX, name);
    return insert(db, actor, &rule);
}
