#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include "attest_check.h"
#include "core/base64.h"

static const char help[] =
    "Usage: signum csr --key NAME --subject SUBJECT [--san NAMES] [--scheme SCHEME]\n"
    "                  [--hash HASH] [--attestation] [--nonce TEXT] [--no-usage]\n"
    "                  [--out FILE] [--json]\n"
    "\n"
    "Has a key sign a certification request (PKCS#10) for itself and prints it as PEM,\n"
    "for the CA that is to issue the certificate. Before you get it, it is checked that\n"
    "the key has signed it.\n"
    "\n"
    "  --key NAME       a name that 'signum keys' lists\n"
    "  --subject TEXT   CN=Example Ltd,O=Example Ltd,C=DE or /C=DE/O=Example Ltd/CN=...\n"
    "  --san NAMES      alternative names, separated by commas: dns:NAME, email:ADDRESS,\n"
    "                   uri:ADDRESS, ip:ADDRESS\n"
    "  --scheme SCHEME  rsa-pkcs1 (the default of RSA keys), rsa-pss, or ecdsa\n"
    "  --hash HASH      sha256, sha384 or sha512\n"
    "  --attestation    put the service's statement on how the key is kept into it\n"
    "  --nonce TEXT     of the CA, for the statement: 8 to 128 of A-Z a-z 0-9 _ -\n"
    "  --no-usage       do not ask for the key usages of code signing\n"
    "  --out FILE       where the request goes; not written if anything fails\n"
    "\n"
    "Example:\n"
    "  signum csr --key release --subject \"CN=Example Ltd,O=Example Ltd,C=DE\" --out my.csr\n"
    "  openssl req -in my.csr -noout -verify -text";

struct arguments {
    const char *key;
    const char *san;
    const char *out;
    bool is_plain;
    struct signum_csr_params params;
};

/* "dns:a,ip:::1" into items that point into `copy`. */
static bool
split_sans(struct arguments *args, char *copy)
{
    for (char *at = copy; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        if (at[0] == '\0' || args->params.san_count == SIGNUM_CSR_SANS_MAX) {
            return false;
        }
        args->params.sans[args->params.san_count++] = at;
        at = comma == NULL ? NULL : comma + 1;
    }
    return true;
}

static bool
check_arguments(struct signum_cli *cli, struct arguments *args, char *sans)
{
    struct signum_output *output = &cli->output;
    const struct signum_csr_params *params = &args->params;
    if (args->key == NULL || params->subject == NULL) {
        signum_options_complain(
            output, "csr", "%s is missing", args->key == NULL ? "--key" : "--subject");
        return false;
    }
    if (params->scheme != NULL && signum_scheme_by_wire(params->scheme) == NULL) {
        signum_options_complain(output, "csr", "'%s' is not a scheme", params->scheme);
        return false;
    }
    if (params->hash != NULL && signum_hash_by_wire(params->hash) == NULL) {
        signum_options_complain(output, "csr", "'%s' is not a hash", params->hash);
        return false;
    }
    if (params->nonce != NULL && !params->is_attested) {
        signum_options_complain(output, "csr", "--nonce goes with --attestation only");
        return false;
    }
    if (args->san != NULL && !split_sans(args, sans)) {
        signum_options_complain(
            output, "csr", "--san is 1 to %d names, separated by commas", SIGNUM_CSR_SANS_MAX);
        return false;
    }
    args->params.is_code_signing = !args->is_plain;
    return true;
}

static enum signum_status
print_csr(struct signum_cli *cli, const struct arguments *args, struct signum_bytes csr)
{
    struct signum_buf pem;
    struct signum_buf base64;
    signum_buf_init(&pem, 2 * SIGNUM_CSR_MAX);
    signum_buf_init(&base64, 2 * SIGNUM_CSR_MAX);
    enum signum_status status = signum_attest_put_csr_pem(csr, &pem);
    signum_base64_encode(&base64, csr);
    if (status == SIGNUM_OK) {
        status = signum_buf_status(&base64);
    }
    if (status == SIGNUM_OK && args->out != NULL) {
        status = signum_cli_write_file(cli, args->out, signum_bytes_of_buf(&pem));
    }
    if (status != SIGNUM_OK) {
        goto out;
    }
    signum_output_put_text(&cli->output, "key", args->key);
    if (args->out != NULL) {
        signum_output_put_text(&cli->output, "out", args->out);
    } else {
        pem.data[pem.len - 1] = '\0'; /* the line end, which is printed */
        signum_output_say(&cli->output, "%s", signum_buf_text(&pem));
        signum_output_put_text(&cli->output, "csr", signum_buf_text(&base64));
    }
out:
    signum_buf_clear(&base64);
    signum_buf_clear(&pem);
    return status;
}

static enum signum_status
make(struct signum_cli *cli, struct signum_session *session, const struct arguments *args)
{
    struct signum_service *service = NULL;
    struct signum_key *key = NULL;
    struct signum_report report;
    struct signum_buf csr;
    signum_report_init(&report);
    signum_buf_init(&csr, SIGNUM_CSR_MAX);
    enum signum_status status = signum_cli_find_key(cli, session, args->key, &service, &key);
    if (status != SIGNUM_OK) {
        goto out;
    }
    status = signum_service_make_csr(service, key, &args->params, &csr, &report);
    if (status != SIGNUM_OK) {
        report.status = status;
        signum_output_report(&cli->output, &report);
        goto out;
    }
    status = signum_attest_check_csr(signum_bytes_of_buf(&csr), signum_key_spki(key));
    if (status != SIGNUM_OK) {
        signum_output_error(&cli->output, status,
            "the service's request is not one that this key has signed", NULL,
            signum_buf_text(&report.request));
        goto out;
    }
    status = print_csr(cli, args, signum_bytes_of_buf(&csr));
out:
    signum_buf_clear(&csr);
    signum_report_clear(&report);
    signum_key_unref(&key);
    return status;
}

static enum signum_exit
run(struct signum_cli *cli, int argc, char **argv)
{
    struct arguments args = {0};
    const struct signum_option options[] = {
        {"key", &args.key, NULL},
        {"subject", &args.params.subject, NULL},
        {"san", &args.san, NULL},
        {"scheme", &args.params.scheme, NULL},
        {"hash", &args.params.hash, NULL},
        {"attestation", NULL, &args.params.is_attested},
        {"nonce", &args.params.nonce, NULL},
        {"no-usage", NULL, &args.is_plain},
        {"out", &args.out, NULL},
    };
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_csr, argc, argv, options,
            sizeof(options) / sizeof(options[0]), 0, &operands, &code)) {
        return code;
    }
    char *sans = args.san == NULL ? NULL : signum_text_copy(args.san);
    struct signum_session *session = NULL;
    code = SIGNUM_EXIT_USAGE;
    if (args.san != NULL && sans == NULL) {
        code = SIGNUM_EXIT_FAILED;
    } else if (check_arguments(cli, &args, sans)) {
        code = SIGNUM_EXIT_FAILED;
        session = signum_cli_open_session(cli);
        if (session != NULL && make(cli, session, &args) == SIGNUM_OK) {
            code = SIGNUM_EXIT_OK;
        }
    }
    signum_session_free(&session);
    free(sans);
    return code;
}

const struct signum_verb signum_verb_csr = {
    .name = "csr",
    .run = run,
    .summary = "have a key sign a certification request for its certificate",
    .help = help,
};
