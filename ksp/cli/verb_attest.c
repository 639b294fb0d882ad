#include "cli.h"

#include <string.h>

#include "attest_check.h"
#include "attest_verify.h"

static const char help[] =
    "Usage: signum attest --key NAME [--nonce TEXT] [--out FILE] [--json]\n"
    "       signum attest verify FILE --ca-file CA [--key-spki FILE | --certificate FILE]\n"
    "                     [--nonce TEXT] [--require LIST] [--max-age SECONDS] [--json]\n"
    "\n"
    "The first asks the service for its signed statement on how it keeps a key, and\n"
    "prints the document. The second checks such a document, or a bundle for a CA, on\n"
    "this machine and without any service: certificate and purpose of the attestation\n"
    "key, signature, whose key it is, how fresh, and how the key is protected.\n"
    "\n"
    "  --key NAME          a name that 'signum keys' lists\n"
    "  --nonce TEXT        8 to 128 of A-Z a-z 0-9 _ -; comes back in the statement\n"
    "  --out FILE          where the document goes; not written if anything fails\n"
    "  --ca-file CA        the CA that you trust (PEM), got from the service's operator\n"
    "  --key-spki FILE     the public key that it must be about, PEM or DER\n"
    "  --certificate FILE  the same, in a certificate or a certification request\n"
    "  --require LIST      besides sensitive and not-extractable, which are always\n"
    "                      required: local, always-sensitive, never-extractable, hardware\n"
    "  --max-age SECONDS   how old it may be\n"
    "\n"
    "Each check is printed as ok, FAILED or not asked. The exit code is 0 only if none\n"
    "failed. A software token never meets 'hardware', and what does is hardware by the\n"
    "words of the PKCS#11 module only.\n"
    "\n"
    "Example:\n"
    "  signum attest --key release --nonce 4f1d9c30a7 --out release.json\n"
    "  signum attest verify release.json --ca-file ca.crt --certificate release.crt \\\n"
    "         --nonce 4f1d9c30a7 --require local,never-extractable --max-age 3600";

struct arguments {
    const char *key;
    const char *out;
    struct signum_attest_wishes wishes;
};

/* Is it about this key, and made for this request? The rest is for 'attest verify'. */
static enum signum_status
check(const struct signum_buf *document, const struct signum_key *key, const char *nonce,
    const char **fault_out)
{
    struct signum_attestation attestation;
    char sha256[SIGNUM_SHA256_HEX_SIZE];
    signum_attestation_init(&attestation);
    enum signum_status status = signum_attestation_read(document, &attestation, fault_out);
    if (status == SIGNUM_OK) {
        status = signum_attest_hash_key(signum_key_spki(key), sha256);
        *fault_out = "the key's public key cannot be read";
    }
    if (status == SIGNUM_OK && strcmp(sha256, attestation.spki_sha256) != 0) {
        status = SIGNUM_PROTOCOL;
        *fault_out = "the service's statement is about another key";
    }
    if (status == SIGNUM_OK && strcmp(nonce == NULL ? "" : nonce, attestation.nonce) != 0) {
        status = SIGNUM_PROTOCOL;
        *fault_out = "the service's statement is not for this nonce";
    }
    signum_attestation_clear(&attestation);
    return status;
}

static enum signum_status
print_document(
    struct signum_cli *cli, const struct arguments *args, const struct signum_buf *document)
{
    enum signum_status status = SIGNUM_OK;
    if (args->out != NULL) {
        status = signum_cli_write_file(cli, args->out, signum_bytes_of_buf(document));
    }
    if (status != SIGNUM_OK) {
        return status;
    }
    signum_output_put_text(&cli->output, "key", args->key);
    if (args->out != NULL) {
        signum_output_put_text(&cli->output, "out", args->out);
        return SIGNUM_OK;
    }
    signum_output_put_text(&cli->output, "attestation", signum_buf_text(document));
    signum_output_say(&cli->output, "%s", signum_buf_text(document));
    return SIGNUM_OK;
}

