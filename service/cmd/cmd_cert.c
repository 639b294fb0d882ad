#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "base/files.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "keys/versions.h"
#include "x509/issued.h"
#include "x509/x509.h"

#define DAYS_DEFAULT 365
#define DAYS_MAX 3650

static enum signum_status
issue(const struct signumd_state *state, const char *subject, int64_t days,
      struct signumd_key *key)
{
    struct signum_buf ca_key;
    struct signum_buf ca_certificate;

    signum_buf_init_secret(&ca_key, SIGNUMD_PEM_MAX);
    signum_buf_init(&ca_certificate, SIGNUMD_PEM_MAX);
    enum signum_status status = signumd_state_read(state, SIGNUMD_FILE_CA_KEY, &ca_key);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_CA_CERT, &ca_certificate);
    if (status == SIGNUM_OK) {
        struct signumd_x509_ca ca = {signum_bytes_of_buf(&ca_key),
                                     signum_bytes_of_buf(&ca_certificate)};
        status = signumd_x509_issue(&ca, subject, days, state->settings.crl_url, key);
    }
    if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_log(SIGNUMD_LOG_ERROR,
                    "'%s' is not a subject; write it like this: /C=DE/O=Example/CN=Release",
                    subject);
    signum_buf_clear(&ca_certificate);
    signum_buf_clear(&ca_key);
    return status;
}

static int
find(const struct signumd_state *state, const char *name, struct signumd_key *key)
{
    enum signum_status status = signumd_keys_find(state->db, name, key);

    return signumd_cli_report(status,
                              "no key %s; the keys are shown by: signumd key list --state %s", name,
                              state->folder);
}

/* A version that waits for its certificate is the one that is meant. */
static enum signum_status
use_pending(const struct signumd_state *state, struct signumd_key *key)
{
    enum signum_status status = signumd_versions_find_pending(state->db, key);

    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

static enum signum_status
record(const struct signumd_state *state, const char *action, const struct signumd_key *key)
{
    if (key->is_pending)
        return signumd_versions_activate(state->db, &signumd_actor_local, key, false);
    return signumd_keys_set_chain(state->db, &signumd_actor_local, action, key);
}

/* Before anybody has the certificate: what is not on record could not be revoked. */
static enum signum_status
record_issued(const struct signumd_state *state, const struct signumd_key *key)
{
    enum signum_status status = signumd_db_begin(state->db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(state->db, signumd_issued_add(state->db, &signumd_actor_local, key));
}

static int
run_issue(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *subject = NULL;
    const char *days_text = NULL;
    const char *out = NULL;
    const char *name = NULL;
    int64_t days = DAYS_DEFAULT;
    struct signumd_state state;
    struct signumd_key key;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},   {"subject", &subject, NULL, NULL},
        {"days", &days_text, NULL, NULL}, {"out", &out, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0 && !signumd_cli_number(days_text, 1, DAYS_MAX, &days))
        code = signumd_cli_usage(verb, "--days is a number from 1 to %d", DAYS_MAX);
    if (code == 0)
        code = find(&state, name, &key);
    if (code == 0)
        code = signumd_cli_report(use_pending(&state, &key), "cannot look for a new version");
    if (code == 0)
        code = signumd_cli_report(issue(&state, subject, days, &key), "no certificate was issued");
    if (code == 0)
        code = signumd_cli_report(record_issued(&state, &key), "the certificate was not recorded");
    if (code == 0)
        code = signumd_cli_report(
            record(&state, "cert.issue", &key), "the certificate was not recorded");
    if (code == 0 && out != NULL)
        code = signumd_cli_report(
            signumd_files_write(out, signum_bytes_of_buf(&key.chain[0]), 0644),
            "the certificate is recorded but %s was not written", out);
    if (code == 0)
        (void)printf("key %s has a new certificate for %lld days%s%s\n", key.name, (long long)days,
                     out == NULL ? "" : ", also in ", out == NULL ? "" : out);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

static enum signum_status
import(const struct signumd_state *state, const char *file, struct signumd_key *key)
{
    struct signum_buf text;

    signum_buf_init(&text, SIGNUMD_PEM_MAX);
    enum signum_status status = signumd_files_read(file, &text);
    if (status == SIGNUM_OK)
        status = signumd_x509_import(signum_bytes_of_buf(&text), key);
    if (status == SIGNUM_BAD_ALGORITHM && /* it may be for the version that waits for one */
        signumd_versions_find_pending(state->db, key) == SIGNUM_OK)
        status = signumd_x509_check(key);
    if (status == SIGNUM_BAD_ALGORITHM)
        signumd_log(SIGNUMD_LOG_ERROR, "the first certificate in %s is not for key %s: its public "
                                       "key is another one",
                    file, key->name);
    if (status == SIGNUM_PROTOCOL)
        signumd_log(SIGNUMD_LOG_ERROR, "%s must hold PEM certificates, the key's own one first and "
                                       "each followed by its issuer, or one DER certificate",
                    file);
    signum_buf_clear(&text);
    return status;
}

static int
run_import(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *arguments[2] = {NULL, NULL};
    struct signumd_state state;
    struct signumd_key key;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    int code = signumd_cli_open(verb, argc, argv, options, arguments, 2, &state);
    if (code == 0)
        code = find(&state, arguments[0], &key);
    if (code == 0)
        code = signumd_cli_report(
            import(&state, arguments[1], &key), "no certificate was imported");
    if (code == 0)
        code = signumd_cli_report(
            record(&state, "cert.import", &key), "the certificate was not recorded");
    if (code == 0)
        signumd_certificate_warn(&key, signumd_timestamp_seconds());
    if (code == 0)
        (void)printf("key %s has a chain of %zu certificate(s)\n", key.name, key.chain_count);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

static int
run_remove(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    struct signumd_state state;
    struct signumd_key key;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0)
        code = find(&state, name, &key);
    if (code == 0 && key.chain_count == 0)
        code = signumd_cli_report(SIGNUM_NOT_FOUND, "key %s has no certificate", name);
    key.chain_count = 0;
    if (code == 0)
        code = signumd_cli_report(
            signumd_keys_set_chain(state.db, &signumd_actor_local, "cert.remove", &key),
            "the certificate was not removed");
    if (code == 0)
        (void)printf("key %s has no certificate any more\n", name);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_cert[] = {
    {"cert issue", "--state DIR KEY [--subject \"/CN=...\"] [--days N] [--out FILE]",
     "Issues a code-signing certificate for a key by the state folder's own CA (DIR/ca.crt), for\n"
     "trying things out and for use inside a company.\n\n"
     "  --subject NAME   like /C=DE/O=Example/CN=Release; if not given, CN is the key's name\n"
     "  --days N         how long it is valid; 365 if not given\n"
     "  --out FILE       also writes it there, in DER, as signtool's /f takes it\n\n"
     "Example: signumd cert issue --state /var/lib/signumd release --out release.cer",
     run_issue},
    {"cert import", "--state DIR KEY FILE",
     "Gives a key the certificate that a CA has issued for it. The certificate must be for this\n"
     "key. FILE is PEM, the key's certificate first and each followed by its issuer, or DER.\n\n"
     "Example: signumd cert import --state /var/lib/signumd release chain.pem",
     run_import},
    {"cert remove", "--state DIR KEY",
     "Takes the certificate chain away from a key, so that the key can be deleted.\n\n"
     "Example: signumd cert remove --state /var/lib/signumd old-release",
     run_remove},
    {NULL, NULL, NULL, NULL},
};
