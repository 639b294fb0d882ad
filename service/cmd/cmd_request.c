#include <stdio.h>
#include <string.h>

#include "approvals/approvals.h"
#include "cmd/cli.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "identity/groups.h"

#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)
#define PAGE 500

/* What the list is narrowed to; the writers of lists have no context of their own. */
static struct signumd_approval_filter list_filter;

static enum signum_status
write_all(struct signumd_db *db, struct signumd_json_writer *writer)
{
    int64_t after = 0;
    enum signum_status status = SIGNUM_OK;

    do {
        int64_t next = 0;
        status = signumd_approvals_write_page(
            db, &list_filter, after, PAGE, signumd_timestamp_seconds(), writer, &next);
        after = next;
    } while (status == SIGNUM_OK && after > 0);
    return status;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {
        "request", "status", "user", "key", "expires", "reason", NULL};
    const char *folder = NULL;
    bool is_json = false;
    enum signumd_approval_state state = SIGNUMD_APPROVAL_PENDING;
    struct signumd_state service;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"status", &list_filter.state, NULL, NULL},
        {"user", &list_filter.user, NULL, NULL},
        {"key", &list_filter.key, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &service);

    if (code == 0 && list_filter.state != NULL &&
        !signumd_approval_state_from_name(list_filter.state, &state))
        code = signumd_cli_usage(verb, "--status must be pending, approved, rejected, cancelled, "
                                       "expired or signed");
    if (code == 0)
        code = is_json ? signumd_cli_print_json("requests", service.db, write_all)
                       : signumd_cli_print_table(columns, service.db, write_all);
    signumd_state_close(&service);
    return code;
}

static enum signum_status
show(struct signumd_state *state, const char *id)
{
    struct signum_buf text;
    struct signumd_approval approval;
    struct signumd_json_writer writer = {&text, false};

    signum_buf_init(&text, OUTPUT_MAX);
    signumd_approval_init(&approval);
    enum signum_status status =
        signumd_approvals_find(state->db, id, signumd_timestamp_seconds(), &approval);
    if (status == SIGNUM_OK)
        status = signumd_approval_write(state->db, &approval, false, &writer);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK && printf("%s\n", signum_buf_text(&text)) < 0)
        status = SIGNUM_IO;
    signumd_approval_clear(&approval);
    signum_buf_clear(&text);
    return status;
}

static int
run_show(const struct signumd_verb *verb, int argc, char **argv)
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
        code = signumd_cli_report(show(&state, id), "cannot show request %s", id);
    signumd_state_close(&state);
    return code;
}

enum change { CHANGE_APPROVE, CHANGE_REJECT, CHANGE_CANCEL };

/* As the named user, by the same rules as over HTTP. */
static enum signum_status
change_as(struct signumd_state *state, const struct signumd_user *user, enum change change,
    struct signumd_vote *vote, const char **cause)
{
    struct signumd_texts groups = {NULL, 0};
    enum signum_status status = signumd_groups_of(state->db, user->name, &groups);

    vote->voter = (struct signumd_voter){
        user->name, signumd_user_has(user, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_APPROVER)), &groups};
    vote->is_approval = change == CHANGE_APPROVE;
    vote->time = signumd_timestamp_seconds();
    if (status == SIGNUM_OK && change == CHANGE_CANCEL)
        status = signumd_approvals_cancel(state->db, &signumd_actor_local, vote,
            signumd_user_has(user, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)), cause);
    else if (status == SIGNUM_OK)
        status = signumd_approvals_vote(state->db, &signumd_actor_local, vote, cause);
    signumd_texts_clear(&groups);
    return status;
}

static int
report(enum signum_status status, const char *id, const char *cause)
{
    if (status == SIGNUM_DENIED)
        signumd_log(SIGNUMD_LOG_ERROR, "%s", cause);
    if (status == SIGNUM_BAD_KEY_STATE) {
        signumd_log(SIGNUMD_LOG_ERROR, "request %s is decided already", id);
        return SIGNUMD_EXIT_FAILED;
    }
    if (status == SIGNUM_TIMEOUT) {
        signumd_log(SIGNUMD_LOG_ERROR, "request %s has expired", id);
        return SIGNUMD_EXIT_FAILED;
    }
    return signumd_cli_report(status, "request %s was not changed", id);
}

static int
run_change(const struct signumd_verb *verb, int argc, char **argv, enum change change)
{
    const char *folder = NULL;
    const char *user_name = NULL;
    const char *id = NULL;
    const char *cause = "";
    struct signumd_state state;
    struct signumd_user user;
    struct signumd_vote vote = {.subject = NULL};
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"user", &user_name, NULL, NULL},
        {"reason", &vote.reason, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &id, 1, &state);

    if (code == 0 && user_name == NULL)
        code = signumd_cli_usage(verb, "--user NAME is missing: who does this?");
    if (code == 0 && change == CHANGE_REJECT && vote.reason == NULL)
        code = signumd_cli_usage(verb, "--reason TEXT is missing: why?");
    if (code == 0 && vote.reason != NULL && strlen(vote.reason) > SIGNUMD_VOTE_REASON_MAX)
        code = signumd_cli_usage(verb, "--reason has at most %d bytes", SIGNUMD_VOTE_REASON_MAX);
    if (code == 0)
        code = signumd_cli_report(
            signumd_users_find(state.db, user_name, &user), "there is no user %s", user_name);
    vote.subject = id;
    if (code == 0)
        code = report(change_as(&state, &user, change, &vote, &cause), id, cause);
    if (code == 0)
        code = signumd_cli_report(show(&state, id), "cannot show request %s", id);
    signumd_state_close(&state);
    return code;
}

static int
run_approve(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, CHANGE_APPROVE);
}

static int
run_reject(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, CHANGE_REJECT);
}

static int
run_cancel(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, CHANGE_CANCEL);
}

const struct signumd_verb signumd_verbs_request[] = {
    {"request list", "--state DIR [--status STATUS] [--user NAME] [--key NAME] [--json]",
        "Lists the signing requests that needed approval, oldest first.\n\n"
        "  --status STATUS      pending, approved, rejected, cancelled, expired or signed\n\n"
        "Example: signumd request list --state /var/lib/signumd --status pending",
        run_list},
    {"request show", "--state DIR ID",
        "Prints one as JSON, with what is to be signed, for whom, and who has voted.\n\n"
        "Example: signumd request show --state /var/lib/signumd 5f2b...",
        run_show},
    {"request approve", "--state DIR ID --user NAME [--reason TEXT]",
        "Approves a request in the name of a user, who must be an approver of one of the groups "
        "that\n"
        "are asked and not the one who made it. The audit record says that it was done here.\n\n"
        "Example: signumd request approve --state /var/lib/signumd 5f2b... --user carol",
        run_approve},
    {"request reject", "--state DIR ID --user NAME --reason TEXT",
        "Rejects a request, which ends it. The same rules as for approving.\n\n"
        "Example: signumd request reject --state /var/lib/signumd 5f2b... --user carol \\\n"
        "             --reason \"not this week\"",
        run_reject},
    {"request cancel", "--state DIR ID --user NAME [--reason TEXT]",
        "Ends a request in the name of the user who made it, or of an admin.\n\n"
        "Example: signumd request cancel --state /var/lib/signumd 5f2b... --user admin",
        run_cancel},
    {NULL, NULL, NULL, NULL},
};
