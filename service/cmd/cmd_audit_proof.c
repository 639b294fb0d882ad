#include <stdio.h>
#include <string.h>

#include "audit/audit_export.h"
#include "audit/audit_key.h"
#include "audit/audit_proof.h"
#include "base/files.h"
#include "base/log.h"
#include "cmd/cli.h"
#include "core/base64.h"

#define DOCUMENT_MAX ((size_t)64 * 1024)
#define NUMBER_MAX INT64_C(999999999999999)

static void
print_root(const struct signumd_merkle_hash *root)
{
    struct signum_buf text;

    signum_buf_init(&text, 64);
    signum_base64_encode(&text, (struct signum_bytes){root->bytes, sizeof root->bytes});
    (void)printf("%s", signum_buf_text(&text));
    signum_buf_clear(&text);
}

static int
report(const struct signumd_audit_report *found, const struct signumd_checkpoint *witness)
{
    if (found->fault != NULL) {
        signumd_log(SIGNUMD_LOG_ERROR,
            "the audit log is damaged at index %lld: %s. The %lld record(s) before it are in order",
            (long long)found->bad_index, found->fault, (long long)found->count);
        return SIGNUMD_EXIT_FAILED;
    }
    (void)printf("%lld records, all in order. Root hash: ", (long long)found->count);
    print_root(&found->root);
    if (witness != NULL)
        (void)printf(". They continue the checkpoint of %lld", (long long)witness->size);
    (void)printf("\n");
    return 0;
}

/* Opens a checkpoint that was kept. The exit code, after having said what is wrong with it. */
static int
read_witness(
    const char *path, const struct signumd_note_key *key, struct signumd_checkpoint *witness_out)
{
    struct signum_buf note;

    signum_buf_init(&note, SIGNUMD_NOTE_MAX);
    enum signum_status status = signumd_files_read(path, &note);
    if (status == SIGNUM_OK)
        status = signumd_checkpoint_open(signum_bytes_of_buf(&note), key, witness_out);
    signum_buf_clear(&note);
    return signumd_cli_report(status, "%s is no checkpoint of this log", path);
}

static int
verify_state(struct signumd_state *state, const char *vkey, const char *path)
{
    struct signumd_note_key key;
    struct signumd_checkpoint witness;
    struct signumd_audit_report found;
    int code = 0;

    if (path != NULL) {
        code = signumd_cli_report(vkey == NULL ? signumd_audit_key_read(state, state->db, &key)
                                               : signumd_note_key_read(vkey, &key),
            "there is no verifier key");
        if (code == 0)
            code = read_witness(path, &key, &witness);
    }
    const struct signumd_checkpoint *used = path == NULL ? NULL : &witness;
    if (code == 0)
        code = signumd_cli_report(
            signumd_audit_verify(state->db, used, &found), "the audit log could not be checked");
    return code == 0 ? report(&found, used) : code;
}

static int
report_file(const struct signumd_export_report *found, const struct signumd_checkpoint *witness)
{
    if (found->is_complete || found->log.fault != NULL)
        return report(&found->log, witness);
    (void)printf("%lld records, each of them in the log of %lld records. Root hash: ",
        (long long)found->log.count, (long long)found->size);
    print_root(&found->log.root);
    (void)printf("\n");
    return 0;
}

/* Needs nothing of the service but what was exported, and the key from a trusted source. */
static int
verify_file(
    const struct signumd_verb *verb, const char *path, const char *vkey, const char *checkpoint)
{
    struct signumd_note_key key;
    struct signumd_checkpoint witness;
    struct signumd_export_report found;
    const struct signumd_checkpoint *used = checkpoint == NULL ? NULL : &witness;

    if (vkey == NULL)
        return signumd_cli_usage(verb, "--key VKEY is missing: whose log is that?");
    int code = signumd_cli_report(signumd_note_key_read(vkey, &key), "--key is no verifier key");
    if (code == 0 && used != NULL)
        code = read_witness(checkpoint, &key, &witness);
    if (code != 0)
        return code;
    enum signum_status status = signumd_export_verify(path, &key, used, &found);
    if (status == SIGNUM_NOT_SUPPORTED)
        return signumd_cli_report(
            status, "only a whole log can be compared with a checkpoint; %s is a part", path);
    code = signumd_cli_report(status, "%s could not be checked", path);
    return code == 0 ? report_file(&found, used) : code;
}

static int
run_verify(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *file = NULL;
    const char *vkey = NULL;
    const char *checkpoint = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"file", &file, NULL, NULL},
        {"key", &vkey, NULL, NULL},
        {"checkpoint", &checkpoint, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_parse(verb, argc, argv, options, NULL, 0);

    if (code != 0)
        return code;
    if ((file == NULL) == (folder == NULL))
        return signumd_cli_usage(verb, "give either --state or --file");
    if (file != NULL)
        return verify_file(verb, file, vkey, checkpoint);
    code = signumd_cli_report(
        signumd_state_open(folder, &state), "cannot open the state folder %s", folder);
    if (code == 0)
        code = verify_state(&state, vkey, checkpoint);
    signumd_state_close(&state);
    return code;
}

