#ifndef SIGNUMD_BUNDLE_H
#define SIGNUMD_BUNDLE_H

#include "x509/csr.h"

/* All that a CA wants to see of a key in one: docs/attestation.md, "What a CA gets". */

#define SIGNUMD_BUNDLE_MAX ((size_t)2 * 1024 * 1024)
#define SIGNUMD_REPORT_MAX ((size_t)32 * 1024)

struct signumd_bundle {
    struct signumd_attestation attestation;
    struct signum_buf csr;       /* DER */
    struct signum_buf csr_pem;
    struct signum_buf chain_pem; /* of the attestation: its certificate, then the CA's */
    struct signum_buf ca_pem;    /* the latter alone */
    struct signum_buf report;    /* for a person */
};

/* An empty one; cleared with signumd_bundle_clear(). */
void signumd_bundle_init(struct signumd_bundle *bundle);
void signumd_bundle_clear(struct signumd_bundle *bundle);

/* Makes attestation and request, which are recorded, and the rest. As signumd_csr_write(). */
enum signum_status signumd_bundle_make(const struct signumd_attest_ask *attest_ask,
                                       struct signumd_csr_ask *csr_ask,
                                       struct signumd_bundle *bundle_out) SIGNUM_MUST_USE;

/* Appends the JSON document of the REST API. */
enum signum_status signumd_bundle_put(const struct signumd_bundle *bundle,
                                      const struct signumd_key *key,
                                      struct signum_buf *document_out) SIGNUM_MUST_USE;

/* Appends the facts as text, one per line. */
enum signum_status signumd_bundle_put_report(const struct signumd_attestation *attestation,
                                             const struct signumd_key *key,
                                             const struct signumd_csr_ask *csr_ask,
                                             struct signum_buf *report_out) SIGNUM_MUST_USE;

#endif
