#include "key_handle.h"

#include <stdlib.h>

#include "call.h"
#include "entries.h"
#include "process.h"
#include "rim.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

#define FULL_NAME_MAX 4096 /* bytes of "service/key" */

static void
destroy(struct signum_object *object)
{
    struct signum_key_handle *handle = (struct signum_key_handle *)object;

    signum_notes_clear(&handle->notes);
    signum_key_unref(&handle->key);
    signum_buf_clear(&handle->name);
    if (handle->provider != NULL)
        signum_object_unref(&handle->provider->object);
    free(handle);
}

static struct signum_key_handle *
new_handle(struct signum_provider *provider)
{
    struct signum_key_handle *handle = calloc(1, sizeof *handle);

    if (handle == NULL)
        return NULL;
    signum_object_init(&handle->object, destroy);
    signum_notes_init(&handle->notes);
    signum_buf_init(&handle->name, FULL_NAME_MAX);
    signum_object_ref(&provider->object);
    handle->provider = provider;
    return handle;
}

/* Finds service and key; the only part of OpenKey that may reach the network. */
static enum signum_status
find_key(struct signum_key_handle *handle, const char *full_name, struct signum_report *report)
{
    struct signum_session *session = NULL;
    const char *name = NULL;

    enum signum_status status = signum_process_session(&session, report);
    if (status == SIGNUM_OK)
        status = signum_session_resolve(session, full_name, &handle->service, &name, report);
    if (status == SIGNUM_OK)
        status = signum_service_find_key(handle->service, name, &handle->key, report);
    if (status != SIGNUM_OK)
        return status;
    signum_session_put_full_name(session, handle->service, signum_key_name(handle->key),
                                 &handle->name);
    return signum_buf_status(&handle->name);
}

static enum signum_status
open_key(struct signum_call *call, NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszKeyName, DWORD dwFlags,
         NCRYPT_KEY_HANDLE *phKey)
{
    struct signum_key_handle *handle = new_handle(call->provider);
    struct signum_buf name;
    uintptr_t opened = 0;

    if (handle == NULL)
        return SIGNUM_NO_MEMORY;
    signum_buf_init(&name, FULL_NAME_MAX);
    handle->opened_under = hProvider;
    handle->is_machine = (dwFlags & NCRYPT_MACHINE_KEY_FLAG) != 0;
    enum signum_status status = signum_rim_take_text(pszKeyName, SIGNUM_RIM_NAME_MAX, &name);
    if (status != SIGNUM_OK)
        goto out;
    status = find_key(handle, signum_buf_text(&name), &call->report);
    if (status != SIGNUM_OK) {
        if (call->report.text.len == 0)
            signum_buf_printf(&call->report.text, "%s (key %s)", signum_status_text(status),
                              signum_buf_text(&name));
        goto out;
    }
    status =
        signum_handle_open(signum_process_handles(), SIGNUM_HANDLE_KEY, &handle->object, &opened);
    if (status == SIGNUM_OK) {
        *phKey = opened;
        handle = NULL;
    }
out:
    signum_buf_clear(&name);
    if (handle != NULL)
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

/* Never deletes anything in an HSM. The handle stays open, and may be freed as any other. */
SECURITY_STATUS WINAPI
signum_entry_delete_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    struct signum_call call;

    signum_call_begin(&call, "DeleteKey");
    enum signum_status status = signum_call_take_key(&call, hProvider, hKey);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK) {
        signum_buf_put_text(&call.report.text, "keys are not deleted through this provider");
        status = SIGNUM_DENIED;
    }
    return signum_call_end(&call, status);
}
