#include "crypt32_shim.h"

#include <stdlib.h>
#include <string.h>

/* Where the key of a certificate was found. */
struct acquired {
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key;
    DWORD key_spec;
    bool is_cached; /* the certificate owns the handle, the caller must not free it */
};

static bool
allows_cng(DWORD flags)
{
    return (flags & CRYPT_ACQUIRE_NCRYPT_KEY_FLAGS_MASK) != 0;
}

/* The key's public part against the certificate's. */
static BOOL
has_matching_key(PCCERT_CONTEXT certificate, NCRYPT_KEY_HANDLE key)
{
    DWORD len = 0;

    if (!shim_CryptExportPublicKeyInfo(key, CERT_NCRYPT_KEY_SPEC, X509_ASN_ENCODING, NULL, &len)) {
        return FALSE;
    }
    CERT_PUBLIC_KEY_INFO *info = malloc(len);
    if (!info) {
        return shim_fail((DWORD)NTE_NO_MEMORY);
    }
    BOOL is_match = shim_CryptExportPublicKeyInfo(key, CERT_NCRYPT_KEY_SPEC, X509_ASN_ENCODING,
                                                  info, &len);
    if (is_match && !WINE(CertComparePublicKeyInfo)(
                        X509_ASN_ENCODING, &certificate->pCertInfo->SubjectPublicKeyInfo, info)) {
        is_match = shim_fail((DWORD)NTE_BAD_PUBLIC_KEY);
    }
    free(info);
    return is_match;
}

/* Fails only where both the provider and the key refuse the window, as on Windows. */
static SECURITY_STATUS
set_window(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, HWND window)
{
    const SECURITY_STATUS by_provider = NCRYPT(NCryptSetProperty)(
        provider, NCRYPT_WINDOW_HANDLE_PROPERTY, (BYTE *)&window, sizeof window, 0);
    const SECURITY_STATUS by_key = NCRYPT(NCryptSetProperty)(key, NCRYPT_WINDOW_HANDLE_PROPERTY,
                                                             (BYTE *)&window, sizeof window, 0);

    return by_provider == ERROR_SUCCESS ? ERROR_SUCCESS : by_key;
}

/* Opens the key that the certificate names. The provider's handle is closed before the key is used,
 * as Windows does. */
static BOOL
open_named_key(const CRYPT_KEY_PROV_INFO *info, DWORD flags, const HWND *window,
               NCRYPT_KEY_HANDLE *key_out)
{
    const DWORD silent = flags & CRYPT_ACQUIRE_SILENT_FLAG ? NCRYPT_SILENT_FLAG : 0;
    const DWORD machine = info->dwFlags & CRYPT_MACHINE_KEYSET ? NCRYPT_MACHINE_KEY_FLAG : 0;
    NCRYPT_PROV_HANDLE provider = 0;

    *key_out = 0;
    SECURITY_STATUS status =
        NCRYPT(NCryptOpenStorageProvider)(&provider, info->pwszProvName, silent);
    if (status != ERROR_SUCCESS) {
        return shim_fail((DWORD)status);
    }
    status = NCRYPT(NCryptOpenKey)(provider, key_out, info->pwszContainerName, info->dwKeySpec,
                                   machine | silent);
    if (status == ERROR_SUCCESS && window) {
        status = set_window(provider, *key_out, *window);
    }
    if (status != ERROR_SUCCESS && *key_out) {
        NCRYPT(NCryptFreeObject)(*key_out);
        *key_out = 0;
    }
    NCRYPT(NCryptFreeObject)(provider);
    return status == ERROR_SUCCESS ? TRUE : shim_fail((DWORD)status);
}

static bool
wants_cache(DWORD flags, const CRYPT_KEY_PROV_INFO *info)
{
    return (flags & CRYPT_ACQUIRE_CACHE_FLAG) ||
           ((flags & CRYPT_ACQUIRE_USE_PROV_INFO_FLAG) &&
            (info->dwFlags & CERT_SET_KEY_CONTEXT_PROP_ID));
}

