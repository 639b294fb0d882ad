#include "attest_check.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static X509 *
read_certificate(struct signum_bytes der)
{
    const unsigned char *at = der.data;
    X509 *certificate = der.len > LONG_MAX ? NULL : d2i_X509(NULL, &at, (long)der.len);

    if (certificate != NULL && at != der.data + der.len) {
        X509_free(certificate);
        certificate = NULL;
    }
    ERR_clear_error();
    return certificate;
}

static BIO *
open_bytes(struct signum_bytes bytes)
{
    return bytes.len > INT_MAX ? NULL : BIO_new_mem_buf(bytes.data, (int)bytes.len);
}

/* The trusted certificates; NULL if there is none. */
static X509_STORE *
make_store(struct signum_bytes ca_pem)
{
    BIO *bio = open_bytes(ca_pem);
    X509_STORE *store = X509_STORE_new();
    size_t count = 0;

    while (bio != NULL && store != NULL) {
        X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (certificate == NULL)
            break;
        count += X509_STORE_add_cert(store, certificate) == 1;
        X509_free(certificate);
    }
    ERR_clear_error();
    BIO_free(bio);
    if (count > 0)
        return store;
    X509_STORE_free(store);
    return NULL;
}

/* Without the purpose any certificate of the CA would do, a TLS server's for instance. */
static bool
has_purpose(X509 *certificate)
{
    ASN1_OBJECT *wanted = OBJ_txt2obj(SIGNUM_OID_ATTESTATION_KEY, 1);
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool is_found = wanted != NULL && usage != NULL && sk_ASN1_OBJECT_num(usage) == 1 &&
                    OBJ_cmp(sk_ASN1_OBJECT_value(usage, 0), wanted) == 0;

    EXTENDED_KEY_USAGE_free(usage);
    ASN1_OBJECT_free(wanted);
    return is_found && (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) != 0;
}

static STACK_OF(X509) * read_others(const struct signum_attestation *attestation)
{
    STACK_OF(X509) *others = sk_X509_new_null();

    for (size_t i = 1; others != NULL && i < attestation->chain_count; i++) {
        X509 *certificate = read_certificate(signum_bytes_of_buf(&attestation->chain[i]));
        if (certificate != NULL && sk_X509_push(others, certificate) <= 0)
            X509_free(certificate);
    }
    return others;
}

static enum signum_status
verify_chain(X509_STORE *store, X509 *leaf, STACK_OF(X509) * others, int64_t now,
    struct signum_buf *cause_out)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    enum signum_status status = SIGNUM_CRYPTO;

    if (context != NULL && X509_STORE_CTX_init(context, store, leaf, others) == 1) {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_time(param, (time_t)now);
        (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
        status = X509_verify_cert(context) == 1 ? SIGNUM_OK : SIGNUM_BAD_SIGNATURE;
        if (status != SIGNUM_OK)
            signum_buf_printf(cause_out, "the certificate of the attestation key is refused: %s",
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    }
    ERR_clear_error();
    X509_STORE_CTX_free(context);
    return status;
}

enum signum_status
signum_attest_check_chain(const struct signum_attestation *attestation, struct signum_bytes ca_pem,
    int64_t now, struct signum_buf *cause_out)
{
    X509 *leaf = read_certificate(signum_bytes_of_buf(&attestation->chain[0]));
    STACK_OF(X509) *others = read_others(attestation);
    X509_STORE *store = make_store(ca_pem);
    enum signum_status status = SIGNUM_BAD_SIGNATURE;

    if (store == NULL) {
        signum_buf_put_text(cause_out, "the CA file has no certificate in PEM");
        status = SIGNUM_BAD_SETTINGS;
    } else if (leaf == NULL) {
        signum_buf_put_text(cause_out, "the attestation key's certificate cannot be read");
    } else {
        status = verify_chain(store, leaf, others, now, cause_out);
    }
    if (status == SIGNUM_OK && !has_purpose(leaf)) {
        signum_buf_put_text(cause_out, "the certificate is not one of an attestation key (extended "
                                       "key usage " SIGNUM_OID_ATTESTATION_KEY ")");
        status = SIGNUM_BAD_SIGNATURE;
    }
    X509_STORE_free(store);
    sk_X509_pop_free(others, X509_free);
    X509_free(leaf);
    return status;
}

enum signum_status
signum_attest_check_signature(
    const struct signum_attestation *attestation, struct signum_buf *cause_out)
{
    X509 *leaf = read_certificate(signum_bytes_of_buf(&attestation->chain[0]));
    EVP_PKEY *key = leaf == NULL ? NULL : X509_get0_pubkey(leaf);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good =
        key != NULL && context != NULL &&
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, attestation->signature.data, attestation->signature.len,
            attestation->evidence.data, attestation->evidence.len) == 1;

    if (!is_good)
        signum_buf_put_text(cause_out, "the evidence is not what the attestation key has signed");
    ERR_clear_error();
    EVP_MD_CTX_free(context);
    X509_free(leaf);
    return is_good ? SIGNUM_OK : SIGNUM_BAD_SIGNATURE;
}

