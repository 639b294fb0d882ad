#ifndef SIGNUMD_ISSUED_H
#define SIGNUMD_ISSUED_H

#include "base/state.h"
#include "x509/certificate.h"

/* What the demo CA has issued and revoked, and its certificate revocation list (RFC 5280). */

#define SIGNUMD_CRL_MAX ((size_t)8 * 1024 * 1024)
#define SIGNUMD_CRL_DAYS 7
#define SIGNUMD_CRL_DAYS_MAX 365

/* Is it a reason to revoke: "keyCompromise", "superseded", ... (RFC 5280 section 5.3.1)? */
bool signumd_revocation_is_reason(const char *reason);

/*
 * Records the first certificate of the key's chain as issued by the demo CA, or does nothing if it
 * is on record. Only within a transaction. Audited as ca.issue.
 */
enum signum_status signumd_issued_add(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Revokes the certificate of that serial number, or the one that the key of that name has now.
 * SIGNUM_NOT_FOUND: there is none; SIGNUM_KEY_EXISTS: it is revoked already;
 * SIGNUM_INVALID_ARGUMENT: the reason (NULL is none). Audited as ca.revoke.
 */
enum signum_status signumd_issued_revoke(const struct signumd_state *state,
    const struct signumd_actor *actor, const char *which, const char *reason,
    char serial_out[SIGNUMD_SERIAL_SIZE]) SIGNUM_MUST_USE;

/* Writes all as items {serial, key, version, subject, issued, not_after, state, reason}. */
enum signum_status signumd_issued_write(
    struct signumd_db *db, struct signumd_json_writer *writer) SIGNUM_MUST_USE;

/* Makes a new list, for `days`, and appends it in DER. Audited as ca.crl. */
enum signum_status signumd_crl_make(const struct signumd_state *state, struct signumd_db *db,
    const struct signumd_actor *actor, int64_t days, struct signum_buf *der_out) SIGNUM_MUST_USE;

/*
 * Appends the list in force. A new one is made when something was revoked or half of the time of
 * the last one is over; if the CA's key is not there, the last one it is. SIGNUM_NOT_FOUND if there
 * is none.
 */
enum signum_status signumd_crl_get(const struct signumd_state *state, struct signumd_db *db,
    const struct signumd_actor *actor, struct signum_buf *der_out) SIGNUM_MUST_USE;

#endif
