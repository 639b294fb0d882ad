#ifndef SIGNUM_TEST_FIXTURE_KEY_H
#define SIGNUM_TEST_FIXTURE_KEY_H

#include <openssl/evp.h>

#include "core/key.h"

/*
 * Keys, certificates and signatures made by OpenSSL, so that what the core says of a signature is
 * judged by somebody else. A failure inside is a failed test.
 */

enum fixture_kind {
    FIXTURE_RSA_2048,
    FIXTURE_RSA_3072,
    FIXTURE_RSA_4096,
    FIXTURE_P256,
    FIXTURE_P384,
    FIXTURE_P521,
    FIXTURE_KIND_COUNT
};

/* A key pair of that kind, made once in a process; `which` is 0 or 1: two different pairs. */
EVP_PKEY *fixture_pair(enum fixture_kind kind, unsigned which);

const struct signum_alg *fixture_alg(enum fixture_kind kind);
uint32_t fixture_bits(enum fixture_kind kind);

/* Appends the DER SubjectPublicKeyInfo of the pair. */
void fixture_put_spki(EVP_PKEY *pair, struct signum_buf *out);

/* Appends a DER certificate on the pair's public key, signed by itself. */
void fixture_put_certificate(EVP_PKEY *pair, const char *subject, struct signum_buf *out);

/* Everything of a valid key, so that a test can spoil one field of it. */
struct fixture_key_data {
    struct signum_buf spki;
    struct signum_buf leaf;
    struct signum_bytes chain[SIGNUM_KEY_CHAIN_MAX + 1];
    struct signum_key_fields fields; /* points into the others */
};

void fixture_key_data_init(struct fixture_key_data *data, enum fixture_kind kind, unsigned which,
                           const char *name);
void fixture_key_data_clear(struct fixture_key_data *data);

/* A key with one certificate, version 7, id id-1 and etag "etag-1". */
struct signum_key *fixture_key(enum fixture_kind kind, unsigned which, const char *name);

/* Replaces `out` by OpenSSL's signature: RSA as it is, ECDSA as r||s. */
void fixture_sign(EVP_PKEY *pair, const struct signum_sign_params *params,
                  struct signum_bytes digest, struct signum_buf *out);

/* A digest of the hash's length (of 32 bytes for none) that differs with `seed`. */
struct signum_bytes fixture_digest(enum signum_hash hash, uint8_t seed,
                                   uint8_t storage[SIGNUM_DIGEST_MAX]);

#endif
