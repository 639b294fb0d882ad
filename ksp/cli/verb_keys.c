#include "cli.h"

#include <string.h>

#include "cert_info.h"
#include "core/base64.h"

static const char help[] =
    "Usage: signum keys [--json]\n"
    "\n"
    "Lists the keys that you may use: name, algorithm, size, state, and the subject and\n"
    "expiry of the certificate. The name is what goes into signtool's /kc and into --key.\n"
    "Keys of a service that is not the default one are called SERVICE/KEY.\n"
    "With --json also the certificate (base64 of its DER form) and its SHA-1 thumbprint.\n"
    "Every configured service is asked; if one does not answer, the exit code is 1.\n"
    "\n"
    "Example:\n"
    "  signum keys\n"
    "  NAME     ALGORITHM    BITS  STATE     CERTIFICATE\n"
    "  release  RSA          3072  enabled   CN=Example Ltd, until 2027-01-31";

/* The longest name decides the width of the first column. */
static size_t
name_width(const struct signum_session *session, const struct signum_service *service,
           struct signum_key *const *keys, size_t count)
{
    size_t width = strlen("NAME");
    for (size_t i = 0; i < count; i++) {
        struct signum_buf name;
        signum_buf_init(&name, SIGNUM_CONFIG_TEXT_MAX);
        signum_session_put_full_name(session, service, signum_key_name(keys[i]), &name);
        width = name.len > width ? name.len : width;
        signum_buf_clear(&name);
    }
    return width;
}

/* The certificate itself, for --json only: a file of these bytes is signtool's /f. */
static void
put_der(struct signum_cli *cli, struct signum_bytes der)
{
    struct signum_buf base64;
    signum_buf_init(&base64, 2 * SIGNUM_KEY_CERT_MAX);
    signum_base64_encode(&base64, der);
    signum_output_put_text(&cli->output, "certificate", signum_buf_text(&base64));
    signum_buf_clear(&base64);
}

static void
put_certificate(struct signum_cli *cli, const struct signum_key *key, struct signum_buf *text)
{
    struct signum_cert_info info;
    signum_cert_info_init(&info);
    if (signum_key_chain_count(key) == 0) {
        signum_buf_put_text(text, "none");
    } else if (signum_key_check(key) != SIGNUM_OK) {
        signum_buf_put_text(text, "not of this key");
    } else if (signum_cert_info_read(signum_key_certificate(key, 0),
                                     cli->ports->clock.unix_time(cli->ports->clock.self),
                                     &info) != SIGNUM_OK) {
        signum_buf_put_text(text, "not readable");
    } else {
        signum_buf_printf(text, "%s, %s %s", signum_buf_text(&info.subject),
                          info.is_expired ? "EXPIRED" : "until", signum_buf_text(&info.expires));
        signum_output_put_text(&cli->output, "subject", signum_buf_text(&info.subject));
        signum_output_put_text(&cli->output, "expires", signum_buf_text(&info.expires));
        signum_output_put_bool(&cli->output, "expired", info.is_expired);
        signum_output_put_text(&cli->output, "thumbprint", signum_buf_text(&info.thumbprint));
        put_der(cli, signum_key_certificate(key, 0));
    }
    signum_cert_info_clear(&info);
}

static void
print_key(struct signum_cli *cli, const char *name, const char *service, size_t width,
          const struct signum_key *key)
{
    const struct signum_alg *alg = signum_key_alg(key);
    const char *state = signum_key_is_enabled(key) ? "enabled" : "disabled";
    char algorithm[32];
    struct signum_buf certificate;
    signum_buf_init(&certificate, SIGNUM_CERT_SUBJECT_MAX + 64);
    snprintf(algorithm, sizeof(algorithm), "%s%s%s", alg->cng_group, alg->curve == NULL ? "" : " ",
             alg->curve == NULL ? "" : alg->curve);

    signum_output_open_item(&cli->output);
    signum_output_put_text(&cli->output, "name", name);
    signum_output_put_text(&cli->output, "service", service);
    signum_output_put_text(&cli->output, "algorithm", alg->wire);
    if (alg->curve != NULL) {
        signum_output_put_text(&cli->output, "curve", alg->curve);
    }
    signum_output_put_number(&cli->output, "bits", signum_key_bits(key));
    signum_output_put_text(&cli->output, "state", state);
    put_certificate(cli, key, &certificate);
    signum_output_close_item(&cli->output);

    signum_output_say(&cli->output, "%-*s  %-11s  %4u  %-8s  %s", (int)width, name, algorithm,
                      (unsigned)signum_key_bits(key), state, signum_buf_text(&certificate));
    signum_buf_clear(&certificate);
}

static enum signum_status
list_service(struct signum_cli *cli, struct signum_session *session,
             struct signum_service *service, size_t *total_inout)
{
    struct signum_key **keys = NULL;
    size_t count = 0;
    struct signum_report report;
    signum_report_init(&report);
    enum signum_status status = signum_service_list_keys(service, &keys, &count, &report);
    if (status != SIGNUM_OK) {
        report.status = status;
        signum_output_report(&cli->output, &report);
        goto out;
    }
    size_t width = name_width(session, service, keys, count);
    if (count > 0) {
        signum_output_say(&cli->output, "%-*s  %-11s  %4s  %-8s  %s", (int)width, "NAME",
                          "ALGORITHM", "BITS", "STATE", "CERTIFICATE");
    }
    for (size_t i = 0; i < count && status == SIGNUM_OK; i++) {
        struct signum_buf name;
        signum_buf_init(&name, SIGNUM_CONFIG_TEXT_MAX);
        signum_session_put_full_name(session, service, signum_key_name(keys[i]), &name);
        status = signum_buf_status(&name);
        print_key(cli, signum_buf_text(&name), signum_service_name(service), width, keys[i]);
        signum_buf_clear(&name);
    }
    *total_inout += count;
out:
    signum_key_list_free(&keys, &count);
    signum_report_clear(&report);
    return status;
}

static enum signum_exit
run(struct signum_cli *cli, int argc, char **argv)
{
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_keys, argc, argv, NULL, 0, 0, &operands, &code)) {
        return code;
    }
    struct signum_session *session = signum_cli_open_session(cli);
    if (session == NULL) {
        return SIGNUM_EXIT_FAILED;
    }
    size_t total = 0;
    signum_output_open_list(&cli->output, "keys");
    for (size_t i = 0; i < signum_session_service_count(session); i++) {
        enum signum_status status =
            list_service(cli, session, signum_session_service(session, i), &total);
        code = status == SIGNUM_OK ? code : SIGNUM_EXIT_FAILED;
    }
    signum_output_close_list(&cli->output);
    if (total == 0 && code == SIGNUM_EXIT_OK) {
        signum_output_note(&cli->output, "there is no key that you may use; %s",
                           "ask the service's administrator for a rule that allows one");
    }
    signum_session_free(&session);
    return code;
}

const struct signum_verb signum_verb_keys = {
    .name = "keys",
    .run = run,
    .summary = "list the keys that you may use",
    .help = help,
};
