#include "ncrypt_shim.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

SECURITY_STATUS WINAPI
shim_NCryptFreeObject(NCRYPT_HANDLE hObject)
{
    struct object *object = handle_close(hObject);

    if (!object) {
        return NTE_INVALID_HANDLE;
    }
    return object_unref(object);
}

WINBOOL WINAPI
shim_NCryptIsKeyHandle(NCRYPT_KEY_HANDLE hKey)
{
    struct object *key = handle_take(hKey, OBJECT_KEY);

    if (!key) {
        return FALSE;
    }
    object_unref(key);
    return TRUE;
}

/* The one property that the provider cannot answer: its handles are not ours. */
static SECURITY_STATUS
give_provider_handle(struct object *key, PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult)
{
    *pcbResult = sizeof(NCRYPT_PROV_HANDLE);
    if (!pbOutput) {
        return ERROR_SUCCESS;
    }
    if (cbOutput < sizeof(NCRYPT_PROV_HANDLE)) {
        return NTE_BUFFER_TOO_SMALL;
    }
    object_ref(key->provider);
    const NCRYPT_PROV_HANDLE handle = handle_give(key->provider);
    if (handle == 0) {
        object_unref(key->provider);
        return NTE_NO_MEMORY;
    }
    memcpy(pbOutput, &handle, sizeof handle);
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI
shim_NCryptGetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbOutput, DWORD cbOutput,
                       DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = NTE_NOT_SUPPORTED;

    if (!pszProperty || !pcbResult) {
        return NTE_INVALID_PARAMETER;
    }
    struct object *object = handle_take(hObject, OBJECT_ANY);
    if (!object) {
        return NTE_INVALID_HANDLE;
    }
    if (object->kind == OBJECT_PROVIDER) {
        status = object->table->GetProviderProperty(object->handle, pszProperty, pbOutput,
                                                    cbOutput, pcbResult, dwFlags);
    } else if (object->kind == OBJECT_KEY &&
               wcscmp(pszProperty, NCRYPT_PROVIDER_HANDLE_PROPERTY) == 0) {
        status = give_provider_handle(object, pbOutput, cbOutput, pcbResult);
    } else if (object->kind == OBJECT_KEY) {
        status = object->table->GetKeyProperty(object->provider->handle, object->handle,
                                               pszProperty, pbOutput, cbOutput, pcbResult,
                                               dwFlags);
    }
    object_unref(object);
    return status;
}

static DWORD
string_len(LPCWSTR text)
{
    return text ? (DWORD)((wcslen(text) + 1) * sizeof *text) : 0;
}

