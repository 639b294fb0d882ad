#include <openssl/bio.h>
#include <openssl/pem.h>
#include <limits.h>
#include <string.h>

#include "x509/x509_internal.h"

#define SERIAL_LEN 16
#define NAME_PART_MAX 256
#define DAY_S 86400
#define BACKDATE_S 300 /* for clients whose clock is a little behind */

static bool
set_serial(X509 *certificate)
{
    uint8_t serial[SERIAL_LEN];

    if (signumd_crypto_random(serial, sizeof serial) != SIGNUM_OK)
        return false;
    serial[0] &= 0x7f; /* positive, RFC 5280 section 4.1.2.2 */
    serial[0] |= 0x40; /* and always of the same length */
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    bool is_set =
        number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_set;
}

/* Not beyond the issuer: a chain is valid only while all of it is. */
static bool
set_dates(X509 *certificate, X509 *issuer, int64_t days)
{
    if (days < 1 || days > 36500)
        return false;
    if (X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATE_S) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(certificate), (long)(days * DAY_S)) == NULL)
        return false;
    if (issuer == NULL ||
        ASN1_TIME_compare(X509_get0_notAfter(certificate), X509_get0_notAfter(issuer)) <= 0)
        return true;
    return X509_set1_notAfter(certificate, X509_get0_notAfter(issuer)) == 1;
}

enum signum_status
signumd_x509_draft(X509_NAME *subject, X509 *issuer, EVP_PKEY *public_key, int64_t days,
                   X509 **draft_out)
{
    X509 *draft = X509_new();
    X509_NAME *issuer_name = issuer == NULL ? subject : X509_get_subject_name(issuer);

    *draft_out = NULL;
    if (draft == NULL || X509_set_version(draft, X509_VERSION_3) != 1 || !set_serial(draft) ||
        !set_dates(draft, issuer, days) || X509_set_subject_name(draft, subject) != 1 ||
        X509_set_issuer_name(draft, issuer_name) != 1 ||
        X509_set_pubkey(draft, public_key) != 1) {
        X509_free(draft);
        return signumd_crypto_failure("composing a certificate");
    }
    *draft_out = draft;
    return SIGNUM_OK;
}

enum signum_status
signumd_x509_extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    memset(&context, 0, sizeof context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added ? SIGNUM_OK : signumd_crypto_failure("adding a certificate extension");
}

enum signum_status
signumd_x509_sign(X509 *certificate, EVP_PKEY *key)
{
    if (X509_sign(certificate, key, EVP_sha256()) <= 0)
        return signumd_crypto_failure("signing a certificate");
    return SIGNUM_OK;
}

/* One "CN=Name"; `len` bytes with the escapes still in it. */
static bool
add_part(X509_NAME *name, const char *part, size_t len)
{
    char text[NAME_PART_MAX];
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        if (part[i] == '\\' && i + 1 < len)
            i++;
        if (used + 1 >= sizeof text)
            return false;
        text[used++] = part[i];
    }
    text[used] = '\0';
    char *value = strchr(text, '=');
    if (value == NULL || value == text || value[1] == '\0')
        return false;
    *value++ = '\0';
    return X509_NAME_add_entry_by_txt(name, text, MBSTRING_UTF8, (const uint8_t *)value, -1, -1,
                                      0) == 1;
}

enum signum_status
signumd_x509_parse_name(const char *text, X509_NAME **name_out)
{
    X509_NAME *name = X509_NAME_new();
    bool is_good = name != NULL && text[0] == '/' && text[1] != '\0';

    *name_out = NULL;
    for (const char *at = text; is_good && *at == '/';) {
        const char *part = ++at;
        while (*at != '\0' && *at != '/')
            at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
        is_good = add_part(name, part, (size_t)(at - part));
    }
    if (!is_good) {
        X509_NAME_free(name);
        return SIGNUM_INVALID_ARGUMENT;
    }
    *name_out = name;
    return SIGNUM_OK;
}

static enum signum_status
put_bio(BIO *bio, bool is_written, struct signum_buf *out)
{
    char *data = NULL;
    long len = is_written ? BIO_get_mem_data(bio, &data) : 0;

    if (len <= 0)
        return signumd_crypto_failure("writing PEM");
    signum_buf_put(out, data, (size_t)len);
    return signum_buf_status(out);
}

enum signum_status
signumd_x509_put_certificate(X509 *certificate, struct signum_buf *pem_out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool is_written = bio != NULL && PEM_write_bio_X509(bio, certificate) == 1;
    enum signum_status status = put_bio(bio, is_written, pem_out);

    BIO_free(bio);
    return status;
}

enum signum_status
signumd_x509_put_key(EVP_PKEY *key, struct signum_buf *pem_out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool is_written =
        bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    enum signum_status status = put_bio(bio, is_written, pem_out);

    BIO_free(bio);
    return status;
}

X509 *
signumd_x509_read_certificate(struct signum_bytes pem)
{
    BIO *bio = pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    return certificate;
}

EVP_PKEY *
signumd_x509_read_key(struct signum_bytes pem)
{
    BIO *bio = pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    BIO_free(bio);
    return key;
}