static enum signum_status
hash(struct signum_bytes bytes, char sha256_out[SIGNUM_SHA256_HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    sha256_out[0] = '\0';
    if (EVP_Digest(bytes.data, bytes.len, digest, &len, EVP_sha256(), NULL) != 1)
        return SIGNUM_CRYPTO;
    for (unsigned i = 0; i < len; i++)
        (void)snprintf(sha256_out + (size_t)2 * i, 3, "%02x", digest[i]);
    return SIGNUM_OK;
}

enum signum_status
signum_attest_check_vendor(
    const struct signum_attestation *attestation, struct signum_buf *cause_out)
{
    for (size_t i = 0; i < attestation->vendor_count; i++) {
        char sha256[SIGNUM_SHA256_HEX_SIZE];
        enum signum_status status = hash(signum_bytes_of_buf(&attestation->vendor[i].data), sha256);
        if (status == SIGNUM_OK && strcmp(sha256, attestation->vendor[i].sha256) == 0)
            continue;
        signum_buf_printf(
            cause_out, "item %u of the vendor's evidence is not the attested one", (unsigned)i + 1);
        return SIGNUM_BAD_SIGNATURE;
    }
    return SIGNUM_OK;
}

/* The public key of whatever it is, as the decoder for it in the form `is_pem` says. */
static EVP_PKEY *
read_key(struct signum_bytes file, bool is_pem)
{
    EVP_PKEY *key = NULL;

    for (int kind = 0; key == NULL && kind < 3; kind++) {
        BIO *bio = open_bytes(file);
        X509 *certificate = NULL;
        X509_REQ *request = NULL;
        if (bio == NULL)
            return NULL;
        if (kind == 0)
            certificate =
                is_pem ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : d2i_X509_bio(bio, NULL);
        else if (kind == 1)
            request =
                is_pem ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : d2i_X509_REQ_bio(bio, NULL);
        else
            key = is_pem ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : d2i_PUBKEY_bio(bio, NULL);
        if (certificate != NULL)
            key = X509_get_pubkey(certificate);
        if (request != NULL)
            key = X509_REQ_get_pubkey(request);
        X509_free(certificate);
        X509_REQ_free(request);
        BIO_free(bio);
    }
    ERR_clear_error();
    return key;
}

enum signum_status
signum_attest_hash_key(struct signum_bytes file, char sha256_out[SIGNUM_SHA256_HEX_SIZE])
{
    EVP_PKEY *key = read_key(file, true);
    unsigned char *der = NULL;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    sha256_out[0] = '\0';
    if (key == NULL)
        key = read_key(file, false);
    int len = key == NULL ? -1 : i2d_PUBKEY(key, &der);
    if (len > 0)
        status = hash((struct signum_bytes){der, (size_t)len}, sha256_out);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return status;
}

enum signum_status
signum_attest_check_csr(struct signum_bytes csr, struct signum_bytes spki)
{
    const unsigned char *at = csr.data;
    const unsigned char *spki_at = spki.data;
    X509_REQ *request = csr.len > LONG_MAX ? NULL : d2i_X509_REQ(NULL, &at, (long)csr.len);
    EVP_PKEY *wanted = spki.len > LONG_MAX ? NULL : d2i_PUBKEY(NULL, &spki_at, (long)spki.len);
    EVP_PKEY *key = request == NULL ? NULL : X509_REQ_get0_pubkey(request);
    bool is_good = key != NULL && wanted != NULL && at == csr.data + csr.len &&
                   EVP_PKEY_eq(key, wanted) == 1 && X509_REQ_verify(request, key) == 1;

    ERR_clear_error();
    EVP_PKEY_free(wanted);
    X509_REQ_free(request);
    return is_good ? SIGNUM_OK : SIGNUM_BAD_SIGNATURE;
}

enum signum_status
signum_attest_put_csr_pem(struct signum_bytes csr, struct signum_buf *pem_out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool is_written = bio != NULL && csr.len <= LONG_MAX &&
                      PEM_write_bio(bio, "CERTIFICATE REQUEST", "", csr.data, (long)csr.len) > 0;
    long len = is_written ? BIO_get_mem_data(bio, &text) : 0;

    if (len > 0)
        signum_buf_put(pem_out, text, (size_t)len);
    BIO_free(bio);
    return len > 0 ? signum_buf_status(pem_out) : SIGNUM_CRYPTO;
}
