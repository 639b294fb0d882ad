/*
 * A key storage provider for testing the stand-ins themselves: keys in files, and counters that
 * show what the router freed. It shares nothing with the real provider but ksp_abi.h, so signtool
 * runs against it tell a fault of the stand-ins from a fault of ours. Test-only code.
 *
 * Keys: %SIGNUM_TESTKSP_KEYS%\NAME.rsa (BCRYPT_RSAFULLPRIVATE_BLOB) or NAME.ec
 * (BCRYPT_ECCPRIVATE_BLOB), made by tests/wine/lib/mkblob.py; and "bare", a key without a file that
 * cannot sign. Providers by name: TESTKSP_NAME, and the variants of testksp.h that misbehave.
 */
#include "testksp.h"

#include "signum/ksp_abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wincrypt.h>

#define BLOB_MAX_LEN 8192
#define NAME_CCH 128

struct key {
    WCHAR name[NAME_CCH];
    bool is_ec;
    ULONG bits;
    BCRYPT_KEY_HANDLE handle; /* NULL: the bare key */
};

static LONG live_providers;
static LONG live_keys;
static LONG live_buffers;

static struct key *
key_of(NCRYPT_KEY_HANDLE handle)
{
    return (struct key *)handle;
}

/* The size query, the short buffer and the copy, as every CNG call does them. */
static SECURITY_STATUS
give(const void *data, DWORD len, PBYTE out, DWORD room, DWORD *len_out)
{
    if (!len_out) {
        return NTE_INVALID_PARAMETER;
    }
    *len_out = len;
    if (!out) {
        return ERROR_SUCCESS;
    }
    if (room < len) {
        return NTE_BUFFER_TOO_SMALL;
    }
    memcpy(out, data, len);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS
give_string(const WCHAR *text, PBYTE out, DWORD room, DWORD *len_out)
{
    return give(text, (DWORD)((wcslen(text) + 1) * sizeof *text), out, room, len_out);
}

static void *
buffer_new(size_t len)
{
    void *buffer = calloc(1, len);

    if (buffer) {
        InterlockedIncrement(&live_buffers);
    }
    return buffer;
}

static SECURITY_STATUS WINAPI
free_buffer(PVOID pvInput)
{
    InterlockedDecrement(&live_buffers);
    free(pvInput);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS WINAPI
open_provider(NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName, DWORD dwFlags)
{
    (void)pszProviderName;
    (void)dwFlags;
    *phProvider = (NCRYPT_PROV_HANDLE)InterlockedIncrement(&live_providers);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS WINAPI
free_provider(NCRYPT_PROV_HANDLE hProvider)
{
    (void)hProvider;
    InterlockedDecrement(&live_providers);
    return ERROR_SUCCESS;
}

static DWORD
read_key_file(LPCWSTR name, const WCHAR *suffix, BYTE *blob)
{
    WCHAR folder[MAX_PATH] = L".";
    WCHAR path[MAX_PATH + NAME_CCH + 8];
    DWORD len = 0;

    GetEnvironmentVariableW(L"SIGNUM_TESTKSP_KEYS", folder, MAX_PATH);
    swprintf(path, sizeof path / sizeof *path, L"%ls\\%ls%ls", folder, name, suffix);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return 0;
    }
    if (!ReadFile(file, blob, BLOB_MAX_LEN, &len, NULL)) {
        len = 0;
    }
    CloseHandle(file);
    return len;
}

static const WCHAR *
algorithm_name(const struct key *key)
{
    if (!key->is_ec) {
        return BCRYPT_RSA_ALGORITHM;
    }
    return key->bits == 384 ? BCRYPT_ECDSA_P384_ALGORITHM : BCRYPT_ECDSA_P256_ALGORITHM;
}

/* Both kinds of blob begin with a magic number and a size: bits of RSA, bytes of a coordinate. */
static SECURITY_STATUS
load_key(struct key *key, LPCWSTR name)
{
    _Alignas(8) BYTE blob[BLOB_MAX_LEN];
    BCRYPT_ALG_HANDLE algorithm = NULL;

    DWORD len = read_key_file(name, L".rsa", blob);
    if (len == 0) {
        len = read_key_file(name, L".ec", blob);
        key->is_ec = true;
    }
    if (len < 2 * sizeof(ULONG)) {
        return NTE_BAD_KEYSET;
    }
    memcpy(&key->bits, blob + sizeof(ULONG), sizeof key->bits);
    if (key->is_ec) {
        key->bits *= 8;
    }
    NTSTATUS status = BCryptOpenAlgorithmProvider(&algorithm, algorithm_name(key), NULL, 0);
    if (status == STATUS_SUCCESS) {
        status = BCryptImportKeyPair(algorithm, NULL,
                                     key->is_ec ? BCRYPT_ECCPRIVATE_BLOB
                                                : BCRYPT_RSAFULLPRIVATE_BLOB,
                                     &key->handle, blob, len, 0);
        BCryptCloseAlgorithmProvider(algorithm, 0);
    }
    return status == STATUS_SUCCESS ? ERROR_SUCCESS : NTE_BAD_KEY;
}

static SECURITY_STATUS WINAPI
open_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
         DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    (void)hProvider;
    (void)dwLegacyKeySpec;
    (void)dwFlags;
    if (!pszKeyName || wcslen(pszKeyName) >= NAME_CCH) {
        return NTE_INVALID_PARAMETER;
    }
    struct key *key = calloc(1, sizeof *key);
    if (!key) {
        return NTE_NO_MEMORY;
    }
    wcscpy(key->name, pszKeyName);
    if (wcscmp(pszKeyName, TESTKSP_BARE_KEY) != 0) {
        const SECURITY_STATUS status = load_key(key, pszKeyName);
        if (status != ERROR_SUCCESS) {
            free(key);
            return status;
        }
    }
    InterlockedIncrement(&live_keys);
    *phKey = (NCRYPT_KEY_HANDLE)key;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS WINAPI
free_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey)
{
    struct key *key = key_of(hKey);

    (void)hProvider;
    if (key->handle) {
        BCryptDestroyKey(key->handle);
    }
    free(key);
    InterlockedDecrement(&live_keys);
    return ERROR_SUCCESS;
}

static SECURITY_STATUS WINAPI
get_provider_property(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszProperty, PBYTE pbOutput,
                      DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    const struct {
        const WCHAR *name;
        LONG value;
    } counters[] = {{TESTKSP_LIVE_PROVIDERS, live_providers},
                    {TESTKSP_LIVE_KEYS, live_keys},
                    {TESTKSP_LIVE_BUFFERS, live_buffers}};

    (void)hProvider;
    (void)dwFlags;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        if (wcscmp(pszProperty, counters[i].name) == 0) {
            return give(&counters[i].value, sizeof counters[i].value, pbOutput, cbOutput,
                        pcbResult);
        }
    }
    if (wcscmp(pszProperty, NCRYPT_NAME_PROPERTY) == 0) {
        return give_string(TESTKSP_NAME, pbOutput, cbOutput, pcbResult);
    }
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
get_key_property(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, LPCWSTR pszProperty,
                 PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    const struct key *key = key_of(hKey);

    (void)hProvider;
    (void)dwFlags;
    if (wcscmp(pszProperty, NCRYPT_ALGORITHM_GROUP_PROPERTY) == 0) {
        return give_string(key->is_ec ? NCRYPT_ECDSA_ALGORITHM_GROUP : NCRYPT_RSA_ALGORITHM_GROUP,
                           pbOutput, cbOutput, pcbResult);
    }
    if (wcscmp(pszProperty, NCRYPT_ALGORITHM_PROPERTY) == 0) {
        return give_string(algorithm_name(key), pbOutput, cbOutput, pcbResult);
    }
    if (wcscmp(pszProperty, NCRYPT_LENGTH_PROPERTY) == 0) {
        return give(&key->bits, sizeof key->bits, pbOutput, cbOutput, pcbResult);
    }
    if (wcscmp(pszProperty, NCRYPT_NAME_PROPERTY) == 0) {
        return give_string(key->name, pbOutput, cbOutput, pcbResult);
    }
    return NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
set_provider_property(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszProperty, PBYTE pbInput,
                      DWORD cbInput, DWORD dwFlags)
{
    (void)hProvider;
    (void)pszProperty;
    (void)pbInput;
    (void)cbInput;
    (void)dwFlags;
    return NTE_NOT_SUPPORTED;
}

/* Takes a window, and a UI policy only in the flat form and with sizes that add up. */
static SECURITY_STATUS WINAPI
set_key_property(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, LPCWSTR pszProperty,
                 PBYTE pbInput, DWORD cbInput, DWORD dwFlags)
{
    NCRYPT_UI_POLICY_BLOB blob;

    (void)hProvider;
    (void)hKey;
    (void)dwFlags;
    if (wcscmp(pszProperty, NCRYPT_WINDOW_HANDLE_PROPERTY) == 0) {
        return cbInput == sizeof(HWND) ? ERROR_SUCCESS : NTE_INVALID_PARAMETER;
    }
    if (wcscmp(pszProperty, NCRYPT_UI_POLICY_PROPERTY) != 0) {
        return NTE_NOT_SUPPORTED;
    }
    if (cbInput < sizeof blob) {
        return NTE_INVALID_PARAMETER;
    }
    memcpy(&blob, pbInput, sizeof blob);
    return sizeof blob + blob.cbCreationTitle + blob.cbFriendlyName + blob.cbDescription == cbInput
               ? ERROR_SUCCESS
               : NTE_INVALID_PARAMETER;
}

static SECURITY_STATUS WINAPI
is_alg_supported(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags)
{
    (void)hProvider;
    (void)dwFlags;
    return pszAlgId && wcscmp(pszAlgId, BCRYPT_RSA_ALGORITHM) == 0 ? ERROR_SUCCESS
                                                                   : NTE_NOT_SUPPORTED;
}

static SECURITY_STATUS WINAPI
enum_algorithms(NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgClass, DWORD *pdwAlgCount,
                NCryptAlgorithmName **ppAlgList, DWORD dwFlags)
{
    static WCHAR rsa[] = BCRYPT_RSA_ALGORITHM;

    (void)hProvider;
    (void)dwAlgClass;
    (void)dwFlags;
    NCryptAlgorithmName *list = buffer_new(sizeof *list);
    if (!list) {
        return NTE_NO_MEMORY;
    }
    *list = (NCryptAlgorithmName){rsa, NCRYPT_SIGNATURE_INTERFACE, NCRYPT_SIGNATURE_OPERATION, 0};
    *pdwAlgCount = 1;
    *ppAlgList = list;
    return ERROR_SUCCESS;
}

/* Two names; the state counts what was given. */
static SECURITY_STATUS WINAPI
enum_keys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
          PVOID *ppEnumState, DWORD dwFlags)
{
    static WCHAR name[] = TESTKSP_BARE_KEY;
    static WCHAR algorithm[] = BCRYPT_RSA_ALGORITHM;

    (void)hProvider;
    (void)pszScope;
    (void)dwFlags;
    if (!*ppEnumState) {
        *ppEnumState = buffer_new(sizeof(LONG));
    }
    LONG *given = *ppEnumState;
    if (!given) {
        return NTE_NO_MEMORY;
    }
    if (*given == 2) {
        return NTE_NO_MORE_ITEMS;
    }
    NCryptKeyName *item = buffer_new(sizeof *item);
    if (!item) {
        return NTE_NO_MEMORY;
    }
    *item = (NCryptKeyName){name, algorithm, AT_SIGNATURE, 0};
    *ppKeyName = item;
    (*given)++;
    return ERROR_SUCCESS;
}

static SECURITY_STATUS WINAPI
export_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, NCRYPT_KEY_HANDLE hExportKey,
           LPCWSTR pszBlobType, NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
           DWORD *pcbResult, DWORD dwFlags)
{
    const struct key *key = key_of(hKey);
    const WCHAR *type = key->is_ec ? BCRYPT_ECCPUBLIC_BLOB : BCRYPT_RSAPUBLIC_BLOB;
    BYTE blob[BLOB_MAX_LEN];
    ULONG len = 0;

    (void)hProvider;
    (void)hExportKey;
    (void)pParameterList;
    (void)dwFlags;
    if (!key->handle || wcscmp(pszBlobType, type) != 0) {
        return NTE_NOT_SUPPORTED;
    }
    if (BCryptExportKey(key->handle, NULL, type, blob, sizeof blob, &len, 0) != STATUS_SUCCESS) {
        return NTE_FAIL;
    }
    return give(blob, len, pbOutput, cbOutput, pcbResult);
}

