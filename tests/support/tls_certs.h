#ifndef SIGNUM_TESTS_TLS_CERTS_H
#define SIGNUM_TESTS_TLS_CERTS_H

#include <openssl/x509.h>

/* A certificate and its key (P-256), made for one test run. */
struct signum_test_cert {
    X509 *cert;
    EVP_PKEY *key;
};

/* A certification authority. Failing to make one ends the program. */
struct signum_test_cert signum_test_ca_make(const char *name);
/* A server certificate from the authority; `names` is a subjectAltName in OpenSSL's form. */
struct signum_test_cert signum_test_cert_make(const struct signum_test_cert *ca,
                                              const char *names);
/* A client certificate from the authority. */
struct signum_test_cert signum_test_client_make(const struct signum_test_cert *ca);
/* The same as signum_test_cert_make(), but it has expired. */
struct signum_test_cert signum_test_expired_make(const struct signum_test_cert *ca,
                                                 const char *names);
void signum_test_cert_clear(struct signum_test_cert *cert);

/* Writes the certificate to a PEM file. */
void signum_test_cert_write(const struct signum_test_cert *cert, const char *path);

/* The key in PEM; the caller frees it with free(). */
char *signum_test_key_pem(const struct signum_test_cert *cert);

#endif
