#include "cert_info.h"

#include <limits.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* One line, short names, UTF-8 left as it is; control characters and separators are escaped. */
#define NAME_FLAGS                                                                                 \
    ((ASN1_STRFLGS_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_CPLUS_SPC |       \
     XN_FLAG_FN_SN)

void
signum_cert_info_init(struct signum_cert_info *info)
{
    signum_buf_init(&info->subject, SIGNUM_CERT_SUBJECT_MAX);
    signum_buf_init(&info->expires, 32);
    signum_buf_init(&info->thumbprint, 2 * EVP_MAX_MD_SIZE);
    info->is_expired = false;
}

void
signum_cert_info_clear(struct signum_cert_info *info)
{
    signum_buf_clear(&info->subject);
    signum_buf_clear(&info->expires);
    signum_buf_clear(&info->thumbprint);
    info->is_expired = false;
}

static enum signum_status
put_subject(X509 *x509, struct signum_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return SIGNUM_NO_MEMORY;
    }
    char *text = NULL;
    if (X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0, NAME_FLAGS) < 0) {
        BIO_free(bio);
        return SIGNUM_CRYPTO;
    }
    long len = BIO_get_mem_data(bio, &text);
    signum_buf_put(out, text, len < 0 ? 0 : (size_t)len);
    BIO_free(bio);
    return signum_buf_status(out);
}

static enum signum_status
put_expiry(X509 *x509, int64_t now, struct signum_cert_info *info)
{
    const ASN1_TIME *end = X509_get0_notAfter(x509);
    struct tm date;
    /* Not by time_t, which has 32 bits in 32-bit Windows programs. */
    const struct tm epoch = {.tm_year = 70, .tm_mday = 1};
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_to_tm(end, &date) != 1 ||
        OPENSSL_gmtime_diff(&days, &seconds, &epoch, &date) != 1) {
        return SIGNUM_CRYPTO;
    }
    signum_buf_printf(&info->expires, "%04d-%02d-%02d", date.tm_year + 1900, date.tm_mon + 1,
                      date.tm_mday);
    info->is_expired = (int64_t)days * 86400 + seconds <= now;
    return signum_buf_status(&info->expires);
}

static enum signum_status
put_thumbprint(X509 *x509, struct signum_buf *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (X509_digest(x509, EVP_sha1(), digest, &len) != 1) {
        return SIGNUM_CRYPTO;
    }
    for (unsigned i = 0; i < len; i++) {
        signum_buf_printf(out, "%02X", digest[i]);
    }
    return signum_buf_status(out);
}

enum signum_status
signum_cert_info_read(struct signum_bytes certificate, int64_t now,
                      struct signum_cert_info *info_out)
{
    signum_cert_info_clear(info_out);
    if (certificate.data == NULL || certificate.len > LONG_MAX) {
        return SIGNUM_CRYPTO;
    }
    const unsigned char *data = certificate.data;
    X509 *x509 = d2i_X509(NULL, &data, (long)certificate.len);
    if (x509 == NULL) {
        return SIGNUM_CRYPTO;
    }
    enum signum_status status = put_subject(x509, &info_out->subject);
    if (status == SIGNUM_OK) {
        status = put_expiry(x509, now, info_out);
    }
    if (status == SIGNUM_OK) {
        status = put_thumbprint(x509, &info_out->thumbprint);
    }
    X509_free(x509);
    if (status != SIGNUM_OK) {
        signum_cert_info_clear(info_out);
    }
    return status;
}
