#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/log.h"
#include "cmd/cli.h"
#include "hsm/hsm_open.h"
#include "x509/bundle.h"

/* A verb of this file: the key it is about, and the HSM. */
struct scene {
    struct signumd_state state;
    struct signumd_hsm *hsm;
    struct signumd_key key;
    struct signumd_attest_ask ask;
};

static int
open_scene(
    const struct signumd_verb *verb, const char *name, const char *nonce, struct scene *scene)
{
    if (nonce != NULL && !signumd_attest_is_nonce(nonce))
        return signumd_cli_usage(
            verb, "--nonce must be 8 to 128 characters of hexadecimal or base64url text");
    int code = signumd_cli_report(signumd_keys_find(scene->state.db, name, &scene->key),
        "no key %s; the keys are shown by: signumd key list --state %s", name, scene->state.folder);
    if (code == 0)
        code = signumd_cli_report(
            signumd_hsm_open_for(&scene->state, 1, &scene->hsm), "cannot load the HSM's module");
    scene->ask = (struct signumd_attest_ask){
        &scene->state, scene->state.db, scene->hsm, &signumd_actor_local, &scene->key, nonce};
    return code;
}

static void
close_scene(struct scene *scene)
{
    signumd_hsm_close(&scene->hsm);
    signumd_key_clear(&scene->key);
    signumd_state_close(&scene->state);
}

/* Into the file, or without one to standard output. */
static int
write_out(const struct signum_buf *document, const char *out, const char *end)
{
    if (out != NULL)
        return signumd_cli_report(
            signumd_files_write(out, signum_bytes_of_buf(document), 0644), "cannot write %s", out);
    (void)printf("%s%s", signum_buf_text(document), end);
    return signumd_cli_report(
        fflush(stdout) == 0 ? SIGNUM_OK : SIGNUM_IO, "cannot write to standard output");
}

static int
run_attest(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *out = NULL;
    const char *nonce = NULL;
    const char *name = NULL;
    struct scene scene = {0};
    struct signum_buf document;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"out", &out, NULL, NULL},
        {"nonce", &nonce, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&scene.key);
    signum_buf_init(&document, SIGNUMD_ATTESTATION_MAX);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &scene.state);
    if (code == 0)
        code = open_scene(verb, name, nonce, &scene);
    if (code == 0)
        code = signumd_cli_report(
            signumd_attest_write(&scene.ask, &document), "there is no attestation of key %s", name);
    if (code == 0)
        code = write_out(&document, out, "\n");
    signum_buf_clear(&document);
    close_scene(&scene);
    return code;
}

/* Subject, alternative names, scheme and hash as given. */
static int
fill_ask(const struct signumd_verb *verb, const struct scene *scene, const char *subject,
    const struct signumd_many *sans, struct signumd_csr_ask *ask)
{
    if (!signumd_csr_is_subject(subject))
        return signumd_cli_usage(
            verb, "--subject is a name like /C=DE/O=Example/CN=Name or CN=Name,O=Example,C=DE");
    if (sans->count > SIGNUMD_SAN_MAX)
        return signumd_cli_usage(verb, "--san is given more than %d times", SIGNUMD_SAN_MAX);
    for (size_t i = 0; i < sans->count; i++) {
        if (!signumd_csr_is_san(sans->items[i]))
            return signumd_cli_usage(
                verb, "--san %s is not dns:, email:, uri: or ip: and a name", sans->items[i]);
        (void)snprintf(ask->sans[ask->san_count++], SIGNUMD_SAN_TEXT_MAX + 1, "%s", sans->items[i]);
    }
    ask->subject = subject;
    if (scene->key.is_enabled)
        return 0;
    return signumd_cli_report(SIGNUM_KEY_DISABLED, "key %s signs nothing", scene->key.name);
}

static int
write_csr(struct scene *scene, struct signumd_csr_ask *ask, bool is_attested, const char *out)
{
    struct signumd_attestation attestation;
    struct signum_buf der;
    struct signum_buf pem;

    signumd_attestation_init(&attestation);
    signum_buf_init(&der, SIGNUMD_CSR_MAX);
    signum_buf_init(&pem, 2 * SIGNUMD_CSR_MAX);
    enum signum_status status =
        signumd_csr_write(&scene->ask, ask, is_attested, &attestation, &der);
    if (status == SIGNUM_OK)
        status = signumd_csr_put_pem("CERTIFICATE REQUEST", signum_bytes_of_buf(&der), &pem);
    int code =
        signumd_cli_report(status, "there is no certification request of %s", scene->key.name);
    if (code == 0)
        code = write_out(&pem, out, "");
    signum_buf_clear(&pem);
    signum_buf_clear(&der);
    signumd_attestation_clear(&attestation);
    return code;
}

