#include <stdio.h>

#include "base/files.h"
#include "base/log.h"
#include "cmd/cli.h"
#include "x509/issued.h"

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {
        "serial", "key", "version", "not_after", "state", "subject", NULL};

    return signumd_cli_list(verb, argc, argv, "certificates", columns, signumd_issued_write);
}

static int
run_revoke(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *reason = NULL;
    const char *which = NULL;
    char serial[SIGNUMD_SERIAL_SIZE];
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"reason", &reason, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &which, 1, &state);

    if (code == 0 && reason != NULL && !signumd_revocation_is_reason(reason))
        code = signumd_cli_usage(verb, "--reason %s is none of those in the help", reason);
    if (code != 0)
        goto out;
    enum signum_status status =
        signumd_issued_revoke(&state, &signumd_actor_local, which, reason, serial);
    if (status == SIGNUM_KEY_EXISTS)
        signumd_log(SIGNUMD_LOG_ERROR, "the certificate %s is revoked already", serial);
    else if (status == SIGNUM_NOT_FOUND)
        signumd_log(SIGNUMD_LOG_ERROR,
            "the demo CA has issued no certificate with this serial number or for this key; see: "
            "signumd cert list --state %s",
            folder);
    code = signumd_cli_report(status, "no certificate was revoked");
    if (code == 0)
        (void)printf("certificate %s is revoked, for good\n", serial);

out:
    signumd_state_close(&state);
    return code;
}

static int
write_crl(const struct signumd_state *state, const char *out, int64_t days)
{
    struct signum_buf der;

    signum_buf_init(&der, SIGNUMD_CRL_MAX);
    int code =
        signumd_cli_report(signumd_crl_make(state, state->db, &signumd_actor_local, days, &der),
            "no revocation list was made");
    if (code == 0 && out != NULL)
        code = signumd_cli_report(signumd_files_write(out, signum_bytes_of_buf(&der), 0644),
            "the revocation list is made but %s was not written", out);
    if (code == 0)
        (void)printf("a new revocation list for %lld days is in force%s%s\n", (long long)days,
            out == NULL ? "" : ", also in ", out == NULL ? "" : out);
    signum_buf_clear(&der);
    return code;
}

static int
run_crl(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *out = NULL;
    const char *days_text = NULL;
    int64_t days = SIGNUMD_CRL_DAYS;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"out", &out, NULL, NULL},
        {"days", &days_text, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code == 0 && !signumd_cli_number(days_text, 1, SIGNUMD_CRL_DAYS_MAX, &days))
        code = signumd_cli_usage(verb, "--days is a number from 1 to %d", SIGNUMD_CRL_DAYS_MAX);
    if (code == 0)
        code = write_crl(&state, out, days);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_ca[] = {
    {"cert list", "--state DIR [--json]",
        "Lists the certificates that the demo CA has issued, and whether they are valid.",
        run_list},
    {"cert revoke", "--state DIR SERIAL|KEY [--reason REASON]",
        "Revokes a certificate of the demo CA: that of this serial number, or the one that the "
        "key\n"
        "has now. There is no way back. Signatures by the key are not stopped by that; see\n"
        "signumd key disable.\n\n"
        "  --reason REASON  keyCompromise, cACompromise, affiliationChanged, superseded,\n"
        "                   cessationOfOperation, privilegeWithdrawn or unspecified\n\n"
        "Example: signumd cert revoke --state /var/lib/signumd release --reason keyCompromise",
        run_revoke},
    {"cert crl", "--state DIR [--out FILE] [--days N]",
        "Makes a new certificate revocation list of the demo CA, which is also at /v1/ca/crl.\n\n"
        "  --out FILE  also writes it there, in DER\n"
        "  --days N    how long it is valid; 7 if not given\n\n"
        "Example: signumd cert crl --state /var/lib/signumd --out demo.crl",
        run_crl},
    {NULL, NULL, NULL, NULL},
};
