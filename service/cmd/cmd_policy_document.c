#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "base/files.h"
#include "base/log.h"
#include "identity/groups.h"
#include "keys/key_groups.h"
#include "policy/policies.h"
#include "base/timestamp.h"

#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)

static enum signum_status
put(struct signumd_state *state, const char *file, struct signumd_policy *policy)
{
    struct signum_buf text;
    struct signumd_json_reader fault;

    signum_buf_init(&text, SIGNUMD_POLICY_BODY_MAX);
    enum signum_status status = signumd_files_read(file, &text);
    if (status == SIGNUM_OK) {
        status = signumd_policy_read(signum_bytes_of_buf(&text), policy, &fault);
        if (status != SIGNUM_OK)
            signumd_log(SIGNUMD_LOG_ERROR, "%s: %s %s", file,
                        fault.field[0] == '\0' ? "the document" : fault.field, fault.cause);
    }
    if (status == SIGNUM_OK)
        status = signumd_policies_put(state->db, &signumd_actor_local, policy, NULL);
    signum_buf_clear(&text);
    return status;
}

static int
run_put(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *file = NULL;
    struct signumd_state state;
    struct signumd_policy policy;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &file, 1, &state);

    signumd_policy_init(&policy);
    if (code == 0)
        code = signumd_cli_report(put(&state, file, &policy), "the policy was not stored");
    if (code == 0)
        (void)printf("policy %s: version %lld is in force\n", policy.name,
                     (long long)policy.version);
    signumd_policy_clear(&policy);
    signumd_state_close(&state);
    return code;
}

static enum signum_status
show(struct signumd_state *state, const char *name, int64_t version)
{
    struct signum_buf text;

    signum_buf_init(&text, OUTPUT_MAX);
    struct signumd_json_writer writer = {&text, false};
    enum signum_status status = signumd_policies_write(state->db, name, version, &writer, &version);
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
    const char *version_text = NULL;
    const char *name = NULL;
    int64_t version = 0;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"version", &version_text, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0 && !signumd_cli_number(version_text, 1, 999999999, &version))
        code = signumd_cli_usage(verb, "--version must be the number of a version");
    if (code == 0)
        code = signumd_cli_report(show(&state, name, version), "cannot show policy %s", name);
    signumd_state_close(&state);
    return code;
}

static void
print_verdict(const void *context, struct signumd_json_reader *item)
{
    char space[32];

    (void)context;
    (void)printf("%-24s  ", signumd_json_show(item, "name", space, sizeof space));
    (void)printf("%-5s  ", signumd_json_show(item, "action", space, sizeof space));
    (void)printf("%4s  ", signumd_json_show(item, "priority", space, sizeof space));
    (void)printf("%-9s  ", signumd_json_show(item, "verdict", space, sizeof space));
    (void)printf("%s\n", signumd_json_show(item, "part", space, sizeof space));
}

static enum signum_status
print_decision(const struct signum_buf *text)
{
    struct cJSON *document = NULL;
    struct signumd_json_reader reader;
    char space[32];
    enum signum_status status = signumd_json_parse(signum_bytes_of_buf(text), &document);

    if (status != SIGNUM_OK)
        return status;
    signumd_json_reader_init(&reader, document);
    (void)printf("%s: ", signumd_json_show(&reader, "decision", space, sizeof space));
    (void)printf("%s", signumd_json_show(&reader, "reason", space, sizeof space));
    (void)printf(" (policy: %s)\n", signumd_json_show(&reader, "policy", space, sizeof space));
    signumd_json_each(document, "policies", print_verdict, NULL);
    signumd_json_free(&document);
    return SIGNUM_OK;
}

static enum signum_status
explain(struct signumd_state *state, struct signumd_facts *facts, struct signumd_texts *groups,
    bool is_json)
{
    struct signum_buf text;
    struct signumd_json_writer writer;
    struct signumd_user user;
    enum signum_status status = signumd_users_find(state->db, facts->user, &user);

    if (status == SIGNUM_OK)
        facts->roles = user.roles;
    else if (status != SIGNUM_NOT_FOUND || strchr(facts->user, ':') == NULL)
        return status;
    if (groups->count == 0)
        status = signumd_groups_of(state->db, facts->user, groups);
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        return status;
    signum_buf_init(&text, OUTPUT_MAX);
    signumd_json_start(&writer, &text);
    status = signumd_policies_explain(state->db, facts, &writer);
    signumd_json_end(&writer, '}');
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK && is_json)
        (void)printf("%s\n", signum_buf_text(&text));
    else if (status == SIGNUM_OK)
        status = print_decision(&text);
    signum_buf_clear(&text);
    return status;
}

