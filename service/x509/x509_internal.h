#ifndef SIGNUMD_X509_INTERNAL_H
#define SIGNUMD_X509_INTERNAL_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "x509/x509.h"

/* Shared by the x509*.c files only. */

/* A certificate before it is signed: version 3, random serial, dates, issuer, public key. */
enum signum_status signumd_x509_draft(X509_NAME *subject, X509 *issuer, EVP_PKEY *public_key,
                                      int64_t days, X509 **draft_out) SIGNUM_MUST_USE;

/* Adds an extension in OpenSSL's text form; `issuer` may be the certificate itself. */
enum signum_status signumd_x509_extend(X509 *certificate, X509 *issuer, int nid,
                                       const char *value) SIGNUM_MUST_USE;

enum signum_status signumd_x509_sign(X509 *certificate, EVP_PKEY *key) SIGNUM_MUST_USE;

/* Parses /C=DE/CN=Name; a slash within a value is written \/ . */
enum signum_status signumd_x509_parse_name(const char *text, X509_NAME **name_out) SIGNUM_MUST_USE;

/*
 * The same, or the string form of RFC 4514 ("CN=Name,O=Example,C=DE", the most special part
 * first), whichever it is. No control characters, and no values in hexadecimal (#...).
 */
enum signum_status signumd_x509_parse_subject(const char *text,
                                              X509_NAME **name_out) SIGNUM_MUST_USE;

/* Adds a name with a prefix: "dns:", "email:", "uri:" or "ip:". */
enum signum_status signumd_x509_add_alt_name(GENERAL_NAMES *names,
                                             const char *text) SIGNUM_MUST_USE;

/*
 * The content of the attribute id-aa-attestation: an AttestationBundle of
 * draft-ietf-lamps-csr-attestation in DER. Appends it.
 */
struct signumd_attestation;
enum signum_status signumd_x509_put_bundle(const struct signumd_attestation *attestation,
                                           struct signum_buf *der_out) SIGNUM_MUST_USE;

enum signum_status signumd_x509_put_certificate(X509 *certificate,
                                                struct signum_buf *pem_out) SIGNUM_MUST_USE;
enum signum_status signumd_x509_put_key(EVP_PKEY *key, struct signum_buf *pem_out) SIGNUM_MUST_USE;

/* First certificate, or the key, in the PEM text; NULL if there is none. */
X509 *signumd_x509_read_certificate(struct signum_bytes pem);
EVP_PKEY *signumd_x509_read_key(struct signum_bytes pem);

#endif
