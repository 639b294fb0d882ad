#include <string.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

/* The export and the table themselves; only the direct way sees them. */
static void
get_interface(void)
{
    HMODULE module = GetModuleHandleW(SIGNUM_DLL_NAME_W);
    GetKeyStorageInterfaceFn get =
        (GetKeyStorageInterfaceFn)(void *)GetProcAddress(module, "GetKeyStorageInterface");
    NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table = NULL;

    check_true(get(SIGNUM_PROVIDER_NAME_W, NULL, 0) == (NTSTATUS)STATUS_INVALID_PARAMETER,
               "interface, nowhere to put it");
    check_true(get(NULL, &table, 0) == (NTSTATUS)STATUS_INVALID_PARAMETER && table == NULL,
               "interface of no name");
    table = (NCRYPT_KEY_STORAGE_FUNCTION_TABLE *)&module;
    check_true(get(L"Some Other Provider", &table, 0) == STATUS_NOT_FOUND && table == NULL,
               "interface of another provider");
    check_true(get(L"SIGNUM ksp", &table, 0) == STATUS_SUCCESS && table != NULL,
               "interface, name in another case");
    check_true(table->Version.MajorVersion == 3 && table->Version.MinorVersion == 0,
               "table version 3.0");
    for (size_t i = 1; i < sizeof *table / sizeof(void *); i++) {
        void *entry;
        memcpy(&entry, (const BYTE *)table + i * sizeof(void *), sizeof entry);
        check_true(entry != NULL, "entry %u is there", (unsigned)i - 1);
    }
}

void
case_interface(void)
{
    NCRYPT_PROV_HANDLE provider = 99;

    if (!ksp_is_direct)
        return;
    get_interface();
    check_status(ksp->OpenProvider(&provider, L"Some Other Provider", 0), NTE_INVALID_PARAMETER,
                 "open another provider");
    check_true(provider == 0, "no handle for another provider");
    check_status(ksp->OpenProvider(&provider, NULL, 0), ERROR_SUCCESS,
                 "open the provider without a name");
    ksp->FreeProvider(provider);
}

/* Refused whole, with outputs emptied. */
static void
refused_everywhere(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    static const struct {
        LPCWSTR type;
        SECURITY_STATUS status;
    } rows[] = {
        {BCRYPT_RSAPRIVATE_BLOB, NTE_NOT_SUPPORTED},
        {BCRYPT_RSAFULLPRIVATE_BLOB, NTE_NOT_SUPPORTED},
        {BCRYPT_ECCPRIVATE_BLOB, NTE_NOT_SUPPORTED},
        {BCRYPT_PRIVATE_KEY_BLOB, NTE_NOT_SUPPORTED},
        {NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NTE_NOT_SUPPORTED},
        {NCRYPT_PKCS7_ENVELOPE_BLOB, NTE_NOT_SUPPORTED},
        {NCRYPT_OPAQUETRANSPORT_BLOB, NTE_NOT_SUPPORTED},
        {BCRYPT_RSAPUBLIC_BLOB, NTE_NOT_SUPPORTED},
        {L"NoSuchBlob", NTE_BAD_TYPE},
        {L"", NTE_BAD_TYPE},
    };
    BYTE data[64] = {0};
    NCRYPT_KEY_HANDLE made = 99;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        made = 99;
        check_status(ksp->ImportKey(provider, 0, rows[i].type, NULL, &made, data, sizeof data, 0),
                     rows[i].status, "import a %ls", rows[i].type);
        check_true(made == 0, "no key is imported");
    }
    check_status(ksp->ImportKey(provider, 0, NULL, NULL, &made, data, sizeof data, 0),
                 NTE_INVALID_PARAMETER, "import, no type");
    check_status(ksp->ImportKey(provider, 0, BCRYPT_RSAPRIVATE_BLOB, NULL, &made, NULL, 0, 0),
                 NTE_INVALID_PARAMETER, "import, no data");
    check_status(ksp->ImportKey(provider, 0, BCRYPT_RSAPRIVATE_BLOB, NULL, NULL, data, 64, 0),
                 NTE_INVALID_PARAMETER, "import, nowhere to put it");
    check_status(ksp->ImportKey(provider, 0, BCRYPT_RSAPRIVATE_BLOB, NULL, &made, data, 64, 1),
                 NTE_BAD_FLAGS, "import, unknown flag");
    check_status(ksp->ImportKey(provider, key, BCRYPT_RSAPRIVATE_BLOB, NULL, &made, data, 64, 0),
                 NTE_NOT_SUPPORTED, "import under another key");
    check_status(ksp->ImportKey(provider, 0x12345678, BCRYPT_RSAPRIVATE_BLOB, NULL, &made, data,
                                64, 0),
                 NTE_INVALID_HANDLE, "import under no key");
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_BAD_KEY_STATE,
                 "finalize a key that is made");
}

static void
refused_directly(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    BYTE data[64] = {0};
    DWORD len = 99;
    HANDLE event = (HANDLE)(ULONG_PTR)99;
    NCRYPT_SECRET_HANDLE secret = 99;

    check_status(ksp->Encrypt(provider, key, data, 1, NULL, data, 64, &len, BCRYPT_PAD_PKCS1),
                 NTE_NOT_SUPPORTED, "encrypt");
    check_number(len, 0, "encrypt: no size");
    len = 99;
    check_status(ksp->Decrypt(provider, key, data, 64, NULL, data, 64, &len, BCRYPT_PAD_PKCS1),
                 NTE_NOT_SUPPORTED, "decrypt");
    check_number(len, 0, "decrypt: no size");
    check_status(ksp->PromptUser(provider, key, L"sign", 0), NTE_NOT_SUPPORTED, "prompt");
    check_status(ksp->NotifyChangeKey(provider, &event, NCRYPT_REGISTER_NOTIFY_FLAG),
                 NTE_NOT_SUPPORTED, "ask for notice of changes");
    check_true(event == NULL, "no event");
    check_status(ksp->SecretAgreement(provider, key, key, &secret, 0), NTE_NOT_SUPPORTED,
                 "agree on a secret");
    check_true(secret == 0, "no secret");
    len = 99;
    check_status(ksp->DeriveKey(provider, 0, L"HASH", NULL, data, 64, &len, 0), NTE_NOT_SUPPORTED,
                 "derive a key");
    check_number(len, 0, "derive: no size");
    check_status(ksp->FreeSecret(provider, 0), NTE_NOT_SUPPORTED, "free a secret");
    len = 99;
    check_status(ksp->KeyDerivation(provider, key, NULL, data, 64, &len, 0), NTE_NOT_SUPPORTED,
                 "key derivation");
    check_number(len, 0, "key derivation: no size");
    check_status(ksp->VerifyClaim(provider, key, 0, 3, NULL, data, 64, NULL, 0),
                 NTE_NOT_SUPPORTED, "verify a claim");
}

void
case_refused(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;

    if (!ksp_open(L"rsa2048", &provider, &key))
        return;
    refused_everywhere(provider, key);
    if (ksp_is_direct)
        refused_directly(provider, key);
    ksp_close(provider, key);
}
