#ifndef SIGNUMD_ATTEST_H
#define SIGNUMD_ATTEST_H

#include "base/state.h"
#include "hsm/hsm.h"

/*
 * Key attestation: a signed statement of what the token says about a key. The attestation key lies
 * in the state folder, its certificate is issued by the folder's CA; a folder that has none gets
 * one at first use. docs/attestation.md describes the documents.
 */

#define SIGNUMD_ATTESTATION_MAX ((size_t)256 * 1024)
#define SIGNUMD_ATTEST_CHAIN 2 /* certificates: of the attestation key, and of the CA */

/* What is asked, and by whom. All borrowed. */
struct signumd_attest_ask {
    const struct signumd_state *state;
    struct signumd_db *db;
    struct signumd_hsm *hsm;
    const struct signumd_actor *actor;
    const struct signumd_key *key;
    const char *nonce; /* comes back in the evidence; NULL if there is none */
};

/* One statement, with all that belongs to it. */
struct signumd_attestation {
    struct signumd_hsm_facts facts;
    struct signumd_hsm_vendors vendors;
    char time[32];
    struct signum_buf evidence;  /* the bytes that are signed: JSON */
    struct signum_buf signature; /* DER */
    struct signum_buf chain[SIGNUMD_ATTEST_CHAIN]; /* DER */
};

/* An empty one; cleared with signumd_attestation_clear(). */
void signumd_attestation_init(struct signumd_attestation *attestation);
void signumd_attestation_clear(struct signumd_attestation *attestation);

/* Is it a nonce: 8 to 128 characters of hexadecimal or base64url text? */
bool signumd_attest_is_nonce(const char *text);

/*
 * Makes a statement, and records it as key.attest. Failures of the HSM are as in hsm.h, but
 * SIGNUM_IO or SIGNUM_CRYPTO when it is the state folder that is not right.
 */
enum signum_status signumd_attest_make(const struct signumd_attest_ask *ask,
                                       struct signumd_attestation *attestation_out)
    SIGNUM_MUST_USE;

/* Writes it as the JSON object of the REST API: a member, or with a NULL name the document. */
void signumd_attestation_put(const struct signumd_attestation *attestation, const char *name,
                             struct signumd_json_writer *writer);

/* Makes one and appends its document. */
enum signum_status signumd_attest_write(const struct signumd_attest_ask *ask,
                                        struct signum_buf *document_out) SIGNUM_MUST_USE;

/* Appends the evidence of the facts and vendors in it: canonical JSON (RFC 8785). */
enum signum_status signumd_attest_put_evidence(const struct signumd_attest_ask *ask,
                                               struct signumd_attestation *attestation)
    SIGNUM_MUST_USE;

#endif
