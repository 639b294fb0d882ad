/*
 * The test-only bcrypt.dll: Wine's own, except for the registration of CNG providers, which is kept
 * in the registry where Windows keeps it. Wine's registration calls report success and do nothing.
 *
 *   bcrypt_list.c      the registry: keys and lists of names
 *   bcrypt_register.c  calls that change the registration
 *   bcrypt_query.c     calls that read it back
 */
#ifndef SIGNUM_WINE_BCRYPT_SHIM_H
#define SIGNUM_WINE_BCRYPT_SHIM_H

#include "shim.h"

#include <stdbool.h>

SHIM_OVERRIDE(BCryptAddContextFunction);
SHIM_OVERRIDE(BCryptAddContextFunctionProvider);
SHIM_OVERRIDE(BCryptEnumContextFunctionProviders);
SHIM_OVERRIDE(BCryptEnumContextFunctions);
SHIM_OVERRIDE(BCryptEnumRegisteredProviders);
SHIM_OVERRIDE(BCryptFreeBuffer);
SHIM_OVERRIDE(BCryptQueryProviderRegistration);
SHIM_OVERRIDE(BCryptRegisterProvider);
SHIM_OVERRIDE(BCryptRemoveContextFunction);
SHIM_OVERRIDE(BCryptRemoveContextFunctionProvider);
SHIM_OVERRIDE(BCryptResolveProviders);
SHIM_OVERRIDE(BCryptUnregisterProvider);

#define LIST_PROVIDERS_KEY L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Providers"
#define LIST_CONTEXTS_KEY L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local"
#define LIST_PATH_CCH 512

/* Writes Providers\NAME[\tail] to path. False: the name is empty, too long or holds a separator. */
bool list_provider_path(WCHAR path[LIST_PATH_CCH], LPCWSTR name, LPCWSTR tail);
/* Writes Configuration\Local\CONTEXT\INTERFACE[\FUNCTION] to path. NULL context: the default. */
bool list_context_path(WCHAR path[LIST_PATH_CCH], LPCWSTR context, ULONG interface_id,
                       LPCWSTR function);

/* Reads a REG_MULTI_SZ below HKLM. *list_out: the strings, each with its NUL, then an empty one;
 * empty where there is no such value. The caller frees it with free(). */
NTSTATUS list_read(LPCWSTR path, LPCWSTR value, WCHAR **list_out);
/* Puts name at position (CRYPT_PRIORITY_TOP, _BOTTOM, an index), once; makes the key if needed. */
NTSTATUS list_add(LPCWSTR path, LPCWSTR value, LPCWSTR name, ULONG position);
/* STATUS_NOT_FOUND where the list lacks the name. */
NTSTATUS list_remove(LPCWSTR path, LPCWSTR value, LPCWSTR name);

/* An NTSTATUS for a Win32 error of a registry call. */
NTSTATUS list_status(LSTATUS error);

#endif
