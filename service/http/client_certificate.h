#ifndef SIGNUMD_CLIENT_CERTIFICATE_H
#define SIGNUMD_CLIENT_CERTIFICATE_H

#include <gnutls/x509.h>

#include "identity/certificates.h"

/* Converts what GnuTLS failed with. */
enum signum_status signumd_client_failure(int code) SIGNUM_MUST_USE;

/*
 * Copies a name into a text of SIGNUMD_DN_MAX bytes. `code` is what came of asking for the name,
 * which is freed. SIGNUM_PROTOCOL if it is longer, empty, or has a NUL in it.
 */
enum signum_status signumd_client_take_name(
    int code, gnutls_datum_t *name, char text_out[SIGNUMD_DN_MAX + 1]) SIGNUM_MUST_USE;

/* Takes hash, subject, alternative names and end of a certificate; the issuer is not touched. */
enum signum_status signumd_client_describe(
    gnutls_x509_crt_t crt, struct signumd_client_certificate *certificate) SIGNUM_MUST_USE;

/* Does its extended key usage name clientAuth? */
bool signumd_client_is_purpose(gnutls_x509_crt_t crt);

#endif
