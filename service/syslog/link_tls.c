#include "syslog/link_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

void
signumd_syslog_tls_explain(SSL *tls, struct signum_buf *cause)
{
    const long verdict = tls == NULL ? X509_V_OK : SSL_get_verify_result(tls);
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    if (verdict != X509_V_OK)
        signum_buf_printf(
            cause, "its certificate is refused: %s", X509_verify_cert_error_string(verdict));
    else
        signum_buf_put_text(cause, reason == NULL ? "the connection was lost" : reason);
    ERR_clear_error();
}

static enum signum_status
refuse(const char *what, const char *path, struct signum_buf *cause)
{
    signum_buf_printf(cause, "%s %s: ", what, path);
    signumd_syslog_tls_explain(NULL, cause);
    return SIGNUM_BAD_SETTINGS;
}

static enum signum_status
load_files(SSL_CTX *context, const struct signumd_syslog_target *target, struct signum_buf *cause)
{
    if (SSL_CTX_load_verify_file(context, target->ca_file) != 1)
        return refuse("CA file", target->ca_file, cause);
    if (target->certificate_file == NULL)
        return SIGNUM_OK;
    if (SSL_CTX_use_certificate_chain_file(context, target->certificate_file) != 1)
        return refuse("certificate file", target->certificate_file, cause);
    if (SSL_CTX_use_PrivateKey_file(context, target->key_file, SSL_FILETYPE_PEM) != 1)
        return refuse("key file", target->key_file, cause);
    return SIGNUM_OK;
}

/* An address is looked for among the addresses of the certificate, a name among its names. */
static bool
demand_name(SSL *tls, const char *host)
{
    uint8_t space[sizeof(struct in6_addr)];
    X509_VERIFY_PARAM *demands = SSL_get0_param(tls);

    if (inet_pton(AF_INET, host, space) == 1 || inet_pton(AF_INET6, host, space) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(demands, host) == 1;
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return host[0] != '\0' && SSL_set1_host(tls, host) == 1 &&
           SSL_set_tlsext_host_name(tls, host) == 1;
}

enum signum_status
signumd_syslog_tls_new(const struct signumd_syslog_target *target, const char *host,
    struct signum_buf *cause, SSL **tls_out)
{
    enum signum_status status = SIGNUM_CRYPTO;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    *tls_out = NULL;
    ERR_clear_error();
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        goto out;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    status = load_files(context, target, cause);
    if (status != SIGNUM_OK)
        goto out;
    *tls_out = SSL_new(context);
    if (*tls_out == NULL || !demand_name(*tls_out, host)) {
        signumd_syslog_tls_explain(NULL, cause);
        SSL_free(*tls_out);
        *tls_out = NULL;
        status = SIGNUM_CRYPTO;
    }

out:
    SSL_CTX_free(context);
    return status;
}
