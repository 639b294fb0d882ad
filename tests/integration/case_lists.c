#include <string.h>
#include <wchar.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

static void
algorithm_names(NCRYPT_PROV_HANDLE provider)
{
    static const struct {
        LPCWSTR name;
        SECURITY_STATUS status;
    } rows[] = {
        {L"RSA", ERROR_SUCCESS},          {L"ECDSA", ERROR_SUCCESS},
        {L"ECDSA_P256", ERROR_SUCCESS},   {L"ECDSA_P384", ERROR_SUCCESS},
        {L"ECDSA_P521", ERROR_SUCCESS},   {L"ECDH_P256", NTE_NOT_SUPPORTED},
        {L"AES", NTE_NOT_SUPPORTED},      {L"SHA256", NTE_NOT_SUPPORTED},
        {L"rsa", NTE_NOT_SUPPORTED},      {L"", NTE_NOT_SUPPORTED},
        {L"RSA_SIGN", NTE_NOT_SUPPORTED}, {NULL, NTE_INVALID_PARAMETER},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_status(ksp->IsAlgSupported(provider, rows[i].name, NCRYPT_SILENT_FLAG),
                     rows[i].status, "is %ls supported", rows[i].name ? rows[i].name : L"NULL");
    check_status(ksp->IsAlgSupported(provider, L"RSA", 1), NTE_BAD_FLAGS,
                 "is RSA supported, unknown flag");
}

static bool
is_expected_list(const NCryptAlgorithmName *list, DWORD count)
{
    static const wchar_t *const names[] = {L"RSA", L"ECDSA_P256", L"ECDSA_P384", L"ECDSA_P521"};

    if (list == NULL || count != sizeof names / sizeof names[0])
        return false;
    for (DWORD i = 0; i < count; i++)
        if (wcscmp(list[i].pszName, names[i]) != 0 ||
            list[i].dwClass != NCRYPT_SIGNATURE_INTERFACE ||
            list[i].dwAlgOperations != NCRYPT_SIGNATURE_OPERATION || list[i].dwFlags != 0)
            return false;
    return true;
}

static void
algorithm_lists(NCRYPT_PROV_HANDLE provider)
{
    static const struct {
        DWORD operations;
        SECURITY_STATUS status;
    } rows[] = {
        {0, ERROR_SUCCESS},
        {NCRYPT_SIGNATURE_OPERATION, ERROR_SUCCESS},
        {0x1f, ERROR_SUCCESS},
        {NCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION, NTE_NOT_SUPPORTED},
        {NCRYPT_HASH_OPERATION, NTE_NOT_SUPPORTED},
        {0x8000, NTE_BAD_FLAGS},
        {0x8010, NTE_BAD_FLAGS},
    };
    NCryptAlgorithmName *list;
    DWORD count;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        list = (NCryptAlgorithmName *)&rows;
        count = 99;
        if (check_status(
                ksp->EnumAlgorithms(provider, rows[i].operations, &count, &list, 0),
                rows[i].status, "algorithms for operations 0x%lx", rows[i].operations) &&
            rows[i].status == ERROR_SUCCESS) {
            check_true(is_expected_list(list, count), "their list");
            check_status(ksp->FreeBuffer(list), ERROR_SUCCESS, "free it");
        } else {
            check_true(list == NULL && count == 0, "no list");
        }
    }
    check_status(ksp->EnumAlgorithms(provider, 0, &count, &list, 1), NTE_BAD_FLAGS,
                 "algorithms, unknown flag");
    check_status(ksp->EnumAlgorithms(provider, 0, NULL, &list, 0), NTE_INVALID_PARAMETER,
                 "algorithms, no count");
    check_status(ksp->EnumAlgorithms(provider, 0, &count, NULL, 0), NTE_INVALID_PARAMETER,
                 "algorithms, no list");
}

void
case_algorithms(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    algorithm_names(provider);
    algorithm_lists(provider);
    ksp->FreeProvider(provider);
}

