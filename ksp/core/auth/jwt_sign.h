#ifndef SIGNUM_CORE_AUTH_JWT_SIGN_H
#define SIGNUM_CORE_AUTH_JWT_SIGN_H

#include "core/buf.h"

/*
 * Signs a JSON Web Token (RFC 7515, 7519) with a key that this client holds, by OpenSSL. Nothing
 * is verified here: a client believes no token, it only hands them on.
 */

/* The key and what is said about it. Texts may be "" where nothing is to be said. */
struct signum_jwt_key {
    struct signum_bytes pem;         /* PKCS#8 or traditional, not encrypted */
    const char *algorithm;           /* "PS256", "RS256", "ES256"; "" for what fits the key */
    const char *key_id;              /* member kid; visible ASCII without quote and backslash */
    struct signum_bytes certificate; /* PEM: gives the member x5t#S256, which Entra ID wants */
};

/*
 * Appends the token in compact form: a header, and `claims`, a JSON object. BAD_SETTINGS if the
 * key cannot be read, or is not of the algorithm; then why is in `cause`. CRYPTO.
 */
enum signum_status signum_jwt_sign(const struct signum_jwt_key *key, struct signum_bytes claims,
                                   struct signum_buf *jwt_out,
                                   struct signum_buf *cause) SIGNUM_MUST_USE;

#endif
