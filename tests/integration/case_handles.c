#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

#define KEY L"rsa2048"

static void
provider_handles(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_PROV_HANDLE other = 0;

    check_status(ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0), ERROR_SUCCESS,
                 "open the provider");
    check_status(ksp->OpenProvider(&other, SIGNUM_PROVIDER_NAME_W, NCRYPT_SILENT_FLAG),
                 ERROR_SUCCESS, "open it again, silently");
    check_true(provider != 0 && other != 0 && provider != other, "two handles differ");
    check_status(ksp->FreeProvider(other), ERROR_SUCCESS, "free a provider");
    check_status(ksp->FreeProvider(other), NTE_INVALID_HANDLE, "free a provider twice");
    check_status(ksp->FreeProvider(0), NTE_INVALID_HANDLE, "free provider 0");
    check_status(ksp->FreeProvider((NCRYPT_PROV_HANDLE)0x12345678), NTE_INVALID_HANDLE,
                 "free a foreign provider");
    check_status(ksp->FreeProvider(provider), ERROR_SUCCESS, "free the first provider");
}

/* signtool gives every legacy key spec and flag, .NET spec 0 and the silent flag. */
static void
key_specs(void)
{
    static const DWORD specs[] = {0, 1, 2};
    static const DWORD flags[] = {0, NCRYPT_SILENT_FLAG, NCRYPT_MACHINE_KEY_FLAG,
                                  NCRYPT_SILENT_FLAG | NCRYPT_MACHINE_KEY_FLAG};
    NCRYPT_PROV_HANDLE provider = 0;

    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        for (size_t j = 0; j < sizeof flags / sizeof flags[0]; j++) {
            NCRYPT_KEY_HANDLE key = 0;
            check_status(ksp->OpenKey(provider, &key, KEY, specs[i], flags[j]), ERROR_SUCCESS,
                         "open a key, spec %lu, flags 0x%lx", specs[i], flags[j]);
            ksp->FreeKey(provider, key);
        }
    ksp->FreeProvider(provider);
}

static void
key_handles(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    DWORD bits = 0;
    DWORD len = 0;

    if (!ksp_open(KEY, &provider, &key))
        return;
    check_status(ksp->FreeProvider(provider), ERROR_SUCCESS, "free the provider before its key");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_LENGTH_PROPERTY, (PBYTE)&bits,
                                     sizeof bits, &len, 0),
                 ERROR_SUCCESS, "the key still works");
    check_number(bits, 2048, "the key still knows its length");
    check_status(ksp->FreeKey(provider, key), ERROR_SUCCESS, "free the key after its provider");
    check_status(ksp->FreeKey(provider, key), NTE_INVALID_HANDLE, "free a key twice");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_LENGTH_PROPERTY, (PBYTE)&bits,
                                     sizeof bits, &len, 0),
                 NTE_INVALID_HANDLE, "a property of a freed key");
    check_status(ksp->FreeKey(provider, 0), NTE_INVALID_HANDLE, "free key 0");
}

/* Only the provider itself sees these: ncrypt.dll keeps its own handles apart. */
static void
raw_handles(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    DWORD bits = 0;
    DWORD len = 0;

    if (!ksp_is_direct || !ksp_open(KEY, &provider, &key))
        return;
    check_status(ksp->FreeKey(provider + 2, key), NTE_INVALID_HANDLE,
                 "free a key under another provider");
    check_status(ksp->FreeKey(provider, provider), NTE_INVALID_HANDLE, "free a provider as a key");
    check_status(ksp->FreeProvider(key), NTE_INVALID_HANDLE, "free a key as a provider");
    check_status(ksp->GetProviderProperty(key, NCRYPT_NAME_PROPERTY, NULL, 0, &len, 0),
                 NTE_INVALID_HANDLE, "a key as a provider");
    check_status(ksp->GetKeyProperty(provider, provider, NCRYPT_LENGTH_PROPERTY, (PBYTE)&bits,
                                     sizeof bits, &len, 0),
                 NTE_INVALID_HANDLE, "a provider as a key");
    check_status(ksp->OpenKey(key, &key, KEY, 0, 0), NTE_INVALID_HANDLE,
                 "open a key under a key");
    ksp_close(provider, 0);
}

static void
delete_key(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    DWORD bits = 0;
    DWORD len = 0;

    if (!ksp_open(KEY, &provider, &key))
        return;
    check_status(ksp->DeleteKey(provider, key, 0), NTE_PERM, "a key is not deleted");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_LENGTH_PROPERTY, (PBYTE)&bits,
                                     sizeof bits, &len, 0),
                 ERROR_SUCCESS, "its handle lives on");
    check_status(ksp->FreeKey(provider, key), ERROR_SUCCESS, "and can be freed");
    check_status(ksp->OpenKey(provider, &key, KEY, 0, 0), ERROR_SUCCESS, "the key is still there");
    ksp_close(provider, key);
}

/* Slots are reused, generations are not: no two live handles are equal, no dead one works. */
static void
many_handles(void)
{
    enum { COUNT = 500 };
    static NCRYPT_KEY_HANDLE keys[COUNT];
    NCRYPT_PROV_HANDLE provider = 0;
    bool is_all_open = true;
    bool is_all_stale = true;

    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    for (int i = 0; i < COUNT; i++)
        is_all_open &= ksp->OpenKey(provider, &keys[i], KEY, 0, 0) == ERROR_SUCCESS;
    check_true(is_all_open, "%d keys are open at once", COUNT);
    for (int i = 0; i < COUNT; i++)
        ksp->FreeKey(provider, keys[i]);
    for (int i = 0; i < COUNT; i++)
        is_all_stale &= ksp->FreeKey(provider, keys[i]) == NTE_INVALID_HANDLE;
    check_true(is_all_stale, "%d freed keys are stale", COUNT);
    ksp->FreeProvider(provider);
}

void
case_handles(void)
{
    provider_handles();
    key_specs();
    key_handles();
    raw_handles();
    delete_key();
    many_handles();
}
