#include "cli.h"

#include <string.h>

#include "cert_info.h"
#include "certs.h"

static const char help[] =
    "Usage: signum certs sync [--machine] [--json]                          (Windows)\n"
    "\n"
    "Puts the certificate of each key that you may use into the Windows certificate store\n"
    "and links it with the key, so that signtool /n and /sha1, Office, HLK Studio, .NET and\n"
    "jarsigner find it. Then each one is proved: the key is opened through the provider and\n"
    "its public half compared with the certificate.\n"
    "\n"
    "  --machine   the machine's store (needs an administrator) instead of yours\n"
    "\n"
    "May be run again at any time: what is right stays as it is. A certificate that belongs\n"
    "to another provider is left alone and reported. Keys without a certificate are named\n"
    "and skipped. Exit code 0 only if every certificate is in the store and proved.\n"
    "\n"
    "Example:\n"
    "  signum certs sync\n"
    "  added   release   4F0C...9A21   CN=Example Ltd, until 2027-01-31   key opens\n"
    "The long number is the certificate's thumbprint, for signtool's /sha1.";

/* What one run of sync does. */
struct sync {
    struct signum_cli *cli;
    struct signum_certs *certs;
    size_t done;   /* certificates that are in the store and proved */
    size_t failed;
};

static const char *
change_name(enum signum_certs_change change)
{
    static const char *const names[] = {
        [SIGNUM_CERTS_UNCHANGED] = "unchanged",
        [SIGNUM_CERTS_ADDED] = "added",
        [SIGNUM_CERTS_LINKED] = "linked",
        [SIGNUM_CERTS_UPDATED] = "updated",
    };
    return names[change];
}

static void
print_result(struct sync *sync, const char *key, const struct signum_cert_info *info,
             const char *change, enum signum_status status, const char *cause)
{
    struct signum_output *output = &sync->cli->output;
    bool is_good = status == SIGNUM_OK;
    signum_output_open_item(output);
    signum_output_put_text(output, "key", key);
    signum_output_put_text(output, "subject", signum_buf_text(&info->subject));
    signum_output_put_text(output, "expires", signum_buf_text(&info->expires));
    signum_output_put_text(output, "thumbprint", signum_buf_text(&info->thumbprint));
    signum_output_put_text(output, "change", change);
    signum_output_put_bool(output, "proved", is_good);
    if (!is_good) {
        signum_output_put_text(output, "cause", cause);
    }
    signum_output_close_item(output);
    signum_output_say(output, "%-10s %s   %s   %s, %s %s   %s", change, key,
                      signum_buf_text(&info->thumbprint), signum_buf_text(&info->subject),
                      info->is_expired ? "EXPIRED" : "until", signum_buf_text(&info->expires),
                      is_good ? "key opens" : "FAILED");
}

static enum signum_status
sync_certificate(struct sync *sync, const struct signum_certs_entry *entry)
{
    const struct signum_clock *clock = &sync->cli->ports->clock;
    enum signum_certs_change change = SIGNUM_CERTS_UNCHANGED;
    const char *word = "none";
    struct signum_cert_info info;
    struct signum_buf cause;
    signum_cert_info_init(&info);
    signum_buf_init(&cause, 4096);
    enum signum_status status =
        signum_cert_info_read(entry->certificate, clock->unix_time(clock->self), &info);
    if (status == SIGNUM_OK) {
        status = signum_certs_put(sync->certs, entry, &change, &cause);
    }
    if (status == SIGNUM_OK) {
        word = change_name(change);
        status = signum_certs_prove(sync->certs, entry, &cause);
    }
    const char *text = cause.len > 0 ? signum_buf_text(&cause) : signum_status_text(status);
    print_result(sync, entry->key, &info, word, status, text);
    if (status != SIGNUM_OK) {
        struct signum_buf line;
        signum_buf_init(&line, 8192);
        signum_buf_printf(&line, "%s: %s", entry->key, text);
        signum_output_error(&sync->cli->output, status, signum_buf_text(&line),
                            "'signum doctor' tells what stands in the way", NULL);
        signum_buf_clear(&line);
    }
    signum_buf_clear(&cause);
    signum_cert_info_clear(&info);
    return status;
}

