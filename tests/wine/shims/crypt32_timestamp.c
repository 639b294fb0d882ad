#include "crypt32_shim.h"

#include <string.h>

#define NONCE_LEN 8

/* RFC 3161 2.4.1: TimeStampReq with a nonce, asking for the server's certificate. */
static BOOL
put_request(const char *digest_oid, const BYTE *data, DWORD len, struct der_buf *out)
{
    static const BYTE version = 1;
    static const BYTE yes = 0xff;
    struct der_buf imprint = DER_BUF_INIT;
    struct digest digest;
    BYTE nonce[NONCE_LEN];

    if (!oid_digest(digest_oid, data, len, &digest)) {
        return FALSE;
    }
    if (BCryptGenRandom(NULL, nonce, sizeof nonce, BCRYPT_USE_SYSTEM_PREFERRED_RNG) !=
        STATUS_SUCCESS) {
        return shim_fail((DWORD)NTE_FAIL);
    }
    der_put_algorithm(&imprint, digest_oid, NULL, 0, true);
    der_put_tlv(&imprint, DER_OCTET_STRING, digest.value, digest.len);
    der_wrap(&imprint, DER_SEQUENCE);
    der_put_tlv(out, DER_INTEGER, &version, 1);
    der_take(out, &imprint);
    der_put_unsigned(out, nonce, sizeof nonce);
    der_put_tlv(out, DER_BOOLEAN, &yes, 1);
    der_wrap(out, DER_SEQUENCE);
    return der_ok(out) ? TRUE : shim_fail(ERROR_OUTOFMEMORY);
}

/* RFC 3161 2.4.2: TimeStampResp is a status and, where it was granted, the token. */
static BOOL
find_token(struct der_span reply, struct der_span *token_out)
{
    struct der_span content;
    struct der_span parts[2];
    size_t count = 0;

    if (!der_content(reply, &content) || !der_split(content, parts, 2, &count) || count != 2) {
        return shim_fail((DWORD)CRYPT_E_BAD_MSG);
    }
    *token_out = parts[1];
    return TRUE;
}

/* What CryptMemFree frees in one call. The caller reads the token; nobody reads pTimeStamp's
 * members, which mssign32 only checks to be there. */
struct timestamp {
    CRYPT_TIMESTAMP_CONTEXT context;
    CRYPT_TIMESTAMP_INFO info;
    BYTE token[];
};

static PCRYPT_TIMESTAMP_CONTEXT
timestamp_new(struct der_span token)
{
    struct timestamp *timestamp =
        WINE(CryptMemAlloc)((ULONG)(sizeof *timestamp + token.len));

    if (!timestamp) {
        return NULL;
    }
    memset(timestamp, 0, sizeof *timestamp);
    memcpy(timestamp->token, token.data, token.len);
    timestamp->context.cbEncoded = (DWORD)token.len;
    timestamp->context.pbEncoded = timestamp->token;
    timestamp->context.pTimeStamp = &timestamp->info;
    return &timestamp->context;
}

/* The certificate in the token that may sign timestamps; NULL if there is none. */
static PCCERT_CONTEXT
find_signer(HCERTSTORE store)
{
    _Alignas(8) BYTE buffer[1024];
    PCCERT_CONTEXT certificate = NULL;

    for (;;) {
        DWORD len = sizeof buffer;
        CTL_USAGE *usage = (CTL_USAGE *)buffer;
        certificate = WINE(CertEnumCertificatesInStore)(store, certificate);
        if (!certificate) {
            return NULL;
        }
        if (WINE(CertGetEnhancedKeyUsage)(certificate, 0, usage, &len) &&
            usage->cUsageIdentifier > 0 &&
            strcmp(usage->rgpszUsageIdentifier[0], szOID_PKIX_KP_TIMESTAMP_SIGNING) == 0) {
            return certificate;
        }
    }
}

static BOOL
give_timestamp(struct der_span token, PCRYPT_TIMESTAMP_CONTEXT *ppTsContext,
               PCCERT_CONTEXT *ppTsSigner, HCERTSTORE *phStore)
{
    CRYPT_DATA_BLOB blob = {(DWORD)token.len, (BYTE *)(ULONG_PTR)token.data};

    HCERTSTORE store = WINE(CertOpenStore)(
        CERT_STORE_PROV_PKCS7, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, 0, 0, &blob);
    if (!store) {
        return FALSE;
    }
    PCCERT_CONTEXT signer = find_signer(store);
    *ppTsContext = timestamp_new(token);
    if (!*ppTsContext) {
        WINE(CertFreeCertificateContext)(signer);
        WINE(CertCloseStore)(store, 0);
        return shim_fail(ERROR_OUTOFMEMORY);
    }
    if (ppTsSigner) {
        *ppTsSigner = signer;
    } else {
        WINE(CertFreeCertificateContext)(signer);
    }
    if (phStore) {
        *phStore = store;
    } else {
        WINE(CertCloseStore)(store, 0);
    }
    return TRUE;
}

WINBOOL WINAPI
shim_CryptRetrieveTimeStamp(LPCWSTR wszUrl, DWORD dwRetrievalFlags, DWORD dwTimeout,
                            LPCSTR pszHashId, const CRYPT_TIMESTAMP_PARA *pPara,
                            const BYTE *pbData, DWORD cbData,
                            PCRYPT_TIMESTAMP_CONTEXT *ppTsContext, PCCERT_CONTEXT *ppTsSigner,
                            HCERTSTORE *phStore)
{
    struct der_buf request = DER_BUF_INIT;
    struct der_buf reply = DER_BUF_INIT;
    struct der_span token = {NULL, 0};

    (void)dwRetrievalFlags;
    (void)pPara;
    if (!wszUrl || !ppTsContext) {
        return shim_fail(ERROR_INVALID_PARAMETER);
    }
    *ppTsContext = NULL;
    BOOL is_given =
        put_request(pszHashId, pbData, cbData, &request) &&
        http_post_timestamp(wszUrl, dwTimeout, (struct der_span){request.data, request.len},
                            &reply) &&
        find_token((struct der_span){reply.data, reply.len}, &token) &&
        give_timestamp(token, ppTsContext, ppTsSigner, phStore);
    const DWORD error = is_given ? ERROR_SUCCESS : GetLastError();
    shim_log("crypt32: timestamp from %ls: %08lx", wszUrl, error);
    der_free(&request);
    der_free(&reply);
    SetLastError(error);
    return is_given;
}
