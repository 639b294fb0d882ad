#include "x509/csr.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/json.h"
#include "signum/attestation.h"
#include "x509/x509_internal.h"

bool
signumd_csr_is_subject(const char *text)
{
    X509_NAME *name = NULL;
    bool is_good = strlen(text) <= SIGNUMD_SUBJECT_MAX &&
                   signumd_json_is_utf8(signum_bytes_of_text(text)) &&
                   signumd_x509_parse_subject(text, &name) == SIGNUM_OK;

    X509_NAME_free(name);
    return is_good;
}

bool
signumd_csr_is_san(const char *text)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    bool is_good = names != NULL && strlen(text) <= SIGNUMD_SAN_TEXT_MAX &&
                   signumd_x509_add_alt_name(names, text) == SIGNUM_OK;

    GENERAL_NAMES_free(names);
    return is_good;
}

enum signum_status
signumd_csr_choose(const struct signumd_key *key, const char *scheme, const char *hash,
    struct signum_sign_params *params_out)
{
    bool is_rsa = key->alg->family == SIGNUM_FAMILY_RSA;
    const char *by_curve = key->alg->field_len <= 32   ? "sha256"
                           : key->alg->field_len <= 48 ? "sha384"
                                                       : "sha512";
    const struct signum_scheme_info *scheme_row = signum_scheme_by_wire(scheme != NULL ? scheme
                                                                        : is_rsa       ? "rsa-pkcs1"
                                                                                       : "ecdsa");
    const struct signum_hash_info *hash_row = signum_hash_by_wire(hash != NULL ? hash
                                                                  : is_rsa     ? "sha256"
                                                                               : by_curve);

    memset(params_out, 0, sizeof *params_out);
    if (scheme_row == NULL || hash_row == NULL || hash_row->len < 32 ||
        !signum_alg_has_scheme(key->alg, scheme_row->id))
        return SIGNUM_BAD_ALGORITHM;
    params_out->scheme = scheme_row->id;
    params_out->hash = hash_row->id;
    if (scheme_row->id == SIGNUM_SCHEME_RSA_PSS)
        params_out->salt_len = (uint32_t)hash_row->len;
    return signum_alg_check_params(key->alg, key->bits, params_out, hash_row->len) == SIGNUM_OK
               ? SIGNUM_OK
               : SIGNUM_BAD_ALGORITHM;
}

static bool
push_text(STACK_OF(X509_EXTENSION) * extensions, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    if (extension != NULL && sk_X509_EXTENSION_push(extensions, extension) > 0)
        return true;
    X509_EXTENSION_free(extension);
    return false;
}

static enum signum_status
push_sans(STACK_OF(X509_EXTENSION) * extensions, const struct signumd_csr_ask *ask)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    enum signum_status status = names == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;

    for (size_t i = 0; status == SIGNUM_OK && i < ask->san_count; i++)
        status = signumd_x509_add_alt_name(names, ask->sans[i]);
    if (status == SIGNUM_OK) {
        X509_EXTENSION *extension = X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
        if (extension == NULL || sk_X509_EXTENSION_push(extensions, extension) <= 0) {
            X509_EXTENSION_free(extension);
            status = signumd_crypto_failure("adding alternative names");
        }
    }
    GENERAL_NAMES_free(names);
    return status;
}

/* extensionRequest, RFC 2985 section 5.4.2 */
static enum signum_status
add_extensions(X509_REQ *request, const struct signumd_csr_ask *ask)
{
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
    enum signum_status status = extensions == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;

    if (status == SIGNUM_OK && ask->is_code_signing &&
        (!push_text(extensions, NID_key_usage, "critical,digitalSignature") ||
            !push_text(extensions, NID_ext_key_usage, "codeSigning")))
        status = signumd_crypto_failure("adding the key usages");
    if (status == SIGNUM_OK && ask->san_count > 0)
        status = push_sans(extensions, ask);
    if (status == SIGNUM_OK && sk_X509_EXTENSION_num(extensions) > 0 &&
        X509_REQ_add_extensions(request, extensions) != 1)
        status = signumd_crypto_failure("adding the requested extensions");
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return status;
}

