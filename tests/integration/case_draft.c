/* Keys that are described and not yet made: CreatePersistedKey and what may be said before
   FinalizeKey. Nothing here leaves this machine. */
#include "draft.h"

#include <string.h>
#include <wchar.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

SECURITY_STATUS
draft_set_number(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name, DWORD number)
{
    return ksp->SetKeyProperty(provider, key, name, (PBYTE)&number, sizeof number,
                               NCRYPT_PERSIST_FLAG);
}

DWORD
draft_get_number(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name)
{
    DWORD number = 0;
    DWORD len = 0;

    ksp->GetKeyProperty(provider, key, name, (PBYTE)&number, sizeof number, &len, 0);
    return len == sizeof number ? number : 0;
}

bool
draft_has_text(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name,
               const wchar_t *text)
{
    wchar_t value[128] = {0};
    DWORD len = 0;

    return ksp->GetKeyProperty(provider, key, name, (PBYTE)value, sizeof value, &len, 0) ==
               ERROR_SUCCESS &&
           len == (wcslen(text) + 1) * sizeof *text && wcscmp(value, text) == 0;
}

void
draft_parameters(NCRYPT_PROV_HANDLE provider)
{
    wchar_t long_name[MAX_PATH + 2];
    static const struct {
        LPCWSTR alg;
        LPCWSTR name;
        DWORD spec;
        DWORD flags;
        SECURITY_STATUS status;
    } rows[] = {
        {NULL, L"new", 0, 0, NTE_INVALID_PARAMETER},
        {L"RSA", NULL, 0, 0, NTE_INVALID_PARAMETER},
        {L"RSA", L"", 0, 0, NTE_INVALID_PARAMETER},
        {L"RSA", L"new", AT_SIGNATURE + 1, 0, NTE_INVALID_PARAMETER},
        {L"RSA", L"new", 0, 1, NTE_BAD_FLAGS},
        {L"RSA", L"new", 0, NCRYPT_SILENT_FLAG | 0x100, NTE_BAD_FLAGS},
        {L"rsa", L"new", 0, 0, NTE_NOT_SUPPORTED},
        {L"AES", L"new", 0, 0, NTE_NOT_SUPPORTED},
        {L"ECDH_P256", L"new", 0, 0, NTE_NOT_SUPPORTED},
        {L"DSA", L"new", 0, 0, NTE_NOT_SUPPORTED},
        {L"", L"new", 0, 0, NTE_NOT_SUPPORTED},
        {L"RSA", L"no-such-service/new", 0, 0, NTE_BAD_KEYSET},
    };
    NCRYPT_KEY_HANDLE key;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        key = 99;
        check_status(ksp->CreatePersistedKey(provider, &key, rows[i].alg, rows[i].name,
                                             rows[i].spec, rows[i].flags),
                     rows[i].status, "create %ls %ls, spec %lu, flags 0x%lx",
                     rows[i].alg == NULL ? L"NULL" : rows[i].alg,
                     rows[i].name == NULL ? L"NULL" : rows[i].name, rows[i].spec, rows[i].flags);
        check_true(key == 0, "no key");
    }
    check_status(ksp->CreatePersistedKey(provider, NULL, L"RSA", L"new", 0, 0),
                 NTE_INVALID_PARAMETER, "create, nowhere to put it");
    check_status(ksp->CreatePersistedKey(0, &key, L"RSA", L"new", 0, 0), NTE_INVALID_HANDLE,
                 "create under no provider");
    wmemset(long_name, L'a', MAX_PATH + 1);
    long_name[MAX_PATH + 1] = 0;
    check_status(ksp->CreatePersistedKey(provider, &key, L"RSA", long_name, 0, 0),
                 NTE_INVALID_PARAMETER, "create, a name of %d characters", MAX_PATH + 1);
}

