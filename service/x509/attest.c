#include "x509/attest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "signum/attestation.h"
#include "x509/x509.h"

#define EVIDENCE_MAX 16384
#define SIGNATURE_MAX 256

/* What lies in the state folder. */
struct files {
    struct signum_buf key;
    struct signum_buf certificate;
    struct signum_buf ca_key; /* read only if the others have to be made */
    struct signum_buf ca_certificate;
};

static bool
has_files(const struct signumd_state *state)
{
    return signumd_state_has(state, SIGNUMD_FILE_ATTEST_KEY) &&
           signumd_state_has(state, SIGNUMD_FILE_ATTEST_CERT);
}

/*
 * What is left of a pair goes first: a new key beside an old certificate would be taken for a pair
 * by whoever looks just then.
 */
static enum signum_status
remove_certificate(const struct signumd_state *state)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_ATTEST_CERT);

    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    bool is_gone = unlink(path) == 0 || errno == ENOENT;
    free(path);
    return is_gone ? SIGNUM_OK : SIGNUM_IO;
}

static enum signum_status
make_files(const struct signumd_state *state, struct files *files)
{
    enum signum_status status = signumd_state_read(state, SIGNUMD_FILE_CA_KEY, &files->ca_key);
    const struct signumd_x509_ca ca = {signum_bytes_of_buf(&files->ca_key),
                                       signum_bytes_of_buf(&files->ca_certificate)};

    if (status == SIGNUM_OK)
        status = signumd_x509_make_attestation(&ca, &files->key, &files->certificate);
    if (status == SIGNUM_OK)
        status = remove_certificate(state);
    if (status == SIGNUM_OK)
        status = signumd_state_write(state, SIGNUMD_FILE_ATTEST_KEY,
                                     signum_bytes_of_buf(&files->key), 0600);
    if (status == SIGNUM_OK)
        status = signumd_state_write(state, SIGNUMD_FILE_ATTEST_CERT,
                                     signum_bytes_of_buf(&files->certificate), 0644);
    signum_buf_clear(&files->key);
    signum_buf_clear(&files->certificate);
    return status;
}

/* The transaction also keeps other threads and processes from making them at the same time. */
static enum signum_status
ensure_files(const struct signumd_state *state, struct signumd_db *db,
             const struct signumd_actor *actor, struct files *files)
{
    if (has_files(state))
        return SIGNUM_OK;
    enum signum_status status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    if (!has_files(state)) {
        status = make_files(state, files);
        if (status == SIGNUM_OK)
            status = signumd_audit_change(db, actor, "attest.init", NULL);
    }
    return signumd_db_finish(db, status);
}

static enum signum_status
read_files(const struct signumd_attest_ask *ask, struct files *files)
{
    const struct signumd_state *state = ask->state;
    enum signum_status status =
        signumd_state_read(state, SIGNUMD_FILE_CA_CERT, &files->ca_certificate);

    if (status == SIGNUM_OK)
        status = ensure_files(state, ask->db, ask->actor, files);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_ATTEST_KEY, &files->key);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_ATTEST_CERT, &files->certificate);
    return status;
}

static enum signum_status
sign_evidence(const struct signumd_attest_ask *ask, struct signumd_attestation *attestation)
{
    struct files files;

    signum_buf_init_secret(&files.key, SIGNUMD_PEM_MAX);
    signum_buf_init(&files.certificate, SIGNUMD_PEM_MAX);
    signum_buf_init_secret(&files.ca_key, SIGNUMD_PEM_MAX);
    signum_buf_init(&files.ca_certificate, SIGNUMD_PEM_MAX);
    enum signum_status status = read_files(ask, &files);
    if (status == SIGNUM_OK) {
        const struct signumd_x509_ca ca = {{NULL, 0}, signum_bytes_of_buf(&files.ca_certificate)};
        status = signumd_x509_attest(&ca, signum_bytes_of_buf(&files.key),
                                     signum_bytes_of_buf(&files.certificate),
                                     signum_bytes_of_buf(&attestation->evidence),
                                     &attestation->signature, attestation->chain);
    }
    signum_buf_clear(&files.key);
    signum_buf_clear(&files.certificate);
    signum_buf_clear(&files.ca_key);
    signum_buf_clear(&files.ca_certificate);
    return status == SIGNUM_BAD_SETTINGS ? SIGNUM_CRYPTO : status;
}

static void
put_vendors(const struct signumd_hsm_vendors *vendors, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, "vendor", '[');
    for (size_t i = 0; i < vendors->count; i++) {
        signumd_json_begin(writer, NULL, '{');
        signumd_json_put_text(writer, "kind", vendors->items[i].kind);
        signumd_json_put_text(writer, "label", vendors->items[i].label);
        signumd_json_put_base64(writer, "data", signum_bytes_of_buf(&vendors->items[i].data));
        signumd_json_end(writer, '}');
    }
    signumd_json_end(writer, ']');
}

