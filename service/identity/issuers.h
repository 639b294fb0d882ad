#ifndef SIGNUMD_ISSUERS_H
#define SIGNUMD_ISSUERS_H

#include "identity/issuer.h"

/*
 * The issuers of the settings, and their public keys: found by OpenID Connect Discovery 1.0 or RFC
 * 8414, kept as long as the issuer says (a minute to a day), fetched again for a key that is not
 * there, but not more often than refetch_s, and good for stale_s when the issuer cannot be reached.
 * May be used from any thread; one fetches, and only who cannot do without waits for it.
 */
struct signumd_issuers;

/*
 * `settings` is the JSON array of issuers, or empty. Paths in it are relative to `folder`.
 * SIGNUM_BAD_SETTINGS, logged with member and reason. No network.
 */
enum signum_status signumd_issuers_new(
    const char *settings, const char *folder, struct signumd_issuers **issuers_out) SIGNUM_MUST_USE;
void signumd_issuers_free(struct signumd_issuers **issuers);

size_t signumd_issuers_count(const struct signumd_issuers *issuers);

/* Writes all as items of an array: {name, issuer, kind, user}. */
void signumd_issuers_write(
    const struct signumd_issuers *issuers, struct signumd_json_writer *writer);

/* Could it be a token of an issuer: three parts with dots between? */
bool signumd_issuers_is_token(const char *text);

/*
 * Who bears the token? SIGNUM_CREDENTIAL_REFUSED with a cause for every reason, the issuer's being
 * out of reach too. `federated_out` is initialised, and cleared by the caller.
 */
enum signum_status signumd_issuers_check(struct signumd_issuers *issuers, const char *token,
    int64_t now, struct signumd_federated *federated_out) SIGNUM_MUST_USE;

#endif
