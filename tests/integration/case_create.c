/* Keys made in the HSM through the provider, as certreq -new does, by a user who may make keys. */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"
#include "draft.h"
#include "ksp.h"
#include "signum/signum.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

#define VALUE_MAX 4096

static bool
sign_and_verify(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, bool is_rsa)
{
    static BCRYPT_PKCS1_PADDING_INFO sha256 = {BCRYPT_SHA256_ALGORITHM};
    VOID *padding = is_rsa ? &sha256 : NULL;
    DWORD flags = is_rsa ? BCRYPT_PAD_PKCS1 : 0;
    BYTE digest[32] = {5};
    BYTE signature[512];
    DWORD len = 0;

    return ksp->SignHash(provider, key, padding, digest, sizeof digest, NULL, 0, &len, flags) ==
               ERROR_SUCCESS &&
           ksp->SignHash(provider, key, padding, digest, sizeof digest, signature, len, &len,
                         flags) == ERROR_SUCCESS &&
           ksp->VerifySignature(provider, key, padding, digest, sizeof digest, signature, len,
                                flags) == ERROR_SUCCESS;
}

/* What enrolment says of a new key before it is made. */
static void
describe(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD bits)
{
    static wchar_t use[] = L"certificate request";
    NCRYPT_UI_POLICY_BLOB blob = {.dwVersion = 1};
    NCRYPT_UI_POLICY policy = {.dwVersion = 1};
    PBYTE data = ksp_is_direct ? (PBYTE)&blob : (PBYTE)&policy;
    DWORD len = ksp_is_direct ? sizeof blob : sizeof policy;
    HWND window = NULL;

    check_status(draft_set_number(provider, key, NCRYPT_LENGTH_PROPERTY, bits), ERROR_SUCCESS,
                 "enrol: set Length");
    check_status(draft_set_number(provider, key, NCRYPT_EXPORT_POLICY_PROPERTY, 0), ERROR_SUCCESS,
                 "enrol: set Export Policy");
    check_status(draft_set_number(provider, key, NCRYPT_KEY_USAGE_PROPERTY, 0x00ffffff),
                 ERROR_SUCCESS, "enrol: set Key Usage");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_UI_POLICY_PROPERTY, data, len,
                                     NCRYPT_PERSIST_FLAG),
                 ERROR_SUCCESS, "enrol: set UI Policy");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_USE_CONTEXT_PROPERTY, (PBYTE)use,
                                     sizeof use, 0),
                 ERROR_SUCCESS, "enrol: set Use Context");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_WINDOW_HANDLE_PROPERTY, (PBYTE)&window,
                                     sizeof window, 0),
                 ERROR_SUCCESS, "enrol: set HWND Handle");
}

/* A made key is a key like all others. */
static void
made(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, const wchar_t *name, const wchar_t *alg)
{
    NCRYPT_KEY_HANDLE again = 0;
    BYTE blob[1024];
    DWORD len = 0;

    check_true(draft_has_text(provider, key, NCRYPT_UNIQUE_NAME_PROPERTY, name), "%ls: its name",
               name);
    check_true(draft_has_text(provider, key, NCRYPT_ALGORITHM_PROPERTY, alg), "%ls is %ls", name,
               alg);
    check_number(draft_get_number(provider, key, NCRYPT_KEY_USAGE_PROPERTY),
                 NCRYPT_ALLOW_SIGNING_FLAG, "%ls: its usage", name);
    check_status(ksp->ExportKey(provider, key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, blob, sizeof blob,
                                &len, 0),
                 ERROR_SUCCESS, "%ls: export it", name);
    check_true(sign_and_verify(provider, key, wcscmp(alg, L"RSA") == 0), "%ls: it signs", name);
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_CERTIFICATE_PROPERTY, NULL, 0, &len, 0),
                 NTE_NOT_FOUND, "%ls: it has no certificate", name);
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_BAD_KEY_STATE, "%ls: make it twice", name);
    check_status(draft_set_number(provider, key, NCRYPT_LENGTH_PROPERTY, 4096), NTE_NOT_SUPPORTED,
                 "%ls: set another length", name);
    unsigned before = test_request_count();
    check_status(ksp->OpenKey(provider, &again, name, 0, 0), ERROR_SUCCESS, "%ls: open it", name);
    ksp->FreeKey(provider, again);
    check_status(ksp->CreatePersistedKey(provider, &again, L"RSA", name, 0, 0), NTE_EXISTS,
                 "%ls: describe it again", name);
    check_true(again == 0, "%ls: no second one", name);
    check_status(ksp->CreatePersistedKey(provider, &again, L"RSA", name, 0,
                                         NCRYPT_OVERWRITE_KEY_FLAG),
                 NTE_PERM, "%ls: overwrite it", name);
    check_number(test_request_count() - before, 0, "%ls: no request for these", name);
}

static void
make(NCRYPT_PROV_HANDLE provider, const wchar_t *what, const wchar_t *alg, DWORD bits)
{
    const wchar_t *name = test_new_name(what);
    NCRYPT_KEY_HANDLE key = 0;

    check_status(ksp->IsAlgSupported(provider, alg, 0), ERROR_SUCCESS, "%ls is supported", alg);
    check_status(ksp->CreatePersistedKey(provider, &key, alg, name, AT_SIGNATURE, 0),
                 ERROR_SUCCESS, "describe %ls", name);
    describe(provider, key, bits);
    unsigned before = test_request_count();
    check_status(ksp->FinalizeKey(provider, key, NCRYPT_SILENT_FLAG), ERROR_SUCCESS, "make %ls",
                 name);
    check_number(test_request_count() - before, 1, "requests to make %ls", name);
    check_true(test_has_text(provider, key, L"Signum Request Id", L""), "%ls: its request", name);
    check_number(draft_get_number(provider, key, NCRYPT_LENGTH_PROPERTY), bits, "%ls: its length",
                 name);
    made(provider, key, name, alg);
    ksp->FreeKey(provider, key);
}

