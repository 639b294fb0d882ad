#ifndef SIGNUMD_JWT_H
#define SIGNUMD_JWT_H

#include "base/json.h"

/*
 * JSON Web Tokens (RFC 7519) in the compact form of RFC 7515, and the sets of public keys (RFC
 * 7517) that they are verified with. Nothing else in the service knows the library that does it.
 * What a token says is decided elsewhere: issuer.h.
 */

#define SIGNUMD_JWT_MAX ((size_t)16 * 1024)
#define SIGNUMD_JWKS_MAX ((size_t)256 * 1024)
#define SIGNUMD_JWKS_KEYS_MAX 64

struct signumd_jwt;

/* Reads a token without believing it. SIGNUM_PROTOCOL if it is none; freed with _free(). */
enum signum_status signumd_jwt_read(const char *text, struct signumd_jwt **jwt_out) SIGNUM_MUST_USE;
void signumd_jwt_free(struct signumd_jwt **jwt);

/* A member of the protected header that is a text; NULL if it is absent or none. Borrowed. */
const char *signumd_jwt_header(const struct signumd_jwt *jwt, const char *name);

/* Has the header this member, of whatever type? */
bool signumd_jwt_has_header(const struct signumd_jwt *jwt, const char *name);

/* The claims as they stand there; verified only after signumd_jwt_verify(). Borrowed. */
struct signum_bytes signumd_jwt_claims(const struct signumd_jwt *jwt);

/* Is it an algorithm with a public key that can be verified here? Never "none", never HMAC. */
bool signumd_jwt_knows(const char *algorithm);

/*
 * Verifies with the keys of a set, a JSON text: with the one of the header's kid, or, if it names
 * none, with each that fits. A key fits if its type, curve and size are those of the algorithm, and
 * its own alg, use and key_ops allow it. SIGNUM_KEY_NOT_FOUND: none fits; SIGNUM_BAD_SIGNATURE.
 */
enum signum_status signumd_jwt_verify(
    const struct signumd_jwt *jwt, const char *keys) SIGNUM_MUST_USE;

/* True if the text is a set of keys, of SIGNUMD_JWKS_KEYS_MAX at most. */
bool signumd_jwks_is_valid(struct signum_bytes text);

#endif