static int
run_csr(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *out = NULL;
    const char *nonce = NULL;
    const char *subject = "";
    const char *scheme = NULL;
    const char *hash = NULL;
    const char *name = NULL;
    bool is_attested = false;
    bool is_plain = false;
    struct scene scene = {0};
    struct signumd_csr_ask ask;
    struct signumd_many sans = {0};
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"out", &out, NULL, NULL},
        {"nonce", &nonce, NULL, NULL},
        {"subject", &subject, NULL, NULL},
        {"scheme", &scheme, NULL, NULL},
        {"hash", &hash, NULL, NULL},
        {"attestation", NULL, &is_attested, NULL},
        {"no-usage", NULL, &is_plain, NULL},
        {"san", NULL, NULL, &sans},
        {NULL, NULL, NULL, NULL},
    };

    memset(&ask, 0, sizeof ask);
    signumd_key_init(&scene.key);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &scene.state);
    ask.is_code_signing = !is_plain;
    if (code == 0)
        code = open_scene(verb, name, nonce, &scene);
    if (code == 0)
        code = fill_ask(verb, &scene, subject, &sans, &ask);
    if (code == 0 && signumd_csr_choose(&scene.key, scheme, hash, &ask.params) != SIGNUM_OK)
        code = signumd_cli_usage(verb, "the key does not sign requests with this scheme and hash");
    if (code == 0)
        code = write_csr(&scene, &ask, is_attested, out);
    close_scene(&scene);
    return code;
}

static const char commands[] =
    "\nThe files and how to check them\n\n"
    "csr.pem           certification request, signed by the key itself (PKCS#10)\n"
    "attestation.json  the statement, as `signum attest verify` takes it\n"
    "evidence.json     the bytes that are signed\n"
    "signature.bin     signature over them: ECDSA with P-256 and SHA-256, in DER\n"
    "chain.pem         certificate of the attestation key, then that of its CA\n"
    "ca.pem            the CA alone. Compare it with one that you have got another way: who can\n"
    "                  forge the evidence can also put a CA of his own here.\n"
    "vendor/           evidence of the token's vendor, if there is any\n\n"
    "    openssl req -in csr.pem -noout -verify\n"
    "    openssl verify -x509_strict -CAfile ca.pem chain.pem\n"
    "    openssl x509 -in chain.pem -noout -pubkey -out attest.pub\n"
    "    openssl dgst -sha256 -verify attest.pub -signature signature.bin evidence.json\n"
    "    openssl req -in csr.pem -noout -pubkey -out key.pub\n"
    "    openssl pkey -pubin -in key.pub -outform DER -out key.der\n"
    "    openssl dgst -sha256 key.der\n\n"
    "The last one must print the spki_sha256 that stands in evidence.json.\n";

static enum signum_status
write_one(const char *folder, const char *name, const struct signum_buf *content)
{
    char *path = signumd_files_join(folder, name);
    enum signum_status status = path == NULL
                                    ? SIGNUM_NO_MEMORY
                                    : signumd_files_write(path, signum_bytes_of_buf(content), 0644);

    free(path);
    return status;
}

static enum signum_status
make_folder(const char *path)
{
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        return SIGNUM_OK;
    signumd_log(SIGNUMD_LOG_ERROR, "cannot make %s: %s", path, strerror(errno));
    return SIGNUM_IO;
}

static enum signum_status
write_vendors(const struct signumd_hsm_vendors *vendors, const char *folder)
{
    char *inner = signumd_files_join(folder, "vendor");
    enum signum_status status = inner == NULL ? SIGNUM_NO_MEMORY : make_folder(inner);

    for (size_t i = 0; status == SIGNUM_OK && i < vendors->count; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%zu-%s.bin", i + 1, vendors->items[i].kind);
        status = write_one(inner, name, &vendors->items[i].data);
    }
    free(inner);
    return status;
}

