#include "x509/attest.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "x509/x509.h"

#define FORMAT "signum-attestation-v1"
#define EVIDENCE_MAX 4096
#define SIGNATURE_MAX 256

/* All that goes into one statement. */
struct statement {
    struct signumd_hsm_facts facts;
    struct signum_buf evidence;
    struct signum_buf signature;
    struct signum_buf chain[2];
};

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

static enum signum_status
make_files(const struct signumd_state *state, struct files *files)
{
    enum signum_status status = signumd_state_read(state, SIGNUMD_FILE_CA_KEY, &files->ca_key);
    const struct signumd_x509_ca ca = {signum_bytes_of_buf(&files->ca_key),
                                       signum_bytes_of_buf(&files->ca_certificate)};

    if (status == SIGNUM_OK)
        status = signumd_x509_make_attestation(&ca, &files->key, &files->certificate);
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
read_files(const struct signumd_state *state, struct signumd_db *db,
           const struct signumd_actor *actor, struct files *files)
{
    enum signum_status status =
        signumd_state_read(state, SIGNUMD_FILE_CA_CERT, &files->ca_certificate);

    if (status == SIGNUM_OK)
        status = ensure_files(state, db, actor, files);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_ATTEST_KEY, &files->key);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_ATTEST_CERT, &files->certificate);
    return status;
}

/* Members in the order of their names, as RFC 8785 has them; all texts are printable ASCII. */
static enum signum_status
write_evidence(const struct signumd_key *key, struct statement *statement)
{
    struct signumd_json_writer writer;
    const struct signumd_hsm_facts *facts = &statement->facts;
    char now[SIGNUMD_TIMESTAMP_SIZE];
    char spki_sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status =
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&key->spki), spki_sha256);

    signumd_timestamp_now(now);
    signumd_json_start(&writer, &statement->evidence);
    signumd_json_begin(&writer, "attributes", '{');
    for (int i = 0; i < SIGNUMD_HSM_ATTRIBUTE_COUNT; i++)
        signumd_json_put_bool(&writer,
                              signumd_hsm_attribute_name((enum signumd_hsm_attribute)i),
                              facts->attributes[i]);
    signumd_json_end(&writer, '}');
    signumd_json_put_text(&writer, "format", FORMAT);
    signumd_json_begin(&writer, "key", '{');
    signumd_json_put_text(&writer, "id", key->id);
    signumd_json_put_text(&writer, "name", key->name);
    signumd_json_put_number(&writer, "version", key->version);
    signumd_json_end(&writer, '}');
    signumd_json_put_text(&writer, "spki_sha256", spki_sha256);
    signumd_json_put_text(&writer, "time", now);
    signumd_json_begin(&writer, "token", '{');
    signumd_json_put_text(&writer, "label", facts->label);
    signumd_json_put_text(&writer, "manufacturer", facts->manufacturer);
    signumd_json_put_text(&writer, "model", facts->model);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
    return status == SIGNUM_OK ? signum_buf_status(&statement->evidence) : status;
}

static enum signum_status
sign_evidence(const struct signumd_state *state, struct signumd_db *db,
              const struct signumd_actor *actor, struct statement *statement)
{
    struct files files;

    signum_buf_init_secret(&files.key, SIGNUMD_PEM_MAX);
    signum_buf_init(&files.certificate, SIGNUMD_PEM_MAX);
    signum_buf_init_secret(&files.ca_key, SIGNUMD_PEM_MAX);
    signum_buf_init(&files.ca_certificate, SIGNUMD_PEM_MAX);
    enum signum_status status = read_files(state, db, actor, &files);
    if (status == SIGNUM_OK) {
        const struct signumd_x509_ca ca = {{NULL, 0}, signum_bytes_of_buf(&files.ca_certificate)};
        status = signumd_x509_attest(&ca, signum_bytes_of_buf(&files.key),
                                     signum_bytes_of_buf(&files.certificate),
                                     signum_bytes_of_buf(&statement->evidence),
                                     &statement->signature, statement->chain);
    }
    signum_buf_clear(&files.key);
    signum_buf_clear(&files.certificate);
    signum_buf_clear(&files.ca_key);
    signum_buf_clear(&files.ca_certificate);
    return status == SIGNUM_BAD_SETTINGS ? SIGNUM_CRYPTO : status;
}

static void
write_document(const struct statement *statement, struct signum_buf *document_out)
{
    static const enum signumd_hsm_attribute shown[] = {
        SIGNUMD_HSM_LOCAL, SIGNUMD_HSM_ALWAYS_SENSITIVE, SIGNUMD_HSM_NEVER_EXTRACTABLE,
        SIGNUMD_HSM_SENSITIVE, SIGNUMD_HSM_EXTRACTABLE};
    struct signumd_json_writer writer;
    const struct signumd_hsm_facts *facts = &statement->facts;

    signumd_json_start(&writer, document_out);
    signumd_json_put_text(&writer, "format", FORMAT);
    signumd_json_put_base64(&writer, "evidence", signum_bytes_of_buf(&statement->evidence));
    signumd_json_put_base64(&writer, "signature", signum_bytes_of_buf(&statement->signature));
    signumd_json_begin(&writer, "chain", '[');
    for (int i = 0; i < 2; i++)
        signumd_json_put_base64(&writer, NULL, signum_bytes_of_buf(&statement->chain[i]));
    signumd_json_end(&writer, ']');
    signumd_json_put_text(&writer, "origin",
                          facts->is_software ? "software token" : "pkcs11 token");
    signumd_json_begin(&writer, "protection", '{');
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        signumd_json_put_bool(&writer, signumd_hsm_attribute_name(shown[i]),
                              facts->attributes[shown[i]]);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
}

static enum signum_status
record(struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_key *key,
       const struct statement *statement)
{
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status =
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&statement->evidence), sha256);

    if (status == SIGNUM_OK)
        status = signumd_db_begin(db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(db, actor, "key.attest", "key", key->name, "decision", "allow",
                                  "evidence_sha256", sha256, NULL);
    return signumd_db_finish(db, status);
}

enum signum_status
signumd_attest_write(const struct signumd_state *state, struct signumd_db *db,
                     struct signumd_hsm *hsm, const struct signumd_actor *actor,
                     const struct signumd_key *key, struct signum_buf *document_out)
{
    struct statement statement;

    signum_buf_init(&statement.evidence, EVIDENCE_MAX);
    signum_buf_init(&statement.signature, SIGNATURE_MAX);
    for (int i = 0; i < 2; i++)
        signum_buf_init(&statement.chain[i], SIGNUMD_CERTIFICATE_MAX);
    enum signum_status status = signumd_hsm_describe(hsm, key, &statement.facts);
    if (status == SIGNUM_OK)
        status = write_evidence(key, &statement);
    if (status == SIGNUM_OK)
        status = sign_evidence(state, db, actor, &statement);
    if (status == SIGNUM_OK)
        status = record(db, actor, key, &statement);
    if (status == SIGNUM_OK) {
        write_document(&statement, document_out);
        status = signum_buf_status(document_out);
    }
    for (int i = 0; i < 2; i++)
        signum_buf_clear(&statement.chain[i]);
    signum_buf_clear(&statement.signature);
    signum_buf_clear(&statement.evidence);
    return status;
}
