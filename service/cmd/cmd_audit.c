#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_export.h"
#include "audit/audit_proof.h"
#include "cmd/cli.h"
#include "syslog/link.h"

#define BATCH 500
#define INDEX_MAX INT64_C(999999999999999)

/* What --key, --user, --from and the others said. */
struct search {
    const char *texts[SIGNUMD_AUDIT_FIELD_COUNT];
    struct signumd_audit_filter filter;
};

/* Puts the options of the search behind the `count` that are there already. */
static void
add_options(struct search *search, struct signumd_option *options, size_t count)
{
    memset(search, 0, sizeof *search);
    for (size_t i = 0; i < SIGNUMD_AUDIT_FIELD_COUNT; i++)
        options[count + i] =
            (struct signumd_option){signumd_audit_fields[i], &search->texts[i], NULL, NULL};
    options[count + SIGNUMD_AUDIT_FIELD_COUNT] = (struct signumd_option){NULL, NULL, NULL, NULL};
}

/* 0, or the exit code after having said what is wrong. */
static int
make_filter(const struct signumd_verb *verb, struct search *search)
{
    for (int i = 0; i < SIGNUMD_AUDIT_FIELD_COUNT; i++)
        if (!signumd_audit_filter_set(
                &search->filter, (enum signumd_audit_field)i, search->texts[i]))
            return signumd_cli_usage(verb, "--%s must be a time such as 2026-01-31T12:00:00Z",
                                     signumd_audit_fields[i]);
    return 0;
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

/* A page as a document {"records": [...]}. */
static enum signum_status
read_page(struct signumd_db *db, const struct signumd_audit_filter *filter, int64_t *after,
          struct signum_buf *text)
{
    struct signumd_json_writer writer;
    int64_t next = -1;

    signumd_json_start(&writer, text);
    signumd_json_begin(&writer, "records", '[');
    enum signum_status status =
        signumd_audit_write_list(db, filter, *after, BATCH, &writer, &next);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    *after = next;
    return status == SIGNUM_OK ? signum_buf_status(text) : status;
}

static int
print_text(struct signumd_db *db, const struct signumd_audit_filter *filter)
{
    int64_t after = -1;
    enum signum_status status = SIGNUM_OK;

    do {
        struct signum_buf text;
        struct cJSON *document = NULL;
        signum_buf_init(&text, (size_t)BATCH * 80 * 1024);
        status = read_page(db, filter, &after, &text);
        if (status == SIGNUM_OK)
            status = signumd_json_parse(signum_bytes_of_buf(&text), &document);
        if (status == SIGNUM_OK)
            signumd_json_each(document, "records", print_record, NULL);
        signumd_json_free(&document);
        signum_buf_clear(&text);
    } while (status == SIGNUM_OK && after >= 0);
    return signumd_cli_report(status, "cannot list the audit log");
}

/* All of it is one document, which is printed as it is made. */
static int
print_json(struct signumd_db *db, const struct signumd_audit_filter *filter)
{
    struct signum_buf text;
    struct signumd_json_writer writer;
    int64_t after = -1;
    enum signum_status status = SIGNUM_OK;

    signum_buf_init(&text, (size_t)BATCH * 80 * 1024);
    signumd_json_start(&writer, &text);
    signumd_json_begin(&writer, "records", '[');
    do {
        int64_t next = -1;
        status = signumd_audit_write_list(db, filter, after, BATCH, &writer, &next);
        if (status == SIGNUM_OK)
            status = signum_buf_status(&text);
        after = next;
        (void)printf("%s", signum_buf_text(&text));
        signum_buf_clear(&text);
    } while (status == SIGNUM_OK && after >= 0);
    (void)printf("]}\n");
    if (status == SIGNUM_OK && fflush(stdout) != 0)
        status = SIGNUM_IO;
    return signumd_cli_report(status, "cannot list the audit log");
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    bool is_json = false;
    struct signumd_state state;
    struct search search;
    struct signumd_option options[2 + SIGNUMD_AUDIT_FIELD_COUNT + 1] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
    };

    add_options(&search, options, 2);
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);
    if (code == 0)
        code = make_filter(verb, &search);
    if (code == 0)
        code = is_json ? print_json(state.db, &search.filter)
                       : print_text(state.db, &search.filter);
    signumd_state_close(&state);
    return code;
}

