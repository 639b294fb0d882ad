#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "approvals/releases.h"
#include "base/files.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "cmd/cli.h"
#include "identity/groups.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)
#define PAGE 500
#define DAYS_MAX 3650

static enum signum_status
write_all(struct signumd_db *db, struct signumd_json_writer *writer)
{
    char after[SIGNUMD_NAME_MAX + 1] = "";
    enum signum_status status = SIGNUM_OK;

    do {
        char next[SIGNUMD_NAME_MAX + 1];
        status =
            signumd_releases_write_page(db, after, PAGE, signumd_timestamp_seconds(), writer, next);
        memcpy(after, next, sizeof after);
    } while (status == SIGNUM_OK && after[0] != '\0');
    return status;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {
        "name", "status", "user", "count", "used", "expires", "reason", NULL};
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
        code = is_json ? signumd_cli_print_json("releases", state.db, write_all)
                       : signumd_cli_print_table(columns, state.db, write_all);
    signumd_state_close(&state);
    return code;
}

static enum signum_status
show(struct signumd_state *state, const char *name)
{
    struct signum_buf text;
    struct signumd_json_writer writer = {&text, false};

    signum_buf_init(&text, FILE_MAX);
    enum signum_status status =
        signumd_releases_write(state->db, name, signumd_timestamp_seconds(), true, &writer);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK && printf("%s\n", signum_buf_text(&text)) < 0)
        status = SIGNUM_IO;
    signum_buf_clear(&text);
    return status;
}

static int
run_show(const struct signumd_verb *verb, int argc, char **argv)
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
        code = signumd_cli_report(show(&state, name), "cannot show release %s", name);
    signumd_state_close(&state);
    return code;
}

static enum signum_status
read_manifest(struct signum_bytes text, struct signumd_release *release)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    enum signum_status status = signumd_json_parse(text, &object);

    if (status != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "the manifest is not a JSON object");
        return status;
    }
    signumd_json_reader_init(&reader, object);
    signumd_release_read(&reader, signumd_timestamp_seconds(), release);
    if (reader.failure != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_ERROR, "the manifest's member '%s' %s", reader.field, reader.cause);
    signumd_json_free(&object);
    return reader.failure;
}

/* Lines "DIGEST  FILE" as sha256sum writes them. */
static enum signum_status
read_sums(struct signum_buf *text, struct signumd_release *release)
{
    char *rest = NULL;
    char *copy = signum_text_copy(signum_buf_text(text));
    const char *fault = copy == NULL ? "cannot be read" : NULL;
    int number = 1;

    for (char *line = copy == NULL ? NULL : strtok_r(copy, "\n", &rest);
         line != NULL && fault == NULL; line = strtok_r(NULL, "\n", &rest), number++) {
        line[strcspn(line, " \t\r")] = '\0';
        fault = signumd_release_add_digest(release, "sha256", line, false, NULL);
        if (fault != NULL)
            signumd_log(SIGNUMD_LOG_ERROR, "line %d of the sums %s", number, fault);
    }
    free(copy);
    if (fault == NULL && release->count == 0)
        signumd_log(SIGNUMD_LOG_ERROR, "the sums have no line");
    return fault == NULL && release->count > 0 ? SIGNUM_OK : SIGNUM_INVALID_ARGUMENT;
}

/* What `release create` is told beside the state folder. */
struct wish {
    const char *user;
    const char *file;
    const char *sums;
    const char *name;
    const char *days;
    const char *uses;
    const char *reason;
    struct signumd_many keys;
};

static enum signum_status
read_options(const struct wish *wish, struct signumd_release *release)
{
    int64_t days = 30;

    if (wish->name == NULL || wish->keys.count == 0 || !signumd_name_is_valid(wish->name) ||
        wish->keys.count > SIGNUMD_RELEASE_KEYS_MAX ||
        !signumd_cli_number(wish->days, 1, DAYS_MAX, &days) ||
        !signumd_cli_number(wish->uses, 1, SIGNUMD_RELEASE_USES_MAX, &release->uses)) {
        signumd_log(SIGNUMD_LOG_ERROR,
            "with --sums goes --name, at least one --key, and --days and "
            "--uses, if given, are whole numbers");
        return SIGNUM_INVALID_ARGUMENT;
    }
    (void)snprintf(release->name, sizeof release->name, "%s", wish->name);
    release->expires = signumd_timestamp_seconds() + days * 86400;
    release->reason = wish->reason == NULL ? NULL : signum_text_copy(wish->reason);
    enum signum_status status = SIGNUM_OK;
    for (size_t i = 0; i < wish->keys.count && status == SIGNUM_OK; i++)
        status = signumd_texts_add(&release->keys, wish->keys.items[i]);
    return status;
}

static enum signum_status
create(struct signumd_state *state, const struct wish *wish, struct signumd_release *release)
{
    struct signum_buf text;
    struct signumd_user user;
    const char *missing = "";
    enum signum_status status = signumd_users_find(state->db, wish->user, &user);

    if (status != SIGNUM_OK)
        return status;
    signum_buf_init(&text, FILE_MAX);
    status = signumd_files_read(wish->file == NULL ? wish->sums : wish->file, &text);
    if (status == SIGNUM_OK && wish->file != NULL)
        status = read_manifest(signum_bytes_of_buf(&text), release);
    else if (status == SIGNUM_OK) {
        status = read_options(wish, release);
        if (status == SIGNUM_OK)
            status = read_sums(&text, release);
    }
    signum_buf_clear(&text);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_releases_create(
        state->db, &signumd_actor_local, user.name, signumd_timestamp_seconds(), release, &missing);
    if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_log(SIGNUMD_LOG_ERROR, "there is no key %s", missing);
    if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_log(SIGNUMD_LOG_ERROR, "no policy of these keys says who is to approve");
    return status;
}