/* All that needs the key itself. */
static void
not_made(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    static BCRYPT_PKCS1_PADDING_INFO sha256 = {BCRYPT_SHA256_ALGORITHM};
    BYTE data[512] = {0};
    DWORD len = 99;

    check_status(ksp->SignHash(provider, key, &sha256, data, 32, NULL, 0, &len, BCRYPT_PAD_PKCS1),
                 NTE_BAD_KEY_STATE, "size of a signature before the key is made");
    check_number(len, 0, "no size");
    check_status(ksp->SignHash(provider, key, &sha256, data, 32, data, 512, &len,
                               BCRYPT_PAD_PKCS1),
                 NTE_BAD_KEY_STATE, "sign before the key is made");
    check_status(ksp->VerifySignature(provider, key, &sha256, data, 32, data, 256,
                                      BCRYPT_PAD_PKCS1),
                 NTE_BAD_KEY_STATE, "verify before the key is made");
    check_status(ksp->ExportKey(provider, key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, NULL, 0, &len, 0),
                 NTE_BAD_KEY_STATE, "export before the key is made");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_CERTIFICATE_PROPERTY, NULL, 0, &len, 0),
                 NTE_BAD_KEY_STATE, "certificate before the key is made");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_CERTIFICATE_PROPERTY, data, 64, 0),
                 NTE_BAD_KEY_STATE, "set the certificate before the key is made");
    if (ksp_is_direct)
        check_status(ksp->CreateClaim(provider, key, 0, NCRYPT_CLAIM_SUBJECT_ONLY, NULL, NULL, 0,
                                      &len, 0),
                     NTE_BAD_KEY_STATE, "claim before the key is made");
}

static void
rsa(NCRYPT_PROV_HANDLE provider)
{
    const wchar_t *name = test_new_name(L"draft");
    NCRYPT_SUPPORTED_LENGTHS lengths = {0};
    NCRYPT_KEY_HANDLE key = 0;
    DWORD len = 0;

    check_status(ksp->CreatePersistedKey(provider, &key, L"RSA", name, AT_SIGNATURE,
                                         NCRYPT_MACHINE_KEY_FLAG | NCRYPT_OVERWRITE_KEY_FLAG),
                 ERROR_SUCCESS, "describe an RSA key");
    check_true(draft_has_text(provider, key, NCRYPT_NAME_PROPERTY, name), "its name");
    check_true(draft_has_text(provider, key, NCRYPT_ALGORITHM_PROPERTY, L"RSA"), "its algorithm");
    check_true(draft_has_text(provider, key, NCRYPT_ALGORITHM_GROUP_PROPERTY, L"RSA"), "its group");
    check_number(draft_get_number(provider, key, NCRYPT_LENGTH_PROPERTY), 3072, "its length");
    check_number(draft_get_number(provider, key, NCRYPT_KEY_TYPE_PROPERTY),
                 NCRYPT_MACHINE_KEY_FLAG, "its key type");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_LENGTHS_PROPERTY, (PBYTE)&lengths,
                                     sizeof lengths, &len, 0),
                 ERROR_SUCCESS, "lengths that it may have");
    check_true(lengths.dwMinLength == 2048 && lengths.dwMaxLength == 4096 &&
                   lengths.dwIncrement == 1024 && lengths.dwDefaultLength == 3072,
               "they are 2048 to 4096");
    check_status(draft_set_number(provider, key, NCRYPT_LENGTH_PROPERTY, 4096), ERROR_SUCCESS,
                 "set 4096 bits");
    check_number(draft_get_number(provider, key, NCRYPT_PUBLIC_LENGTH_PROPERTY), 4096, "4096 bits");
    check_number(draft_get_number(provider, key, NCRYPT_SIGNATURE_LENGTH_PROPERTY), 512,
                 "512 bytes of signature");
    check_status(draft_set_number(provider, key, NCRYPT_LENGTH_PROPERTY, 1024), NTE_NOT_SUPPORTED,
                 "set 1024 bits");
    check_status(draft_set_number(provider, key, NCRYPT_LENGTH_PROPERTY, 2500), NTE_NOT_SUPPORTED,
                 "set 2500 bits");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_LENGTH_PROPERTY, (PBYTE)&len, 2, 0),
                 NTE_INVALID_PARAMETER, "set two bytes of length");
    check_number(draft_get_number(provider, key, NCRYPT_LENGTH_PROPERTY), 4096, "still 4096");
    check_status(draft_set_number(provider, key, NCRYPT_EXPORT_POLICY_PROPERTY, 0), ERROR_SUCCESS,
                 "set no export");
    check_status(draft_set_number(provider, key, NCRYPT_EXPORT_POLICY_PROPERTY,
                                  NCRYPT_ALLOW_EXPORT_FLAG),
                 NTE_NOT_SUPPORTED, "set export");
    check_status(draft_set_number(provider, key, NCRYPT_KEY_USAGE_PROPERTY, 0x00ffffff),
                 ERROR_SUCCESS, "set all usages");
    check_status(draft_set_number(provider, key, NCRYPT_KEY_USAGE_PROPERTY,
                                  NCRYPT_ALLOW_DECRYPT_FLAG),
                 NTE_NOT_SUPPORTED, "set decryption only");
    check_number(draft_get_number(provider, key, NCRYPT_KEY_USAGE_PROPERTY),
                 NCRYPT_ALLOW_SIGNING_FLAG, "it will sign");
    not_made(provider, key);
    check_status(ksp->FreeKey(provider, key), ERROR_SUCCESS, "forget it");
}

