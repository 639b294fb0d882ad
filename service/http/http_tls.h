#ifndef SIGNUMD_HTTP_TLS_H
#define SIGNUMD_HTTP_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "base/state.h"
#include "http/client_trust.h"

/*
 * The service's side of TLS: certificate and key, and the CAs of clients, in one object that is
 * never changed. A reload makes a new one; connections that were opened with the old one keep its
 * certificate to their end.
 */
struct signumd_tls;

/*
 * Reads the state folder's files, and those that the settings name, with one reference.
 * SIGNUM_BAD_SETTINGS, logged, if they are not a certificate and its key, or not what
 * signumd_client_trust_load() wants.
 */
enum signum_status signumd_tls_load(const struct signumd_state *state,
    const struct signumd_settings *settings, struct signumd_tls **tls_out) SIGNUM_MUST_USE;

struct signumd_tls *signumd_tls_ref(struct signumd_tls *tls);
void signumd_tls_unref(struct signumd_tls **tls);

/* The CAs of clients; NULL if there are none. Lives as long as a reference. */
const struct signumd_client_trust *signumd_tls_clients(const struct signumd_tls *tls);

/*
 * Gives a new session the certificate, before its handshake, and lets it ask the client for one if
 * there are CAs for that. It must not outlive a reference.
 */
enum signum_status signumd_tls_use(
    struct signumd_tls *tls, gnutls_session_t session) SIGNUM_MUST_USE;

/*
 * A gnutls_certificate_retrieve_function3 that never gives one: every session gets its certificate
 * when it is opened, and one that did not must have none.
 */
int signumd_tls_no_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **certificates, unsigned *certificate_count, gnutls_ocsp_data_st **ocsp,
    unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags);

#endif