static int
run_create(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    struct wish wish = {.user = NULL};
    struct signumd_state state;
    struct signumd_release release;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"user", &wish.user, NULL, NULL},
        {"file", &wish.file, NULL, NULL},
        {"sums", &wish.sums, NULL, NULL},
        {"name", &wish.name, NULL, NULL},
        {"key", NULL, NULL, &wish.keys},
        {"days", &wish.days, NULL, NULL},
        {"uses", &wish.uses, NULL, NULL},
        {"reason", &wish.reason, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    signumd_release_init(&release);
    if (code == 0 && (wish.user == NULL || (wish.file == NULL) == (wish.sums == NULL)))
        code = signumd_cli_usage(verb, "--user and one of --file and --sums are needed");
    if (code == 0)
        code = signumd_cli_report(create(&state, &wish, &release), "the release was not made");
    if (code == 0)
        code = signumd_cli_report(show(&state, release.name), "cannot show it");
    signumd_release_clear(&release);
    signumd_state_close(&state);
    return code;
}

enum change { CHANGE_APPROVE, CHANGE_REJECT, CHANGE_REVOKE };

static enum signum_status
change_as(struct signumd_state *state, const char *user_name, enum change change,
    struct signumd_vote *vote)
{
    const unsigned keepers =
        SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_POLICY_MANAGER) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN);
    struct signumd_texts groups = {NULL, 0};
    struct signumd_user user;
    const char *cause = "";
    enum signum_status status = signumd_users_find(state->db, user_name, &user);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_groups_of(state->db, user.name, &groups);
    vote->voter = (struct signumd_voter){
        user.name, signumd_user_has(&user, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_APPROVER)), &groups};
    vote->is_approval = change == CHANGE_APPROVE;
    vote->time = signumd_timestamp_seconds();
    if (status == SIGNUM_OK && change == CHANGE_REVOKE)
        status = signumd_releases_revoke(
            state->db, &signumd_actor_local, vote, signumd_user_has(&user, keepers), &cause);
    else if (status == SIGNUM_OK)
        status = signumd_releases_vote(state->db, &signumd_actor_local, vote, &cause);
    if (status == SIGNUM_DENIED)
        signumd_log(SIGNUMD_LOG_ERROR, "%s", cause);
    if (status == SIGNUM_BAD_KEY_STATE)
        signumd_log(SIGNUMD_LOG_ERROR, "it is decided already");
    signumd_texts_clear(&groups);
    return status;
}

static int
run_change(const struct signumd_verb *verb, int argc, char **argv, enum change change)
{
    const char *folder = NULL;
    const char *user = NULL;
    const char *name = NULL;
    struct signumd_state state;
    struct signumd_vote vote = {.subject = NULL};
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"user", &user, NULL, NULL},
        {"reason", &vote.reason, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0 && (user == NULL || (change == CHANGE_REJECT && vote.reason == NULL)))
        code = signumd_cli_usage(verb, "--user NAME is needed, and --reason TEXT for a rejection");
    if (code == 0 && vote.reason != NULL && strlen(vote.reason) > SIGNUMD_VOTE_REASON_MAX)
        code = signumd_cli_usage(verb, "--reason has at most %d bytes", SIGNUMD_VOTE_REASON_MAX);
    vote.subject = name;
    if (code == 0)
        code = signumd_cli_report(
            change_as(&state, user, change, &vote), "release %s was not changed", name);
    if (code == 0)
        code = signumd_cli_report(show(&state, name), "cannot show release %s", name);
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
run_revoke(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, CHANGE_REVOKE);
}

const struct signumd_verb signumd_verbs_release[] = {
    {"release create",
        "--state DIR --user NAME --file MANIFEST\n"
        "  signumd release create --state DIR --user NAME --sums FILE --name NAME --key KEY...\n"
        "      [--days N] [--uses N] [--reason TEXT]",
        "Makes a list of digests that are signed at once, each so many times, when it is "
        "approved.\n\n"
        "  --user NAME          who makes it; this user cannot approve it\n"
        "  --file MANIFEST      the JSON that POST /v1/releases takes\n"
        "  --sums FILE          SHA-256 digests as sha256sum writes them\n"
        "  --key KEY            a key that may sign them; repeatable\n"
        "  --days N             how long it is valid; 30, if not given\n"
        "  --uses N             how often each digest may be signed; once, if not given\n\n"
        "Example: signumd release create --state /var/lib/signumd --user alice --name 2026-11 \\\n"
        "             --sums SHA256SUMS --key release",
        run_create},
    {"release list", "--state DIR [--json]", "Lists the releases.", run_list},
    {"release show", "--state DIR NAME", "Prints one as JSON, with its digests.", run_show},
    {"release approve", "--state DIR NAME --user NAME [--reason TEXT]",
        "Approves a release in the name of a user, by the rules of signumd request approve.",
        run_approve},
    {"release reject", "--state DIR NAME --user NAME --reason TEXT",
        "Rejects a release in the name of an approver, which ends it.", run_reject},
    {"release revoke", "--state DIR NAME --user NAME [--reason TEXT]",
        "Ends a release in the name of who made it, a policy-manager or an admin.", run_revoke},
    {NULL, NULL, NULL, NULL},
};
