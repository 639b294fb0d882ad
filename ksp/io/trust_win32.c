#include "io/trust_win32.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <wincrypt.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "io/utf16.h"

#ifndef SECURITY_FLAG_IGNORE_CERT_CN_INVALID /* wininet.h has it, and much besides */
#define SECURITY_FLAG_IGNORE_CERT_CN_INVALID 0x00001000
#endif

/* What OpenSSL says for what Windows says; the first row is for all that is not listed. */
static const struct {
    DWORD windows;
    int openssl;
} errors[] = {
    {0, X509_V_ERR_UNSPECIFIED},
    {(DWORD)CERT_E_UNTRUSTEDROOT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN},
    {(DWORD)CERT_E_CHAINING, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {(DWORD)CERT_E_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
    {(DWORD)CERT_E_CN_NO_MATCH, X509_V_ERR_HOSTNAME_MISMATCH},
    {(DWORD)CERT_E_WRONG_USAGE, X509_V_ERR_INVALID_PURPOSE},
    {(DWORD)CERT_E_PURPOSE, X509_V_ERR_INVALID_PURPOSE},
    {(DWORD)CERT_E_REVOKED, X509_V_ERR_CERT_REVOKED},
    {(DWORD)CRYPT_E_REVOKED, X509_V_ERR_CERT_REVOKED},
    {(DWORD)TRUST_E_CERT_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE},
    {(DWORD)TRUST_E_EXPLICIT_DISTRUST, X509_V_ERR_CERT_REJECTED},
};

static int
to_openssl(DWORD error)
{
    if (error == 0)
        return X509_V_OK;
    for (size_t i = 1; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].windows == error)
            return errors[i].openssl;
    }
    return errors[0].openssl;
}

/* Windows' form of a certificate, also put into `store` if that is not NULL; NULL on failure. */
static PCCERT_CONTEXT
to_windows(X509 *cert, HCERTSTORE store)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    PCCERT_CONTEXT context = NULL;

    if (len <= 0)
        return NULL;
    context = CertCreateCertificateContext(X509_ASN_ENCODING, der, (DWORD)len);
    OPENSSL_free(der);
    if (context != NULL && store != NULL)
        (void)CertAddCertificateContextToStore(store, context, CERT_STORE_ADD_ALWAYS, NULL);
    return context;
}

static PCCERT_CHAIN_CONTEXT
build_chain(PCCERT_CONTEXT leaf, HCERTSTORE others)
{
    static char server_auth[] = szOID_PKIX_KP_SERVER_AUTH;
    LPSTR usages[] = {server_auth};
    CERT_CHAIN_PARA para = {.cbSize = sizeof para};
    PCCERT_CHAIN_CONTEXT chain = NULL;

    para.RequestedUsage.dwType = USAGE_MATCH_TYPE_AND;
    para.RequestedUsage.Usage.cUsageIdentifier = 1;
    para.RequestedUsage.Usage.rgpszUsageIdentifier = usages;
    if (!CertGetCertificateChain(NULL, leaf, NULL, others, &para, 0, NULL, &chain))
        return NULL;
    return chain;
}

/* An address of numbers: older Windows compares names only, so that libcurl alone does it. */
static bool
is_address(const char *host)
{
    return strchr(host, ':') != NULL || strspn(host, "0123456789.") == strlen(host);
}

/*
 * What the chain itself says. The policy below would say most of it again, but not all of it
 * everywhere: Wine's lets a chain pass that ends at no root.
 */
static int
judge_trust(DWORD trust)
{
    static const struct {
        DWORD bits;
        int openssl;
    } rows[] = {
        {CERT_TRUST_IS_NOT_SIGNATURE_VALID, X509_V_ERR_CERT_SIGNATURE_FAILURE},
        {CERT_TRUST_IS_EXPLICIT_DISTRUST, X509_V_ERR_CERT_REJECTED},
        {CERT_TRUST_IS_REVOKED, X509_V_ERR_CERT_REVOKED},
        {CERT_TRUST_IS_UNTRUSTED_ROOT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN},
        {CERT_TRUST_IS_PARTIAL_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {CERT_TRUST_IS_NOT_TIME_VALID, X509_V_ERR_CERT_HAS_EXPIRED},
        {CERT_TRUST_IS_NOT_VALID_FOR_USAGE, X509_V_ERR_INVALID_PURPOSE},
    };
    const DWORD harmless = CERT_TRUST_IS_NOT_TIME_NESTED | CERT_TRUST_REVOCATION_STATUS_UNKNOWN |
                           CERT_TRUST_IS_OFFLINE_REVOCATION;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((trust & rows[i].bits) != 0)
            return rows[i].openssl;
    }
    return (trust & ~harmless) == 0 ? X509_V_OK : X509_V_ERR_UNSPECIFIED;
}

static int
judge_chain(PCCERT_CHAIN_CONTEXT chain, const char *host)
{
    HTTPSPolicyCallbackData extra = {{sizeof extra}, AUTHTYPE_SERVER, 0, NULL};
    CERT_CHAIN_POLICY_PARA para = {.cbSize = sizeof para, .pvExtraPolicyPara = &extra};
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof status};
    wchar_t *name = NULL;
    int error = X509_V_ERR_UNSPECIFIED;

    if (signum_utf16_from_utf8(host, &name) != SIGNUM_OK)
        return X509_V_ERR_OUT_OF_MEM;
    extra.pwszServerName = name;
    if (is_address(host))
        extra.fdwChecks = SECURITY_FLAG_IGNORE_CERT_CN_INVALID;
    if (*host != 0 &&
        CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain, &para, &status))
        error = to_openssl(status.dwError);
    free(name);
    return error;
}

static int
judge(X509 *cert, const STACK_OF(X509) *chain, const char *host)
{
    HCERTSTORE others =
        CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);
    PCCERT_CONTEXT leaf = cert == NULL ? NULL : to_windows(cert, NULL);
    int error = X509_V_ERR_UNSPECIFIED;

    if (others == NULL || leaf == NULL)
        goto out;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        PCCERT_CONTEXT other = to_windows(sk_X509_value(chain, i), others);
        if (other != NULL)
            (void)CertFreeCertificateContext(other);
    }
    PCCERT_CHAIN_CONTEXT built = build_chain(leaf, others);
    if (built == NULL)
        goto out;
    error = judge_trust(built->TrustStatus.dwErrorStatus);
    if (error == X509_V_OK)
        error = judge_chain(built, host);
    CertFreeCertificateChain(built);
out:
    if (leaf != NULL)
        (void)CertFreeCertificateContext(leaf);
    if (others != NULL)
        (void)CertCloseStore(others, 0);
    return error;
}

/* In the place of OpenSSL's own verification. */
static int
verify(X509_STORE_CTX *store, void *context)
{
    int error = judge(X509_STORE_CTX_get0_cert(store), X509_STORE_CTX_get0_untrusted(store),
                      context);

    X509_STORE_CTX_set_error(store, error);
    return error == X509_V_OK;
}

static CURLcode
prepare(CURL *curl, void *ssl_context, void *host)
{
    (void)curl;
    SSL_CTX_set_cert_verify_callback(ssl_context, verify, host);
    return CURLE_OK;
}

CURLcode
signum_trust_win32_apply(CURL *curl, const char *host)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, prepare);

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, (void *)(uintptr_t)host);
    return code;
}
