#include "ncrypt_shim.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define PROVIDERS_KEY L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Providers"
#define INTERFACE_KEY L"00010001" /* NCRYPT_KEY_STORAGE_INTERFACE, as the registration spells it */
#define KEY_NAME_CCH 512

/* Opens Providers\NAME\UM if a user-mode key storage interface is registered there; else NULL. */
static HKEY
open_registration(LPCWSTR name)
{
    WCHAR path[KEY_NAME_CCH];
    HKEY image_key = NULL;
    HKEY interface_key = NULL;

    /* A name with a separator would reach outside the Providers key. */
    if (wcschr(name, L'\\') ||
        wcslen(name) >= KEY_NAME_CCH - wcslen(PROVIDERS_KEY) - wcslen(L"\\\\UM")) {
        return NULL;
    }
    wcscpy(path, PROVIDERS_KEY L"\\");
    wcscat(path, name);
    wcscat(path, L"\\UM");
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &image_key) != ERROR_SUCCESS) {
        return NULL;
    }
    if (RegOpenKeyExW(image_key, INTERFACE_KEY, 0, KEY_READ, &interface_key) != ERROR_SUCCESS) {
        RegCloseKey(image_key);
        return NULL;
    }
    RegCloseKey(interface_key);
    return image_key;
}

/* The system directory only, by its full path: never the application's folder, never PATH. */
static HMODULE
load_image(HKEY image_key)
{
    WCHAR image[MAX_PATH] = L"";
    WCHAR path[2 * MAX_PATH] = L"";
    DWORD len = sizeof image;

    if (RegGetValueW(image_key, NULL, L"Image", RRF_RT_REG_SZ, NULL, image, &len) !=
        ERROR_SUCCESS) {
        return NULL;
    }
    if (image[0] == L'\0' || wcspbrk(image, L"\\/:")) {
        shim_log("ncrypt: image %ls is not a bare file name", image);
        return NULL;
    }
    const UINT cch = GetSystemDirectoryW(path, MAX_PATH);
    if (cch == 0 || cch >= MAX_PATH) {
        return NULL;
    }
    wcscat(path, L"\\");
    wcscat(path, image);
    return LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

/* Every member up to the declared version must be there: a caller jumps to it unasked. */
static bool
is_complete(const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table)
{
    const USHORT major = table->Version.MajorVersion;
    const size_t len = major == 1   ? SIGNUM_KSP_TABLE_LEN_1
                       : major == 2 ? SIGNUM_KSP_TABLE_LEN_2
                                    : SIGNUM_KSP_TABLE_LEN_3;

    if (major < 1) {
        return false;
    }
    for (size_t at = sizeof(void *); at < len; at += sizeof(void *)) {
        FARPROC entry = NULL;
        memcpy(&entry, (const BYTE *)table + at, sizeof entry);
        if (!entry) {
            return false;
        }
    }
    return true;
}

static SECURITY_STATUS
load_table(LPCWSTR name, NCRYPT_KEY_STORAGE_FUNCTION_TABLE **table_out)
{
    *table_out = NULL;
    HKEY image_key = open_registration(name);
    if (!image_key) {
        return NTE_KEYSET_NOT_DEF;
    }
    /* Stays loaded for the life of the process, as callers may hold its handles to the very end. */
    HMODULE module = load_image(image_key);
    RegCloseKey(image_key);
    if (!module) {
        return NTE_PROV_DLL_NOT_FOUND;
    }
    GetKeyStorageInterfaceFn get_interface =
        (GetKeyStorageInterfaceFn)(void *)GetProcAddress(module, "GetKeyStorageInterface");
    if (!get_interface) {
        return NTE_PROVIDER_DLL_FAIL;
    }
    const NTSTATUS status = get_interface(name, table_out, 0);
    if (status != STATUS_SUCCESS || !*table_out || !is_complete(*table_out)) {
        *table_out = NULL;
        return NTE_PROVIDER_DLL_FAIL;
    }
    return ERROR_SUCCESS;
}

SECURITY_STATUS WINAPI
shim_NCryptOpenStorageProvider(NCRYPT_PROV_HANDLE *phProvider, LPCWSTR pszProviderName,
                               DWORD dwFlags)
{
    const WCHAR *name = pszProviderName ? pszProviderName : MS_KEY_STORAGE_PROVIDER;
    NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table = NULL;
    NCRYPT_PROV_HANDLE handle = 0;

    if (!phProvider) {
        return NTE_INVALID_PARAMETER;
    }
    *phProvider = 0;
    SECURITY_STATUS status = load_table(name, &table);
    if (status == ERROR_SUCCESS) {
        status = table->OpenProvider(&handle, name, dwFlags);
    }
    if (status != ERROR_SUCCESS) {
        shim_log("ncrypt: provider %ls does not open: %08lx", name, (ULONG)status);
        return status;
    }
    struct object *provider = object_new(OBJECT_PROVIDER, NULL, table, handle);
    if (!provider) {
        table->FreeProvider(handle);
        return NTE_NO_MEMORY;
    }
    *phProvider = handle_give(provider);
    if (*phProvider == 0) {
        object_unref(provider);
        return NTE_NO_MEMORY;
    }
    return ERROR_SUCCESS;
}

/* Calls visit for each registered provider of keys; stops early where visit says false. */
static void
each_provider(bool (*visit)(void *context, LPCWSTR name), void *context)
{
    HKEY providers = NULL;
    bool goes_on = true;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROVIDERS_KEY, 0, KEY_READ, &providers) !=
        ERROR_SUCCESS) {
        return;
    }
    for (DWORD i = 0; goes_on; i++) {
        WCHAR name[KEY_NAME_CCH];
        DWORD cch = KEY_NAME_CCH;
        if (RegEnumKeyExW(providers, i, name, &cch, NULL, NULL, NULL, NULL) != ERROR_SUCCESS) {
            break;
        }
        HKEY image_key = open_registration(name);
        if (image_key) {
            RegCloseKey(image_key);
            goes_on = visit(context, name);
        }
    }
    RegCloseKey(providers);
}

