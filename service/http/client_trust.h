#ifndef SIGNUMD_CLIENT_TRUST_H
#define SIGNUMD_CLIENT_TRUST_H

#include <gnutls/gnutls.h>

#include "base/settings.h"
#include "identity/certificates.h"

/* The CAs of clients' certificates, and what they have revoked. Never changed once loaded. */
struct signumd_client_trust;

/*
 * Reads the files of the settings, whose paths are relative to `folder`. `trust_out` is NULL if the
 * settings name no CA. SIGNUM_BAD_SETTINGS, logged: a file that cannot be read, without what it
 * should have, or a revocation list that none of the CAs has signed.
 */
enum signum_status signumd_client_trust_load(const struct signumd_settings *settings,
    const char *folder, struct signumd_client_trust **trust_out) SIGNUM_MUST_USE;
void signumd_client_trust_free(struct signumd_client_trust **trust);

/*
 * What the client of a session has shown, checked as of now (RFC 5280 section 6.1): chain to a CA,
 * times, revocation, and that its extended key usage names clientAuth. SIGNUM_NOT_FOUND: nothing;
 * SIGNUM_CREDENTIAL_REFUSED, with the cause in it: it is not good. `trust` NULL trusts no CA. The
 * certificate is cleared by the caller.
 */
enum signum_status signumd_client_trust_check(const struct signumd_client_trust *trust,
    gnutls_session_t session, struct signumd_client_certificate *certificate_out) SIGNUM_MUST_USE;

/*
 * Reads a certificate from a file's content (PEM, the first one, or DER) and checks nothing; its
 * issuer is the name of the CA that has signed it. SIGNUM_PROTOCOL: there is none.
 */
enum signum_status signumd_client_certificate_read(
    struct signum_bytes file, struct signumd_client_certificate *certificate_out) SIGNUM_MUST_USE;

#endif
