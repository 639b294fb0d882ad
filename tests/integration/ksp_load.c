#include "ksp.h"

#include <stdio.h>
#include <string.h>

#include "signum/signum.h"

const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *ksp;
bool ksp_is_direct;

/* ncrypt.dll is loaded, not linked: the direct way must not depend on which one there is. */
static struct {
    __typeof__(NCryptOpenStorageProvider) *open_provider;
    __typeof__(NCryptOpenKey) *open_key;
    __typeof__(NCryptCreatePersistedKey) *create_key;
    __typeof__(NCryptGetProperty) *get_property;
    __typeof__(NCryptSetProperty) *set_property;
    __typeof__(NCryptFinalizeKey) *finalize_key;
    __typeof__(NCryptDeleteKey) *delete_key;
    __typeof__(NCryptFreeObject) *free_object;
    __typeof__(NCryptFreeBuffer) *free_buffer;
    __typeof__(NCryptIsAlgSupported) *is_alg_supported;
    __typeof__(NCryptEnumAlgorithms) *enum_algorithms;
    __typeof__(NCryptEnumKeys) *enum_keys;
    __typeof__(NCryptImportKey) *import_key;
    __typeof__(NCryptExportKey) *export_key;
    __typeof__(NCryptSignHash) *sign_hash;
    __typeof__(NCryptVerifySignature) *verify_signature;
} router;

static SECURITY_STATUS WINAPI
get_provider_property(NCRYPT_PROV_HANDLE provider, LPCWSTR name, PBYTE output, DWORD len,
                      DWORD *result, DWORD flags)
{
    return router.get_property(provider, name, output, len, result, flags);
}

static SECURITY_STATUS WINAPI
get_key_property(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name, PBYTE output,
                 DWORD len, DWORD *result, DWORD flags)
{
    (void)provider;
    return router.get_property(key, name, output, len, result, flags);
}

static SECURITY_STATUS WINAPI
set_provider_property(NCRYPT_PROV_HANDLE provider, LPCWSTR name, PBYTE input, DWORD len,
                      DWORD flags)
{
    return router.set_property(provider, name, input, len, flags);
}

static SECURITY_STATUS WINAPI
set_key_property(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name, PBYTE input,
                 DWORD len, DWORD flags)
{
    (void)provider;
    return router.set_property(key, name, input, len, flags);
}

static SECURITY_STATUS WINAPI
finalize_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags)
{
    (void)provider;
    return router.finalize_key(key, flags);
}

static SECURITY_STATUS WINAPI
delete_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD flags)
{
    (void)provider;
    return router.delete_key(key, flags);
}

static SECURITY_STATUS WINAPI
free_provider(NCRYPT_PROV_HANDLE provider)
{
    return router.free_object(provider);
}

static SECURITY_STATUS WINAPI
free_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    (void)provider;
    return router.free_object(key);
}

static SECURITY_STATUS WINAPI
export_key(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, NCRYPT_KEY_HANDLE export_key_handle,
           LPCWSTR type, NCryptBufferDesc *parameters, PBYTE output, DWORD len, DWORD *result,
           DWORD flags)
{
    (void)provider;
    return router.export_key(key, export_key_handle, type, parameters, output, len, result, flags);
}

static SECURITY_STATUS WINAPI
sign_hash(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash,
          DWORD hash_len, PBYTE signature, DWORD len, DWORD *result, DWORD flags)
{
    (void)provider;
    return router.sign_hash(key, padding, hash, hash_len, signature, len, result, flags);
}

static SECURITY_STATUS WINAPI
verify_signature(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, VOID *padding, PBYTE hash,
                 DWORD hash_len, PBYTE signature, DWORD len, DWORD flags)
{
    (void)provider;
    return router.verify_signature(key, padding, hash, hash_len, signature, len, flags);
}

static bool
load_router(void)
{
    static NCRYPT_KEY_STORAGE_FUNCTION_TABLE table;
    HMODULE module = LoadLibraryW(L"ncrypt.dll");
    const struct {
        const char *name;
        void *slot;
    } rows[] = {
        {"NCryptOpenStorageProvider", &router.open_provider},
        {"NCryptOpenKey", &router.open_key},
        {"NCryptCreatePersistedKey", &router.create_key},
        {"NCryptGetProperty", &router.get_property},
        {"NCryptSetProperty", &router.set_property},
        {"NCryptFinalizeKey", &router.finalize_key},
        {"NCryptDeleteKey", &router.delete_key},
        {"NCryptFreeObject", &router.free_object},
        {"NCryptFreeBuffer", &router.free_buffer},
        {"NCryptIsAlgSupported", &router.is_alg_supported},
        {"NCryptEnumAlgorithms", &router.enum_algorithms},
        {"NCryptEnumKeys", &router.enum_keys},
        {"NCryptImportKey", &router.import_key},
        {"NCryptExportKey", &router.export_key},
        {"NCryptSignHash", &router.sign_hash},
        {"NCryptVerifySignature", &router.verify_signature},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        FARPROC function = module == NULL ? NULL : GetProcAddress(module, rows[i].name);
        if (function == NULL)
            return false;
        memcpy(rows[i].slot, &function, sizeof function);
    }
    table.OpenProvider = router.open_provider;
    table.OpenKey = router.open_key;
    table.CreatePersistedKey = router.create_key;
    table.GetProviderProperty = get_provider_property;
    table.GetKeyProperty = get_key_property;
    table.SetProviderProperty = set_provider_property;
    table.SetKeyProperty = set_key_property;
    table.FinalizeKey = finalize_key;
    table.DeleteKey = delete_key;
    table.FreeProvider = free_provider;
    table.FreeKey = free_key;
    table.FreeBuffer = router.free_buffer;
    table.IsAlgSupported = router.is_alg_supported;
    table.EnumAlgorithms = router.enum_algorithms;
    table.EnumKeys = router.enum_keys;
    table.ImportKey = router.import_key;
    table.ExportKey = export_key;
    table.SignHash = sign_hash;
    table.VerifySignature = verify_signature;
    ksp = &table;
    return true;
}

static bool
load_direct(void)
{
    NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table = NULL;
    HMODULE module = LoadLibraryW(SIGNUM_DLL_NAME_W);

    if (module == NULL)
        return false;
    GetKeyStorageInterfaceFn get_interface =
        (GetKeyStorageInterfaceFn)(void *)GetProcAddress(module, "GetKeyStorageInterface");
    if (get_interface == NULL || get_interface(SIGNUM_PROVIDER_NAME_W, &table, 0) != STATUS_SUCCESS)
        return false;
    ksp = table;
    return true;
}

bool
ksp_load(const char *way)
{
    ksp_is_direct = strcmp(way, "direct") == 0;
    return ksp_is_direct ? load_direct() : load_router();
}
