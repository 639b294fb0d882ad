#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "base/files.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "identity/tokens.h"

#define EXPIRES_DAYS_MAX 36500
#define DAY_S 86400

static int
run_user_add(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *role_name = "signer";
    const char *name = NULL;
    enum signumd_role role = SIGNUMD_ROLE_SIGNER;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"role", &role_name, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0 && !signumd_role_from_name(role_name, &role))
        code = signumd_cli_usage(verb, "there is no role '%s'", role_name);
    if (code == 0)
        code = signumd_cli_report(signumd_users_add(state.db, &signumd_actor_local, name, role),
                                  "user %s was not added; a name is 1 to 64 of A-Z a-z 0-9 . _ - "
                                  "and not taken yet",
                                  name);
    if (code == 0)
        (void)printf("user %s, role %s\n", name, role_name);
    signumd_state_close(&state);
    return code;
}

typedef enum signum_status remover(struct signumd_db *db, const struct signumd_actor *actor,
                                   const char *name);

/* Verbs that take away one thing by its name. */
static int
run_remove(const struct signumd_verb *verb, int argc, char **argv, remover *remove_it,
           const char *done)
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
        code = signumd_cli_report(remove_it(state.db, &signumd_actor_local, name),
                                  "%s was not %s", name, done);
    if (code == 0)
        (void)printf("%s is %s\n", name, done);
    signumd_state_close(&state);
    return code;
}

static enum signum_status
remove_user(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    enum signum_status status = signumd_users_remove(db, actor, name);

    if (status == SIGNUM_DENIED)
        signumd_log(SIGNUMD_LOG_ERROR, "%s is the last admin; add another one first", name);
    return status;
}

static int
run_user_remove(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_remove(verb, argc, argv, remove_user, "removed");
}

static int
run_token_revoke(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_remove(verb, argc, argv, signumd_tokens_revoke, "revoked");
}

/* Verbs that list. */
static int
run_list(const struct signumd_verb *verb, int argc, char **argv, const char *name,
         const char *const *columns,
         enum signum_status (*write)(struct signumd_db *, struct signumd_json_writer *))
{
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
        code = is_json ? signumd_cli_print_json(name, state.db, write)
                       : signumd_cli_print_table(columns, state.db, write);
    signumd_state_close(&state);
    return code;
}

static int
run_user_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"name", "role", "created", NULL};

    return run_list(verb, argc, argv, "users", columns, signumd_users_write_list);
}

static int
run_token_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"id", "user", "created", "expires", "revoked", NULL};

    return run_list(verb, argc, argv, "tokens", columns, signumd_tokens_write_list);
}

/* A token that nobody has seen is of no use: if it cannot be shown, it is revoked again. */
static int
hand_out(struct signumd_state *state, const char *token, const char *out)
{
    char id[SIGNUMD_TOKEN_ID_LEN + 1];

    (void)snprintf(id, sizeof id, "%.16s", token + 4);
    if (out == NULL) {
        (void)printf("%s\n%s\n", id, token);
        return 0;
    }
    enum signum_status status = signumd_files_write(out, signum_bytes_of_text(token), 0600);
    if (status == SIGNUM_OK)
        (void)printf("%s\n", id);
    else
        (void)signumd_cli_report(signumd_tokens_revoke(state->db, &signumd_actor_local, id),
                                 "token %s could not be revoked again", id);
    return signumd_cli_report(status, "the token could not be written to %s", out);
}

static int
run_token_create(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *days_text = NULL;
    const char *out = NULL;
    const char *user = NULL;
    char token[SIGNUMD_TOKEN_SIZE] = "";
    int64_t days = 0;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"days", &days_text, NULL, NULL},
        {"out", &out, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &user, 1, &state);

    if (code == 0 && !signumd_cli_number(days_text, 1, EXPIRES_DAYS_MAX, &days))
        code = signumd_cli_usage(verb, "--days is a number from 1 to %d", EXPIRES_DAYS_MAX);
    if (code == 0) {
        int64_t expires = days == 0 ? 0 : signumd_timestamp_seconds() + days * DAY_S;
        code = signumd_cli_report(
            signumd_tokens_create(state.db, &signumd_actor_local, user, expires, token),
            "no token for user %s; the users are shown by: signumd user list --state %s", user,
            folder);
    }
    if (code == 0)
        code = hand_out(&state, token, out);
    signum_wipe(token, sizeof token);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_user[] = {
    {"user add", "--state DIR NAME [--role admin|key-manager|policy-manager|auditor|signer]",
     "Adds a user. A signer may only do what policies allow; an auditor may also read the audit\n"
     "log and the policies; a key-manager sees all keys; a policy-manager changes policies; an\n"
     "admin may all of that. Nobody signs unless a policy allows it.\n\n"
     "Example: signumd user add --state /var/lib/signumd alice --role signer",
     run_user_add},
    {"user list", "--state DIR [--json]", "Lists the users.", run_user_list},
    {"user remove", "--state DIR NAME",
     "Removes a user with all tokens, and from the policies that allow him something. The\n"
     "last admin stays.\n\n"
     "Example: signumd user remove --state /var/lib/signumd alice",
     run_user_remove},
    {"token create", "--state DIR USER [--days N] [--out FILE]",
     "Makes an API token for a user and prints its identifier, and the token itself, this once,\n"
     "unless it goes to a file.\n\n"
     "  --days N     it expires after so many days; never, if not given\n"
     "  --out FILE   writes the token there, readable by its owner only\n\n"
     "Example: signumd token create --state /var/lib/signumd alice --out alice.token",
     run_token_create},
    {"token list", "--state DIR [--json]", "Lists the tokens, without the tokens themselves.",
     run_token_list},
    {"token revoke", "--state DIR ID",
     "Revokes a token, for the very next request.\n\n"
     "Example: signumd token revoke --state /var/lib/signumd 0123456789abcdef",
     run_token_revoke},
    {NULL, NULL, NULL, NULL},
};
