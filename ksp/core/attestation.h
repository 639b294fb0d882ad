#ifndef SIGNUM_CORE_ATTESTATION_H
#define SIGNUM_CORE_ATTESTATION_H

#include "buf.h"
#include "signum/attestation.h"

/*
 * Reads what a service says about how it keeps a key: docs/attestation.md. Only reads: whether it
 * is true is for whoever checks signature and certificates (ksp/cli/attest_check.h).
 */

#define SIGNUM_ATTESTATION_DOCUMENT_MAX (4u << 20) /* bytes, of a bundle for a CA too */
#define SIGNUM_ATTESTATION_CHAIN_MAX 8
#define SIGNUM_ATTESTATION_VENDOR_MAX 16
#define SIGNUM_ATTESTATION_TEXT_MAX 128
#define SIGNUM_SHA256_HEX_SIZE 65

struct signum_attestation_vendor {
    char kind[SIGNUM_ATTESTATION_TEXT_MAX + 1];
    char sha256[SIGNUM_SHA256_HEX_SIZE]; /* as the evidence has it */
    struct signum_buf data;
};

struct signum_attestation {
    struct signum_buf evidence; /* the bytes that are signed */
    struct signum_buf signature;
    struct signum_buf chain[SIGNUM_ATTESTATION_CHAIN_MAX]; /* DER, the signer's first */
    size_t chain_count;
    struct signum_attestation_vendor vendor[SIGNUM_ATTESTATION_VENDOR_MAX];
    size_t vendor_count;

    /* All that follows is from the evidence. */
    char key[SIGNUM_ATTESTATION_TEXT_MAX + 1];
    char spki_sha256[SIGNUM_SHA256_HEX_SIZE];
    char nonce[SIGNUM_NONCE_MAX + 1]; /* "" if there is none */
    char time_text[SIGNUM_ATTESTATION_TEXT_MAX + 1];
    int64_t time; /* seconds since 1970 */
    char origin[SIGNUM_ATTESTATION_TEXT_MAX + 1];
    bool is_hardware_slot;
    char manufacturer[SIGNUM_ATTESTATION_TEXT_MAX + 1]; /* of the token */
    char model[SIGNUM_ATTESTATION_TEXT_MAX + 1];
    char serial[SIGNUM_ATTESTATION_TEXT_MAX + 1];
    bool is_local;
    bool is_sensitive;
    bool is_always_sensitive;
    bool is_extractable;
    bool is_never_extractable;
};

/* An empty one; cleared with signum_attestation_clear(). */
void signum_attestation_init(struct signum_attestation *attestation);
void signum_attestation_clear(struct signum_attestation *attestation);

/*
 * Reads an attestation, or the one in a bundle for a CA. PROTOCOL if it is not one; `fault_out` is
 * then what is wrong (static text).
 */
enum signum_status signum_attestation_read(const struct signum_buf *document,
                                           struct signum_attestation *attestation_out,
                                           const char **fault_out) SIGNUM_MUST_USE;

#endif
