#include "bcrypt_shim.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

NTSTATUS
list_status(LSTATUS error)
{
    switch (error) {
    case ERROR_SUCCESS:
        return STATUS_SUCCESS;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return STATUS_NOT_FOUND;
    case ERROR_ACCESS_DENIED:
        return STATUS_ACCESS_DENIED;
    case ERROR_NOT_ENOUGH_MEMORY:
        return STATUS_NO_MEMORY;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

/* Appends "\part". False: no room, or the part would leave its place in the tree. */
static bool
append(WCHAR path[LIST_PATH_CCH], LPCWSTR part)
{
    if (part[0] == L'\0' || wcschr(part, L'\\') ||
        wcslen(path) + 1 + wcslen(part) >= LIST_PATH_CCH) {
        return false;
    }
    wcscat(path, L"\\");
    wcscat(path, part);
    return true;
}

bool
list_provider_path(WCHAR path[LIST_PATH_CCH], LPCWSTR name, LPCWSTR tail)
{
    wcscpy(path, LIST_PROVIDERS_KEY);
    return name && append(path, name) && (!tail || append(path, tail));
}

bool
list_context_path(WCHAR path[LIST_PATH_CCH], LPCWSTR context, ULONG interface_id, LPCWSTR function)
{
    WCHAR number[9];

    swprintf(number, 9, L"%08lX", interface_id);
    wcscpy(path, LIST_CONTEXTS_KEY);
    return append(path, context ? context : L"Default") && append(path, number) &&
           (!function || append(path, function));
}

NTSTATUS
list_read(LPCWSTR path, LPCWSTR value, WCHAR **list_out)
{
    DWORD len = 0;

    *list_out = NULL;
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, path, value, RRF_RT_REG_MULTI_SZ, NULL, NULL,
                                 &len);
    const bool is_missing = error == ERROR_FILE_NOT_FOUND;
    if (error != ERROR_SUCCESS && !is_missing) {
        return list_status(error);
    }
    /* Two more NULs than stored: a list written by others may lack its end. */
    WCHAR *list = calloc(1, len + 2 * sizeof *list);
    if (!list) {
        return STATUS_NO_MEMORY;
    }
    if (!is_missing) {
        error = RegGetValueW(HKEY_LOCAL_MACHINE, path, value, RRF_RT_REG_MULTI_SZ, NULL, list,
                             &len);
    }
    if (error != ERROR_SUCCESS && !is_missing) {
        free(list);
        return list_status(error);
    }
    *list_out = list;
    return STATUS_SUCCESS;
}

static size_t
list_cch(const WCHAR *list)
{
    const WCHAR *at = list;

    while (*at) {
        at += wcslen(at) + 1;
    }
    return (size_t)(at - list) + 1;
}

static NTSTATUS
list_write(LPCWSTR path, LPCWSTR value, const WCHAR *list)
{
    HKEY key = NULL;
    LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL,
                                    &key, NULL);

    if (error != ERROR_SUCCESS) {
        return list_status(error);
    }
    /* An empty list is two NULs, as any list ends in. */
    const size_t cch = *list ? list_cch(list) : 2;
    error = RegSetValueExW(key, value, 0, REG_MULTI_SZ, (const BYTE *)list,
                           (DWORD)(cch * sizeof *list));
    RegCloseKey(key);
    return list_status(error);
}

/* Copies one string and its NUL; returns where the next one goes. */
static WCHAR *
copy_name(WCHAR *to, const WCHAR *name)
{
    wcscpy(to, name);
    return to + wcslen(name) + 1;
}

/*
 * Copies list to changed without name, and with it at the position unless position is NULL.
 * Returns whether name was there. changed has room for one name more, and starts as zeros.
 */
static bool
rebuild(WCHAR *changed, const WCHAR *list, LPCWSTR name, const ULONG *position)
{
    bool was_there = false;
    bool is_placed = !position;
    ULONG index = 0;

    for (; *list; list += wcslen(list) + 1) {
        if (_wcsicmp(list, name) == 0) {
            was_there = true;
            continue;
        }
        if (!is_placed && index == *position) {
            changed = copy_name(changed, name);
            is_placed = true;
        }
        changed = copy_name(changed, list);
        index++;
    }
    if (!is_placed) {
        copy_name(changed, name);
    }
    return was_there;
}

static NTSTATUS
change(LPCWSTR path, LPCWSTR value, LPCWSTR name, const ULONG *position)
{
    WCHAR *list = NULL;

    NTSTATUS status = list_read(path, value, &list);
    if (status != STATUS_SUCCESS) {
        return status;
    }
    WCHAR *changed = calloc(list_cch(list) + wcslen(name) + 3, sizeof *changed);
    if (!changed) {
        status = STATUS_NO_MEMORY;
        goto out;
    }
    const bool was_there = rebuild(changed, list, name, position);
    if (!position && !was_there) {
        status = STATUS_NOT_FOUND;
        goto out;
    }
    status = list_write(path, value, changed);
out:
    free(changed);
    free(list);
    return status;
}

NTSTATUS
list_add(LPCWSTR path, LPCWSTR value, LPCWSTR name, ULONG position)
{
    return change(path, value, name, &position);
}

NTSTATUS
list_remove(LPCWSTR path, LPCWSTR value, LPCWSTR name)
{
    return change(path, value, name, NULL);
}
