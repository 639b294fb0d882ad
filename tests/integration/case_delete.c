/* Keys destroyed in the HSM, where the setting allow_delete is true. After the group "create", by
   the same user. */
#include <string.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

static bool
make(NCRYPT_PROV_HANDLE provider, const wchar_t *name, NCRYPT_KEY_HANDLE *key_out)
{
    *key_out = 0;
    return check_status(ksp->CreatePersistedKey(provider, key_out, L"ECDSA_P384", name, 0, 0),
                        ERROR_SUCCESS, "describe %ls", name) &&
           check_status(ksp->FinalizeKey(provider, *key_out, 0), ERROR_SUCCESS, "make %ls", name);
}

static void
destroy(NCRYPT_PROV_HANDLE provider)
{
    const wchar_t *name = test_new_name(L"short-lived");
    NCRYPT_KEY_HANDLE key;
    NCRYPT_KEY_HANDLE other = 0;
    BYTE digest[48] = {9};
    BYTE signature[96];
    DWORD len = 0;

    if (!make(provider, name, &key))
        return;
    ksp->OpenKey(provider, &other, name, 0, 0);
    check_status(ksp->DeleteKey(provider, key, 1), NTE_BAD_FLAGS, "destroy, unknown flag");
    unsigned before = test_request_count();
    check_status(ksp->DeleteKey(provider, key, NCRYPT_SILENT_FLAG), ERROR_SUCCESS, "destroy %ls",
                 name);
    check_number(test_request_count() - before, 1, "requests to destroy a key");
    check_status(ksp->FreeKey(provider, key), NTE_INVALID_HANDLE, "its handle is gone");
    check_status(ksp->OpenKey(provider, &key, name, 0, 0), NTE_BAD_KEYSET, "the key is gone");
    check_number(test_request_count() - before, 1, "which need not be asked");
    check_status(ksp->SignHash(provider, other, NULL, digest, 48, signature, 96, &len, 0),
                 NTE_BAD_KEYSET, "sign by another handle on it");
    check_status(ksp->DeleteKey(provider, other, 0), NTE_BAD_KEYSET, "destroy it twice");
    check_status(ksp->FreeKey(provider, other), ERROR_SUCCESS, "the other handle can be freed");
    if (!make(provider, name, &key))
        return;
    check_status(ksp->SignHash(provider, key, NULL, digest, 48, signature, 96, &len, 0),
                 ERROR_SUCCESS, "a new key of that name signs");
    check_status(ksp->DeleteKey(provider, key, 0), ERROR_SUCCESS, "destroy that too");
}

/* Whatever the setting says. */
static void
keep_certified(NCRYPT_PROV_HANDLE provider)
{
    const wchar_t *name = test_new_name(L"certified");
    NCRYPT_KEY_HANDLE key = 0;

    check_status(ksp->OpenKey(provider, &key, name, 0, 0), ERROR_SUCCESS, "open %ls", name);
    unsigned before = test_request_count();
    check_status(ksp->DeleteKey(provider, key, 0), NTE_PERM, "destroy a key with a certificate");
    check_number(test_request_count() - before, 0, "the service is not even asked");
    check_true(test_has_text(provider, key, L"Signum Last Error", L"certificate"),
               "Signum Last Error says why");
    check_status(ksp->FreeKey(provider, key), ERROR_SUCCESS, "its handle lives on");
    check_status(ksp->OpenKey(provider, &key, name, 0, 0), ERROR_SUCCESS, "and the key too");
    ksp->FreeKey(provider, key);
}

void
case_delete(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    destroy(provider);
    keep_certified(provider);
    ksp->FreeProvider(provider);
}
