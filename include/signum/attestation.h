#ifndef SIGNUM_ATTESTATION_H
#define SIGNUM_ATTESTATION_H

/*
 * Names that the service writes into attestations and whoever verifies them looks for; they are
 * explained in docs/attestation.md. The object identifiers of our own lie under 2.25, where a UUID
 * is a number that nobody has to register (ITU-T X.667).
 */
#define SIGNUM_ATTESTATION_FORMAT "signum-attestation-v1"
#define SIGNUM_EVIDENCE_FORMAT "signum-evidence-v1" /* of the bundle for a CA */

#define SIGNUM_OID_ARC "2.25.331009031232402902669253785180971845198"
/* Type of an AttestationStatement that holds evidence and signature. */
#define SIGNUM_OID_STATEMENT SIGNUM_OID_ARC ".1"
/* Extended key usage of the certificate of an attestation key; it has no other one. */
#define SIGNUM_OID_ATTESTATION_KEY SIGNUM_OID_ARC ".2"
/* id-aa-attestation of draft-ietf-lamps-csr-attestation, allocated early by IANA. */
#define SIGNUM_OID_CSR_ATTESTATION "1.2.840.113549.1.9.16.2.59"

#define SIGNUM_ORIGIN_SOFTWARE "software token"
#define SIGNUM_ORIGIN_TOKEN "pkcs11 token"

#define SIGNUM_NONCE_MIN 8 /* characters */
#define SIGNUM_NONCE_MAX 128

#endif
