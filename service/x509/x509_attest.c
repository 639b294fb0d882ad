#include <openssl/evp.h>

#include "base/log.h"
#include "signum/attestation.h"
#include "x509/x509_internal.h"

#define DER_SIGNATURE_MAX 80 /* of P-256: two numbers of at most 33 bytes with their headers */

static enum signum_status
put_der(X509 *certificate, struct signum_buf *der_out)
{
    uint8_t *der = NULL;
    int len = i2d_X509(certificate, &der);

    if (len <= 0)
        return signumd_crypto_failure("encoding a certificate");
    signum_buf_put(der_out, der, (size_t)len);
    OPENSSL_free(der);
    return signum_buf_status(der_out);
}

static enum signum_status
sign(EVP_PKEY *key, struct signum_bytes evidence, struct signum_buf *signature_out)
{
    uint8_t signature[DER_SIGNATURE_MAX];
    size_t len = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed =
        context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, signature, &len, evidence.data, evidence.len) == 1;

    EVP_MD_CTX_free(context);
    if (!is_signed)
        return signumd_crypto_failure("signing an attestation");
    signum_buf_put(signature_out, signature, len);
    return signum_buf_status(signature_out);
}

/* Without this purpose any certificate of the CA could be used for attestations. */
static bool
has_purpose(const X509 *certificate)
{
    ASN1_OBJECT *wanted = OBJ_txt2obj(SIGNUM_OID_ATTESTATION_KEY, 1);
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool is_found = wanted != NULL && usage != NULL && sk_ASN1_OBJECT_num(usage) == 1 &&
                    OBJ_cmp(sk_ASN1_OBJECT_value(usage, 0), wanted) == 0;

    EXTENDED_KEY_USAGE_free(usage);
    ASN1_OBJECT_free(wanted);
    return is_found;
}

/* Files that do not belong together would give statements that nobody can check. */
static enum signum_status
check(EVP_PKEY *key, X509 *certificate, X509 *issuer)
{
    if (key != NULL && certificate != NULL && issuer != NULL &&
        X509_check_private_key(certificate, key) == 1 &&
        X509_verify(certificate, X509_get0_pubkey(issuer)) == 1 && has_purpose(certificate))
        return SIGNUM_OK;
    (void)signumd_crypto_failure("checking the attestation key");
    signumd_log(SIGNUMD_LOG_ERROR,
                "attestation key, its certificate and the CA in the state folder do not belong "
                "together, or the certificate is not one for attestations; remove attest.key and "
                "attest.crt, and new ones will be made");
    return SIGNUM_BAD_SETTINGS;
}

enum signum_status
signumd_x509_attest(const struct signumd_x509_ca *ca, struct signum_bytes key_pem,
                    struct signum_bytes certificate_pem, struct signum_bytes evidence,
                    struct signum_buf *signature_out, struct signum_buf chain_out[2])
{
    X509 *issuer = signumd_x509_read_certificate(ca->certificate_pem);
    X509 *certificate = signumd_x509_read_certificate(certificate_pem);
    EVP_PKEY *key = signumd_x509_read_key(key_pem);
    enum signum_status status = check(key, certificate, issuer);

    if (status == SIGNUM_OK)
        status = sign(key, evidence, signature_out);
    if (status == SIGNUM_OK)
        status = put_der(certificate, &chain_out[0]);
    if (status == SIGNUM_OK)
        status = put_der(issuer, &chain_out[1]);
    EVP_PKEY_free(key);
    X509_free(certificate);
    X509_free(issuer);
    return status;
}
