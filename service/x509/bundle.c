#include "x509/bundle.h"

#include "base/json.h"
#include "signum/attestation.h"

void
signumd_bundle_init(struct signumd_bundle *bundle)
{
    signumd_attestation_init(&bundle->attestation);
    signum_buf_init(&bundle->csr, SIGNUMD_CSR_MAX);
    signum_buf_init(&bundle->csr_pem, 2 * SIGNUMD_CSR_MAX);
    signum_buf_init(&bundle->chain_pem, SIGNUMD_ATTESTATION_MAX);
    signum_buf_init(&bundle->ca_pem, SIGNUMD_ATTESTATION_MAX);
    signum_buf_init(&bundle->report, SIGNUMD_REPORT_MAX);
}

void
signumd_bundle_clear(struct signumd_bundle *bundle)
{
    signumd_attestation_clear(&bundle->attestation);
    signum_buf_clear(&bundle->csr);
    signum_buf_clear(&bundle->csr_pem);
    signum_buf_clear(&bundle->chain_pem);
    signum_buf_clear(&bundle->ca_pem);
    signum_buf_clear(&bundle->report);
}

static enum signum_status
put_pems(struct signumd_bundle *bundle)
{
    const struct signum_buf *chain = bundle->attestation.chain;
    enum signum_status status = signumd_csr_put_pem(
        "CERTIFICATE REQUEST", signum_bytes_of_buf(&bundle->csr), &bundle->csr_pem);

    for (int i = 0; status == SIGNUM_OK && i < SIGNUMD_ATTEST_CHAIN; i++)
        status =
            signumd_csr_put_pem("CERTIFICATE", signum_bytes_of_buf(&chain[i]), &bundle->chain_pem);
    if (status != SIGNUM_OK)
        return status;
    return signumd_csr_put_pem(
        "CERTIFICATE", signum_bytes_of_buf(&chain[SIGNUMD_ATTEST_CHAIN - 1]), &bundle->ca_pem);
}

enum signum_status
signumd_bundle_make(const struct signumd_attest_ask *attest_ask, struct signumd_csr_ask *csr_ask,
    struct signumd_bundle *bundle_out)
{
    signumd_bundle_clear(bundle_out);
    enum signum_status status = signumd_attest_make(attest_ask, &bundle_out->attestation);
    if (status == SIGNUM_OK)
        status = signumd_csr_write(attest_ask, csr_ask, false, NULL, &bundle_out->csr);
    if (status == SIGNUM_OK)
        status = put_pems(bundle_out);
    if (status == SIGNUM_OK)
        status = signumd_bundle_put_report(
            &bundle_out->attestation, attest_ask->key, csr_ask, &bundle_out->report);
    if (status != SIGNUM_OK)
        signumd_bundle_clear(bundle_out);
    return status;
}

static void
put_key(const struct signumd_key *key, struct signumd_json_writer *writer)
{
    signumd_json_begin(writer, "key", '{');
    signumd_json_put_text(writer, "id", key->id);
    signumd_json_put_text(writer, "name", key->name);
    signumd_json_put_number(writer, "version", key->version);
    signumd_json_put_text(writer, "algorithm", key->alg->wire);
    signumd_json_put_number(writer, "bits", key->bits);
    if (key->alg->curve != NULL)
        signumd_json_put_text(writer, "curve", key->alg->curve);
    signumd_json_put_base64(writer, "spki", signum_bytes_of_buf(&key->spki));
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_bundle_put(const struct signumd_bundle *bundle, const struct signumd_key *key,
    struct signum_buf *document_out)
{
    struct signumd_json_writer writer;

    signumd_json_start(&writer, document_out);
    signumd_json_put_text(&writer, "format", SIGNUM_EVIDENCE_FORMAT);
    signumd_json_put_text(&writer, "time", bundle->attestation.time);
    put_key(key, &writer);
    signumd_json_put_base64(&writer, "csr", signum_bytes_of_buf(&bundle->csr));
    signumd_json_put_text(&writer, "csr_pem", signum_buf_text(&bundle->csr_pem));
    signumd_attestation_put(&bundle->attestation, "attestation", &writer);
    signumd_json_put_text(&writer, "chain_pem", signum_buf_text(&bundle->chain_pem));
    signumd_json_put_text(&writer, "report", signum_buf_text(&bundle->report));
    signumd_json_end(&writer, '}');
    return signum_buf_status(document_out);
}
