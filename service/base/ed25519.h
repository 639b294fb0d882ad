#ifndef SIGNUMD_ED25519_H
#define SIGNUMD_ED25519_H

#include "core/buf.h"

/* Ed25519 (RFC 8032), done by OpenSSL. Private keys are PKCS#8 in PEM. */

#define SIGNUMD_ED25519_PUBLIC_LEN 32
#define SIGNUMD_ED25519_SIGNATURE_LEN 64

/* Makes a key and appends it to a buffer for secrets. */
enum signum_status signumd_ed25519_make(struct signum_buf *pem_out) SIGNUM_MUST_USE;

/* The public key. SIGNUM_CRYPTO if the text is not such a key. */
enum signum_status signumd_ed25519_public(
    struct signum_bytes pem, uint8_t public_out[SIGNUMD_ED25519_PUBLIC_LEN]) SIGNUM_MUST_USE;

enum signum_status signumd_ed25519_sign(struct signum_bytes pem, struct signum_bytes message,
    uint8_t signature_out[SIGNUMD_ED25519_SIGNATURE_LEN]) SIGNUM_MUST_USE;

/* SIGNUM_BAD_SIGNATURE if it does not fit; SIGNUM_CRYPTO if that could not be found out. */
enum signum_status signumd_ed25519_verify(const uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN],
    struct signum_bytes message,
    const uint8_t signature[SIGNUMD_ED25519_SIGNATURE_LEN]) SIGNUM_MUST_USE;

#endif
