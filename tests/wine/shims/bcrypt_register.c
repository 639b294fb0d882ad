#include "bcrypt_shim.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Writes count strings as REG_MULTI_SZ. */
static NTSTATUS
write_strings(HKEY key, LPCWSTR value, const PWSTR *strings, ULONG count)
{
    size_t cch = 2;

    for (ULONG i = 0; i < count; i++) {
        cch += wcslen(strings[i]) + 1;
    }
    WCHAR *list = calloc(cch, sizeof *list);
    if (!list) {
        return STATUS_NO_MEMORY;
    }
    WCHAR *at = list;
    for (ULONG i = 0; i < count; i++) {
        wcscpy(at, strings[i]);
        at += wcslen(at) + 1;
    }
    const DWORD len = (DWORD)((size_t)(at - list + 1) * sizeof *list);
    const LSTATUS error = RegSetValueExW(key, value, 0, REG_MULTI_SZ, (const BYTE *)list, len);
    free(list);
    return list_status(error);
}

static NTSTATUS
write_interface(HKEY image_key, const CRYPT_INTERFACE_REG *interface_reg)
{
    WCHAR number[9];
    HKEY key = NULL;

    swprintf(number, 9, L"%08lX", interface_reg->dwInterface);
    LSTATUS error = RegCreateKeyExW(image_key, number, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (error != ERROR_SUCCESS) {
        return list_status(error);
    }
    const DWORD flags = interface_reg->dwFlags;
    error = RegSetValueExW(key, L"Flags", 0, REG_DWORD, (const BYTE *)&flags, sizeof flags);
    NTSTATUS status = list_status(error);
    if (status == STATUS_SUCCESS) {
        status = write_strings(key, L"Functions", interface_reg->rgpszFunctions,
                               interface_reg->cFunctions);
    }
    RegCloseKey(key);
    return status;
}

static NTSTATUS
write_image(HKEY provider_key, const CRYPT_IMAGE_REG *image)
{
    HKEY key = NULL;

    LSTATUS error = RegDeleteTreeW(provider_key, L"UM");
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND) {
        return list_status(error);
    }
    error = RegCreateKeyExW(provider_key, L"UM", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL);
    if (error != ERROR_SUCCESS) {
        return list_status(error);
    }
    const DWORD len = (DWORD)((wcslen(image->pszImage) + 1) * sizeof *image->pszImage);
    error = RegSetValueExW(key, L"Image", 0, REG_SZ, (const BYTE *)image->pszImage, len);
    NTSTATUS status = list_status(error);
    for (ULONG i = 0; i < image->cInterfaces && status == STATUS_SUCCESS; i++) {
        status = write_interface(key, image->rgpInterfaces[i]);
    }
    RegCloseKey(key);
    return status;
}

/* Kernel-mode images are for drivers: none of our business. */
static bool
is_valid(const CRYPT_PROVIDER_REG *reg)
{
    if (!reg || !reg->pUM || reg->pKM || !reg->pUM->pszImage || !reg->pUM->pszImage[0] ||
        reg->pUM->cInterfaces == 0 || !reg->pUM->rgpInterfaces ||
        (reg->cAliases > 0 && !reg->rgpszAliases)) {
        return false;
    }
    for (ULONG i = 0; i < reg->pUM->cInterfaces; i++) {
        const CRYPT_INTERFACE_REG *interface_reg = reg->pUM->rgpInterfaces[i];
        if (!interface_reg || interface_reg->cFunctions == 0 || !interface_reg->rgpszFunctions) {
            return false;
        }
    }
    return true;
}

NTSTATUS WINAPI
shim_BCryptRegisterProvider(LPCWSTR pszProvider, ULONG dwFlags, PCRYPT_PROVIDER_REG pReg)
{
    WCHAR path[LIST_PATH_CCH];
    HKEY key = NULL;
    DWORD disposition = 0;

    if (!is_valid(pReg) || (dwFlags & ~(ULONG)CRYPT_OVERWRITE) ||
        !list_provider_path(path, pszProvider, NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    const LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_ALL_ACCESS,
                                          NULL, &key, &disposition);
    if (error != ERROR_SUCCESS) {
        return list_status(error);
    }
    NTSTATUS status = STATUS_SUCCESS;
    if (disposition == REG_OPENED_EXISTING_KEY && !(dwFlags & CRYPT_OVERWRITE)) {
        status = STATUS_OBJECT_NAME_COLLISION;
    }
    if (status == STATUS_SUCCESS && pReg->cAliases > 0) {
        status = write_strings(key, L"Aliases", pReg->rgpszAliases, pReg->cAliases);
    }
    if (status == STATUS_SUCCESS) {
        status = write_image(key, pReg->pUM);
    }
    RegCloseKey(key);
    return status;
}

NTSTATUS WINAPI
shim_BCryptUnregisterProvider(LPCWSTR pszProvider)
{
    WCHAR path[LIST_PATH_CCH];

    if (!list_provider_path(path, pszProvider, NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    return list_status(RegDeleteTreeW(HKEY_LOCAL_MACHINE, path));
}

NTSTATUS WINAPI
shim_BCryptAddContextFunction(ULONG dwTable, LPCWSTR pszContext, ULONG dwInterface,
                              LPCWSTR pszFunction, ULONG dwPosition)
{
    WCHAR path[LIST_PATH_CCH];

    if (dwTable != CRYPT_LOCAL || !pszFunction ||
        !list_context_path(path, pszContext, dwInterface, NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    return list_add(path, L"Functions", pszFunction, dwPosition);
}

NTSTATUS WINAPI
shim_BCryptRemoveContextFunction(ULONG dwTable, LPCWSTR pszContext, ULONG dwInterface,
                                 LPCWSTR pszFunction)
{
    WCHAR path[LIST_PATH_CCH];

    if (dwTable != CRYPT_LOCAL || !pszFunction ||
        !list_context_path(path, pszContext, dwInterface, NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    return list_remove(path, L"Functions", pszFunction);
}

/* A provider must be registered before it can be put in a context. */
NTSTATUS WINAPI
shim_BCryptAddContextFunctionProvider(ULONG dwTable, LPCWSTR pszContext, ULONG dwInterface,
                                      LPCWSTR pszFunction, LPCWSTR pszProvider, ULONG dwPosition)
{
    WCHAR path[LIST_PATH_CCH];
    HKEY key = NULL;

    if (dwTable != CRYPT_LOCAL || !list_provider_path(path, pszProvider, NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    const LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key);
    if (error != ERROR_SUCCESS) {
        return list_status(error);
    }
    RegCloseKey(key);
    if (!pszFunction || !list_context_path(path, pszContext, dwInterface, pszFunction)) {
        return STATUS_INVALID_PARAMETER;
    }
    return list_add(path, L"Providers", pszProvider, dwPosition);
}

NTSTATUS WINAPI
shim_BCryptRemoveContextFunctionProvider(ULONG dwTable, LPCWSTR pszContext, ULONG dwInterface,
                                         LPCWSTR pszFunction, LPCWSTR pszProvider)
{
    WCHAR path[LIST_PATH_CCH];

    if (dwTable != CRYPT_LOCAL || !pszFunction || !pszProvider ||
        !list_context_path(path, pszContext, dwInterface, pszFunction)) {
        return STATUS_INVALID_PARAMETER;
    }
    return list_remove(path, L"Providers", pszProvider);
}
