#include "http/client_certificate.h"

#include <stdio.h>
#include <string.h>

#include "http/client_trust.h"

#define PURPOSES_MAX 32
#define OID_SIZE 128
#define NAMES_MAX 64

enum signum_status
signumd_client_failure(int code)
{
    return code == GNUTLS_E_MEMORY_ERROR ? SIGNUM_NO_MEMORY : SIGNUM_PROTOCOL;
}

enum signum_status
signumd_client_take_name(int code, gnutls_datum_t *name, char text_out[SIGNUMD_DN_MAX + 1])
{
    enum signum_status status = SIGNUM_OK;

    text_out[0] = '\0';
    if (code < 0)
        return signumd_client_failure(code);
    if (name->size == 0 || name->size > SIGNUMD_DN_MAX ||
        memchr(name->data, '\0', name->size) != NULL)
        status = SIGNUM_PROTOCOL;
    else
        (void)snprintf(text_out, SIGNUMD_DN_MAX + 1, "%.*s", (int)name->size, name->data);
    gnutls_free(name->data);
    name->data = NULL;
    return status;
}

static const char *
prefix_of(unsigned type)
{
    if (type == GNUTLS_SAN_RFC822NAME)
        return "email:";
    if (type == GNUTLS_SAN_DNSNAME)
        return "dns:";
    return type == GNUTLS_SAN_URI ? "uri:" : NULL;
}

/* A name of another type, too long, or with a NUL in it stands for nothing. */
static enum signum_status
take_alternative(unsigned type, const char *value, size_t len, struct signumd_texts *names)
{
    char text[SIGNUMD_ALTERNATIVE_MAX + 1];
    const char *prefix = prefix_of(type);

    if (prefix == NULL || len == 0 || memchr(value, '\0', len) != NULL ||
        strlen(prefix) + len > SIGNUMD_ALTERNATIVE_MAX)
        return SIGNUM_OK;
    (void)snprintf(text, sizeof text, "%s%.*s", prefix, (int)len, value);
    return signumd_texts_add(names, text);
}

static enum signum_status
take_alternatives(gnutls_x509_crt_t crt, struct signumd_texts *names)
{
    enum signum_status status = SIGNUM_OK;

    for (unsigned i = 0; i < NAMES_MAX && status == SIGNUM_OK; i++) {
        char value[SIGNUMD_ALTERNATIVE_MAX + 1];
        size_t len = sizeof value;
        unsigned type = 0;
        int code = gnutls_x509_crt_get_subject_alt_name2(crt, i, value, &len, &type, NULL);
        if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return SIGNUM_OK;
        if (code == GNUTLS_E_SHORT_MEMORY_BUFFER)
            continue;
        if (code < 0)
            return signumd_client_failure(code);
        status = take_alternative(type, value, len, names);
    }
    return status;
}

enum signum_status
signumd_client_describe(gnutls_x509_crt_t crt, struct signumd_client_certificate *certificate)
{
    gnutls_datum_t text = {NULL, 0};
    int code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &text);

    if (code < 0)
        return signumd_client_failure(code);
    enum signum_status status =
        signumd_crypto_sha256_hex((struct signum_bytes){text.data, text.size}, certificate->sha256);
    gnutls_free(text.data);
    text = (gnutls_datum_t){NULL, 0};
    if (status == SIGNUM_OK)
        status = signumd_client_take_name(
            gnutls_x509_crt_get_dn3(crt, &text, 0), &text, certificate->subject);
    if (status == SIGNUM_OK)
        status = take_alternatives(crt, &certificate->names);
    certificate->expires = (int64_t)gnutls_x509_crt_get_expiration_time(crt);
    return status;
}

bool
signumd_client_is_purpose(gnutls_x509_crt_t crt)
{
    for (unsigned i = 0; i < PURPOSES_MAX; i++) {
        char oid[OID_SIZE];
        size_t size = sizeof oid;
        int code = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL);
        if (code < 0 && code != GNUTLS_E_SHORT_MEMORY_BUFFER)
            return false;
        if (code >= 0 && strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0)
            return true;
    }
    return false;
}

enum signum_status
signumd_client_certificate_read(
    struct signum_bytes file, struct signumd_client_certificate *certificate_out)
{
    static const char mark[] = "-----BEGIN";
    gnutls_x509_crt_t crt = NULL;
    const gnutls_datum_t text = {(unsigned char *)(uintptr_t)file.data, (unsigned)file.len};
    gnutls_datum_t issuer = {NULL, 0};
    bool is_pem = file.len > 0 && memmem(file.data, file.len, mark, sizeof mark - 1) != NULL;

    memset(certificate_out, 0, sizeof *certificate_out);
    int code = gnutls_x509_crt_init(&crt);
    if (code < 0)
        return signumd_client_failure(code);
    code = gnutls_x509_crt_import(crt, &text, is_pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER);
    enum signum_status status =
        code < 0 ? signumd_client_failure(code) : signumd_client_describe(crt, certificate_out);
    if (status == SIGNUM_OK)
        status = signumd_client_take_name(
            gnutls_x509_crt_get_issuer_dn3(crt, &issuer, 0), &issuer, certificate_out->issuer);
    gnutls_x509_crt_deinit(crt);
    return status;
}
