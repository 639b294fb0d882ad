#include "http/http_tls.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"

#define PEM_MAX ((size_t)128 * 1024)

struct signumd_tls {
    atomic_int ref_count;
    gnutls_certificate_credentials_t credentials;
    struct signumd_client_trust *clients;
};

static enum signum_status
failure(int code, const char *what)
{
    signumd_log(SIGNUMD_LOG_ERROR, "TLS: %s: %s", what, gnutls_strerror(code));
    return code == GNUTLS_E_MEMORY_ERROR ? SIGNUM_NO_MEMORY : SIGNUM_BAD_SETTINGS;
}

/* Checks also that the key belongs to the certificate. */
static enum signum_status
load_certificate(struct signumd_tls *tls, const struct signumd_state *state)
{
    struct signum_buf key;
    struct signum_buf certificate;

    signum_buf_init_secret(&key, PEM_MAX);
    signum_buf_init(&certificate, PEM_MAX);
    enum signum_status status = signumd_state_read(state, SIGNUMD_FILE_TLS_KEY, &key);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_TLS_CERT, &certificate);
    if (status == SIGNUM_OK) {
        const gnutls_datum_t key_text = {key.data, (unsigned)key.len};
        const gnutls_datum_t certificate_text = {certificate.data, (unsigned)certificate.len};
        int code = gnutls_certificate_set_x509_key_mem2(
            tls->credentials, &certificate_text, &key_text, GNUTLS_X509_FMT_PEM, NULL, 0);
        if (code < 0)
            status = failure(code, SIGNUMD_FILE_TLS_CERT " and " SIGNUMD_FILE_TLS_KEY
                                                         " are not a certificate and its key");
    }
    signum_buf_clear(&certificate);
    signum_buf_clear(&key);
    return status;
}

enum signum_status
signumd_tls_load(const struct signumd_state *state, const struct signumd_settings *settings,
    struct signumd_tls **tls_out)
{
    struct signumd_tls *tls = calloc(1, sizeof *tls);

    *tls_out = NULL;
    if (tls == NULL)
        return SIGNUM_NO_MEMORY;
    atomic_init(&tls->ref_count, 1);
    int code = gnutls_certificate_allocate_credentials(&tls->credentials);
    enum signum_status status =
        code < 0 ? failure(code, "no credentials") : load_certificate(tls, state);
    if (status == SIGNUM_OK)
        status = signumd_client_trust_load(settings, state->folder, &tls->clients);
    if (status != SIGNUM_OK)
        signumd_tls_unref(&tls);
    *tls_out = tls;
    return status;
}

struct signumd_tls *
signumd_tls_ref(struct signumd_tls *tls)
{
    (void)atomic_fetch_add(&tls->ref_count, 1);
    return tls;
}

void
signumd_tls_unref(struct signumd_tls **tls)
{
    if (*tls != NULL && atomic_fetch_sub(&(*tls)->ref_count, 1) == 1) {
        if ((*tls)->credentials != NULL)
            gnutls_certificate_free_credentials((*tls)->credentials);
        signumd_client_trust_free(&(*tls)->clients);
        free(*tls);
    }
    *tls = NULL;
}

const struct signumd_client_trust *
signumd_tls_clients(const struct signumd_tls *tls)
{
    return tls->clients;
}

enum signum_status
signumd_tls_use(struct signumd_tls *tls, gnutls_session_t session)
{
    int code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials);

    /*
     * Who shows nothing, or nothing good, is told so by HTTP, as with any other credential. The
     * names of the CAs are not told: the credentials of the session have none.
     */
    if (code >= 0 && tls->clients != NULL)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    return code < 0 ? failure(code, "a session got no certificate") : SIGNUM_OK;
}

int
signumd_tls_no_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **certificates, unsigned *certificate_count, gnutls_ocsp_data_st **ocsp,
    unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags)
{
    (void)session;
    (void)info;
    (void)certificates;
    (void)certificate_count;
    (void)ocsp;
    (void)ocsp_count;
    (void)key;
    (void)flags;
    return -1;
}
