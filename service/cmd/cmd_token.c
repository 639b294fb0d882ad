#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/timestamp.h"
#include "cmd/cli.h"
#include "identity/tokens.h"

#define DAY_S 86400

/* A token that nobody has seen is of no use: if it cannot be shown, it is revoked again. */
static int
hand_out(struct signumd_state *state, const char *token, const char *out)
{
    char id[SIGNUMD_TOKEN_ID_LEN + 1];

    signumd_token_id(token, id);
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

/* When it expires: after days, or at a time. 0, or an exit code after having said what is wrong. */
static int
read_end(
    const struct signumd_verb *verb, const char *days_text, const char *until, int64_t *expires_out)
{
    int64_t now = signumd_timestamp_seconds();
    int64_t days = 0;

    *expires_out = 0;
    if (days_text != NULL && until != NULL)
        return signumd_cli_usage(verb, "--days and --until cannot both be given");
    if (!signumd_cli_number(days_text, 1, SIGNUMD_TOKEN_DAYS_MAX, &days))
        return signumd_cli_usage(verb, "--days is a number from 1 to %d", SIGNUMD_TOKEN_DAYS_MAX);
    if (days != 0)
        *expires_out = now + days * DAY_S;
    if (until != NULL && (!signumd_time_read(until, expires_out) || *expires_out <= now))
        return signumd_cli_usage(verb, "--until is a time to come like 2026-01-31T12:00:00Z");
    return 0;
}

static int
check_texts(
    const struct signumd_verb *verb, const struct signumd_many *networks, const char *description)
{
    for (size_t i = 0; i < networks->count; i++)
        if (signumd_part_info(SIGNUMD_PART_NETWORKS)->check(networks->items[i]) != NULL)
            return signumd_cli_usage(verb, "--network %s is not ADDRESS/BITS", networks->items[i]);
    if (description == NULL)
        return 0;
    if (strlen(description) > SIGNUMD_TOKEN_DESCRIPTION_MAX ||
        !signumd_json_is_utf8(signum_bytes_of_text(description)))
        return signumd_cli_usage(
            verb, "--description is at most %d bytes of UTF-8", SIGNUMD_TOKEN_DESCRIPTION_MAX);
    return 0;
}

static int
create(const struct signumd_state *state, const char *user, struct signumd_token_options *token,
    const struct signumd_many *networks, char text_out[SIGNUMD_TOKEN_SIZE])
{
    struct signumd_texts texts = {NULL, 0};
    enum signum_status status = SIGNUM_OK;

    for (size_t i = 0; i < networks->count && status == SIGNUM_OK; i++)
        status = signumd_texts_add(&texts, networks->items[i]);
    token->networks = &texts;
    if (status == SIGNUM_OK)
        status = signumd_tokens_create(state->db, &signumd_actor_local, user, token, text_out);
    signumd_texts_clear(&texts);
    return signumd_cli_report(status,
        "no token for user %s; the users are shown by: signumd user list "
        "--state %s",
        user, state->folder);
}

static int
run_create(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *days = NULL;
    const char *until = NULL;
    const char *out = NULL;
    const char *user = NULL;
    struct signumd_many networks = {{NULL}, 0};
    char text[SIGNUMD_TOKEN_SIZE] = "";
    struct signumd_token_options token = {0, NULL, NULL};
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"days", &days, NULL, NULL},
        {"until", &until, NULL, NULL},
        {"network", NULL, NULL, &networks},
        {"description", &token.description, NULL, NULL},
        {"out", &out, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &user, 1, &state);

    if (code == 0)
        code = read_end(verb, days, until, &token.expires);
    if (code == 0)
        code = check_texts(verb, &networks, token.description);
    if (code == 0)
        code = create(&state, user, &token, &networks, text);
    if (code == 0)
        code = hand_out(&state, text, out);
    signum_wipe(text, sizeof text);
    signumd_state_close(&state);
    return code;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {
        "id", "user", "created", "expires", "revoked", "last_used", "description", NULL};

    return signumd_cli_list(verb, argc, argv, "tokens", columns, signumd_tokens_write_list);
}

static int
run_revoke(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *id = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &id, 1, &state);

    if (code == 0)
        code = signumd_cli_report(
            signumd_tokens_revoke(state.db, &signumd_actor_local, id), "%s was not revoked", id);
    if (code == 0)
        (void)printf("%s is revoked\n", id);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_token[] = {
    {"token create",
        "--state DIR USER [--days N | --until TIME] [--network ADDRESS/BITS]...\n"
        "    [--description TEXT] [--out FILE]",
        "Makes an API token for a user and prints its identifier, and the token itself, this "
        "once,\n"
        "unless it goes to a file.\n\n"
        "  --days N              it expires after so many days; never, if not given\n"
        "  --until TIME          it expires then, in UTC like 2026-01-31T12:00:00Z\n"
        "  --network NETWORK     it is good from this network only; may be given several times\n"
        "  --description TEXT    what it is for\n"
        "  --out FILE            writes the token there, readable by its owner only\n\n"
        "Example: signumd token create --state /var/lib/signumd alice --days 90 \\\n"
        "             --network 10.1.0.0/16 --out alice.token",
        run_create},
    {"token list", "--state DIR [--json]", "Lists the tokens, without the tokens themselves.",
        run_list},
    {"token revoke", "--state DIR ID",
        "Revokes a token, for the very next request.\n\n"
        "Example: signumd token revoke --state /var/lib/signumd 0123456789abcdef",
        run_revoke},
    {NULL, NULL, NULL, NULL},
};