static int
show(struct signumd_db *db, int64_t index)
{
    struct signum_buf text;
    struct signum_buf proof;
    struct signumd_json_writer writer;
    int64_t next = -1;

    signum_buf_init(&text, (size_t)256 * 1024);
    signum_buf_init(&proof, (size_t)64 * 1024);
    enum signum_status status = signumd_audit_write_inclusion(db, index, -1, &proof);
    signumd_json_start(&writer, &text);
    signumd_json_begin(&writer, "records", '[');
    if (status == SIGNUM_OK)
        status = signumd_audit_write_list(db, NULL, index - 1, 1, &writer, &next);
    signumd_json_end(&writer, ']');
    signumd_json_put_raw(&writer, "inclusion", signum_buf_text(&proof));
    signumd_json_end(&writer, '}');
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        (void)printf("%s\n", signum_buf_text(&text));
    signum_buf_clear(&proof);
    signum_buf_clear(&text);
    return signumd_cli_report(status, "there is no record %lld", (long long)index);
}

static int
run_show(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *index_text = NULL;
    int64_t index = -1;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &index_text, 1, &state);

    if (code == 0 && !signumd_cli_number(index_text, 0, INDEX_MAX, &index))
        code = signumd_cli_usage(verb, "the index must be a whole number");
    if (code == 0)
        code = show(state.db, index);
    signumd_state_close(&state);
    return code;
}

static enum signum_status
put_to_file(void *context, struct signum_bytes bytes)
{
    if (fwrite(bytes.data, 1, bytes.len, context) != bytes.len)
        return SIGNUM_IO;
    return SIGNUM_OK;
}

/* Who may read the log may read the file: its owner only. */
static FILE *
open_out(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *stream = file < 0 ? NULL : fdopen(file, "w");

    if (stream == NULL && file >= 0)
        (void)close(file);
    return stream;
}

static int
export_to(const struct signumd_state *state, struct signumd_export *wanted, const char *out)
{
    FILE *stream = out == NULL ? stdout : open_out(out);

    if (stream == NULL)
        return signumd_cli_report(SIGNUM_IO, "cannot write %s: %s", out, strerror(errno));
    wanted->put = put_to_file;
    wanted->context = stream;
    enum signum_status status = signumd_audit_export(state, state->db, wanted);
    if (fflush(stream) != 0 && status == SIGNUM_OK)
        status = SIGNUM_IO;
    if (out != NULL && fclose(stream) != 0 && status == SIGNUM_OK)
        status = SIGNUM_IO;
    return signumd_cli_report(status, "the export is not complete");
}

/* A collector, and what was found wrong with it. */
struct send {
    struct signumd_syslog_link *link;
    struct signum_buf cause;
};

static enum signum_status
put_to_collector(void *context, struct signum_bytes bytes)
{
    struct send *send = context;

    return signumd_syslog_link_send(send->link, bytes, &send->cause);
}

/* Only what the collector has when it closes is sent for sure. */
static int
export_by_tls(const struct signumd_state *state, struct signumd_export *wanted,
    const struct signumd_syslog_target *target)
{
    struct send send = {.link = NULL};

    signum_buf_init(&send.cause, SIGNUMD_SYSLOG_CAUSE_MAX);
    wanted->put = put_to_collector;
    wanted->context = &send;
    enum signum_status status = signumd_syslog_link_open(target, -1, &send.cause, &send.link);
    if (status == SIGNUM_OK)
        status = signumd_audit_export(state, state->db, wanted);
    if (status == SIGNUM_OK)
        status = signumd_syslog_link_finish(send.link, &send.cause);
    int code = signumd_cli_report(status, "the export to %s is not complete: %s", target->address,
        send.cause.len == 0 ? "see above" : signum_buf_text(&send.cause));
    signumd_syslog_link_close(&send.link);
    signum_buf_clear(&send.cause);
    return code;
}

