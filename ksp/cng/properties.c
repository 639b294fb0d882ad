#include <wchar.h>

#include "call.h"
#include "entries.h"
#include "property.h"
#include "rim.h"

#define COMMON_FLAGS (NCRYPT_SILENT_FLAG | NCRYPT_PERSIST_FLAG | NCRYPT_PERSIST_ONLY_FLAG)
#define SECURITY_FLAGS                                                                             \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |         \
     SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)

/* Finds the row and checks the flags, which say which parts are meant where it is a security
   descriptor. */
static enum signum_status
find(struct signum_call *call, LPCWSTR pszProperty, enum signum_property_scope scope,
     DWORD dwFlags, const struct signum_property **row_out)
{
    DWORD allowed = COMMON_FLAGS;

    *row_out = NULL;
    if (wcsnlen(pszProperty, NCRYPT_MAX_PROPERTY_NAME + 1) > NCRYPT_MAX_PROPERTY_NAME)
        return SIGNUM_INVALID_ARGUMENT;
    if (wcscmp(pszProperty, NCRYPT_SECURITY_DESCR_PROPERTY) == 0)
        allowed |= SECURITY_FLAGS;
    enum signum_status status = signum_call_check_flags(call, dwFlags, allowed);
    if (status != SIGNUM_OK)
        return status;
    *row_out = signum_property_find(pszProperty, scope);
    return *row_out == NULL ? SIGNUM_NOT_SUPPORTED : SIGNUM_OK;
}

static struct signum_property_target
target_of(struct signum_call *call)
{
    struct signum_property_target target = {0};

    target.key = call->key;
    target.provider = call->key == NULL ? call->provider : call->key->provider;
    target.notes = call->key == NULL ? &call->provider->notes : &call->key->notes;
    target.facts = call->facts;
    target.report = &call->report;
    if (call->facts != NULL) {
        target.alg = signum_key_alg(call->facts);
        target.bits = signum_key_bits(call->facts);
    } else if (call->key != NULL) {
        struct signum_draft draft = signum_key_handle_draft(call->key);
        target.alg = draft.alg;
        target.bits = draft.bits;
    }
    return target;
}

static enum signum_status
get(struct signum_call *call, enum signum_property_scope scope, LPCWSTR pszProperty, PBYTE pbOutput,
    DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    const struct signum_property *row = NULL;
    struct signum_property_target target = target_of(call);
    struct signum_buf value;

    enum signum_status status = find(call, pszProperty, scope, dwFlags, &row);
    if (status != SIGNUM_OK)
        return status;
    if (row->get == NULL)
        return SIGNUM_NOT_SUPPORTED;
    signum_buf_init(&value, SIGNUM_PROPERTY_LEN_MAX);
    status = row->get(&target, &value);
    if (status == SIGNUM_OK)
        status = signum_rim_output(signum_bytes_of_buf(&value), pbOutput, cbOutput, pcbResult);
    signum_buf_clear(&value);
    return status;
}

static enum signum_status
set(struct signum_call *call, enum signum_property_scope scope, LPCWSTR pszProperty, PBYTE pbInput,
    DWORD cbInput, DWORD dwFlags)
{
    const struct signum_property *row = NULL;
    struct signum_property_target target = target_of(call);
    struct signum_bytes value = {pbInput, cbInput};

    enum signum_status status = find(call, pszProperty, scope, dwFlags, &row);
    if (status != SIGNUM_OK)
        return status;
    if (row->set == NULL)
        return SIGNUM_NOT_SUPPORTED;
    if (cbInput > SIGNUM_PROPERTY_LEN_MAX)
        return SIGNUM_INVALID_ARGUMENT;
    return row->set(&target, value);
}

SECURITY_STATUS WINAPI
signum_entry_get_provider_property(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszProperty,
                                   PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "GetProviderProperty");
    call.is_probe = true;
    if (pcbResult == NULL)
        goto out;
    *pcbResult = 0;
    if (pszProperty == NULL)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status == SIGNUM_OK)
        status = get(&call, SIGNUM_SCOPE_PROVIDER, pszProperty, pbOutput, cbOutput, pcbResult,
                     dwFlags);
out:
    return signum_call_end(&call, status);
}

SECURITY_STATUS WINAPI
signum_entry_get_key_property(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                              LPCWSTR pszProperty, PBYTE pbOutput, DWORD cbOutput,
                              DWORD *pcbResult, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "GetKeyProperty");
    call.is_probe = true;
    if (pcbResult == NULL)
        goto out;
    *pcbResult = 0;
    if (pszProperty == NULL)
        goto out;
    status = signum_call_take_key(&call, hProvider, hKey);
    if (status == SIGNUM_OK)
        status = get(&call, SIGNUM_SCOPE_KEY, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags);
out:
    return signum_call_end(&call, status);
}

SECURITY_STATUS WINAPI
signum_entry_set_provider_property(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszProperty,
                                   PBYTE pbInput, DWORD cbInput, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "SetProviderProperty");
    if (pszProperty == NULL || pbInput == NULL)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status == SIGNUM_OK)
        status = set(&call, SIGNUM_SCOPE_PROVIDER, pszProperty, pbInput, cbInput, dwFlags);
out:
    return signum_call_end(&call, status);
}

SECURITY_STATUS WINAPI
signum_entry_set_key_property(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                              LPCWSTR pszProperty, PBYTE pbInput, DWORD cbInput, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "SetKeyProperty");
    if (pszProperty == NULL || pbInput == NULL)
        goto out;
    status = signum_call_take_key(&call, hProvider, hKey);
    if (status == SIGNUM_OK)
        status = set(&call, SIGNUM_SCOPE_KEY, pszProperty, pbInput, cbInput, dwFlags);
out:
    return signum_call_end(&call, status);
}
