/*
 * The entries that testksp.c refuses, typed as in the table. Only testksp.c includes it.
 */
#ifndef SIGNUM_WINE_TESTKSP_REFUSED_H
#define SIGNUM_WINE_TESTKSP_REFUSED_H

#include "signum/ksp_abi.h"

static SECURITY_STATUS WINAPI
create_persisted_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszAlgId,
                     LPCWSTR pszKeyName, DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    (void)hProvider;
    (void)phKey;
    (void)pszAlgId;
    (void)pszKeyName;
    (void)dwLegacyKeySpec;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
finalize_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
delete_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
encrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput,
        VOID *pPaddingInfo, PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pbInput;
    (void)cbInput;
    (void)pPaddingInfo;
    (void)pbOutput;
    (void)cbOutput;
    (void)pcbResult;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
decrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput,
        VOID *pPaddingInfo, PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pbInput;
    (void)cbInput;
    (void)pPaddingInfo;
    (void)pbOutput;
    (void)cbOutput;
    (void)pcbResult;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
import_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
           NCryptBufferDesc *pParameterList, NCRYPT_KEY_HANDLE *phKey, PBYTE pbData, DWORD cbData,
           DWORD dwFlags)
{
    (void)hProvider;
    (void)hImportKey;
    (void)pszBlobType;
    (void)pParameterList;
    (void)phKey;
    (void)pbData;
    (void)cbData;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
verify_signature(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo,
                 PBYTE pbHashValue, DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature,
                 DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pPaddingInfo;
    (void)pbHashValue;
    (void)cbHashValue;
    (void)pbSignature;
    (void)cbSignature;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
prompt_user(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, LPCWSTR pszOperation,
            DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pszOperation;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
notify_change_key(NCRYPT_PROV_HANDLE hProvider, HANDLE *phEvent, DWORD dwFlags)
{
    (void)hProvider;
    (void)phEvent;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
secret_agreement(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hPrivKey,
                 NCRYPT_KEY_HANDLE hPubKey, NCRYPT_SECRET_HANDLE *phAgreedSecret, DWORD dwFlags)
{
    (void)hProvider;
    (void)hPrivKey;
    (void)hPubKey;
    (void)phAgreedSecret;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
derive_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF,
           NCryptBufferDesc *pParameterList, PBYTE pbDerivedKey, DWORD cbDerivedKey,
           DWORD *pcbResult, ULONG dwFlags)
{
    (void)hProvider;
    (void)hSharedSecret;
    (void)pwszKDF;
    (void)pParameterList;
    (void)pbDerivedKey;
    (void)cbDerivedKey;
    (void)pcbResult;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
free_secret(NCRYPT_PROV_HANDLE hProvider, NCRYPT_SECRET_HANDLE hSharedSecret)
{
    (void)hProvider;
    (void)hSharedSecret;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
key_derivation(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
               NCryptBufferDesc *pParameterList, PUCHAR pbDerivedKey, DWORD cbDerivedKey,
               DWORD *pcbResult, ULONG dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pParameterList;
    (void)pbDerivedKey;
    (void)cbDerivedKey;
    (void)pcbResult;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
create_claim(NCRYPT_PROV_HANDLE hProv, NCRYPT_KEY_HANDLE hSubjectKey,
             NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType, NCryptBufferDesc *pParameterList,
             PBYTE pbClaimBlob, DWORD cbClaimBlob, DWORD *pcbResult, DWORD dwFlags)
{
    (void)hProv;
    (void)hSubjectKey;
    (void)hAuthorityKey;
    (void)dwClaimType;
    (void)pParameterList;
    (void)pbClaimBlob;
    (void)cbClaimBlob;
    (void)pcbResult;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
verify_claim(NCRYPT_PROV_HANDLE hProv, NCRYPT_KEY_HANDLE hSubjectKey,
             NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType, NCryptBufferDesc *pParameterList,
             PBYTE pbClaimBlob, DWORD cbClaimBlob, NCryptBufferDesc *pOutput, DWORD dwFlags)
{
    (void)hProv;
    (void)hSubjectKey;
    (void)hAuthorityKey;
    (void)dwClaimType;
    (void)pParameterList;
    (void)pbClaimBlob;
    (void)cbClaimBlob;
    (void)pOutput;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

#endif
