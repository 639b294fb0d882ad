#include "call.h"
#include "entries.h"
#include "process.h"
#include "rim.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

/* The only part of OpenKey that may reach the network. */
static enum signum_status
find_key(struct signum_key_handle *handle, struct signum_report *report)
{
    struct signum_key *key = NULL;
    enum signum_status status =
        signum_service_find_key(handle->service, handle->bare_name, &key, report);

    if (status == SIGNUM_OK)
        signum_key_handle_set_facts(handle, key);
    signum_key_unref(&key);
    return status;
}

static enum signum_status
open_key(struct signum_call *call, NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszKeyName, DWORD dwFlags,
         NCRYPT_KEY_HANDLE *phKey)
{
    struct signum_key_handle *handle = signum_key_handle_new(call->provider, hProvider, dwFlags);

    if (handle == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = signum_key_handle_set_name(handle, pszKeyName, &call->report);
    if (status == SIGNUM_OK)
        status = find_key(handle, &call->report);
    if (status != SIGNUM_OK && call->report.text.len == 0 && handle->name.len > 0)
        signum_buf_printf(&call->report.text, "%s (key %s)", signum_status_text(status),
                          signum_buf_text(&handle->name));
    if (status == SIGNUM_OK)
        status = signum_key_handle_open(handle, phKey);
    if (status != SIGNUM_OK)
        signum_object_unref(&handle->object);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_open_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey, LPCWSTR pszKeyName,
                      DWORD dwLegacyKeySpec, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "OpenKey");
    if (phKey == NULL)
        goto out;
    *phKey = 0;
    if (pszKeyName == NULL || pszKeyName[0] == 0)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status != SIGNUM_OK)
        goto out;
    status = signum_call_check_flags(&call, dwFlags,
                                     NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG);
    /* 0 is CNG's own, the others are what signtool and certificates say: all mean the one key */
    if (status == SIGNUM_OK && dwLegacyKeySpec > AT_SIGNATURE)
        status = SIGNUM_INVALID_ARGUMENT;
    if (status == SIGNUM_OK)
        status = open_key(&call, hProvider, pszKeyName, dwFlags, phKey);
out:
    return signum_call_end(&call, status);
}

SECURITY_STATUS WINAPI
signum_entry_free_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey)
{
    struct signum_call call;

    signum_call_begin(&call, "FreeKey");
    enum signum_status status = signum_call_take_key(&call, hProvider, hKey);
    if (status == SIGNUM_OK)
        status = signum_handle_close(signum_process_handles(), SIGNUM_HANDLE_KEY, hKey);
    return signum_call_end(&call, status);
}