static bool
is_object(const char *text)
{
    struct cJSON *object = NULL;
    bool is_one = signumd_json_parse(signum_bytes_of_text(text), &object) == SIGNUM_OK;

    signumd_json_free(&object);
    return is_one;
}

/* A list with commas in between; NULL is an empty one. */
static enum signum_status
split(const char *text, struct signumd_texts *texts_out)
{
    enum signum_status status = SIGNUM_OK;

    while (text != NULL && status == SIGNUM_OK) {
        char item[256];
        size_t len = strcspn(text, ",");
        if (len >= sizeof item)
            return SIGNUM_TOO_LARGE;
        (void)snprintf(item, sizeof item, "%.*s", (int)len, text);
        status = signumd_texts_add(texts_out, item);
        text = text[len] == ',' ? text + len + 1 : NULL;
    }
    return status;
}

static int
run_explain(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *time = NULL;
    const char *groups = NULL;
    const char *key_groups = NULL;
    bool is_json = false;
    struct signumd_state state;
    struct signumd_texts lists[2] = {{NULL, 0}, {NULL, 0}};
    struct signumd_facts facts = {.time = signumd_timestamp_seconds()};
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"user", &facts.user, NULL, NULL},
        {"key", &facts.key, NULL, NULL},
        {"scheme", &facts.scheme, NULL, NULL},
        {"hash", &facts.hash, NULL, NULL},
        {"address", &facts.address, NULL, NULL},
        {"process", &facts.process, NULL, NULL},
        {"process-sha256", &facts.process_sha256, NULL, NULL},
        {"command-line", &facts.command_line, NULL, NULL},
        {"claims", &facts.claims, NULL, NULL},
        {"groups", &groups, NULL, NULL},
        {"key-groups", &key_groups, NULL, NULL},
        {"machine", &facts.machine, NULL, NULL},
        {"account", &facts.account, NULL, NULL},
        {"time", &time, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code == 0 && (facts.user == NULL || facts.key == NULL))
        code = signumd_cli_usage(verb, "--user and --key are both needed");
    if (code == 0 && time != NULL && !signumd_time_read(time, &facts.time))
        code = signumd_cli_usage(verb, "--time must be a time like 2026-01-31T12:00:00Z");
    if (code == 0 && facts.claims != NULL && !is_object(facts.claims))
        code = signumd_cli_usage(verb, "--claims must be a JSON object");
    if (code == 0)
        code = signumd_cli_report(split(groups, &lists[0]), "--groups cannot be read");
    if (code == 0)
        code = signumd_cli_report(key_groups == NULL
                                      ? signumd_key_groups_of(state.db, facts.key, &lists[1])
                                      : split(key_groups, &lists[1]),
                                  "--key-groups cannot be read");
    facts.groups = &lists[0];
    facts.key_groups = &lists[1];
    if (code == 0)
        code = signumd_cli_report(explain(&state, &facts, &lists[0], is_json),
            "cannot explain for user %s", facts.user);
    signumd_texts_clear(&lists[0]);
    signumd_texts_clear(&lists[1]);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_policy_document[] = {
    {"policy put", "--state DIR FILE",
     "Stores the policy in a JSON file under the name that stands in it, in place of the one of\n"
     "that name. It is in force for the very next request. The older versions are kept.\n\n"
     "Example: signumd policy put --state /var/lib/signumd release-hours.json",
     run_put},
    {"policy show", "--state DIR NAME [--version N]",
     "Prints a policy as JSON, with its version, and when and by whom it was changed.\n\n"
     "Example: signumd policy show --state /var/lib/signumd release-hours --version 2",
     run_show},
    {"policy explain",
     "--state DIR --user USER --key KEY [--hash HASH] [--scheme SCHEME] [--address ADDRESS]\n"
     "    [--groups NAME,...] [--claims JSON] [--key-groups NAME,...] [--process PATH]\n"
     "    [--process-sha256 HEX] [--command-line TEXT] [--machine NAME] [--account NAME]\n"
     "    [--time TIME] [--json]",
     "Says what would become of a signing request, and what every policy has to do with it: it\n"
     "decides, is outranked, or does not match, and then by which of its parts. TIME is in UTC\n"
     "like 2026-01-31T12:00:00Z; now, if not given.\n\n"
     "Example: signumd policy explain --state /var/lib/signumd --user alice --key release \\\n"
     "             --hash sha256 --address 10.1.2.3",
     run_explain},
    {NULL, NULL, NULL, NULL},
};