static SECURITY_STATUS WINAPI
sign_hash(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo,
          PBYTE pbHashValue, DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature,
          DWORD *pcbResult, DWORD dwFlags)
{
    const struct key *key = key_of(hKey);
    BYTE signature[BLOB_MAX_LEN] = {0};
    const DWORD size = key->is_ec ? key->bits / 4 : key->bits / 8;
    ULONG len = 0;

    (void)hProvider;
    if (!key->handle) {
        return NTE_NOT_SUPPORTED;
    }
    if (!pbSignature || cbSignature < size) {
        return give(signature, size, pbSignature, cbSignature, pcbResult);
    }
    const NTSTATUS status =
        BCryptSignHash(key->handle, key->is_ec ? NULL : pPaddingInfo, pbHashValue, cbHashValue,
                       signature, sizeof signature, &len, dwFlags & ~(DWORD)NCRYPT_SILENT_FLAG);
    if (status != STATUS_SUCCESS) {
        return NTE_FAIL;
    }
    return give(signature, len, pbSignature, cbSignature, pcbResult);
}

#include "testksp_refused.h"

#define ENTRIES                                                                                    \
    open_provider, open_key, create_persisted_key, get_provider_property, get_key_property,        \
        set_provider_property, set_key_property, finalize_key, delete_key, free_provider,          \
        free_key, free_buffer, encrypt, decrypt, is_alg_supported, enum_algorithms, enum_keys,     \
        import_key, export_key, sign_hash, verify_signature, prompt_user, notify_change_key,       \
        secret_agreement, derive_key, free_secret

