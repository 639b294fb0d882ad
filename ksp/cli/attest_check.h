#ifndef SIGNUM_CLI_ATTEST_CHECK_H
#define SIGNUM_CLI_ATTEST_CHECK_H

#include "core/attestation.h"

/*
 * Is an attestation true? And is a certification request what was asked for? Done by OpenSSL; no
 * network. A cause is one line for a person, without the file's name.
 */

/*
 * The certificate of the attestation key: issued by one of the CAs in `ca_pem` (PEM), by way of
 * the others of the chain, valid at `now` (seconds since 1970), with the purpose of an attestation
 * key and no other. BAD_SIGNATURE if it is not so; BAD_SETTINGS if `ca_pem` has no certificate.
 */
enum signum_status signum_attest_check_chain(const struct signum_attestation *attestation,
                                             struct signum_bytes ca_pem, int64_t now,
                                             struct signum_buf *cause_out) SIGNUM_MUST_USE;

/* The signature over the evidence, by the first certificate. BAD_SIGNATURE. */
enum signum_status signum_attest_check_signature(const struct signum_attestation *attestation,
                                                 struct signum_buf *cause_out) SIGNUM_MUST_USE;

/* That the vendor's evidence is the one whose hashes the evidence has. BAD_SIGNATURE. */
enum signum_status signum_attest_check_vendor(const struct signum_attestation *attestation,
                                              struct signum_buf *cause_out) SIGNUM_MUST_USE;

/*
 * The SHA-256 of the public key in a file: a certificate, a certification request or a public key,
 * as PEM or DER. INVALID_ARGUMENT if it is none of these.
 */
enum signum_status
signum_attest_hash_key(struct signum_bytes file,
                       char sha256_out[SIGNUM_SHA256_HEX_SIZE]) SIGNUM_MUST_USE;

/* That the request (DER) is signed by its key, and that this is that of `spki`. BAD_SIGNATURE. */
enum signum_status signum_attest_check_csr(struct signum_bytes csr,
                                           struct signum_bytes spki) SIGNUM_MUST_USE;

/* Appends a request (DER) as PEM. */
enum signum_status signum_attest_put_csr_pem(struct signum_bytes csr,
                                             struct signum_buf *pem_out) SIGNUM_MUST_USE;

#endif
