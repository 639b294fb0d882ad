#include "crypt32_shim.h"

#include <stdlib.h>
#include <string.h>

/*
 * Properties 78 (CERT_NCRYPT_KEY_HANDLE) and 79 (CERT_HCRYPTPROV_OR_NCRYPT_KEY_HANDLE), which Wine
 * refuses, are kept as Wine's CERT_KEY_CONTEXT, the property that CAPI keys use.
 */
static bool
is_key_handle_property(DWORD property)
{
    return property == CERT_NCRYPT_KEY_HANDLE_PROP_ID ||
           property == CERT_HCRYPTPROV_OR_NCRYPT_KEY_HANDLE_PROP_ID;
}

WINBOOL WINAPI
shim_CertSetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, DWORD dwFlags,
                                       const void *pvData)
{
    CERT_KEY_CONTEXT key = {.cbSize = sizeof key};

    /* Property 1 too: Windows takes the handle itself, Wine a pointer to it. */
    if (!is_key_handle_property(dwPropId) && dwPropId != CERT_KEY_PROV_HANDLE_PROP_ID) {
        return WINE(CertSetCertificateContextProperty)(pCertContext, dwPropId, dwFlags, pvData);
    }
    if (!pvData) {
        return WINE(CertSetCertificateContextProperty)(pCertContext, CERT_KEY_CONTEXT_PROP_ID,
                                                       dwFlags, NULL);
    }
    key.hCryptProv = (HCRYPTPROV)pvData;
    key.dwKeySpec =
        NCRYPT(NCryptIsKeyHandle)(key.hCryptProv) ? CERT_NCRYPT_KEY_SPEC : AT_SIGNATURE;
    shim_log("crypt32: key handle set on a certificate, spec %lx, flags %lx", key.dwKeySpec,
             dwFlags);
    return WINE(CertSetCertificateContextProperty)(pCertContext, CERT_KEY_CONTEXT_PROP_ID, dwFlags,
                                                   &key);
}

WINBOOL WINAPI
shim_CertGetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, void *pvData,
                                       DWORD *pcbData)
{
    CERT_KEY_CONTEXT key = {0};
    DWORD len = sizeof key;

    if (!is_key_handle_property(dwPropId)) {
        return WINE(CertGetCertificateContextProperty)(pCertContext, dwPropId, pvData, pcbData);
    }
    if (!WINE(CertGetCertificateContextProperty)(pCertContext, CERT_KEY_CONTEXT_PROP_ID, &key,
                                                 &len)) {
        return FALSE;
    }
    if (dwPropId == CERT_NCRYPT_KEY_HANDLE_PROP_ID && key.dwKeySpec != CERT_NCRYPT_KEY_SPEC) {
        return shim_fail((DWORD)CRYPT_E_NOT_FOUND);
    }
    return shim_give_bytes(&key.hCryptProv, sizeof key.hCryptProv, pvData, pcbData);
}

/* Wine stores the provider's mask of key specs (3) where Windows stores AT_KEYEXCHANGE. */
static void
repair_key_spec(PCCERT_CONTEXT certificate)
{
    DWORD len = 0;

    if (!WINE(CertGetCertificateContextProperty)(certificate, CERT_KEY_PROV_INFO_PROP_ID, NULL,
                                                 &len)) {
        return;
    }
    CRYPT_KEY_PROV_INFO *info = malloc(len);
    if (info && WINE(CertGetCertificateContextProperty)(certificate, CERT_KEY_PROV_INFO_PROP_ID,
                                                        info, &len) &&
        info->dwKeySpec == (AT_KEYEXCHANGE | AT_SIGNATURE)) {
        info->dwKeySpec = AT_KEYEXCHANGE;
        WINE(CertSetCertificateContextProperty)(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, info);
    }
    free(info);
}

HCERTSTORE WINAPI
shim_PFXImportCertStore(CRYPT_DATA_BLOB *pPFX, LPCWSTR szPassword, DWORD dwFlags)
{
    HCERTSTORE store = WINE(PFXImportCertStore)(pPFX, szPassword, dwFlags);
    PCCERT_CONTEXT certificate = NULL;

    if (!store) {
        return NULL;
    }
    do {
        certificate = WINE(CertEnumCertificatesInStore)(store, certificate);
        if (certificate) {
            repair_key_spec(certificate);
        }
    } while (certificate);
    return store;
}
