#ifndef SIGNUMD_X509_H
#define SIGNUMD_X509_H

#include "keys/keys.h"
#include "x509/certificate.h"

/* Certificates: the state folder's own CA, and chains that come from elsewhere. By OpenSSL. */

#define SIGNUMD_PEM_MAX ((size_t)128 * 1024)

/* A new CA: key and self-signed certificate as PEM. The key buffer should be a secret one. */
enum signum_status signumd_x509_make_ca(struct signum_buf *key_pem_out,
                                        struct signum_buf *certificate_pem_out) SIGNUM_MUST_USE;

/* The CA as it lies in the state folder. */
struct signumd_x509_ca {
    struct signum_bytes key_pem;
    struct signum_bytes certificate_pem;
};

/*
 * A new key and a TLS server certificate for localhost, 127.0.0.1, ::1 and the `count` names
 * (DNS names or IP addresses).
 */
enum signum_status signumd_x509_make_tls(const struct signumd_x509_ca *ca,
                                         const char *const *names, size_t count,
                                         struct signum_buf *key_pem_out,
                                         struct signum_buf *certificate_pem_out) SIGNUM_MUST_USE;

/* A new attestation key (P-256) and its certificate, as PEM. */
enum signum_status
signumd_x509_make_attestation(const struct signumd_x509_ca *ca, struct signum_buf *key_pem_out,
                              struct signum_buf *certificate_pem_out) SIGNUM_MUST_USE;

/*
 * Signs with the attestation key: ECDSA with SHA-256 in DER. The chain is given as DER, the
 * attestation certificate first, then the CA's. Only the certificate of `ca` is used.
 * SIGNUM_BAD_SETTINGS if key, certificate and CA do not belong together.
 */
enum signum_status signumd_x509_attest(const struct signumd_x509_ca *ca,
                                       struct signum_bytes key_pem,
                                       struct signum_bytes certificate_pem,
                                       struct signum_bytes evidence,
                                       struct signum_buf *signature_out,
                                       struct signum_buf chain_out[2]) SIGNUM_MUST_USE;

/*
 * A code-signing certificate for the key's public key; the key's chain becomes this certificate
 * and the CA's. `subject` is of the form /C=DE/O=Example/CN=Name; NULL is /CN= and the key's name.
 * `crl_url` is where its revocation list can be had (RFC 5280 section 4.2.1.13); NULL or "" is not
 * told.
 */
enum signum_status signumd_x509_issue(const struct signumd_x509_ca *ca, const char *subject,
                                      int64_t days, const char *crl_url,
                                      struct signumd_key *key) SIGNUM_MUST_USE;

/* SIGNUM_NOT_FOUND if the certificate in DER is not one of this CA's. */
enum signum_status signumd_x509_is_issued_by(struct signum_bytes der,
                                             struct signum_bytes ca_pem) SIGNUM_MUST_USE;

/* Appends a PEM certificate in DER. */
enum signum_status signumd_x509_to_der(struct signum_bytes certificate_pem,
                                       struct signum_buf *der_out) SIGNUM_MUST_USE;

/* A certificate that is revoked. */
struct signumd_x509_revoked {
    char serial[SIGNUMD_SERIAL_SIZE];
    int64_t time; /* seconds since 1970 */
    int reason;   /* CRLReason; -1: not told */
};

/* What a revocation list says. */
struct signumd_x509_crl {
    int64_t number;
    int64_t this_update;
    int64_t next_update;
    struct signumd_x509_revoked *rows;
    size_t count;
};

/* Appends a version 2 list (RFC 5280 section 5), signed by the CA, in DER. */
enum signum_status signumd_x509_make_crl(const struct signumd_x509_ca *ca,
                                         const struct signumd_x509_crl *ask,
                                         struct signum_buf *der_out) SIGNUM_MUST_USE;

/* Appends one certificate in DER to the key's chain. SIGNUM_PROTOCOL: it is not a certificate. */
enum signum_status signumd_x509_append(struct signum_bytes der,
                                       struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Checks the key's chain. SIGNUM_BAD_ALGORITHM: the first certificate is not for this key;
 * SIGNUM_PROTOCOL: a certificate is not issued by the one behind it, or there is none.
 */
enum signum_status signumd_x509_check(const struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Reads a chain (PEM, leaf first, or one DER certificate) into the key. SIGNUM_BAD_ALGORITHM: the
 * first certificate is not for this key; SIGNUM_PROTOCOL: not certificates, or not in order.
 */
enum signum_status signumd_x509_import(struct signum_bytes file,
                                       struct signumd_key *key) SIGNUM_MUST_USE;

/* When a certificate (DER or PEM) ends, in seconds since 1970. */
enum signum_status signumd_x509_expires(struct signum_bytes certificate,
                                        int64_t *seconds_out) SIGNUM_MUST_USE;

#endif