/* NULL, or what does not fit together. */
static const char *
check_target(const struct signumd_syslog_target *target, enum signumd_export_format format,
    const char *out)
{
    if (target->address == NULL)
        return target->ca_file == NULL && target->certificate_file == NULL &&
                       target->key_file == NULL
                   ? NULL
                   : "--ca-file, --cert and --cert-key go with --to";
    if (format != SIGNUMD_EXPORT_SYSLOG)
        return "--to takes --format syslog only";
    if (out != NULL)
        return "--to and --out exclude each other";
    if (target->ca_file == NULL)
        return "--to needs --ca-file";
    return (target->certificate_file == NULL) == (target->key_file == NULL)
               ? NULL
               : "--cert and --cert-key go together";
}

static bool
read_format(const char *text, enum signumd_export_format *format_out)
{
    static const char *const names[] = {"jsonl", "csv", "syslog"};

    for (int i = 0; i < 3; i++)
        if (text == NULL || strcmp(text, names[i]) == 0) {
            *format_out = (enum signumd_export_format)i;
            return true;
        }
    return false;
}

static int
run_export(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *format = NULL;
    const char *out = NULL;
    struct signumd_state state;
    struct search search;
    struct signumd_export wanted;
    struct signumd_syslog_target target = {NULL, NULL, NULL, NULL};
    struct signumd_option options[7 + SIGNUMD_AUDIT_FIELD_COUNT + 1] = {
        {"state", &folder, NULL, NULL},
        {"format", &format, NULL, NULL},
        {"out", &out, NULL, NULL},
        {"to", &target.address, NULL, NULL},
        {"ca-file", &target.ca_file, NULL, NULL},
        {"cert", &target.certificate_file, NULL, NULL},
        {"cert-key", &target.key_file, NULL, NULL},
    };

    memset(&wanted, 0, sizeof wanted);
    wanted.facility = SIGNUMD_SYSLOG_FACILITY;
    add_options(&search, options, 7);
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);
    if (code == 0)
        code = make_filter(verb, &search);
    if (code == 0 && !read_format(format, &wanted.format))
        code = signumd_cli_usage(verb, "--format must be jsonl, csv or syslog");
    wanted.filter = search.filter;
    const char *fault = code == 0 ? check_target(&target, wanted.format, out) : NULL;
    if (fault != NULL)
        code = signumd_cli_usage(verb, "%s", fault);
    if (code == 0)
        code = target.address == NULL ? export_to(&state, &wanted, out)
                                      : export_by_tls(&state, &wanted, &target);
    signumd_state_close(&state);
    return code;
}

#define SEARCH                                                                                     \
    "  --key NAME, --user NAME, --digest HEX, --request NUMBER, --action NAME,\n"                  \
    "  --decision allow|deny, --outcome signed|denied|failed\n"                                    \
    "                   only records in which that is so\n"                                        \
    "  --from TIME      only those at or after the time, which is as in 2026-01-31T12:00:00Z\n"    \
    "  --to TIME        only those before the time\n"

const struct signumd_verb signumd_verbs_audit[] = {
    {"audit list", "--state DIR [--json] [--key NAME] [--user NAME] [--from TIME] [--to TIME]...",
     "Lists the audit records, oldest first.\n\n" SEARCH
     "  --json           as JSON\n\n"
     "Example: signumd audit list --state /var/lib/signumd --key release --outcome signed",
     run_list},
    {"audit show", "--state DIR INDEX",
     "Prints one record with the proof that it is in the log, as JSON.\n\n"
     "Example: signumd audit show --state /var/lib/signumd 17",
     run_show},
    {"audit export", "--state DIR [--format jsonl|csv|syslog] [--out FILE] [--to ADDR:PORT] "
     "[--key NAME]...",
     "Writes records for other programs. JSON lines, which is the format if none is given, can be\n"
     "verified with: signumd audit verify --file. Syslog is messages of RFC 5424, each behind its\n"
     "length.\n\n" SEARCH
     "  --out FILE       there instead of standard output\n"
     "  --to ADDR:PORT   to a collector of syslog messages, by TLS; with\n"
     "  --ca-file FILE   the CA of its certificate, and if it asks for one with\n"
     "  --cert FILE, --cert-key FILE\n"
     "                   a certificate and its key\n\n"
     "Example: signumd audit export --state /var/lib/signumd --out audit.jsonl",
     run_export},
    {NULL, NULL, NULL, NULL},
};