static void
sync_key(struct sync *sync, const struct signum_session *session,
         const struct signum_service *service, const struct signum_key *key)
{
    enum signum_status status = SIGNUM_OK;
    struct signum_buf name;
    struct signum_buf friendly;
    signum_buf_init(&name, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init(&friendly, SIGNUM_CONFIG_TEXT_MAX + 32);
    signum_session_put_full_name(session, service, signum_key_name(key), &name);
    if (signum_key_chain_count(key) == 0) {
        signum_output_say(&sync->cli->output, "%-10s %s   it has no certificate", "skipped",
                          signum_buf_text(&name));
        signum_output_open_item(&sync->cli->output);
        signum_output_put_text(&sync->cli->output, "key", signum_buf_text(&name));
        signum_output_put_text(&sync->cli->output, "change", "skipped");
        signum_output_close_item(&sync->cli->output);
        goto out;
    }
    signum_buf_printf(&friendly, "Signum KSP: %s", signum_buf_text(&name));
    status = signum_buf_status(&friendly);
    if (status == SIGNUM_OK) {
        status = signum_key_check(key);
        if (status != SIGNUM_OK)
            signum_output_error(&sync->cli->output, status, signum_buf_text(&name),
                                "its certificate is not of its public key; tell the service's "
                                "administrator", NULL);
    }
    if (status == SIGNUM_OK) {
        struct signum_certs_entry entry = {
            .certificate = signum_key_certificate(key, 0),
            .key = signum_buf_text(&name),
            .friendly_name = signum_buf_text(&friendly),
        };
        status = sync_certificate(sync, &entry);
    }
    if (status == SIGNUM_OK) {
        sync->done++;
    } else {
        sync->failed++;
    }
out:
    signum_buf_clear(&friendly);
    signum_buf_clear(&name);
}

static void
sync_service(struct sync *sync, const struct signum_session *session,
             struct signum_service *service)
{
    struct signum_key **keys = NULL;
    size_t count = 0;
    struct signum_report report;
    signum_report_init(&report);
    enum signum_status status = signum_service_list_keys(service, &keys, &count, &report);
    if (status != SIGNUM_OK) {
        report.status = status;
        signum_output_report(&sync->cli->output, &report);
        sync->failed++;
    }
    for (size_t i = 0; i < count; i++) {
        sync_key(sync, session, service, keys[i]);
    }
    signum_key_list_free(&keys, &count);
    signum_report_clear(&report);
}

static enum signum_exit
sync_all(struct sync *sync, const char *store_name)
{
    struct signum_output *output = &sync->cli->output;
    struct signum_session *session = signum_cli_open_session(sync->cli);
    if (session == NULL) {
        return SIGNUM_EXIT_FAILED;
    }
    signum_output_put_text(output, "store", store_name);
    signum_output_open_list(output, "certificates");
    for (size_t i = 0; i < signum_session_service_count(session); i++) {
        sync_service(sync, session, signum_session_service(session, i));
    }
    signum_output_close_list(output);
    signum_session_free(&session);
    if (sync->failed == 0 && sync->done == 0) {
        /* Asked to fill the store, and there is nothing in it: success would be a lie. */
        signum_output_error(output, SIGNUM_NOT_FOUND, "no key that you may use has a certificate",
                            "'signum keys' lists the keys; ask the service's administrator", NULL);
        return SIGNUM_EXIT_FAILED;
    }
    signum_output_say(output, "%u certificate%s in %s%s", (unsigned)sync->done,
                      sync->done == 1 ? "" : "s", store_name,
                      sync->failed == 0 ? "; each key opens." : ".");
    return sync->failed == 0 ? SIGNUM_EXIT_OK : SIGNUM_EXIT_FAILED;
}

static enum signum_exit
run(struct signum_cli *cli, int argc, char **argv)
{
    bool is_machine = false;
    const struct signum_option options[] = {{"machine", NULL, &is_machine}};
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_certs, argc, argv, options, 1, 1, &operands, &code)) {
        return code;
    }
    if (operands.count == 0 || strcmp(operands.items[0], "sync") != 0) {
        signum_options_complain(&cli->output, "certs", "say what to do: certs sync");
        return SIGNUM_EXIT_USAGE;
    }
    struct sync sync = {.cli = cli};
    struct signum_buf cause;
    signum_buf_init(&cause, 4096);
    code = SIGNUM_EXIT_FAILED;
    enum signum_status status = signum_certs_open(is_machine, &sync.certs, &cause);
    if (status == SIGNUM_OK) {
        code = sync_all(&sync, is_machine ? "LocalMachine\\My" : "CurrentUser\\My");
    } else {
        signum_output_error(&cli->output, status, signum_buf_text(&cause),
                            status == SIGNUM_NOT_SUPPORTED ? "run this on the Windows machine"
                                                           : NULL,
                            NULL);
    }
    signum_certs_close(&sync.certs);
    signum_buf_clear(&cause);
    return code;
}

const struct signum_verb signum_verb_certs = {
    .name = "certs",
    .run = run,
    .summary = "sync: put your certificates into the Windows store (Windows)",
    .help = help,
};
