#ifndef SIGNUMD_ISSUER_KEYS_H
#define SIGNUMD_ISSUER_KEYS_H

#include "identity/issuer.h"

/* The public keys of one issuer, fetched and kept; see issuers.h for how long. */
struct signumd_issuer_keys;

/* The issuer is borrowed. `folder` is what its CA file is relative to. No network. */
enum signum_status signumd_issuer_keys_new(const struct signumd_issuer *issuer, const char *folder,
    struct signumd_issuer_keys **keys_out) SIGNUM_MUST_USE;
void signumd_issuer_keys_free(struct signumd_issuer_keys **keys);

/*
 * Verifies a token with them, and fetches them first if need be. SIGNUM_KEY_NOT_FOUND: the token's
 * key is not among them; SIGNUM_BAD_SIGNATURE; SIGNUM_NETWORK: there are no keys.
 */
enum signum_status signumd_issuer_keys_verify(
    struct signumd_issuer_keys *keys, const struct signumd_jwt *jwt) SIGNUM_MUST_USE;

/* Seconds that an answer may be kept by its Cache-Control (RFC 9111): 60 to 86400. */
int64_t signumd_issuer_keys_lifetime(const char *cache_control);

#endif
