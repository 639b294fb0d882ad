#include <openssl/err.h>

#include "x509/x509_internal.h"

static bool
add_reason(X509_REVOKED *row, int reason)
{
    ASN1_ENUMERATED *value = reason < 0 ? NULL : ASN1_ENUMERATED_new();
    bool is_good =
        reason < 0 || (value != NULL && ASN1_ENUMERATED_set(value, reason) == 1 &&
                          X509_REVOKED_add1_ext_i2d(row, NID_crl_reason, value, 0, 0) == 1);

    ASN1_ENUMERATED_free(value);
    return is_good;
}

/* The list takes the row over. */
static bool
add_row(X509_CRL *crl, const struct signumd_x509_revoked *revoked)
{
    BIGNUM *number = NULL;
    X509_REVOKED *row = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)revoked->time);
    ASN1_INTEGER *serial =
        BN_hex2bn(&number, revoked->serial) == 0 ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    bool is_good = row != NULL && time != NULL && serial != NULL &&
                   X509_REVOKED_set_serialNumber(row, serial) == 1 &&
                   X509_REVOKED_set_revocationDate(row, time) == 1 &&
                   add_reason(row, revoked->reason) && X509_CRL_add0_revoked(crl, row) == 1;

    if (!is_good)
        X509_REVOKED_free(row);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(time);
    BN_free(number);
    return is_good;
}

static bool
set_extensions(X509_CRL *crl, X509 *issuer, int64_t number)
{
    X509V3_CTX context;
    ASN1_INTEGER *value = ASN1_INTEGER_new();

    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    X509_EXTENSION *key_id =
        X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
    bool is_good = value != NULL && key_id != NULL && ASN1_INTEGER_set_int64(value, number) == 1 &&
                   X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1 &&
                   X509_CRL_add_ext(crl, key_id, -1) == 1;

    X509_EXTENSION_free(key_id);
    ASN1_INTEGER_free(value);
    return is_good;
}

static bool
set_times(X509_CRL *crl, int64_t this_update, int64_t next_update)
{
    ASN1_TIME *first = ASN1_TIME_set(NULL, (time_t)this_update);
    ASN1_TIME *last = ASN1_TIME_set(NULL, (time_t)next_update);
    bool is_good = first != NULL && last != NULL && X509_CRL_set1_lastUpdate(crl, first) == 1 &&
                   X509_CRL_set1_nextUpdate(crl, last) == 1;

    ASN1_TIME_free(last);
    ASN1_TIME_free(first);
    return is_good;
}

static enum signum_status
put_der(X509_CRL *crl, struct signum_buf *der_out)
{
    uint8_t *der = NULL;
    int len = i2d_X509_CRL(crl, &der);

    if (len <= 0)
        return signumd_crypto_failure("writing a revocation list");
    signum_buf_put(der_out, der, (size_t)len);
    OPENSSL_free(der);
    return signum_buf_status(der_out);
}

enum signum_status
signumd_x509_make_crl(const struct signumd_x509_ca *ca, const struct signumd_x509_crl *ask,
    struct signum_buf *der_out)
{
    X509 *issuer = signumd_x509_read_certificate(ca->certificate_pem);
    EVP_PKEY *key = signumd_x509_read_key(ca->key_pem);
    X509_CRL *crl = X509_CRL_new();
    bool is_good = issuer != NULL && key != NULL && crl != NULL &&
                   X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
                   X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
                   set_times(crl, ask->this_update, ask->next_update) &&
                   set_extensions(crl, issuer, ask->number);

    for (size_t i = 0; i < ask->count && is_good; i++)
        is_good = add_row(crl, &ask->rows[i]);
    is_good = is_good && X509_CRL_sort(crl) == 1 && X509_CRL_sign(crl, key, EVP_sha256()) > 0;
    enum signum_status status =
        is_good ? put_der(crl, der_out) : signumd_crypto_failure("making a revocation list");
    X509_CRL_free(crl);
    EVP_PKEY_free(key);
    X509_free(issuer);
    return status;
}

enum signum_status
signumd_x509_to_der(struct signum_bytes certificate_pem, struct signum_buf *der_out)
{
    X509 *certificate = signumd_x509_read_certificate(certificate_pem);
    uint8_t *der = NULL;
    int len = certificate == NULL ? 0 : i2d_X509(certificate, &der);

    X509_free(certificate);
    if (len <= 0)
        return signumd_crypto_failure("reading a certificate");
    signum_buf_put(der_out, der, (size_t)len);
    OPENSSL_free(der);
    return signum_buf_status(der_out);
}

enum signum_status
signumd_x509_is_issued_by(struct signum_bytes der, struct signum_bytes ca_pem)
{
    const uint8_t *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
    X509 *issuer = signumd_x509_read_certificate(ca_pem);
    bool is_issued = certificate != NULL && issuer != NULL &&
                     X509_check_issued(issuer, certificate) == X509_V_OK &&
                     X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;

    X509_free(issuer);
    X509_free(certificate);
    ERR_clear_error();
    return is_issued ? SIGNUM_OK : SIGNUM_NOT_FOUND;
}
