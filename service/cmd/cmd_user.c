#include <stdio.h>

#include "base/log.h"
#include "cmd/cli.h"
#include "identity/users.h"

/* The set of all --role given, each of which may be several with commas between. */
static int
read_roles(const struct signumd_verb *verb, const struct signumd_many *given, unsigned *roles_out)
{
    *roles_out = 0;
    for (size_t i = 0; i < given->count; i++) {
        unsigned roles = 0;
        if (!signumd_roles_read(given->items[i], &roles))
            return signumd_cli_usage(verb, "there is no role '%s'", given->items[i]);
        *roles_out |= roles;
    }
    return 0;
}

typedef enum signum_status changer(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, unsigned roles);

static int
run_with_roles(const struct signumd_verb *verb, int argc, char **argv, changer *change,
    unsigned fallback, const char *hint)
{
    const char *folder = NULL;
    const char *name = NULL;
    char text[SIGNUMD_ROLES_TEXT_SIZE];
    unsigned roles = 0;
    struct signumd_many given = {{NULL}, 0};
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"role", NULL, NULL, &given},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0)
        code = read_roles(verb, &given, &roles);
    if (roles == 0)
        roles = fallback;
    if (code == 0 && roles == 0)
        code = signumd_cli_usage(verb, "--role is missing");
    if (code == 0)
        code = signumd_cli_report(
            change(state.db, &signumd_actor_local, name, roles), "%s: %s", name, hint);
    signumd_roles_text(roles, text);
    if (code == 0)
        (void)printf("user %s, roles %s\n", name, text);
    signumd_state_close(&state);
    return code;
}

static int
run_add(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_with_roles(verb, argc, argv, signumd_users_add,
        SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_SIGNER),
        "the user was not added; a name is 1 to 64 of A-Z a-z 0-9 . _ -, not me "
        "and not taken yet");
}

static enum signum_status
set_roles(
    struct signumd_db *db, const struct signumd_actor *actor, const char *name, unsigned roles)
{
    enum signum_status status = signumd_users_set_roles(db, actor, name, roles);

    if (status == SIGNUM_DENIED)
        signumd_log(SIGNUMD_LOG_ERROR, "%s is the last admin; make another one first", name);
    return status;
}

static int
run_roles(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_with_roles(verb, argc, argv, set_roles, 0, "the roles were not changed");
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

    if (code != 0)
        return code;
    enum signum_status status = signumd_users_remove(state.db, &signumd_actor_local, name);
    if (status == SIGNUM_DENIED)
        signumd_log(SIGNUMD_LOG_ERROR, "%s is the last admin; make another one first", name);
    code = signumd_cli_report(status, "%s was not removed", name);
    if (code == 0)
        (void)printf("%s is removed\n", name);
    signumd_state_close(&state);
    return code;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"name", "created", "roles", NULL};

    return signumd_cli_list(verb, argc, argv, "users", columns, signumd_users_write_list);
}

const struct signumd_verb signumd_verbs_user[] = {
    {"user add", "--state DIR NAME [--role ROLE[,ROLE...]]...",
        "Adds a user with the roles given; a signer, if none is.\n\n"
        "  signer          may do what policies allow\n"
        "  auditor         also reads the audit log and the policies\n"
        "  key-manager     also sees all keys, makes and deletes them\n"
        "  policy-manager  also reads and changes policies\n"
        "  approver        also approves requests, where a policy asks a group of his for it\n"
        "  admin           manages users, groups and tokens, and may what the others may, but for\n"
        "                  approving\n\n"
        "Nobody signs unless a policy allows it.\n\n"
        "Example: signumd user add --state /var/lib/signumd alice --role signer,approver",
        run_add},
    {"user roles", "--state DIR NAME --role ROLE[,ROLE...] [--role ...]",
        "Gives a user these roles in place of those he has. The last admin stays one.\n\n"
        "Example: signumd user roles --state /var/lib/signumd alice --role auditor",
        run_roles},
    {"user list", "--state DIR [--json]", "Lists the users.", run_list},
    {"user remove", "--state DIR NAME",
        "Removes a user with all tokens, from his groups, and from the policies that allow him\n"
        "something. The last admin stays.\n\n"
        "Example: signumd user remove --state /var/lib/signumd alice",
        run_remove},
    {NULL, NULL, NULL, NULL},
};