/* The row of a listed key; NULL for one that the test does not use. */
static const struct test_key *
find_test_key(const wchar_t *name)
{
    for (size_t i = 0; i < test_key_count; i++)
        if (wcscmp(test_keys[i].name, name) == 0)
            return &test_keys[i];
    return NULL;
}

static void
list_keys(NCRYPT_PROV_HANDLE provider, DWORD flags)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    size_t found = 0;
    bool has_denied = false;
    SECURITY_STATUS status;

    for (;;) {
        status = ksp->EnumKeys(provider, NULL, &item, &state, flags);
        if (status != ERROR_SUCCESS)
            break;
        const struct test_key *test = find_test_key(item->pszName);
        has_denied |= wcscmp(item->pszName, L"denied") == 0;
        if (test != NULL) {
            found++;
            check_true(wcscmp(item->pszAlgid, test->algorithm) == 0 &&
                           item->dwLegacyKeySpec == AT_SIGNATURE &&
                           item->dwFlags == (flags & NCRYPT_MACHINE_KEY_FLAG),
                       "%s is listed rightly", test->text);
        }
        check_status(ksp->FreeBuffer(item), ERROR_SUCCESS, "free %s",
                     test == NULL ? "an item" : test->text);
    }
    check_status(status, NTE_NO_MORE_ITEMS, "the end of the list");
    check_true(item == NULL, "no item at the end");
    check_status(ksp->EnumKeys(provider, NULL, &item, &state, flags), NTE_NO_MORE_ITEMS,
                 "the end stays the end");
    check_number(found, test_key_count, "all keys are listed");
    check_true(!has_denied, "a key without a rule is not listed");
    check_status(ksp->FreeBuffer(state), ERROR_SUCCESS, "free the state");
}

static void
list_parameters(NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;

    check_status(ksp->EnumKeys(provider, L"scope", &item, &state, 0), NTE_INVALID_PARAMETER,
                 "list keys of a scope");
    check_status(ksp->EnumKeys(provider, NULL, NULL, &state, 0), NTE_INVALID_PARAMETER,
                 "list keys, nowhere to put them");
    check_status(ksp->EnumKeys(provider, NULL, &item, NULL, 0), NTE_INVALID_PARAMETER,
                 "list keys, no state");
    check_status(ksp->EnumKeys(provider, NULL, &item, &state, 1), NTE_BAD_FLAGS,
                 "list keys, unknown flag");
    check_true(item == NULL && state == NULL, "nothing is handed out");
}

/* Pointers that are not ours are refused without being read; what is freed is no longer ours. */
static void
buffers(NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    PVOID foreign = (PVOID)(ULONG_PTR)0x10;

    if (!ksp_is_direct)
        return;
    check_status(ksp->FreeBuffer(NULL), ERROR_SUCCESS, "free no buffer");
    check_status(ksp->FreeBuffer(foreign), NTE_INVALID_PARAMETER, "free a foreign buffer");
    check_status(ksp->FreeBuffer(&state), NTE_INVALID_PARAMETER, "free a variable");
    check_status(ksp->EnumKeys(provider, NULL, &item, &foreign, 0), NTE_INVALID_PARAMETER,
                 "go on with a foreign state");
    check_status(ksp->EnumKeys(provider, NULL, &item, &state, 0), ERROR_SUCCESS, "list again");
    PVOID name = item;
    check_status(ksp->EnumKeys(provider, NULL, &item, &name, 0), NTE_INVALID_PARAMETER,
                 "go on with a name as state");
    check_status(ksp->FreeBuffer(name), ERROR_SUCCESS, "free the name");
    check_status(ksp->FreeBuffer(name), NTE_INVALID_PARAMETER, "free the name twice");
    PVOID old = state;
    check_status(ksp->FreeBuffer(state), ERROR_SUCCESS, "free the state before the end");
    check_status(ksp->EnumKeys(provider, NULL, &item, &old, 0), NTE_INVALID_PARAMETER,
                 "go on with a freed state");
}

void
case_enumerate(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    list_keys(provider, 0);
    list_keys(provider, NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG);
    list_parameters(provider);
    buffers(provider);
    ksp->FreeProvider(provider);
}
