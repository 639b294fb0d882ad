#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "base/log.h"
#include "policy/policies.h"

static enum signum_status
allow(struct signumd_state *state, const char *name, const char *user, const char *key)
{
    struct signumd_rule rule;

    memset(&rule, 0, sizeof rule);
    if (!signumd_name_is_valid(name) ||
        (!signumd_name_is_valid(user) && !signumd_name_is_federated(user)) ||
        (strcmp(key, "*") != 0 && !signumd_name_is_valid(key)))
        return SIGNUM_INVALID_ARGUMENT;
    (void)snprintf(rule.name, sizeof rule.name, "%s", name);
    (void)snprintf(rule.user, sizeof rule.user, "%s", user);
    (void)snprintf(rule.key, sizeof rule.key, "%s", key);
    enum signum_status status = signumd_rules_add(state->db, &signumd_actor_local, &rule);
    if (status == SIGNUM_NOT_FOUND)
        signumd_log(SIGNUMD_LOG_ERROR, "there is no user %s; add it with: signumd user add", user);
    if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_log(SIGNUMD_LOG_ERROR, "there is no key %s; create it with: signumd key create",
                    key);
    if (status == SIGNUM_KEY_EXISTS)
        signumd_log(SIGNUMD_LOG_ERROR, "there is a policy %s already; choose another name", name);
    return status;
}

static int
run_allow(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *user = NULL;
    const char *key = NULL;
    const char *name = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"user", &user, NULL, NULL},
        {"key", &key, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0 && (user == NULL || key == NULL))
        code = signumd_cli_usage(verb, "--user and --key are both needed");
    if (code == 0)
        code = signumd_cli_report(allow(&state, name, user, key), "rule %s was not added", name);
    if (code == 0)
        (void)printf("rule %s: user %s may sign with %s\n", name, user,
                     strcmp(key, "*") == 0 ? "every key" : key);
    signumd_state_close(&state);
    return code;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"name", "user", "key", "action", "priority", NULL};
    const char *folder = NULL;
    bool is_json = false;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code == 0)
        code = is_json ? signumd_cli_print_json("rules", state.db, signumd_policies_write_list)
                       : signumd_cli_print_table(columns, state.db, signumd_policies_write_list);
    signumd_state_close(&state);
    return code;
}

static int
run_remove(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0)
        code = signumd_cli_report(
            signumd_policies_remove(state.db, &signumd_actor_local, name, NULL),
            "policy %s was not removed", name);
    if (code == 0)
        (void)printf("policy %s is removed\n", name);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_policy[] = {
    {"policy allow", "--state DIR RULE --user USER --key KEY|'*'",
     "Adds a rule that lets a user sign with a key, or with every key, also future ones ('*').\n"
     "It is the simplest policy. What no policy allows is denied.\n\n"
     "Example: signumd policy allow --state /var/lib/signumd alice-release --user alice \\\n"
     "             --key release",
     run_allow},
    {"policy list", "--state DIR [--json]", "Lists the policies.", run_list},
    {"policy remove", "--state DIR NAME",
     "Removes a policy, for the very next request. Its versions can still be shown.\n\n"
     "Example: signumd policy remove --state /var/lib/signumd alice-release",
     run_remove},
    {NULL, NULL, NULL, NULL},
};