static enum signum_status
add_attestation(X509_REQ *request, const struct signumd_attestation *attestation)
{
    struct signum_buf bundle;

    signum_buf_init(&bundle, SIGNUMD_ATTESTATION_MAX);
    enum signum_status status = signumd_x509_put_bundle(attestation, &bundle);
    if (status == SIGNUM_OK && X509_REQ_add1_attr_by_txt(request, SIGNUM_OID_CSR_ATTESTATION,
                                   V_ASN1_SEQUENCE, bundle.data, (int)bundle.len) != 1)
        status = signumd_crypto_failure("adding the attestation");
    signum_buf_clear(&bundle);
    return status;
}

static enum signum_status
compose(X509_REQ *request, const struct signumd_key *key, const struct signumd_csr_ask *ask)
{
    X509_NAME *subject = NULL;
    const uint8_t *at = key->spki.data;
    EVP_PKEY *public_key = at == NULL ? NULL : d2i_PUBKEY(NULL, &at, (long)key->spki.len);
    enum signum_status status = signumd_x509_parse_subject(ask->subject, &subject);

    if (status == SIGNUM_OK &&
        (public_key == NULL || X509_REQ_set_version(request, X509_REQ_VERSION_1) != 1 ||
            X509_REQ_set_subject_name(request, subject) != 1 ||
            X509_REQ_set_pubkey(request, public_key) != 1))
        status = signumd_crypto_failure("composing a certification request");
    if (status == SIGNUM_OK)
        status = add_extensions(request, ask);
    if (status == SIGNUM_OK && ask->attestation != NULL)
        status = add_attestation(request, ask->attestation);
    X509_NAME_free(subject);
    EVP_PKEY_free(public_key);
    return status;
}

enum signum_status
signumd_csr_make(struct signumd_hsm *hsm, const struct signumd_key *key,
    const struct signumd_csr_ask *ask, struct signum_buf *der_out)
{
    X509_REQ *request = X509_REQ_new();
    uint8_t *der = NULL;
    enum signum_status status = request == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;

    if (status == SIGNUM_OK)
        status = compose(request, key, ask);
    if (status == SIGNUM_OK)
        status = signumd_csr_sign(hsm, key, &ask->params, request);
    if (status == SIGNUM_OK) {
        int len = i2d_X509_REQ(request, &der);
        if (len > 0)
            signum_buf_put(der_out, der, (size_t)len);
        status = len > 0 ? signum_buf_status(der_out)
                         : signumd_crypto_failure("encoding a certification request");
    }
    OPENSSL_free(der);
    X509_REQ_free(request);
    return status;
}

static enum signum_status
record(
    const struct signumd_attest_ask *by, const struct signumd_csr_ask *ask, struct signum_bytes der)
{
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    enum signum_status status = signumd_crypto_sha256_hex(der, sha256);

    if (status == SIGNUM_OK)
        status = signumd_db_begin(by->db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(by->db, by->actor, "key.csr", "key", by->key->name, "decision",
        "allow", "subject", ask->subject, "csr_sha256", sha256, NULL);
    return signumd_db_finish(by->db, status);
}

enum signum_status
signumd_csr_write(const struct signumd_attest_ask *attest_ask, struct signumd_csr_ask *ask,
    bool wants_attestation, struct signumd_attestation *attestation_out, struct signum_buf *der_out)
{
    enum signum_status status = SIGNUM_OK;

    if (wants_attestation) {
        status = signumd_attest_make(attest_ask, attestation_out);
        ask->attestation = attestation_out;
    }
    if (status == SIGNUM_OK)
        status = signumd_csr_make(attest_ask->hsm, attest_ask->key, ask, der_out);
    if (status == SIGNUM_OK)
        status = record(attest_ask, ask, signum_bytes_of_buf(der_out));
    if (status != SIGNUM_OK)
        signum_buf_clear(der_out);
    return status;
}

enum signum_status
signumd_csr_put_pem(const char *label, struct signum_bytes der, struct signum_buf *pem_out)
{
    char *data = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool is_written = bio != NULL && der.len <= INT_MAX &&
                      PEM_write_bio(bio, label, "", der.data, (long)der.len) > 0;
    long len = is_written ? BIO_get_mem_data(bio, &data) : 0;

    if (len > 0)
        signum_buf_put(pem_out, data, (size_t)len);
    BIO_free(bio);
    return len > 0 ? signum_buf_status(pem_out) : signumd_crypto_failure("writing PEM");
}