/* Names that only the service knows, since no list was asked for yet. */
static void
taken(NCRYPT_PROV_HANDLE provider)
{
    NCRYPT_KEY_HANDLE key = 0;

    ksp->CreatePersistedKey(provider, &key, L"ECDSA_P256", L"denied", 0, 0);
    check_status(ksp->FinalizeKey(provider, key, 1), NTE_BAD_FLAGS, "make, unknown flag");
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_EXISTS, "make a key whose name is taken");
    check_true(test_has_text(provider, key, L"Signum Last Error", L"denied"),
               "Signum Last Error names it");
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_EXISTS, "and once more");
    ksp->FreeKey(provider, key);
    ksp->CreatePersistedKey(provider, &key, L"ECDSA_P256", L"denied", 0,
                            NCRYPT_OVERWRITE_KEY_FLAG);
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_PERM, "overwrite one");
    ksp->FreeKey(provider, key);
    ksp->CreatePersistedKey(provider, &key, L"ECDSA_P256", L"no name for a key", 0, 0);
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_INVALID_PARAMETER,
                 "make a key by a name that the service does not take");
    ksp->FreeKey(provider, key);
}

/* run.sh makes a certificate from the exported public key, outside of the service. */
static void
certify(NCRYPT_PROV_HANDLE provider)
{
    const wchar_t *name = test_new_name(L"certified");
    NCRYPT_KEY_HANDLE key = 0;
    BYTE value[VALUE_MAX];
    DWORD len = 0;
    size_t der_len = 0;

    ksp->CreatePersistedKey(provider, &key, L"ECDSA_P256", name, 0, 0);
    check_status(ksp->FinalizeKey(provider, key, 0), ERROR_SUCCESS, "make %ls", name);
    ksp->ExportKey(provider, key, 0, BCRYPT_ECCPUBLIC_BLOB, NULL, value, sizeof value, &len, 0);
    test_write_file("made.blob", value, len);
    test_let_happen("create");
    uint8_t *der = test_read_file("made.cer", &der_len);
    if (!check_true(der_len > 0, "a certificate was made"))
        goto out;
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_CERTIFICATE_PROPERTY, der,
                                     (DWORD)der_len, 0),
                 ERROR_SUCCESS, "give the key its certificate");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_CERTIFICATE_PROPERTY, value,
                                     sizeof value, &len, 0),
                 ERROR_SUCCESS, "it has one now");
    check_true(len == der_len && memcmp(value, der, len) == 0, "it is the same");
    check_true(sign_and_verify(provider, key, false), "the key still signs");
    ksp->FreeKey(provider, key);
    check_status(ksp->OpenKey(provider, &key, name, 0, 0), ERROR_SUCCESS, "open it again");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_CERTIFICATE_PROPERTY, value,
                                     sizeof value, &len, 0),
                 ERROR_SUCCESS, "the certificate is still there");
    check_status(ksp->DeleteKey(provider, key, 0), NTE_PERM, "the key is not deleted");
    check_true(test_has_text(provider, key, L"Signum Last Error", L"allow_delete"),
               "Signum Last Error names the setting");
out:
    free(der);
    ksp->FreeKey(provider, key);
}

static bool
is_listed(NCRYPT_PROV_HANDLE provider, const wchar_t *name)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    bool is_there = false;

    while (ksp->EnumKeys(provider, NULL, &item, &state, 0) == ERROR_SUCCESS) {
        is_there |= wcscmp(item->pszName, name) == 0;
        ksp->FreeBuffer(item);
    }
    ksp->FreeBuffer(state);
    return is_there;
}

void
case_create(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;

    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    draft_parameters(provider);
    draft_keys(provider);
    taken(provider);
    check_true(!is_listed(provider, test_new_name(L"rsa")), "the key is not there yet");
    check_status(ksp->OpenKey(provider, &key, test_new_name(L"rsa"), 0, 0), NTE_BAD_KEYSET,
                 "nor can it be opened");
    make(provider, L"rsa", L"RSA", 2048);
    check_true(is_listed(provider, test_new_name(L"rsa")), "a made key is listed at once");
    make(provider, L"p521", L"ECDSA_P521", 521);
    certify(provider);
    ksp->FreeProvider(provider);
}

/* By a user who may only sign. */
void
case_create_denied(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;

    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    check_status(ksp->CreatePersistedKey(provider, &key, L"RSA", test_new_name(L"denied"), 0, 0),
                 ERROR_SUCCESS, "describe a key without the right to make it");
    check_status(ksp->FinalizeKey(provider, key, 0), NTE_PERM, "make it");
    check_true(test_has_text(provider, key, L"Signum Last Error", L"create key"),
               "Signum Last Error says what was denied");
    check_true(test_has_text(provider, key, L"Signum Request Id", L""),
               "Signum Request Id says in which request");
    check_status(ksp->FreeKey(provider, key), ERROR_SUCCESS, "forget it");
    check_status(ksp->OpenKey(provider, &key, test_new_name(L"denied"), 0, 0), NTE_BAD_KEYSET,
                 "nothing was made");
    ksp->FreeProvider(provider);
}
