#include <stdio.h>

#include "base/log.h"
#include "cmd/cli.h"
#include "identity/groups.h"

typedef enum signum_status changer(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user);

/* Verbs that change one group by its name, or by its name and a user's. */
static int
run_change(const struct signumd_verb *verb, int argc, char **argv, changer *change, size_t count,
    const char *done)
{
    const char *folder = NULL;
    const char *names[2] = {NULL, NULL};
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, names, count, &state);

    if (code == 0)
        code = signumd_cli_report(change(state.db, &signumd_actor_local, names[0], names[1]),
            "group %s: not %s", names[0], done);
    if (code == 0 && count == 2)
        (void)printf("group %s: %s is %s\n", names[0], names[1], done);
    else if (code == 0)
        (void)printf("group %s is %s\n", names[0], done);
    signumd_state_close(&state);
    return code;
}

static enum signum_status
add(struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user)
{
    (void)user;
    return signumd_groups_add(db, actor, name);
}

static int
run_add(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, add, 1, "added");
}

static enum signum_status
drop(struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user)
{
    (void)user;
    return signumd_groups_remove(db, actor, name);
}

static int
run_remove(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, drop, 1, "removed");
}

static enum signum_status
join(struct signumd_db *db, const struct signumd_actor *actor, const char *name, const char *user)
{
    enum signum_status status = signumd_groups_join(db, actor, name, user);

    if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_log(SIGNUMD_LOG_ERROR, "there is no user %s; add it with: signumd user add", user);
    return status;
}

static int
run_join(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, join, 2, "a member");
}

static int
run_leave(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, signumd_groups_leave, 2, "no member any more");
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"name", "created", "members", NULL};

    return signumd_cli_list(verb, argc, argv, "groups", columns, signumd_groups_write_list);
}

const struct signumd_verb signumd_verbs_group[] = {
    {"group add", "--state DIR GROUP",
        "Adds a group of users, for policies and approvals. A group gives no role.\n\n"
        "Example: signumd group add --state /var/lib/signumd release-managers",
        run_add},
    {"group join", "--state DIR GROUP USER",
        "Makes a user a member of a group: one of `user list`, or one whom an issuer of tokens\n"
        "vouches for, as ISSUER:SUBJECT.\n\n"
        "Example: signumd group join --state /var/lib/signumd release-managers alice",
        run_join},
    {"group leave", "--state DIR GROUP USER",
        "Takes a user out of a group.\n\n"
        "Example: signumd group leave --state /var/lib/signumd release-managers alice",
        run_leave},
    {"group list", "--state DIR [--json]", "Lists the groups and their members.", run_list},
    {"group remove", "--state DIR GROUP",
        "Removes a group; its members stay users.\n\n"
        "Example: signumd group remove --state /var/lib/signumd release-managers",
        run_remove},
    {NULL, NULL, NULL, NULL},
};