/* Two walks: the first counts, the second fills one block of entries and then their names. */
struct name_list {
    DWORD count;
    size_t names_cch;
    NCryptProviderName *entries;
    DWORD filled;
    WCHAR *next_name;
};

static bool
count_provider(void *context, LPCWSTR name)
{
    struct name_list *list = context;

    list->count++;
    list->names_cch += wcslen(name) + 1;
    return true;
}

static bool
fill_provider(void *context, LPCWSTR name)
{
    struct name_list *list = context;
    const size_t cch = wcslen(name) + 1;

    /* Registered between the two walks: there is no room for it. */
    if (list->filled == list->count || cch > list->names_cch) {
        return false;
    }
    memcpy(list->next_name, name, cch * sizeof *name);
    list->entries[list->filled].pszName = list->next_name;
    list->entries[list->filled].pszComment = NULL;
    list->filled++;
    list->next_name += cch;
    list->names_cch -= cch;
    return true;
}

SECURITY_STATUS WINAPI
shim_NCryptEnumStorageProviders(DWORD *pdwProviderCount, NCryptProviderName **ppProviderList,
                                DWORD dwFlags)
{
    struct name_list list = {0};

    if (!pdwProviderCount || !ppProviderList) {
        return NTE_INVALID_PARAMETER;
    }
    *pdwProviderCount = 0;
    *ppProviderList = NULL;
    if (dwFlags & ~(DWORD)NCRYPT_SILENT_FLAG) {
        return NTE_BAD_FLAGS;
    }
    each_provider(count_provider, &list);
    list.entries = calloc(1, (list.count + 1) * sizeof *list.entries +
                                 list.names_cch * sizeof(WCHAR));
    if (!list.entries || !buffer_remember(list.entries, NULL)) {
        free(list.entries);
        return NTE_NO_MEMORY;
    }
    list.next_name = (WCHAR *)(list.entries + list.count + 1);
    each_provider(fill_provider, &list);
    *pdwProviderCount = list.filled;
    *ppProviderList = list.entries;
    return ERROR_SUCCESS;
}
