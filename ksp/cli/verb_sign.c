#include "cli.h"

#include <string.h>

#include "core/base64.h"
#include "digest.h"
#include "console.h"

#define PIN_FILE_MAX 1024

static const char help[] =
    "Usage: signum sign --key NAME (--in FILE | --digest HEX) [--hash HASH]\n"
    "                   [--scheme SCHEME] [--salt BYTES] [--reason TEXT]\n"
    "                   [--pin-file FILE] [--out FILE] [--json]\n"
    "\n"
    "Signs a file's digest, or a digest made elsewhere, and prints the raw signature:\n"
    "base64 on stdout, or its bytes into --out FILE. It is checked with the public key\n"
    "before you get it. For scripts and tests; signed programs are signtool's business.\n"
    "\n"
    "  --key NAME       a name that 'signum keys' lists\n"
    "  --in FILE        the file to digest and sign; - is stdin\n"
    "  --digest HEX     the digest itself, in hexadecimal\n"
    "  --hash HASH      sha256 (the default), sha384, sha512, sha1, or none: for RSA the\n"
    "                   given bytes are padded as they are\n"
    "  --scheme SCHEME  rsa-pkcs1 (the default of RSA keys), rsa-pss, or ecdsa\n"
    "  --salt BYTES     of rsa-pss; by default as long as the digest\n"
    "  --reason TEXT    why, for the service's records; some keys demand it\n"
    "  --pin-file FILE  the PIN of a key that demands one is the first line of this file;\n"
    "                   - is stdin\n"
    "  --out FILE       where the signature goes; not written if anything fails\n"
    "\n"
    "Without these options, SIGNUM_REASON and SIGNUM_PIN are taken; if the key demands\n"
    "what is still missing, you are asked for it on a terminal.\n"
    "\n"
    "An RSA signature is as long as the modulus; an ECDSA signature is r and s, each as\n"
    "long as the curve's field.\n"
    "\n"
    "Example:\n"
    "  signum sign --key release --in release.tar --out release.sig\n"
    "  openssl dgst -sha256 -verify public.pem -signature release.sig release.tar";

struct arguments {
    const char *key;
    const char *in;
    const char *digest;
    const char *hash_name;
    const char *scheme_name;
    const char *salt_text;
    const char *out;
    const char *reason;
    const char *pin_file;
    const struct signum_hash_info *hash;
    const struct signum_scheme_info *scheme; /* NULL: by the key */
    unsigned long salt;
};

/* What is signed with which key. */
struct signing {
    const struct signum_key *key;
    struct signum_sign_params params;
    struct signum_bytes digest;
    struct signum_buf *signature;
};

static bool
check_arguments(struct signum_cli *cli, struct arguments *args)
{
    struct signum_output *output = &cli->output;
    if (args->key == NULL) {
        signum_options_complain(output, "sign", "--key is missing");
        return false;
    }
    if ((args->in == NULL) == (args->digest == NULL)) {
        signum_options_complain(output, "sign", "give either --in or --digest");
        return false;
    }
    args->hash = signum_hash_by_wire(args->hash_name == NULL ? "sha256" : args->hash_name);
    if (args->hash == NULL) {
        signum_options_complain(output, "sign", "'%s' is not a hash", args->hash_name);
        return false;
    }
    if (args->scheme_name != NULL) {
        args->scheme = signum_scheme_by_wire(args->scheme_name);
        if (args->scheme == NULL) {
            signum_options_complain(output, "sign", "'%s' is not a scheme", args->scheme_name);
            return false;
        }
    }
    if (args->reason != NULL && strlen(args->reason) > SIGNUM_REASON_MAX) {
        signum_options_complain(output, "sign", "--reason has more than %u bytes",
                                (unsigned)SIGNUM_REASON_MAX);
        return false;
    }
    if (args->in != NULL && args->pin_file != NULL && strcmp(args->in, "-") == 0 &&
        strcmp(args->pin_file, "-") == 0) {
        signum_options_complain(output, "sign", "--in and --pin-file cannot both be stdin");
        return false;
    }
    args->salt = args->hash->len;
    if (args->salt_text == NULL) {
        return true;
    }
    if (args->scheme == NULL || args->scheme->id != SIGNUM_SCHEME_RSA_PSS) {
        signum_options_complain(output, "sign", "--salt goes with --scheme rsa-pss only");
        return false;
    }
    if (!signum_options_number(args->salt_text, SIGNUM_SIGNATURE_MAX, &args->salt)) {
        signum_options_complain(output, "sign", "'%s' is not a salt length", args->salt_text);
        return false;
    }
    return true;
}

