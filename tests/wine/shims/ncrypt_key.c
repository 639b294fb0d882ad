#include "ncrypt_shim.h"

/* Wraps a handle the provider just made. On failure the provider gets it back at once. */
static SECURITY_STATUS
give_key(struct object *provider, enum object_kind kind, ULONG_PTR handle, NCRYPT_HANDLE *out)
{
    struct object *object = object_new(kind, provider, provider->table, handle);

    if (!object) {
        if (kind == OBJECT_KEY) {
            provider->table->FreeKey(provider->handle, handle);
        } else {
            provider->table->FreeSecret(provider->handle, handle);
        }
        return NTE_NO_MEMORY;
    }
    *out = handle_give(object);
    if (*out == 0) {
        object_unref(object);
        return NTE_NO_MEMORY;
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI
shim_NCryptOpenKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
                   DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    NCRYPT_KEY_HANDLE handle = 0;

    if (!phKey) {
        return NTE_INVALID_PARAMETER;
    }
    *phKey = 0;
    struct object *provider = handle_take(hProvider, OBJECT_PROVIDER);
    if (!provider) {
        return NTE_INVALID_HANDLE;
    }
    SECURITY_STATUS status = provider->table->OpenKey(provider->handle, &handle, pszKeyName,
                                                      dwLegacyKeySpec, dwFlags);
    shim_log("ncrypt: OpenKey %ls spec %lu flags %lx: %08lx",
             pszKeyName ? pszKeyName : L"(null)", dwLegacyKeySpec, dwFlags, (ULONG)status);
    if (status == ERROR_SUCCESS) {
        status = give_key(provider, OBJECT_KEY, handle, phKey);
    }
    object_unref(provider);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptCreatePersistedKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey,
                              LPCWSTR pszAlgId, LPCWSTR pszKeyName, DWORD dwLegacyKeySpec,
                              DWORD dwFlags)
{
    NCRYPT_KEY_HANDLE handle = 0;

    if (!phKey) {
        return NTE_INVALID_PARAMETER;
    }
    *phKey = 0;
    struct object *provider = handle_take(hProvider, OBJECT_PROVIDER);
    if (!provider) {
        return NTE_INVALID_HANDLE;
    }
    SECURITY_STATUS status = provider->table->CreatePersistedKey(
        provider->handle, &handle, pszAlgId, pszKeyName, dwLegacyKeySpec, dwFlags);
    if (status == ERROR_SUCCESS) {
        status = give_key(provider, OBJECT_KEY, handle, phKey);
    }
    object_unref(provider);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptImportKey(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey,
                     LPCWSTR pszBlobType, NCryptBufferDesc *pParameterList,
                     NCRYPT_KEY_HANDLE *phKey, PBYTE pbData, DWORD cbData, DWORD dwFlags)
{
    NCRYPT_KEY_HANDLE handle = 0;
    struct object *import_key = NULL;
    SECURITY_STATUS status = NTE_INVALID_HANDLE;

    if (!phKey) {
        return NTE_INVALID_PARAMETER;
    }
    *phKey = 0;
    struct object *provider = handle_take(hProvider, OBJECT_PROVIDER);
    if (!provider) {
        return NTE_INVALID_HANDLE;
    }
    if (hImportKey) {
        import_key = handle_take(hImportKey, OBJECT_KEY);
        if (!import_key) {
            goto out;
        }
    }
    status = provider->table->ImportKey(provider->handle, import_key ? import_key->handle : 0,
                                        pszBlobType, pParameterList, &handle, pbData, cbData,
                                        dwFlags);
    if (status == ERROR_SUCCESS) {
        status = give_key(provider, OBJECT_KEY, handle, phKey);
    }
out:
    object_unref(import_key);
    object_unref(provider);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptExportKey(NCRYPT_KEY_HANDLE hKey, NCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                     NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
                     DWORD *pcbResult, DWORD dwFlags)
{
    struct object *export_key = NULL;
    SECURITY_STATUS status = NTE_INVALID_HANDLE;

    struct object *key = handle_take(hKey, OBJECT_KEY);
    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    if (hExportKey) {
        export_key = handle_take(hExportKey, OBJECT_KEY);
        if (!export_key) {
            goto out;
        }
    }
    status = key->table->ExportKey(key->provider->handle, key->handle,
                                   export_key ? export_key->handle : 0, pszBlobType,
                                   pParameterList, pbOutput, cbOutput, pcbResult, dwFlags);
out:
    object_unref(export_key);
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptSignHash(NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo, PBYTE pbHashValue,
                    DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature, DWORD *pcbResult,
                    DWORD dwFlags)
{
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        key->table->SignHash(key->provider->handle, key->handle, pPaddingInfo, pbHashValue,
                             cbHashValue, pbSignature, cbSignature, pcbResult, dwFlags);
    shim_log("ncrypt: SignHash %s, %lu digest bytes, flags %lx: %08lx",
             pbSignature ? "signs" : "asks the size", cbHashValue, dwFlags, (ULONG)status);
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptVerifySignature(NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo, PBYTE pbHashValue,
                           DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature, DWORD dwFlags)
{
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        key->table->VerifySignature(key->provider->handle, key->handle, pPaddingInfo, pbHashValue,
                                    cbHashValue, pbSignature, cbSignature, dwFlags);
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptEncrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, VOID *pPaddingInfo,
                   PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        key->table->Encrypt(key->provider->handle, key->handle, pbInput, cbInput, pPaddingInfo,
                            pbOutput, cbOutput, pcbResult, dwFlags);
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptDecrypt(NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput, VOID *pPaddingInfo,
                   PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        key->table->Decrypt(key->provider->handle, key->handle, pbInput, cbInput, pPaddingInfo,
                            pbOutput, cbOutput, pcbResult, dwFlags);
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptFinalizeKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        key->table->FinalizeKey(key->provider->handle, key->handle, dwFlags);
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptDeleteKey(NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        key->table->DeleteKey(key->provider->handle, key->handle, dwFlags);
    if (status == ERROR_SUCCESS) {
        /* The provider has freed its handle together with the key. */
        key->handle = 0;
        object_unref(handle_close(hKey));
    }
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptSecretAgreement(NCRYPT_KEY_HANDLE hPrivKey, NCRYPT_KEY_HANDLE hPubKey,
                           NCRYPT_SECRET_HANDLE *phAgreedSecret, DWORD dwFlags)
{
    NCRYPT_SECRET_HANDLE handle = 0;
    SECURITY_STATUS status = NTE_INVALID_HANDLE;

    if (!phAgreedSecret) {
        return NTE_INVALID_PARAMETER;
    }
    *phAgreedSecret = 0;
    struct object *private_key = handle_take(hPrivKey, OBJECT_KEY);
    struct object *public_key = handle_take(hPubKey, OBJECT_KEY);
    if (!private_key || !public_key) {
        goto out;
    }
    status = private_key->table->SecretAgreement(private_key->provider->handle,
                                                 private_key->handle, public_key->handle, &handle,
                                                 dwFlags);
    if (status == ERROR_SUCCESS) {
        status = give_key(private_key->provider, OBJECT_SECRET, handle, phAgreedSecret);
    }
out:
    object_unref(private_key);
    object_unref(public_key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptDeriveKey(NCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF,
                     NCryptBufferDesc *pParameterList, PBYTE pbDerivedKey, DWORD cbDerivedKey,
                     DWORD *pcbResult, ULONG dwFlags)
{
    struct object *secret = handle_take(hSharedSecret, OBJECT_SECRET);

    if (!secret) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        secret->table->DeriveKey(secret->provider->handle, secret->handle, pwszKDF,
                                 pParameterList, pbDerivedKey, cbDerivedKey, pcbResult, dwFlags);
    object_unref(secret);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptKeyDerivation(NCRYPT_KEY_HANDLE hKey, NCryptBufferDesc *pParameterList,
                         PUCHAR pbDerivedKey, DWORD cbDerivedKey, DWORD *pcbResult, ULONG dwFlags)
{
    SECURITY_STATUS status = NTE_NOT_SUPPORTED;
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return NTE_INVALID_HANDLE;
    }
    if (key->table->Version.MajorVersion >= 2) {
        status = key->table->KeyDerivation(key->provider->handle, key->handle, pParameterList,
                                           pbDerivedKey, cbDerivedKey, pcbResult, dwFlags);
    }
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptCreateClaim(NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey,
                       DWORD dwClaimType, NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob,
                       DWORD cbClaimBlob, DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = NTE_NOT_SUPPORTED;
    struct object *authority = hAuthorityKey ? handle_take(hAuthorityKey, OBJECT_KEY) : NULL;
    struct object *key = handle_take(hSubjectKey, OBJECT_KEY);

    if (!key || (hAuthorityKey && !authority)) {
        status = NTE_INVALID_HANDLE;
    } else if (key->table->Version.MajorVersion >= 3) {
        status = key->table->CreateClaim(key->provider->handle, key->handle,
                                         authority ? authority->handle : 0, dwClaimType,
                                         pParameterList, pbClaimBlob, cbClaimBlob, pcbResult,
                                         dwFlags);
    }
    object_unref(authority);
    object_unref(key);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptVerifyClaim(NCRYPT_KEY_HANDLE hSubjectKey, NCRYPT_KEY_HANDLE hAuthorityKey,
                       DWORD dwClaimType, NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob,
                       DWORD cbClaimBlob, NCryptBufferDesc *pOutput, DWORD dwFlags)
{
    SECURITY_STATUS status = NTE_NOT_SUPPORTED;
    struct object *authority = hAuthorityKey ? handle_take(hAuthorityKey, OBJECT_KEY) : NULL;
    struct object *key = handle_take(hSubjectKey, OBJECT_KEY);

    if (!key || (hAuthorityKey && !authority)) {
        status = NTE_INVALID_HANDLE;
    } else if (key->table->Version.MajorVersion >= 3) {
        status = key->table->VerifyClaim(key->provider->handle, key->handle,
                                         authority ? authority->handle : 0, dwClaimType,
                                         pParameterList, pbClaimBlob, cbClaimBlob, pOutput,
                                         dwFlags);
    }
    object_unref(authority);
    object_unref(key);
    return status;
}