static void
curves(NCRYPT_PROV_HANDLE provider)
{
    NCRYPT_KEY_HANDLE key = 0;
    DWORD len = 99;

    check_status(ksp->CreatePersistedKey(provider, &key, L"ECDSA", test_new_name(L"draft"), 0, 0),
                 ERROR_SUCCESS, "describe an ECDSA key");
    check_true(draft_has_text(provider, key, NCRYPT_ALGORITHM_PROPERTY, L"ECDSA"),
               "its algorithm has no curve");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_LENGTH_PROPERTY, NULL, 0, &len, 0),
                 NTE_NOT_FOUND, "it has no length");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_ECC_CURVE_NAME_PROPERTY, NULL, 0, &len,
                                     0),
                 NTE_NOT_FOUND, "it has no curve");
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_BAD_KEY_STATE, "make it without a curve");
    check_true(test_has_text(provider, key, L"Signum Last Error", L"curve"), "which is said");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_ECC_CURVE_NAME_PROPERTY,
                                     (PBYTE)L"brainpoolP256r1", 32, 0),
                 NTE_NOT_SUPPORTED, "choose a curve that is not offered");
    check_status(draft_set_number(provider, key, NCRYPT_LENGTH_PROPERTY, 521), ERROR_SUCCESS,
                 "choose a curve by its length");
    check_true(draft_has_text(provider, key, NCRYPT_ALGORITHM_PROPERTY, L"ECDSA_P521"), "P-521");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_ECC_CURVE_NAME_PROPERTY,
                                     (PBYTE)L"nistp384", 18, 0),
                 ERROR_SUCCESS, "choose a curve by its name");
    check_true(draft_has_text(provider, key, NCRYPT_ECC_CURVE_NAME_PROPERTY, L"nistP384"), "P-384");
    check_number(draft_get_number(provider, key, NCRYPT_LENGTH_PROPERTY), 384, "384 bits");
    ksp->FreeKey(provider, key);
    check_status(ksp->CreatePersistedKey(provider, &key, L"ECDSA_P256", test_new_name(L"draft"), 0,
                                         0),
                 ERROR_SUCCESS, "describe a P-256 key");
    check_status(draft_set_number(provider, key, NCRYPT_LENGTH_PROPERTY, 384), NTE_NOT_SUPPORTED,
                 "which cannot have 384 bits");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_ECC_CURVE_NAME_PROPERTY,
                                     (PBYTE)L"nistP384", 18, 0),
                 NTE_NOT_SUPPORTED, "nor another curve");
    /* nothing was made, so there is nothing that a setting would have to allow */
    check_status(ksp->DeleteKey(provider, key, 0), ERROR_SUCCESS, "delete what was never made");
    check_status(ksp->FreeKey(provider, key), NTE_INVALID_HANDLE, "its handle is gone");
}

void
draft_keys(NCRYPT_PROV_HANDLE provider)
{
    unsigned before = test_request_count();

    rsa(provider);
    curves(provider);
    check_number(test_request_count() - before, 0, "requests to describe keys");
}
