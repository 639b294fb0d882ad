#include <stdio.h>

#include "cmd/cli.h"
#include "policy/policies.h"

#define OUTPUT_MAX ((size_t)4 * 1024 * 1024)
#define VERSION_MAX 999999999
#define SHOWN_MAX 10000

static void
print_version(const void *context, struct signumd_json_reader *item)
{
    char space[32];

    (void)context;
    (void)printf("%7s  ", signumd_json_show(item, "version", space, sizeof space));
    (void)printf("%-20s  ", signumd_json_show(item, "changed", space, sizeof space));
    (void)printf("%-6s  ", signumd_json_show(item, "action", space, sizeof space));
    (void)printf("%s\n", signumd_json_show(item, "changed_by", space, sizeof space));
}

static enum signum_status
print_history(const struct signum_buf *text, bool is_json)
{
    struct cJSON *document = NULL;

    if (is_json)
        return printf("%s\n", signum_buf_text(text)) < 0 ? SIGNUM_IO : SIGNUM_OK;
    enum signum_status status = signumd_json_parse(signum_bytes_of_buf(text), &document);
    if (status == SIGNUM_OK)
        signumd_json_each(document, "versions", print_version, NULL);
    signumd_json_free(&document);
    return status;
}

static enum signum_status
history(struct signumd_state *state, const char *name, bool is_json)
{
    struct signum_buf text;
    struct signumd_json_writer writer;
    int64_t next = 0;

    signum_buf_init(&text, OUTPUT_MAX);
    signumd_json_start(&writer, &text);
    signumd_json_begin(&writer, "versions", '[');
    enum signum_status status =
        signumd_policies_write_versions(state->db, name, 0, SHOWN_MAX, &writer, &next);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = print_history(&text, is_json);
    signum_buf_clear(&text);
    return status;
}

static int
run_history(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    bool is_json = false;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0)
        code = signumd_cli_report(history(&state, name, is_json), "cannot show policy %s", name);
    signumd_state_close(&state);
    return code;
}

static int
run_restore(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *version_text = NULL;
    const char *name = NULL;
    int64_t version = 0;
    struct signumd_state state;
    struct signumd_policy policy;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"version", &version_text, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    signumd_policy_init(&policy);
    if (code == 0 && (version_text == NULL ||
                      !signumd_cli_number(version_text, 1, VERSION_MAX, &version)))
        code = signumd_cli_usage(verb, "--version must be the number of a version");
    if (code == 0)
        code = signumd_cli_report(
            signumd_policies_restore(state.db, &signumd_actor_local, name, version, &policy),
            "version %s of policy %s was not restored", version_text, name);
    if (code == 0)
        (void)printf("policy %s: version %lld, which is version %lld again, is in force\n", name,
                     (long long)policy.version, (long long)version);
    signumd_policy_clear(&policy);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_policy_versions[] = {
    {"policy history", "--state DIR NAME [--json]",
     "Lists the versions of a policy, the newest first: number, time, what was done and by whom\n"
     "('-': at this command line). `policy show --version` prints one.\n\n"
     "Example: signumd policy history --state /var/lib/signumd release-hours",
     run_history},
    {"policy restore", "--state DIR NAME --version N",
     "Puts an older version of a policy in force again, as a new version; also one of a policy\n"
     "that was removed.\n\n"
     "Example: signumd policy restore --state /var/lib/signumd release-hours --version 2",
     run_restore},
    {NULL, NULL, NULL, NULL},
};
