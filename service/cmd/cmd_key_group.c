#include <stdio.h>

#include "cmd/cli.h"
#include "keys/key_groups.h"

typedef enum signum_status changer(
    struct signumd_db *db, const struct signumd_actor *actor, const char *group, const char *key);

static int
run_change(
    const struct signumd_verb *verb, int argc, char **argv, changer *change, const char *done)
{
    const char *folder = NULL;
    const char *names[2] = {NULL, NULL};
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, names, 2, &state);

    if (code == 0)
        code = signumd_cli_report(change(state.db, &signumd_actor_local, names[0], names[1]),
            "group %s: key %s is not %s it", names[0], names[1], done);
    if (code == 0)
        (void)printf("group %s: key %s is %s it\n", names[0], names[1], done);
    signumd_state_close(&state);
    return code;
}

static int
run_add(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, signumd_key_groups_add, "in");
}

static int
run_remove(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, signumd_key_groups_remove, "out of");
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"name", "keys", NULL};

    return signumd_cli_list(verb, argc, argv, "groups", columns, signumd_key_groups_write);
}

const struct signumd_verb signumd_verbs_key_group[] = {
    {"key group add", "--state DIR GROUP KEY",
        "Puts a key into a group of keys, which policies name in what.groups. A group is there as\n"
        "long as a key is in it.\n\n"
        "Example: signumd key group add --state /var/lib/signumd production release",
        run_add},
    {"key group list", "--state DIR [--json]", "Lists the groups of keys and their keys.",
        run_list},
    {"key group remove", "--state DIR GROUP KEY",
        "Takes a key out of a group of keys.\n\n"
        "Example: signumd key group remove --state /var/lib/signumd production release",
        run_remove},
    {NULL, NULL, NULL, NULL},
};
