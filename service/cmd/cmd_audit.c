#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "cmd/cli.h"

#define BATCH 500

static enum signum_status
write_all(struct signumd_db *db, struct signumd_json_writer *writer)
{
    int64_t after = -1;
    enum signum_status status = SIGNUM_OK;

    do {
        int64_t next = -1;
        status = signumd_audit_write_list(db, after, BATCH, writer, &next);
        after = next;
    } while (status == SIGNUM_OK && after >= 0);
    return status;
}

static void
print_member(struct signumd_json_reader *record, const char *name)
{
    char space[32];
    const char *text = signumd_json_show(record, name, space, sizeof space);

    if (strcmp(text, "-") != 0)
        (void)printf(" %s=%s", name, text);
}

static void
print_record(const void *context, struct signumd_json_reader *item)
{
    static const char *const members[] = {"user",   "name", "roles",    "key",  "rule",
                                          "scheme", "hash", "decision", "outcome", "digest"};
    char index[32];
    char space[32];
    struct signumd_json_reader record;

    (void)context;
    signumd_json_reader_init(&record, signumd_json_get_object(item, "record"));
    if (record.object == NULL)
        return;
    (void)printf("%s ", signumd_json_show(item, "index", index, sizeof index));
    (void)printf("%s ", signumd_json_show(&record, "time", space, sizeof space));
    (void)printf("%s", signumd_json_show(&record, "action", space, sizeof space));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        print_member(&record, members[i]);
    (void)printf("\n");
}

static int
print_text(struct signumd_db *db)
{
    int64_t after = -1;
    enum signum_status status = SIGNUM_OK;

    do {
        struct signum_buf text;
        struct signumd_json_writer writer;
        struct cJSON *document = NULL;
        int64_t next = -1;
        signum_buf_init(&text, (size_t)BATCH * 80 * 1024);
        signumd_json_start(&writer, &text);
        signumd_json_begin(&writer, "records", '[');
        status = signumd_audit_write_list(db, after, BATCH, &writer, &next);
        signumd_json_end(&writer, ']');
        signumd_json_end(&writer, '}');
        if (status == SIGNUM_OK)
            status = signumd_json_parse(signum_bytes_of_buf(&text), &document);
        if (status == SIGNUM_OK)
            signumd_json_each(document, "records", print_record, NULL);
        signumd_json_free(&document);
        signum_buf_clear(&text);
        after = next;
    } while (status == SIGNUM_OK && after >= 0);
    return signumd_cli_report(status, "cannot list the audit log");
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
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
        code = is_json ? signumd_cli_print_json("records", state.db, write_all)
                       : print_text(state.db);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_audit[] = {
    {"audit list", "--state DIR [--json]",
     "Lists the audit records, oldest first.\n\n"
     "Example: signumd audit list --state /var/lib/signumd --json",
     run_list},
    {NULL, NULL, NULL, NULL},
};
