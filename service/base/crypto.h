#ifndef SIGNUMD_CRYPTO_H
#define SIGNUMD_CRYPTO_H

#include "core/alg.h"
#include "core/buf.h"

/* Random numbers, hashes and public keys, done by OpenSSL. */

#define SIGNUMD_SHA256_LEN 32
#define SIGNUMD_SHA256_HEX_SIZE 65 /* with the NUL */
#define SIGNUMD_ID_SIZE 33         /* an identifier: 16 random bytes in hexadecimal, and the NUL */

/* Fills with random bytes. */
enum signum_status signumd_crypto_random(void *data_out, size_t len) SIGNUM_MUST_USE;

/* Random identifier of `digits` hexadecimal digits (even, at most 64), NUL-terminated. */
enum signum_status signumd_crypto_random_hex(char *text_out, size_t digits) SIGNUM_MUST_USE;

/* SHA-256 over the two parts one behind the other; either may be empty. */
enum signum_status signumd_crypto_sha256(struct signum_bytes first, struct signum_bytes second,
                                         uint8_t hash_out[SIGNUMD_SHA256_LEN]) SIGNUM_MUST_USE;

/* The same of one part, as lower-case hexadecimal text. */
enum signum_status
signumd_crypto_sha256_hex(struct signum_bytes bytes,
                          char text_out[SIGNUMD_SHA256_HEX_SIZE]) SIGNUM_MUST_USE;

/* SHA-256 of a file's content from its current place on; `len_out` is how much that was. */
enum signum_status
signumd_crypto_sha256_file(int file, char text_out[SIGNUMD_SHA256_HEX_SIZE],
                           int64_t *len_out) SIGNUM_MUST_USE;

/* HMAC-SHA256 (RFC 2104). */
enum signum_status signumd_crypto_hmac_sha256(struct signum_bytes key, struct signum_bytes message,
                                              uint8_t mac_out[SIGNUMD_SHA256_LEN]) SIGNUM_MUST_USE;

/* Hexadecimal text of `len` bytes; `text_out` holds 2 * len + 1 bytes. */
void signumd_crypto_hex(const uint8_t *data, size_t len, char *text_out);

/* What one scrypt hash costs (RFC 7914): it takes 128 * n * r bytes of memory. */
struct signumd_scrypt {
    int64_t n; /* a power of two */
    int64_t r;
    int64_t p;
};

/* Hash of a secret that could be guessed. SIGNUM_CRYPTO also for a cost that is not offered. */
enum signum_status signumd_crypto_scrypt(struct signum_bytes secret, struct signum_bytes salt,
    const struct signumd_scrypt *cost, uint8_t hash_out[SIGNUMD_SHA256_LEN]) SIGNUM_MUST_USE;

/* True if equal, in a time that depends on `len` only. */
bool signumd_crypto_is_equal(const void *a, const void *b, size_t len);

/* Logs what OpenSSL says went wrong while doing `what`; always gives SIGNUM_CRYPTO. */
enum signum_status signumd_crypto_failure(const char *what);

/* Appends the SubjectPublicKeyInfo of an RSA key given by big-endian numbers. */
enum signum_status signumd_pubkey_from_rsa(struct signum_bytes modulus,
                                           struct signum_bytes exponent,
                                           struct signum_buf *spki_out) SIGNUM_MUST_USE;

/* The same of a key on the row's curve, given by the uncompressed point 04||X||Y. */
enum signum_status signumd_pubkey_from_ec(const struct signum_alg *alg, struct signum_bytes point,
                                          struct signum_buf *spki_out) SIGNUM_MUST_USE;

/* Appends an ECDSA signature r||s in DER (RFC 3279 section 2.2.3). */
enum signum_status signumd_pubkey_ecdsa_to_der(struct signum_bytes signature,
                                               struct signum_buf *der_out) SIGNUM_MUST_USE;

/*
 * Verifies a signature (ECDSA as r||s) over a digest. SIGNUM_BAD_SIGNATURE if it does not fit;
 * other failures mean that it could not be checked.
 */
enum signum_status signumd_pubkey_verify(const struct signum_alg *alg, struct signum_bytes spki,
                                         const struct signum_sign_params *params,
                                         struct signum_bytes digest,
                                         struct signum_bytes signature) SIGNUM_MUST_USE;

#endif