static enum signum_status
write_bundle(struct signumd_bundle *bundle, const char *folder)
{
    struct signum_buf document;
    struct signumd_json_writer writer = {&document, false};
    const struct {
        const char *name;
        const struct signum_buf *content;
    } rows[] = {
        {"csr.pem", &bundle->csr_pem},
        {"evidence.json", &bundle->attestation.evidence},
        {"signature.bin", &bundle->attestation.signature},
        {"chain.pem", &bundle->chain_pem},
        {"ca.pem", &bundle->ca_pem},
        {"attestation.json", &document},
        {"README.txt", &bundle->report},
    };

    signum_buf_init(&document, SIGNUMD_ATTESTATION_MAX);
    signumd_attestation_put(&bundle->attestation, NULL, &writer);
    signum_buf_put_text(&bundle->report, commands);
    enum signum_status status = signum_buf_status(&document);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&bundle->report);
    if (status == SIGNUM_OK)
        status = make_folder(folder);
    for (size_t i = 0; status == SIGNUM_OK && i < sizeof rows / sizeof rows[0]; i++)
        status = write_one(folder, rows[i].name, rows[i].content);
    if (status == SIGNUM_OK && bundle->attestation.vendors.count > 0)
        status = write_vendors(&bundle->attestation.vendors, folder);
    signum_buf_clear(&document);
    return status;
}

static int
run_evidence(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *out = NULL;
    const char *nonce = NULL;
    const char *subject = NULL;
    const char *name = NULL;
    char own_subject[SIGNUMD_NAME_MAX + 8];
    struct scene scene = {0};
    struct signumd_csr_ask ask;
    struct signumd_bundle bundle;
    const struct signumd_many sans = {0};
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"out", &out, NULL, NULL},
        {"nonce", &nonce, NULL, NULL},
        {"subject", &subject, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    memset(&ask, 0, sizeof ask);
    ask.is_code_signing = true;
    signumd_key_init(&scene.key);
    signumd_bundle_init(&bundle);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &scene.state);
    if (code == 0 && out == NULL)
        code = signumd_cli_usage(verb, "--out DIR is missing");
    if (code == 0)
        code = open_scene(verb, name, nonce, &scene);
    (void)snprintf(own_subject, sizeof own_subject, "/CN=%s", name == NULL ? "" : name);
    if (code == 0)
        code = fill_ask(verb, &scene, subject == NULL ? own_subject : subject, &sans, &ask);
    if (code == 0)
        code = signumd_cli_report(signumd_csr_choose(&scene.key, NULL, NULL, &ask.params),
            "the key cannot sign requests");
    if (code == 0)
        code = signumd_cli_report(
            signumd_bundle_make(&scene.ask, &ask, &bundle), "there is no evidence of key %s", name);
    if (code == 0)
        code = signumd_cli_report(write_bundle(&bundle, out), "cannot write into %s", out);
    if (code == 0)
        (void)printf(
            "the evidence of key %s is in %s; README.txt says how to check it\n", name, out);
    signumd_bundle_clear(&bundle);
    close_scene(&scene);
    return code;
}

const struct signumd_verb signumd_verbs_attest[] = {
    {"key attest", "--state DIR KEY [--nonce TEXT] [--out FILE]",
        "Writes a signed statement of how the token protects a key: JSON, to standard output or "
        "into\n"
        "a file. It is signed by the state folder's attestation key (DIR/attest.crt), whose\n"
        "certificate is issued by DIR/ca.crt.\n\n"
        "  --nonce TEXT       comes back in the statement: whoever chose it knows that it is "
        "fresh\n\n"
        "Example: signumd key attest --state /var/lib/signumd release --out release.json",
        run_attest},
    {"key csr",
        "--state DIR KEY --subject NAME [--san NAME]... [--scheme S] [--hash H] [--attestation] "
        "[--nonce TEXT] [--no-usage] [--out FILE]",
        "Writes a certification request (PKCS#10, PEM) that the key signs itself.\n\n"
        "  --subject NAME     /C=DE/O=Example/CN=Name, or CN=Name,O=Example,C=DE (RFC 4514)\n"
        "  --san NAME         dns:, email:, uri: or ip: and a name; may be repeated\n"
        "  --scheme S         rsa-pkcs1 (of RSA keys if not given) or rsa-pss; ecdsa\n"
        "  --hash H           sha256, sha384 or sha512\n"
        "  --attestation      puts a signed statement about the key into it (id-aa-attestation)\n"
        "  --no-usage         does not ask for the key usages of code signing\n\n"
        "Example: signumd key csr --state /var/lib/signumd release --subject "
        "\"CN=Example Ltd,O=Example Ltd,C=DE\" --out release.csr",
        run_csr},
    {"key evidence", "--state DIR KEY --out DIR [--subject NAME] [--nonce TEXT]",
        "Writes what a CA wants to see into a folder: certification request, statement about the "
        "key,\n"
        "its signature and certificates, the vendor's own evidence where there is any, and a\n"
        "README.txt with the facts and the commands that check them.\n\n"
        "Example: signumd key evidence --state /var/lib/signumd release --out evidence",
        run_evidence},
    {NULL, NULL, NULL, NULL},
};
