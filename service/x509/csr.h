#ifndef SIGNUMD_CSR_H
#define SIGNUMD_CSR_H

#include "x509/attest.h"

/* Certification requests (PKCS#10, RFC 2986) that a key of the HSM signs itself. */

#define SIGNUMD_SUBJECT_MAX 1024 /* bytes of the text */
#define SIGNUMD_SAN_MAX 16       /* names */
#define SIGNUMD_SAN_TEXT_MAX 256
#define SIGNUMD_CSR_MAX ((size_t)384 * 1024) /* bytes, with an attestation in it */

struct signumd_csr_ask {
    const char *subject; /* /C=DE/O=Example/CN=Name, or RFC 4514: CN=Name,O=Example,C=DE */
    char sans[SIGNUMD_SAN_MAX][SIGNUMD_SAN_TEXT_MAX + 1]; /* "dns:...", "email:...", ... */
    size_t san_count;
    bool is_code_signing; /* asks for the extended key usage codeSigning, and digitalSignature */
    struct signum_sign_params params;
    const struct signumd_attestation *attestation; /* to put into it; NULL for none */
};

/* Are these what they should be? */
bool signumd_csr_is_subject(const char *text);
bool signumd_csr_is_san(const char *text);

/*
 * Chooses scheme and hash by their wire names; NULL: RSA PKCS#1 v1.5 with SHA-256, or ECDSA with
 * the hash that is as long as the curve. SIGNUM_BAD_ALGORITHM if the key cannot do it, or if it
 * is not SHA-256, SHA-384 or SHA-512.
 */
enum signum_status signumd_csr_choose(const struct signumd_key *key, const char *scheme,
                                      const char *hash,
                                      struct signum_sign_params *params_out) SIGNUM_MUST_USE;

/*
 * Makes a request, has the HSM sign it, and verifies it. Appends its DER. SIGNUM_INVALID_ARGUMENT:
 * subject or san; failures of the HSM are as in hsm.h.
 */
enum signum_status signumd_csr_make(struct signumd_hsm *hsm, const struct signumd_key *key,
                                    const struct signumd_csr_ask *ask,
                                    struct signum_buf *der_out) SIGNUM_MUST_USE;

/*
 * The same, recorded as key.csr with the request's hash. With `wants_attestation` a statement is
 * made first and put into it (and left in `attestation_out`, which has been initialised).
 */
enum signum_status signumd_csr_write(const struct signumd_attest_ask *attest_ask,
                                     struct signumd_csr_ask *ask, bool wants_attestation,
                                     struct signumd_attestation *attestation_out,
                                     struct signum_buf *der_out) SIGNUM_MUST_USE;

/* Appends DER as PEM with that label, "CERTIFICATE REQUEST". */
enum signum_status signumd_csr_put_pem(const char *label, struct signum_bytes der,
                                       struct signum_buf *pem_out) SIGNUM_MUST_USE;

/* For csr.c only: signs what is in the request, which is an X509_REQ, and verifies it. */
struct X509_req_st;
enum signum_status signumd_csr_sign(struct signumd_hsm *hsm, const struct signumd_key *key,
                                    const struct signum_sign_params *params,
                                    struct X509_req_st *request) SIGNUM_MUST_USE;

#endif