/* Callers pass pointers to strings; providers get the strings themselves behind five numbers. */
static SECURITY_STATUS
flatten_ui_policy(const BYTE *input, DWORD input_len, BYTE **blob_out, DWORD *blob_len_out)
{
    const NCRYPT_UI_POLICY *policy = (const NCRYPT_UI_POLICY *)input;

    *blob_out = NULL;
    *blob_len_out = 0;
    if (!input || input_len < sizeof *policy || policy->dwVersion != 1) {
        return NTE_INVALID_PARAMETER;
    }
    const LPCWSTR strings[] = {policy->pszCreationTitle, policy->pszFriendlyName,
                               policy->pszDescription};
    NCRYPT_UI_POLICY_BLOB header = {policy->dwVersion, policy->dwFlags, string_len(strings[0]),
                                    string_len(strings[1]), string_len(strings[2])};
    const DWORD len = (DWORD)sizeof header + header.cbCreationTitle + header.cbFriendlyName +
                      header.cbDescription;
    BYTE *blob = malloc(len);
    if (!blob) {
        return NTE_NO_MEMORY;
    }
    memcpy(blob, &header, sizeof header);
    BYTE *next = blob + sizeof header;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        if (strings[i]) {
            memcpy(next, strings[i], string_len(strings[i]));
            next += string_len(strings[i]);
        }
    }
    *blob_out = blob;
    *blob_len_out = len;
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI
shim_NCryptSetProperty(NCRYPT_HANDLE hObject, LPCWSTR pszProperty, PBYTE pbInput, DWORD cbInput,
                       DWORD dwFlags)
{
    SECURITY_STATUS status = NTE_NOT_SUPPORTED;
    BYTE *blob = NULL;
    DWORD blob_len = 0;

    if (!pszProperty) {
        return NTE_INVALID_PARAMETER;
    }
    struct object *object = handle_take(hObject, OBJECT_ANY);
    if (!object) {
        return NTE_INVALID_HANDLE;
    }
    if (wcscmp(pszProperty, NCRYPT_UI_POLICY_PROPERTY) == 0) {
        status = flatten_ui_policy(pbInput, cbInput, &blob, &blob_len);
        if (status != ERROR_SUCCESS) {
            goto out;
        }
        pbInput = blob;
        cbInput = blob_len;
    }
    if (object->kind == OBJECT_PROVIDER) {
        status = object->table->SetProviderProperty(object->handle, pszProperty, pbInput, cbInput,
                                                    dwFlags);
    } else if (object->kind == OBJECT_KEY) {
        status = object->table->SetKeyProperty(object->provider->handle, object->handle,
                                               pszProperty, pbInput, cbInput, dwFlags);
    }
out:
    free(blob);
    object_unref(object);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptIsAlgSupported(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags)
{
    struct object *provider = handle_take(hProvider, OBJECT_PROVIDER);

    if (!provider) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        provider->table->IsAlgSupported(provider->handle, pszAlgId, dwFlags);
    object_unref(provider);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptEnumAlgorithms(NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgOperations, DWORD *pdwAlgCount,
                          NCryptAlgorithmName **ppAlgList, DWORD dwFlags)
{
    if (!pdwAlgCount || !ppAlgList) {
        return NTE_INVALID_PARAMETER;
    }
    *pdwAlgCount = 0;
    *ppAlgList = NULL;
    struct object *provider = handle_take(hProvider, OBJECT_PROVIDER);
    if (!provider) {
        return NTE_INVALID_HANDLE;
    }
    SECURITY_STATUS status = provider->table->EnumAlgorithms(provider->handle, dwAlgOperations,
                                                             pdwAlgCount, ppAlgList, dwFlags);
    if (status == ERROR_SUCCESS && !buffer_remember(*ppAlgList, provider)) {
        provider->table->FreeBuffer(*ppAlgList);
        *ppAlgList = NULL;
        *pdwAlgCount = 0;
        status = NTE_NO_MEMORY;
    }
    object_unref(provider);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptEnumKeys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
                    PVOID *ppEnumState, DWORD dwFlags)
{
    if (!ppKeyName || !ppEnumState) {
        return NTE_INVALID_PARAMETER;
    }
    *ppKeyName = NULL;
    struct object *provider = handle_take(hProvider, OBJECT_PROVIDER);
    if (!provider) {
        return NTE_INVALID_HANDLE;
    }
    SECURITY_STATUS status = provider->table->EnumKeys(provider->handle, pszScope, ppKeyName,
                                                       ppEnumState, dwFlags);
    /* The state outlives a failed step: the caller frees it after the last item. */
    const bool is_state_kept = buffer_remember(*ppEnumState, provider);
    if (status == ERROR_SUCCESS && (!is_state_kept || !buffer_remember(*ppKeyName, provider))) {
        provider->table->FreeBuffer(*ppKeyName);
        *ppKeyName = NULL;
        status = NTE_NO_MEMORY;
    }
    object_unref(provider);
    return status;
}

SECURITY_STATUS WINAPI
shim_NCryptNotifyChangeKey(NCRYPT_PROV_HANDLE hProvider, HANDLE *phEvent, DWORD dwFlags)
{
    struct object *provider = handle_take(hProvider, OBJECT_PROVIDER);

    if (!provider) {
        return NTE_INVALID_HANDLE;
    }
    const SECURITY_STATUS status =
        provider->table->NotifyChangeKey(provider->handle, phEvent, dwFlags);
    object_unref(provider);
    return status;
}

/* Legacy CSP handles have no CNG counterpart here. */
SECURITY_STATUS WINAPI
shim_NCryptTranslateHandle(NCRYPT_PROV_HANDLE *phProvider, NCRYPT_KEY_HANDLE *phKey,
                           HCRYPTPROV hLegacyProv, HCRYPTKEY hLegacyKey, DWORD dwLegacyKeySpec,
                           DWORD dwFlags)
{
    (void)hLegacyProv;
    (void)hLegacyKey;
    (void)dwLegacyKeySpec;
    (void)dwFlags;
    if (!phKey) {
        return NTE_INVALID_PARAMETER;
    }
    *phKey = 0;
    if (phProvider) {
        *phProvider = 0;
    }
    return NTE_NOT_SUPPORTED;
}
