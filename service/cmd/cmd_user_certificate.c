#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "cmd/cli.h"
#include "http/client_trust.h"
#include "identity/certificates.h"

#define FILE_MAX ((size_t)128 * 1024)

/* A certificate in a file, as the service would see it. Gives an exit code. */
static int
read_file(const char *path, struct signumd_client_certificate *certificate_out)
{
    struct signum_buf text;

    memset(certificate_out, 0, sizeof *certificate_out);
    signum_buf_init(&text, FILE_MAX);
    enum signum_status status = signumd_files_read(path, &text);
    if (status == SIGNUM_OK)
        status = signumd_client_certificate_read(signum_bytes_of_buf(&text), certificate_out);
    signum_buf_clear(&text);
    return signumd_cli_report(status, "%s: no certificate could be read", path);
}

static int
add(const struct signumd_state *state, const char *user, const struct signumd_mapping *mapping)
{
    char id[SIGNUMD_MAPPING_ID_SIZE];
    int code = signumd_cli_report(
        signumd_certificates_add(state->db, &signumd_actor_local, user, mapping, id),
        "no certificate for user %s; it may be mapped already; see: signumd user list and "
        "signumd user certificate list",
        user);

    if (code == 0)
        (void)printf("%s\n", id);
    return code;
}

static int
run_add(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *file = NULL;
    const char *user = NULL;
    const char *cause = NULL;
    const char *field = NULL;
    struct signumd_mapping mapping = {NULL, NULL, NULL, NULL};
    struct signumd_client_certificate certificate;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"file", &file, NULL, NULL},
        {"sha256", &mapping.sha256, NULL, NULL},
        {"issuer", &mapping.issuer, NULL, NULL},
        {"subject", &mapping.subject, NULL, NULL},
        {"san", &mapping.san, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &user, 1, &state);

    memset(&certificate, 0, sizeof certificate);
    if (code == 0 && file != NULL && mapping.sha256 != NULL)
        code = signumd_cli_usage(verb, "--file and --sha256 cannot both be given");
    if (code == 0 && file != NULL) {
        code = read_file(file, &certificate);
        mapping.sha256 = certificate.sha256;
    }
    if (code == 0)
        field = signumd_mapping_check(&mapping, &cause);
    if (field != NULL)
        code = signumd_cli_usage(verb, "--%s %s", field, cause);
    if (code == 0)
        code = add(&state, user, &mapping);
    signumd_client_certificate_clear(&certificate);
    signumd_state_close(&state);
    return code;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {
        "id", "user", "created", "sha256", "issuer", "subject", "san", NULL};

    return signumd_cli_list(
        verb, argc, argv, "certificates", columns, signumd_certificates_write_list);
}

static int
run_remove(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *words[2] = {NULL, NULL};
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, words, 2, &state);

    if (code == 0)
        code = signumd_cli_report(
            signumd_certificates_remove(state.db, &signumd_actor_local, words[0], words[1]),
            "user %s has no certificate %s", words[0], words[1]);
    if (code == 0)
        (void)printf("%s is removed\n", words[1]);
    signumd_state_close(&state);
    return code;
}

static int
run_show(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *file = NULL;
    struct signumd_client_certificate certificate;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_parse(verb, argc, argv, options, &file, 1);

    if (code != 0)
        return code;
    code = read_file(file, &certificate);
    if (code == 0) {
        (void)printf("sha256   %s\nissuer   %s\nsubject  %s\n", certificate.sha256,
            certificate.issuer, certificate.subject);
        for (size_t i = 0; i < certificate.names.count; i++)
            (void)printf("san      %s\n", certificate.names.items[i]);
    }
    signumd_client_certificate_clear(&certificate);
    return code;
}

const struct signumd_verb signumd_verbs_user_certificate[] = {
    {"user certificate add",
        "--state DIR USER (--file FILE | --sha256 HEX |\n"
        "    --issuer DN (--subject DN | --san TYPE:VALUE))",
        "Lets a user sign in with a client certificate of a CA of client_ca_files, and prints the\n"
        "identifier of the entry.\n\n"
        "  --file FILE        exactly this certificate, PEM or DER\n"
        "  --sha256 HEX       the same, by the SHA-256 of the certificate (DER)\n"
        "  --issuer DN        every certificate whose chain ends in the CA of this name ...\n"
        "  --subject DN       ... and that is for this subject\n"
        "  --san TYPE:VALUE   ... or has this alternative name: email:, dns: or uri:\n\n"
        "Names are compared byte for byte; \"user certificate show\" writes them as they must "
        "be.\n\n"
        "Example: signumd user certificate add --state /var/lib/signumd ci \\\n"
        "             --issuer \"CN=Build CA,O=Example\" --subject \"CN=runner,O=Example\"",
        run_add},
    {"user certificate list", "--state DIR [--json]", "Lists which certificates are whose.",
        run_list},
    {"user certificate remove", "--state DIR USER ID",
        "Takes a certificate away from a user, for the very next request.", run_remove},
    {"user certificate show", "FILE",
        "Shows what the other verbs need of a certificate. The issuer is the CA that has signed\n"
        "it; name the one of client_ca_files if that stands above it.",
        run_show},
    {NULL, NULL, NULL, NULL},
};