static int
run_key(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    struct signumd_state state;
    struct signumd_note_key key;
    struct signum_buf text;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    signum_buf_init(&text, DOCUMENT_MAX);
    if (code == 0)
        code = signumd_cli_report(
            signumd_audit_key_read(&state, state.db, &key), "there is no verifier key");
    if (code == 0) {
        signumd_note_key_write(&key, &text);
        (void)printf("%s\n", signum_buf_text(&text));
    }
    signum_buf_clear(&text);
    signumd_state_close(&state);
    return code;
}

/* To the file, or to standard output if there is none. */
static int
put_out(const struct signum_buf *text, const char *out)
{
    if (out != NULL)
        return signumd_cli_report(
            signumd_files_write(out, signum_bytes_of_buf(text), 0644), "cannot write %s", out);
    (void)printf("%s", signum_buf_text(text));
    return 0;
}

static int
run_checkpoint(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *out = NULL;
    struct signumd_state state;
    struct signum_buf note;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"out", &out, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    signum_buf_init(&note, SIGNUMD_NOTE_MAX);
    if (code == 0)
        code = signumd_cli_report(
            signumd_audit_key_checkpoint(&state, state.db, &note), "there is no checkpoint");
    if (code == 0)
        code = put_out(&note, out);
    signum_buf_clear(&note);
    signumd_state_close(&state);
    return code;
}

struct prove_options {
    const char *index;
    const char *size;
    const char *from;
    const char *to;
};

static int
prove(const struct signumd_verb *verb, struct signumd_db *db, const struct prove_options *wanted)
{
    bool is_inclusion = wanted->index != NULL;
    int64_t first = -1;
    int64_t second = -1;
    struct signum_buf document;

    if (!signumd_cli_number(is_inclusion ? wanted->index : wanted->from, 0, NUMBER_MAX, &first) ||
        !signumd_cli_number(is_inclusion ? wanted->size : wanted->to, 0, NUMBER_MAX, &second))
        return signumd_cli_usage(verb, "an index or a size is not a whole number");
    signum_buf_init(&document, DOCUMENT_MAX);
    int code = signumd_cli_report(
        is_inclusion ? signumd_audit_write_inclusion(db, first, second, &document)
                     : signumd_audit_write_consistency(db, first, second, &document),
        "there is no such proof");
    if (code == 0)
        (void)printf("%s\n", signum_buf_text(&document));
    signum_buf_clear(&document);
    return code;
}

static int
run_prove(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    struct prove_options wanted = {NULL, NULL, NULL, NULL};
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"index", &wanted.index, NULL, NULL},
        {"size", &wanted.size, NULL, NULL},
        {"from", &wanted.from, NULL, NULL},
        {"to", &wanted.to, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code == 0 && (wanted.index == NULL) == (wanted.from == NULL))
        code = signumd_cli_usage(verb, "give either --index or --from");
    else if (code == 0)
        code = prove(verb, state.db, &wanted);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_audit_proof[] = {
    {"audit verify", "--state DIR | --file FILE --key VKEY  [--checkpoint FILE]",
        "Recomputes every hash of the audit log and names the first record that was changed,\n"
        "removed, put in or moved. Whoever can write to the database could also recompute all the\n"
        "hashes: to find that too, keep checkpoints in another place and give one here.\n\n"
        "  --state DIR         the log of the service\n"
        "  --file FILE         an export as JSON lines; no state folder is needed\n"
        "  --checkpoint FILE   the log must continue the one of this checkpoint\n"
        "  --key VKEY          the key that has signed; with --state the log's key if not given\n\n"
        "Example: signumd audit verify --state /var/lib/signumd --checkpoint monday.txt",
        run_verify},
    {"audit key", "--state DIR",
        "Prints the key that verifies checkpoints of this log, as a line NAME+ID+KEY. Whoever is "
        "to\n"
        "verify them needs it from a source that he trusts.\n\n"
        "Example: signumd audit key --state /var/lib/signumd",
        run_key},
    {"audit checkpoint", "--state DIR [--out FILE]",
        "Prints a checkpoint: size and root hash of the log, signed. Kept in another place, it\n"
        "proves later that nothing was changed or removed since.\n\n"
        "Example: signumd audit checkpoint --state /var/lib/signumd --out monday.txt",
        run_checkpoint},
    {"audit prove", "--state DIR --index N [--size N] | --from N [--to N]",
        "Prints a proof of RFC 6962 as JSON: that a record is in the log, or that the log of one\n"
        "size continues the log of a smaller one.\n\n"
        "  --index N   the record that is in the log\n"
        "  --size N    of the log; as it is now if not given\n"
        "  --from N    the smaller size, from 1 on\n"
        "  --to N      the larger size; as it is now if not given\n\n"
        "Example: signumd audit prove --state /var/lib/signumd --index 17",
        run_prove},
    {NULL, NULL, NULL, NULL},
};
