#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "x509/x509.h"

static X509 *
parse(struct signum_bytes certificate)
{
    const unsigned char *data = certificate.data;

    if (certificate.len == 0 || certificate.len > INT_MAX)
        return NULL;
    if (certificate.data[0] == 0x30)
        return d2i_X509(NULL, &data, (long)certificate.len);
    BIO *text = BIO_new_mem_buf(certificate.data, (int)certificate.len);
    X509 *found = text == NULL ? NULL : PEM_read_bio_X509(text, NULL, NULL, NULL);
    (void)BIO_free(text);
    return found;
}

enum signum_status
signumd_x509_expires(struct signum_bytes certificate, int64_t *seconds_out)
{
    X509 *parsed = parse(certificate);
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    enum signum_status status = SIGNUM_CRYPTO;

    *seconds_out = 0;
    if (parsed != NULL && epoch != NULL &&
        ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(parsed)) == 1) {
        *seconds_out = (int64_t)days * 86400 + seconds;
        status = SIGNUM_OK;
    }
    ASN1_TIME_free(epoch);
    X509_free(parsed);
    return status;
}
