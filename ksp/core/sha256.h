#ifndef SIGNUM_CORE_SHA256_H
#define SIGNUM_CORE_SHA256_H

#include "buf.h"

#define SIGNUM_SHA256_LEN 32

/* SHA-256 (FIPS 180-4) of the bytes, by OpenSSL. CRYPTO. */
enum signum_status signum_sha256(struct signum_bytes bytes,
                                 uint8_t hash_out[SIGNUM_SHA256_LEN]) SIGNUM_MUST_USE;

#endif