static NCRYPT_KEY_STORAGE_FUNCTION_TABLE table_3 = {
    NCRYPT_KEY_STORAGE_INTERFACE_VERSION_3, ENTRIES, key_derivation, create_claim, verify_claim};
/* Version 1 ends before the three; what stands there must never be called. */
static NCRYPT_KEY_STORAGE_FUNCTION_TABLE table_1 = {
    NCRYPT_KEY_STORAGE_INTERFACE_VERSION, ENTRIES, NULL, NULL, NULL};
static NCRYPT_KEY_STORAGE_FUNCTION_TABLE table_incomplete = {
    NCRYPT_KEY_STORAGE_INTERFACE_VERSION_2, ENTRIES, NULL, NULL, NULL};

NTSTATUS WINAPI
GetKeyStorageInterface(LPCWSTR pszProviderName, NCRYPT_KEY_STORAGE_FUNCTION_TABLE **ppFunctionTable,
                       DWORD dwFlags)
{
    (void)dwFlags;
    *ppFunctionTable = NULL;
    if (wcscmp(pszProviderName, TESTKSP_NAME_REFUSES) == 0) {
        return STATUS_NOT_SUPPORTED;
    }
    if (wcscmp(pszProviderName, TESTKSP_NAME_INCOMPLETE) == 0) {
        *ppFunctionTable = &table_incomplete;
    } else if (wcscmp(pszProviderName, TESTKSP_NAME_VERSION_1) == 0) {
        *ppFunctionTable = &table_1;
    } else {
        *ppFunctionTable = &table_3;
    }
    return STATUS_SUCCESS;
}