/* The digest to sign, from --digest or by reading --in. Says what is wrong. */
static enum signum_exit
make_digest(struct signum_cli *cli, const struct arguments *args, struct signum_buf *digest)
{
    if (args->digest != NULL) {
        enum signum_status parsed = signum_digest_parse(args->digest, digest);
        bool is_fitting = args->hash->len == 0 || digest->len == args->hash->len;
        if (parsed == SIGNUM_OK && is_fitting) {
            return SIGNUM_EXIT_OK;
        }
        if (parsed == SIGNUM_OK) {
            signum_options_complain(&cli->output, "sign", "a %s digest has %u bytes, not %u",
                                    args->hash->wire, (unsigned)args->hash->len,
                                    (unsigned)digest->len);
        } else {
            signum_options_complain(&cli->output, "sign", "--digest is not hexadecimal");
        }
        return SIGNUM_EXIT_USAGE;
    }
    bool is_stdin = strcmp(args->in, "-") == 0;
    FILE *stream = is_stdin ? cli->in : signum_console_fopen(args->in, "rb");
    enum signum_status status = SIGNUM_IO;
    if (stream != NULL) {
        status = signum_digest_stream(args->hash, stream, digest);
    }
    if (stream != NULL && !is_stdin) {
        fclose(stream);
    }
    if (status != SIGNUM_OK) {
        struct signum_buf cause;
        signum_buf_init(&cause, 8192);
        signum_buf_printf(&cause, "%s: %s", args->in, signum_status_text(status));
        signum_output_error(&cli->output, status, signum_buf_text(&cause), NULL, NULL);
        signum_buf_clear(&cause);
        return SIGNUM_EXIT_FAILED;
    }
    return SIGNUM_EXIT_OK;
}

/* The scheme that was asked for, or the first one that the key can do. */
static struct signum_sign_params
choose_params(const struct arguments *args, const struct signum_key *key)
{
    struct signum_sign_params params = {.hash = args->hash->id};
    if (args->scheme != NULL) {
        params.scheme = args->scheme->id;
    } else {
        unsigned scheme = 0;
        while (scheme + 1 < SIGNUM_SCHEME_COUNT &&
               !signum_alg_has_scheme(signum_key_alg(key), (enum signum_scheme)scheme)) {
            scheme++;
        }
        params.scheme = (enum signum_scheme)scheme;
    }
    if (params.scheme == SIGNUM_SCHEME_RSA_PSS) {
        params.salt_len = (uint32_t)args->salt;
    }
    return params;
}

static enum signum_status
print_signature(struct signum_cli *cli, const struct arguments *args,
                const struct signum_key *key, const struct signum_sign_params *params,
                struct signum_bytes signature)
{
    enum signum_status status = SIGNUM_OK;
    struct signum_buf base64;
    signum_buf_init(&base64, SIGNUM_SIGNATURE_MAX * 2);
    signum_base64_encode(&base64, signature);
    status = signum_buf_status(&base64);
    if (status == SIGNUM_OK && args->out != NULL) {
        status = signum_cli_write_file(cli, args->out, signature);
    }
    if (status != SIGNUM_OK) {
        goto out;
    }
    if (args->out == NULL) {
        signum_output_say(&cli->output, "%s", signum_buf_text(&base64));
        signum_output_put_text(&cli->output, "signature", signum_buf_text(&base64));
    } else {
        signum_output_put_text(&cli->output, "out", args->out);
    }
    signum_output_put_text(&cli->output, "key", signum_key_name(key));
    signum_output_put_text(&cli->output, "scheme", signum_scheme_by_id(params->scheme)->wire);
    signum_output_put_text(&cli->output, "hash", args->hash->wire);
out:
    signum_buf_clear(&base64);
    return status;
}

/* The provider refuses the same. */
static bool
check_hash(struct signum_cli *cli, const struct signum_session *session,
           const struct arguments *args)
{
    if (args->hash->id != SIGNUM_HASH_SHA1 ||
        signum_session_settings(session)->is_sha1_allowed) {
        return true;
    }
    signum_output_error(&cli->output, SIGNUM_DENIED, "the settings do not allow SHA-1",
                        "use sha256, or set allow_sha1", NULL);
    return false;
}

/* The first line of --pin-file; nothing without it. Says what is wrong. */
static enum signum_status
read_pin(struct signum_cli *cli, const struct arguments *args, struct signum_buf *pin)
{
    struct signum_buf content;
    if (args->pin_file == NULL) {
        return SIGNUM_OK;
    }
    signum_buf_init_secret(&content, PIN_FILE_MAX);
    enum signum_status status = signum_cli_read_file(cli, args->pin_file, &content);
    if (status == SIGNUM_OK) {
        const char *text = signum_buf_text(&content);
        signum_buf_put(pin, text, strcspn(text, "\r\n"));
        if (pin->len == 0 || signum_buf_status(pin) != SIGNUM_OK) {
            status = SIGNUM_INVALID_ARGUMENT;
            signum_output_error(&cli->output, status,
                                "the first line of --pin-file is not a PIN", NULL, NULL);
        }
    }
    signum_buf_clear(&content);
    return status;
}

