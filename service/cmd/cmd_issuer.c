#include <stdio.h>

#include "cmd/cli.h"
#include "identity/issuers.h"

#define OUTPUT_MAX ((size_t)256 * 1024)

static void
print_issuer(const void *context, struct signumd_json_reader *item)
{
    char space[32];

    (void)context;
    (void)printf("%-24s  ", signumd_json_show(item, "name", space, sizeof space));
    (void)printf("%-6s  ", signumd_json_show(item, "kind", space, sizeof space));
    (void)printf("%-24s  ", signumd_json_show(item, "user", space, sizeof space));
    (void)printf("%s\n", signumd_json_show(item, "issuer", space, sizeof space));
}

static enum signum_status
print(const struct signumd_issuers *issuers, bool is_json)
{
    struct signum_buf text;
    struct signumd_json_writer writer;
    struct cJSON *document = NULL;

    signum_buf_init(&text, OUTPUT_MAX);
    signumd_json_start(&writer, &text);
    signumd_json_begin(&writer, "issuers", '[');
    signumd_issuers_write(issuers, &writer);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_json_parse(signum_bytes_of_buf(&text), &document);
    if (status == SIGNUM_OK && is_json)
        (void)printf("%s\n", signum_buf_text(&text));
    else if (status == SIGNUM_OK)
        signumd_json_each(document, "issuers", print_issuer, NULL);
    signumd_json_free(&document);
    signum_buf_clear(&text);
    return status;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    bool is_json = false;
    struct signumd_state state;
    struct signumd_issuers *issuers = NULL;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code != 0)
        return code;
    enum signum_status status = signumd_issuers_new(state.settings.issuers, state.folder, &issuers);
    if (status == SIGNUM_OK)
        status = print(issuers, is_json);
    code = signumd_cli_report(status, "the issuers in the settings cannot be listed");
    signumd_issuers_free(&issuers);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_issuer[] = {
    {"issuer list", "--state DIR [--json]",
        "Checks the issuers of tokens in the settings and lists them; asks none of them.\n\n"
        "Example: signumd issuer list --state /var/lib/signumd",
        run_list},
    {NULL, NULL, NULL, NULL},
};
