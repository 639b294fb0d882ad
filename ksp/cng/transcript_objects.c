/* Recording: providers, keys as objects, their properties and lists. */
#include "transcript.h"
#include "transcript_line.h"

#define PROVIDER SIGNUM_TRANSCRIPT_PROVIDER
#define KEY SIGNUM_TRANSCRIPT_KEY
#define BUFFER SIGNUM_TRANSCRIPT_BUFFER

static SECURITY_STATUS WINAPI
open_provider(NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName, DWORD dwFlags)
{
    SECURITY_STATUS status =
        signum_transcript_real()->OpenProvider(phProvider, pszProviderName, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "OpenProvider", status);
    signum_transcript_put_text(&line, "name", pszProviderName);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    if (phProvider != NULL)
        signum_transcript_put_new(&line, "provider", PROVIDER, *phProvider);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
free_provider(NCRYPT_PROV_HANDLE hProvider)
{
    SECURITY_STATUS status = signum_transcript_real()->FreeProvider(hProvider);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "FreeProvider", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
open_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
         DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->OpenKey(hProvider, phKey, pszKeyName,
                                                               dwLegacyKeySpec, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "OpenKey", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_text(&line, "name", pszKeyName);
    signum_transcript_put_number(&line, "spec", dwLegacyKeySpec);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    if (phKey != NULL)
        signum_transcript_put_new(&line, "key", KEY, *phKey);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
create_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszAlgId,
           LPCWSTR pszKeyName, DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->CreatePersistedKey(
        hProvider, phKey, pszAlgId, pszKeyName, dwLegacyKeySpec, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "CreatePersistedKey", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_text(&line, "algorithm", pszAlgId);
    signum_transcript_put_text(&line, "name", pszKeyName);
    signum_transcript_put_number(&line, "spec", dwLegacyKeySpec);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    if (phKey != NULL)
        signum_transcript_put_new(&line, "key", KEY, *phKey);
    signum_transcript_end(&line);
    return status;
}

/* Three calls that have a key and flags and no more. */
static void
record_key(const char *function, SECURITY_STATUS status, NCRYPT_PROV_HANDLE hProvider,
           NCRYPT_KEY_HANDLE hKey, const DWORD *flags)
{
    struct signum_transcript_line line;

    signum_transcript_begin(&line, function, status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "key", KEY, hKey);
    if (flags != NULL)
        signum_transcript_put_flags(&line, *flags);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
}

static SECURITY_STATUS WINAPI
finalize_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->FinalizeKey(hProvider, hKey, dwFlags);

    record_key("FinalizeKey", status, hProvider, hKey, &dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
delete_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->DeleteKey(hProvider, hKey, dwFlags);

    record_key("DeleteKey", status, hProvider, hKey, &dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
free_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey)
{
    SECURITY_STATUS status = signum_transcript_real()->FreeKey(hProvider, hKey);

    record_key("FreeKey", status, hProvider, hKey, NULL);
    return status;
}

/* The end of both property reads. */
static void
record_get(struct signum_transcript_line *line, LPCWSTR pszProperty, const BYTE *pbOutput,
           DWORD cbOutput, const DWORD *pcbResult, DWORD dwFlags)
{
    signum_transcript_put_text(line, "property", pszProperty);
    signum_transcript_put_given(line, "room", pbOutput, cbOutput);
    signum_transcript_put_flags(line, dwFlags);
    signum_transcript_put_answer(line);
    signum_transcript_put_len(line, pcbResult);
    if (line->status == ERROR_SUCCESS && pbOutput != NULL)
        signum_transcript_put_value(line, pszProperty, pbOutput, *pcbResult);
    signum_transcript_end(line);
}

static SECURITY_STATUS WINAPI
get_provider_property(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszProperty, PBYTE pbOutput,
                      DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->GetProviderProperty(
        hProvider, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "GetProviderProperty", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    record_get(&line, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
get_key_property(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, LPCWSTR pszProperty,
                 PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->GetKeyProperty(
        hProvider, hKey, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "GetKeyProperty", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "key", KEY, hKey);
    record_get(&line, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags);
    return status;
}

/* The end of both property writes. Of a PIN, or of what was not understood, not even the length. */
static void
record_set(struct signum_transcript_line *line, LPCWSTR pszProperty, const BYTE *pbInput,
           DWORD cbInput, DWORD dwFlags)
{
    bool is_known = pszProperty != NULL && line->status != NTE_INVALID_HANDLE;

    signum_transcript_put_text(line, "property", pszProperty);
    if (!is_known || signum_transcript_is_secret(pszProperty))
        signum_buf_put_text(&line->text, " size=?");
    else
        signum_transcript_put_given(line, "size", pbInput, cbInput);
    if (line->status == ERROR_SUCCESS)
        signum_transcript_put_value(line, pszProperty, pbInput, cbInput);
    signum_transcript_put_flags(line, dwFlags);
    signum_transcript_put_answer(line);
    signum_transcript_end(line);
}

static SECURITY_STATUS WINAPI
set_provider_property(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszProperty, PBYTE pbInput,
                      DWORD cbInput, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->SetProviderProperty(
        hProvider, pszProperty, pbInput, cbInput, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "SetProviderProperty", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    record_set(&line, pszProperty, pbInput, cbInput, dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
set_key_property(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, LPCWSTR pszProperty,
                 PBYTE pbInput, DWORD cbInput, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->SetKeyProperty(
        hProvider, hKey, pszProperty, pbInput, cbInput, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "SetKeyProperty", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "key", KEY, hKey);
    record_set(&line, pszProperty, pbInput, cbInput, dwFlags);
    return status;
}

/* Named before the call: afterwards another thread may have got the same address. */
static SECURITY_STATUS WINAPI
free_buffer(PVOID pvInput)
{
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "FreeBuffer", ERROR_SUCCESS);
    signum_transcript_put_handle(&line, "buffer", BUFFER, (ULONG_PTR)pvInput);
    SECURITY_STATUS status = signum_transcript_real()->FreeBuffer(pvInput);
    signum_transcript_called(&line, status);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
is_alg_supported(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->IsAlgSupported(hProvider, pszAlgId, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "IsAlgSupported", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_text(&line, "algorithm", pszAlgId);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
enum_algorithms(NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgClass, DWORD *pdwAlgCount,
                NCryptAlgorithmName **ppAlgList, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->EnumAlgorithms(
        hProvider, dwAlgClass, pdwAlgCount, ppAlgList, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "EnumAlgorithms", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_number(&line, "class", dwAlgClass);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    if (status == ERROR_SUCCESS) {
        signum_transcript_put_number(&line, "count", *pdwAlgCount);
        signum_transcript_put_new(&line, "buffer", BUFFER, (ULONG_PTR)*ppAlgList);
    }
    signum_transcript_end(&line);
    return status;
}

/* The state is named once, by the call that makes it. */
static SECURITY_STATUS WINAPI
enum_keys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
          PVOID *ppEnumState, DWORD dwFlags)
{
    PVOID before = ppEnumState == NULL ? NULL : *ppEnumState;
    SECURITY_STATUS status = signum_transcript_real()->EnumKeys(hProvider, pszScope, ppKeyName,
                                                                ppEnumState, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "EnumKeys", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_text(&line, "scope", pszScope);
    signum_transcript_put_handle(&line, "state", BUFFER, (ULONG_PTR)before);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    if (status == ERROR_SUCCESS) {
        signum_transcript_put_new(&line, "buffer", BUFFER, (ULONG_PTR)*ppKeyName);
        signum_transcript_put_text(&line, "name", (*ppKeyName)->pszName);
        signum_transcript_put_text(&line, "algorithm", (*ppKeyName)->pszAlgid);
        if (before == NULL)
            signum_transcript_put_new(&line, "new_state", BUFFER, (ULONG_PTR)*ppEnumState);
    }
    signum_transcript_end(&line);
    return status;
}

void
signum_transcript_wrap_objects(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table)
{
    table->OpenProvider = open_provider;
    table->FreeProvider = free_provider;
    table->OpenKey = open_key;
    table->CreatePersistedKey = create_key;
    table->FinalizeKey = finalize_key;
    table->DeleteKey = delete_key;
    table->FreeKey = free_key;
    table->GetProviderProperty = get_provider_property;
    table->GetKeyProperty = get_key_property;
    table->SetProviderProperty = set_provider_property;
    table->SetKeyProperty = set_key_property;
    table->FreeBuffer = free_buffer;
    table->IsAlgSupported = is_alg_supported;
    table->EnumAlgorithms = enum_algorithms;
    table->EnumKeys = enum_keys;
}
