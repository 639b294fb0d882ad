#include "cli.h"

#include <string.h>

#include "signum/version.h"

static const struct signum_verb *const verbs[] = {
    &signum_verb_register, &signum_verb_unregister, &signum_verb_login,
    &signum_verb_logout,   &signum_verb_status,     &signum_verb_keys,
    &signum_verb_certs,    &signum_verb_sign,       &signum_verb_csr,
    &signum_verb_attest,   &signum_verb_doctor,     &signum_verb_version,
};

static const size_t verb_count = sizeof(verbs) / sizeof(verbs[0]);

static const char help_head[] =
    "signum " SIGNUM_VERSION ": sign with private keys that never leave the HSM.\n"
    "\n"
    "Windows programs (signtool, Office, jarsigner, .NET) sign through the provider\n"
    "\"Signum KSP\", which sends each signature to a signing service over HTTPS. This\n"
    "command sets that up, shows what you may use, and finds out what is wrong.\n"
    "\n"
    "Usage: signum VERB [OPTIONS]\n";

static const char help_tail[] =
    "\n"
    "From nothing to a first signature on Windows:\n"
    "  1. Put the service's address into the settings (docs/settings.md), for example\n"
    "       set SIGNUM_SERVICE_URL=https://sign.example.com:8443\n"
    "       set SIGNUM_CA_FILE=C:\\signum\\ca.crt\n"
    "  2. signum register --dll signumksp.dll      as administrator, once per machine\n"
    "  3. signum login --token-file token.txt      the token is kept encrypted\n"
    "  4. signum certs sync                        certificates into the Windows store\n"
    "  5. signum doctor                            says whether all of it works\n"
    "  6. signtool sign /fd sha256 /n \"My Company\" program.exe\n"
    "\n"
    "Every verb explains itself: signum VERB --help. With --json a verb prints one JSON\n"
    "object. Exit code: 0 everything asked for happened, 1 it failed, 2 wrong usage.";

const struct signum_verb *const *
signum_cli_verbs(size_t *count_out)
{
    *count_out = verb_count;
    return verbs;
}

static void
print_help(struct signum_cli *cli)
{
    signum_output_say(&cli->output, "%s\nVerbs:", help_head);
    for (size_t i = 0; i < verb_count; i++) {
        signum_output_say(&cli->output, "  %-11s %s", verbs[i]->name, verbs[i]->summary);
    }
    signum_output_say(&cli->output, "%s", help_tail);
}

static const struct signum_verb *
find_verb(const char *name)
{
    for (size_t i = 0; i < verb_count; i++) {
        if (strcmp(verbs[i]->name, name) == 0) {
            return verbs[i];
        }
    }
    return NULL;
}

/* Help is for people, whatever else was asked for: it is never wrapped in JSON. */
static bool
has_argument(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum signum_exit
run_verb(struct signum_cli *cli, int argc, char **argv)
{
    if (argc < 2) {
        signum_options_complain(&cli->output, "", "a verb is missing");
        return SIGNUM_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(cli);
        return SIGNUM_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        return signum_verb_version.run(cli, 1, argv + 1);
    }
    const struct signum_verb *verb = find_verb(argv[1]);
    if (verb == NULL) {
        signum_options_complain(&cli->output, "", "'%s' is not a verb", argv[1]);
        return SIGNUM_EXIT_USAGE;
    }
    return verb->run(cli, argc - 1, argv + 1);
}

enum signum_exit
signum_cli_run(const struct signum_ports *ports, FILE *in, FILE *out, FILE *err, int argc,
               char **argv)
{
    struct signum_cli cli = {.ports = ports, .in = in};
    signum_output_init(&cli.output, out, err);
    /* Known before the arguments are read, so that even a usage error is an object. */
    if (has_argument(argc, argv, "--json") && !has_argument(argc, argv, "--help")) {
        signum_output_use_json(&cli.output);
    }
    enum signum_exit code = run_verb(&cli, argc, argv);
    if (!signum_output_finish(&cli.output) && code == SIGNUM_EXIT_OK) {
        code = SIGNUM_EXIT_FAILED;
    }
    return code;
}

bool
signum_cli_parse(struct signum_cli *cli, const struct signum_verb *verb, int argc, char **argv,
                 const struct signum_option *options, size_t count, int operands_max,
                 struct signum_operands *operands_out, enum signum_exit *exit_out)
{
    enum signum_parse parse = signum_options_parse(&cli->output, argc, argv, options, count,
                                                   operands_max, operands_out);
    if (parse == SIGNUM_PARSE_HELP) {
        signum_output_say(&cli->output, "%s", verb->help);
    }
    *exit_out = parse == SIGNUM_PARSE_USAGE ? SIGNUM_EXIT_USAGE : SIGNUM_EXIT_OK;
    return parse == SIGNUM_PARSE_OK;
}

struct signum_session *
signum_cli_open_session(struct signum_cli *cli)
{
    struct signum_session *session = NULL;
    struct signum_report report;
    signum_report_init(&report);
    enum signum_status status = signum_session_open(cli->ports, &session, &report);
    if (status != SIGNUM_OK) {
        report.status = status;
        signum_output_report(&cli->output, &report);
    } else if (signum_session_service_count(session) == 0) {
        signum_output_error(&cli->output, SIGNUM_BAD_SETTINGS, "no signing service is configured",
                            "set SIGNUM_SERVICE_URL or write a settings file: docs/settings.md",
                            NULL);
        signum_session_free(&session);
    }
    signum_report_clear(&report);
    return session;
}

enum signum_status
signum_cli_find_key(struct signum_cli *cli, struct signum_session *session, const char *full_name,
                    struct signum_service **service_out, struct signum_key **key_out)
{
    const char *name = NULL;
    struct signum_report report;
    *service_out = NULL;
    *key_out = NULL;
    signum_report_init(&report);
    enum signum_status status =
        signum_session_resolve(session, full_name, service_out, &name, &report);
    if (status == SIGNUM_OK) {
        status = signum_service_find_key(*service_out, name, key_out, &report);
    }
    if (status != SIGNUM_OK) {
        report.status = status;
        signum_output_report(&cli->output, &report);
    }
    signum_report_clear(&report);
    return status;
}