void
signumd_attestation_put(const struct signumd_attestation *attestation, const char *name,
                        struct signumd_json_writer *writer)
{
    static const enum signumd_hsm_attribute shown[] = {
        SIGNUMD_HSM_LOCAL, SIGNUMD_HSM_ALWAYS_SENSITIVE, SIGNUMD_HSM_NEVER_EXTRACTABLE,
        SIGNUMD_HSM_SENSITIVE, SIGNUMD_HSM_EXTRACTABLE};
    const struct signumd_hsm_facts *facts = &attestation->facts;

    signumd_json_begin(writer, name, '{');
    signumd_json_put_text(writer, "format", SIGNUM_ATTESTATION_FORMAT);
    signumd_json_put_base64(writer, "evidence", signum_bytes_of_buf(&attestation->evidence));
    signumd_json_put_base64(writer, "signature", signum_bytes_of_buf(&attestation->signature));
    signumd_json_begin(writer, "chain", '[');
    for (int i = 0; i < SIGNUMD_ATTEST_CHAIN; i++)
        signumd_json_put_base64(writer, NULL, signum_bytes_of_buf(&attestation->chain[i]));
    signumd_json_end(writer, ']');
    signumd_json_put_text(writer, "origin",
                          facts->is_software ? SIGNUM_ORIGIN_SOFTWARE : SIGNUM_ORIGIN_TOKEN);
    signumd_json_begin(writer, "protection", '{');
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        signumd_json_put_bool(writer, signumd_hsm_attribute_name(shown[i]),
                              facts->attributes[shown[i]]);
    signumd_json_end(writer, '}');
    put_vendors(&attestation->vendors, writer);
    signumd_json_end(writer, '}');
}

static enum signum_status
record(const struct signumd_attest_ask *ask, const struct signumd_attestation *attestation)
{
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status =
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&attestation->evidence), sha256);

    if (status == SIGNUM_OK)
        status = signumd_db_begin(ask->db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(ask->db, ask->actor, "key.attest", "key", ask->key->name,
                                  "decision", "allow", "evidence_sha256", sha256, NULL);
    return signumd_db_finish(ask->db, status);
}

void
signumd_attestation_init(struct signumd_attestation *attestation)
{
    memset(attestation, 0, sizeof *attestation);
    signumd_hsm_vendors_init(&attestation->vendors);
    signum_buf_init(&attestation->evidence, EVIDENCE_MAX);
    signum_buf_init(&attestation->signature, SIGNATURE_MAX);
    for (int i = 0; i < SIGNUMD_ATTEST_CHAIN; i++)
        signum_buf_init(&attestation->chain[i], SIGNUMD_CERTIFICATE_MAX);
}

void
signumd_attestation_clear(struct signumd_attestation *attestation)
{
    signumd_hsm_vendors_clear(&attestation->vendors);
    signum_buf_clear(&attestation->evidence);
    signum_buf_clear(&attestation->signature);
    for (int i = 0; i < SIGNUMD_ATTEST_CHAIN; i++)
        signum_buf_clear(&attestation->chain[i]);
}

enum signum_status
signumd_attest_make(const struct signumd_attest_ask *ask,
                    struct signumd_attestation *attestation_out)
{
    signumd_attestation_clear(attestation_out);
    enum signum_status status =
        signumd_hsm_describe(ask->hsm, ask->key, &attestation_out->facts);
    if (status == SIGNUM_OK)
        status = signumd_hsm_find_vendor(ask->hsm, ask->key, &attestation_out->vendors);
    if (status == SIGNUM_OK)
        status = signumd_attest_put_evidence(ask, attestation_out);
    if (status == SIGNUM_OK)
        status = sign_evidence(ask, attestation_out);
    if (status == SIGNUM_OK)
        status = record(ask, attestation_out);
    if (status != SIGNUM_OK)
        signumd_attestation_clear(attestation_out);
    return status;
}

enum signum_status
signumd_attest_write(const struct signumd_attest_ask *ask, struct signum_buf *document_out)
{
    struct signumd_attestation attestation;
    struct signumd_json_writer writer = {document_out, false};

    signumd_attestation_init(&attestation);
    enum signum_status status = signumd_attest_make(ask, &attestation);
    if (status == SIGNUM_OK) {
        signumd_attestation_put(&attestation, NULL, &writer);
        status = signum_buf_status(document_out);
    }
    signumd_attestation_clear(&attestation);
    return status;
}