static BOOL
acquire_cng(PCCERT_CONTEXT certificate, const CRYPT_KEY_PROV_INFO *info, DWORD flags,
            const void *parameters, struct acquired *acquired_out)
{
    const HWND *window = flags & CRYPT_ACQUIRE_WINDOW_HANDLE_FLAG ? parameters : NULL;

    if (!allows_cng(flags)) {
        return shim_fail((DWORD)NTE_BAD_PROV_TYPE);
    }
    if (!open_named_key(info, flags, window, &acquired_out->key)) {
        return FALSE;
    }
    if ((flags & CRYPT_ACQUIRE_COMPARE_KEY_FLAG) &&
        !has_matching_key(certificate, acquired_out->key)) {
        const DWORD error = GetLastError();
        NCRYPT(NCryptFreeObject)(acquired_out->key);
        acquired_out->key = 0;
        return shim_fail(error);
    }
    acquired_out->key_spec = CERT_NCRYPT_KEY_SPEC;
    if (wants_cache(flags, info)) {
        CERT_KEY_CONTEXT context = {
            .cbSize = sizeof context, .hNCryptKey = acquired_out->key,
            .dwKeySpec = CERT_NCRYPT_KEY_SPEC};
        acquired_out->is_cached = WINE(CertSetCertificateContextProperty)(
            certificate, CERT_KEY_CONTEXT_PROP_ID, 0, &context);
    }
    return TRUE;
}

/* The key handle that the certificate already carries. */
static bool
find_cached(PCCERT_CONTEXT certificate, DWORD flags, struct acquired *acquired_out)
{
    CERT_KEY_CONTEXT context = {0};
    DWORD len = sizeof context;

    if (!(flags & (CRYPT_ACQUIRE_CACHE_FLAG | CRYPT_ACQUIRE_USE_PROV_INFO_FLAG)) ||
        !WINE(CertGetCertificateContextProperty)(certificate, CERT_KEY_CONTEXT_PROP_ID, &context,
                                                 &len)) {
        return false;
    }
    *acquired_out = (struct acquired){context.hCryptProv, context.dwKeySpec, true};
    return true;
}

/* CERT_KEY_PROV_INFO of a CNG key (provider type 0), or NULL. The caller frees it with free(). */
static CRYPT_KEY_PROV_INFO *
read_cng_info(PCCERT_CONTEXT certificate)
{
    DWORD len = 0;

    if (!WINE(CertGetCertificateContextProperty)(certificate, CERT_KEY_PROV_INFO_PROP_ID, NULL,
                                                 &len)) {
        return NULL;
    }
    CRYPT_KEY_PROV_INFO *info = malloc(len);
    if (info && WINE(CertGetCertificateContextProperty)(certificate, CERT_KEY_PROV_INFO_PROP_ID,
                                                        info, &len) &&
        info->dwProvType == 0) {
        return info;
    }
    free(info);
    return NULL;
}

WINBOOL WINAPI
shim_CryptAcquireCertificatePrivateKey(PCCERT_CONTEXT pCert, DWORD dwFlags, void *pvParameters,
                                       HCRYPTPROV_OR_NCRYPT_KEY_HANDLE *phCryptProvOrNCryptKey,
                                       DWORD *pdwKeySpec, WINBOOL *pfCallerFreeProvOrNCryptKey)
{
    struct acquired acquired = {0};

    shim_log("crypt32: CryptAcquireCertificatePrivateKey flags %lx", dwFlags);
    if (find_cached(pCert, dwFlags, &acquired)) {
        if (acquired.key_spec == CERT_NCRYPT_KEY_SPEC && !allows_cng(dwFlags)) {
            return shim_fail((DWORD)NTE_BAD_PROV_TYPE);
        }
    } else {
        CRYPT_KEY_PROV_INFO *info = read_cng_info(pCert);
        if (!info) {
            return WINE(CryptAcquireCertificatePrivateKey)(pCert, dwFlags, pvParameters,
                                                           phCryptProvOrNCryptKey, pdwKeySpec,
                                                           pfCallerFreeProvOrNCryptKey);
        }
        const BOOL is_acquired = acquire_cng(pCert, info, dwFlags, pvParameters, &acquired);
        free(info);
        if (!is_acquired) {
            return FALSE;
        }
    }
    *phCryptProvOrNCryptKey = acquired.key;
    if (pdwKeySpec) {
        *pdwKeySpec = acquired.key_spec;
    }
    if (pfCallerFreeProvOrNCryptKey) {
        *pfCallerFreeProvOrNCryptKey = !acquired.is_cached;
    }
    /* mssign32 looks at LastError even after success. */
    SetLastError(ERROR_SUCCESS);
    return TRUE;
}
