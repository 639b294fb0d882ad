#include "support/tls_certs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "support/system.h"

static void
require(int is_done, const char *what)
{
    if (is_done)
        return;
    (void)fprintf(stderr, "test certificate: %s\n", what);
    abort();
}

static void
add_extension(X509 *cert, const X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, (X509 *)(uintptr_t)issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    require(extension != NULL, value);
    require(X509_add_ext(cert, extension, -1), value);
    X509_EXTENSION_free(extension);
}

static struct signum_test_cert
start(const char *name)
{
    static long serial = 1;
    struct signum_test_cert made = {X509_new(), EVP_EC_gen("P-256")};

    require(made.cert != NULL && made.key != NULL, "new");
    X509_NAME *subject = X509_get_subject_name(made.cert);
    require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name,
                                       -1, -1, 0), "name");
    require(X509_set_version(made.cert, X509_VERSION_3), "version");
    require(ASN1_INTEGER_set(X509_get_serialNumber(made.cert), serial++), "serial");
    require(X509_gmtime_adj(X509_getm_notBefore(made.cert), -3600) != NULL, "from");
    require(X509_gmtime_adj(X509_getm_notAfter(made.cert), 86400) != NULL, "until");
    require(X509_set_pubkey(made.cert, made.key), "key");
    return made;
}

struct signum_test_cert
signum_test_ca_make(const char *name)
{
    struct signum_test_cert ca = start(name);

    require(X509_set_issuer_name(ca.cert, X509_get_subject_name(ca.cert)), "issuer");
    add_extension(ca.cert, ca.cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca.cert, ca.cert, NID_key_usage, "critical,keyCertSign");
    require(X509_sign(ca.cert, ca.key, EVP_sha256()) > 0, "sign");
    return ca;
}

struct signum_test_cert
signum_test_cert_make(const struct signum_test_cert *ca, const char *names)
{
    struct signum_test_cert made = start("server");

    require(X509_set_issuer_name(made.cert, X509_get_subject_name(ca->cert)), "issuer");
    add_extension(made.cert, ca->cert, NID_subject_alt_name, names);
    add_extension(made.cert, ca->cert, NID_ext_key_usage, "serverAuth");
    require(X509_sign(made.cert, ca->key, EVP_sha256()) > 0, "sign");
    return made;
}

struct signum_test_cert
signum_test_client_make(const struct signum_test_cert *ca)
{
    struct signum_test_cert made = start("client");

    require(X509_set_issuer_name(made.cert, X509_get_subject_name(ca->cert)), "issuer");
    add_extension(made.cert, ca->cert, NID_ext_key_usage, "clientAuth");
    require(X509_sign(made.cert, ca->key, EVP_sha256()) > 0, "sign");
    return made;
}

struct signum_test_cert
signum_test_expired_make(const struct signum_test_cert *ca, const char *names)
{
    struct signum_test_cert made = signum_test_cert_make(ca, names);

    require(X509_gmtime_adj(X509_getm_notAfter(made.cert), -60) != NULL, "until");
    require(X509_sign(made.cert, ca->key, EVP_sha256()) > 0, "sign");
    return made;
}

void
signum_test_cert_clear(struct signum_test_cert *cert)
{
    X509_free(cert->cert);
    EVP_PKEY_free(cert->key);
    *cert = (struct signum_test_cert){0};
}

void
signum_test_cert_write(const struct signum_test_cert *cert, const char *path)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;

    require(memory != NULL && PEM_write_bio_X509(memory, cert->cert), "PEM");
    require(BIO_write(memory, "", 1) == 1, "PEM");
    require(BIO_get_mem_data(memory, &text) > 0, "PEM");
    signum_temp_file_write(path, text);
    BIO_free(memory);
}

char *
signum_test_key_pem(const struct signum_test_cert *cert)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;

    require(memory != NULL &&
                PEM_write_bio_PKCS8PrivateKey(memory, cert->key, NULL, NULL, 0, NULL, NULL),
            "PEM");
    long len = BIO_get_mem_data(memory, &text);
    char *copy = calloc(1, (size_t)len + 1);
    require(len > 0 && copy != NULL, "PEM");
    memcpy(copy, text, (size_t)len);
    BIO_free(memory);
    return copy;
}