/* What a person is asked for, and where it goes. */
struct answers {
    struct signum_buf reason;
    struct signum_buf pin; /* a secret */
};

/* Asks for what the service demands. False: it is something else, or nobody can be asked. */
static bool
ask(struct signum_cli *cli, const struct arguments *args, enum signum_status demand,
    struct answers *answers, struct signum_demanded *given)
{
    bool is_pin = demand == SIGNUM_PIN_REQUIRED;
    struct signum_buf *answer = is_pin ? &answers->pin : &answers->reason;
    const char **place = is_pin ? &given->pin : &given->reason;
    if (demand != SIGNUM_PIN_REQUIRED && demand != SIGNUM_REASON_REQUIRED) {
        return false;
    }
    /* what was given and refused is not asked for again: the answer may be a slip that counts */
    if (**place != '\0' || (args->in != NULL && strcmp(args->in, "-") == 0)) {
        return false;
    }
    if (signum_console_ask(cli->in, is_pin ? "PIN of the key: " : "Reason: ", is_pin, answer) !=
            SIGNUM_OK ||
        answer->len == 0) {
        return false;
    }
    *place = signum_buf_text(answer);
    return true;
}

/* Once more for each thing that is demanded and can be asked for: a reason and a PIN. */
static enum signum_status
sign_as_demanded(struct signum_cli *cli, struct signum_session *session,
                 struct signum_service *service, const struct arguments *args,
                 const struct signing *signing, struct signum_report *report)
{
    struct answers answers;
    signum_buf_init(&answers.reason, SIGNUM_REASON_MAX);
    signum_buf_init_secret(&answers.pin, SIGNUM_PIN_MAX);
    struct signum_demanded given = {.reason = args->reason};
    enum signum_status status = read_pin(cli, args, &answers.pin);
    if (status != SIGNUM_OK) {
        goto out;
    }
    given.pin = signum_buf_text(&answers.pin);
    signum_session_complete(session, &given);
    do {
        status = signum_service_sign(service, signing->key, &signing->params, signing->digest,
                                     &given, signing->signature, report);
    } while (ask(cli, args, status, &answers, &given));
    if (status != SIGNUM_OK) {
        report->status = status;
        signum_output_report(&cli->output, report);
    }
out:
    signum_buf_clear(&answers.pin);
    signum_buf_clear(&answers.reason);
    return status;
}

static enum signum_status
sign(struct signum_cli *cli, struct signum_session *session, const struct arguments *args,
     struct signum_bytes digest)
{
    struct signum_service *service = NULL;
    struct signum_key *key = NULL;
    struct signum_report report;
    struct signum_buf signature;
    signum_report_init(&report);
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = signum_cli_find_key(cli, session, args->key, &service, &key);
    if (status != SIGNUM_OK) {
        goto out;
    }
    struct signum_sign_params params = choose_params(args, key);
    struct signing signing = {key, params, digest, &signature};
    status = sign_as_demanded(cli, session, service, args, &signing, &report);
    if (status != SIGNUM_OK) {
        goto out;
    }
    status = print_signature(cli, args, key, &params, signum_bytes_of_buf(&signature));
out:
    signum_buf_clear(&signature);
    signum_report_clear(&report);
    signum_key_unref(&key);
    return status;
}

static enum signum_exit
run(struct signum_cli *cli, int argc, char **argv)
{
    struct arguments args = {0};
    const struct signum_option options[] = {
        {"key", &args.key, NULL},       {"in", &args.in, NULL},
        {"digest", &args.digest, NULL}, {"hash", &args.hash_name, NULL},
        {"scheme", &args.scheme_name, NULL}, {"salt", &args.salt_text, NULL},
        {"out", &args.out, NULL},       {"reason", &args.reason, NULL},
        {"pin-file", &args.pin_file, NULL},
    };
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_sign, argc, argv, options,
                          sizeof(options) / sizeof(options[0]), 0, &operands, &code)) {
        return code;
    }
    if (!check_arguments(cli, &args)) {
        return SIGNUM_EXIT_USAGE;
    }
    struct signum_buf digest;
    struct signum_session *session = NULL;
    signum_buf_init(&digest, SIGNUM_DIGEST_RAW_MAX);
    code = make_digest(cli, &args, &digest);
    if (code != SIGNUM_EXIT_OK) {
        goto out;
    }
    code = SIGNUM_EXIT_FAILED;
    session = signum_cli_open_session(cli);
    if (session != NULL && check_hash(cli, session, &args) &&
        sign(cli, session, &args, signum_bytes_of_buf(&digest)) == SIGNUM_OK) {
        code = SIGNUM_EXIT_OK;
    }
out:
    signum_session_free(&session);
    signum_buf_clear(&digest);
    return code;
}

const struct signum_verb signum_verb_sign = {
    .name = "sign",
    .run = run,
    .summary = "sign a file's digest; print the raw signature",
    .help = help,
};
