#include "provider.h"

#include <stdlib.h>

#include "call.h"
#include "entries.h"
#include "process.h"
#include "rim.h"
#include "rim_memory.h"
#include "signum/signum.h"

bool
signum_provider_is_name(LPCWSTR name)
{
    size_t cch = wcsnlen(name, SIGNUM_RIM_NAME_MAX + 1);

    return CompareStringOrdinal(name, (int)cch, SIGNUM_PROVIDER_NAME_W, -1, TRUE) == CSTR_EQUAL;
}

static void
destroy(struct signum_object *object)
{
    struct signum_provider *provider = (struct signum_provider *)object;

    signum_notes_clear(&provider->notes);
    free(provider);
}

static enum signum_status
open_provider(NCRYPT_PROV_HANDLE *phProvider)
{
    struct signum_provider *provider = calloc(1, sizeof *provider);
    uintptr_t opened = 0;

    if (provider == NULL)
        return SIGNUM_NO_MEMORY;
    signum_object_init(&provider->object, destroy);
    signum_notes_init(&provider->notes);
    enum signum_status status = signum_handle_open(signum_process_handles(), SIGNUM_HANDLE_PROVIDER,
                                                   &provider->object, &opened);
    if (status == SIGNUM_OK)
        *phProvider = opened;
    else
        signum_object_unref(&provider->object);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_open_provider(NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_process_start();
    signum_call_begin(&call, "OpenProvider");
    if (phProvider == NULL)
        goto out;
    *phProvider = 0;
    /* NULL is a caller's way to say "the default provider", should that be us */
    if (pszProviderName != NULL && !signum_provider_is_name(pszProviderName))
        goto out;
    status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK)
        status = open_provider(phProvider);
out:
    return signum_call_end(&call, status);
}

SECURITY_STATUS WINAPI
signum_entry_free_provider(NCRYPT_PROV_HANDLE hProvider)
{
    struct signum_call call;

    signum_call_begin(&call, "FreeProvider");
    return signum_call_end(
        &call, signum_handle_close(signum_process_handles(), SIGNUM_HANDLE_PROVIDER, hProvider));
}

SECURITY_STATUS WINAPI
signum_entry_free_buffer(PVOID pvInput)
{
    struct signum_call call;

    signum_call_begin(&call, "FreeBuffer");
    return signum_call_end(&call, pvInput == NULL ? SIGNUM_OK : signum_memory_free(pvInput));
}