static enum signum_status
attest(struct signum_cli *cli, struct signum_session *session, const struct arguments *args)
{
    struct signum_service *service = NULL;
    struct signum_key *key = NULL;
    const char *fault = NULL;
    struct signum_report report;
    struct signum_buf document;
    signum_report_init(&report);
    signum_buf_init(&document, SIGNUM_ATTESTATION_MAX);
    enum signum_status status = signum_cli_find_key(cli, session, args->key, &service, &key);
    if (status != SIGNUM_OK) {
        goto out;
    }
    status = signum_service_attest(service, key, args->wishes.nonce, &document, &report);
    if (status != SIGNUM_OK) {
        report.status = status;
        signum_output_report(&cli->output, &report);
        goto out;
    }
    status = check(&document, key, args->wishes.nonce, &fault);
    if (status != SIGNUM_OK) {
        signum_output_error(&cli->output, status, fault, NULL, signum_buf_text(&report.request));
        goto out;
    }
    status = print_document(cli, args, &document);
out:
    signum_buf_clear(&document);
    signum_report_clear(&report);
    signum_key_unref(&key);
    return status;
}

static enum signum_exit
run_attest(struct signum_cli *cli, const struct arguments *args)
{
    const struct signum_attest_wishes *wishes = &args->wishes;
    if (args->key == NULL) {
        signum_options_complain(&cli->output, "attest", "--key is missing");
        return SIGNUM_EXIT_USAGE;
    }
    if (wishes->ca_file != NULL || wishes->key_spki != NULL || wishes->certificate != NULL ||
        wishes->require != NULL || wishes->max_age != NULL) {
        signum_options_complain(
            &cli->output, "attest", "only 'attest verify' takes options for checks");
        return SIGNUM_EXIT_USAGE;
    }
    struct signum_session *session = signum_cli_open_session(cli);
    enum signum_exit code = SIGNUM_EXIT_FAILED;
    if (session != NULL && attest(cli, session, args) == SIGNUM_OK) {
        code = SIGNUM_EXIT_OK;
    }
    signum_session_free(&session);
    return code;
}

static enum signum_exit
run_verify(struct signum_cli *cli, const struct arguments *args)
{
    if (args->wishes.file == NULL) {
        signum_options_complain(&cli->output, "attest", "the file to verify is missing");
        return SIGNUM_EXIT_USAGE;
    }
    if (args->key != NULL || args->out != NULL) {
        signum_options_complain(&cli->output, "attest", "'attest verify' takes no --key or --out");
        return SIGNUM_EXIT_USAGE;
    }
    return signum_attest_verify(cli, &args->wishes);
}

static enum signum_exit
run(struct signum_cli *cli, int argc, char **argv)
{
    struct arguments args = {0};
    const struct signum_option options[] = {
        {"key", &args.key, NULL},
        {"out", &args.out, NULL},
        {"nonce", &args.wishes.nonce, NULL},
        {"ca-file", &args.wishes.ca_file, NULL},
        {"key-spki", &args.wishes.key_spki, NULL},
        {"certificate", &args.wishes.certificate, NULL},
        {"require", &args.wishes.require, NULL},
        {"max-age", &args.wishes.max_age, NULL},
    };
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_attest, argc, argv, options,
            sizeof(options) / sizeof(options[0]), 2, &operands, &code)) {
        return code;
    }
    if (operands.count == 0) {
        return run_attest(cli, &args);
    }
    if (strcmp(operands.items[0], "verify") != 0) {
        signum_options_complain(&cli->output, "attest",
            "'%s' is nothing that it does; there is: attest verify", operands.items[0]);
        return SIGNUM_EXIT_USAGE;
    }
    args.wishes.file = operands.count == 2 ? operands.items[1] : NULL;
    return run_verify(cli, &args);
}

const struct signum_verb signum_verb_attest = {
    .name = "attest",
    .run = run,
    .summary = "get the statement on how a key is kept, or verify one",
    .help = help,
};
