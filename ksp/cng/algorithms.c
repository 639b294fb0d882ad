#include <string.h>
#include <wchar.h>

#include "call.h"
#include "core/alg.h"
#include "entries.h"
#include "io/utf16.h"
#include "rim.h"
#include "rim_memory.h"

#define OPERATIONS                                                                                 \
    (NCRYPT_CIPHER_OPERATION | NCRYPT_HASH_OPERATION | NCRYPT_ASYMMETRIC_ENCRYPTION_OPERATION |    \
     NCRYPT_SECRET_AGREEMENT_OPERATION | NCRYPT_SIGNATURE_OPERATION | NCRYPT_RNG_OPERATION |       \
     BCRYPT_KEY_DERIVATION_OPERATION)

/* An algorithm's own name, or its group's: generic "ECDSA" is how newer callers name all curves. */
static enum signum_status
find_algorithm(LPCWSTR pszAlgId)
{
    struct signum_buf name;
    size_t count;
    const struct signum_alg *algs = signum_alg_all(&count);

    signum_buf_init(&name, 4 * NCRYPT_MAX_ALG_ID_LENGTH);
    enum signum_status status = signum_rim_take_text(pszAlgId, NCRYPT_MAX_ALG_ID_LENGTH, &name);
    if (status != SIGNUM_OK)
        goto out;
    status = SIGNUM_NOT_SUPPORTED;
    for (size_t i = 0; i < count; i++)
        if (strcmp(algs[i].cng, signum_buf_text(&name)) == 0 ||
            strcmp(algs[i].cng_group, signum_buf_text(&name)) == 0)
            status = SIGNUM_OK;
out:
    signum_buf_clear(&name);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_is_alg_supported(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "IsAlgSupported");
    if (pszAlgId == NULL)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK)
        status = find_algorithm(pszAlgId);
out:
    return signum_call_end(&call, status);
}

/* The list and its names in one block: the array first, the names behind it. */
static enum signum_status
make_list(DWORD *pdwAlgCount, NCryptAlgorithmName **ppAlgList)
{
    struct signum_buf names;
    size_t count;
    const struct signum_alg *algs = signum_alg_all(&count);
    size_t array_len = count * sizeof **ppAlgList;
    enum signum_status status = SIGNUM_OK;

    signum_buf_init(&names, count * NCRYPT_MAX_ALG_ID_LENGTH * sizeof(WCHAR));
    for (size_t i = 0; status == SIGNUM_OK && i < count; i++)
        status = signum_rim_put_wide(&names, algs[i].cng);
    NCryptAlgorithmName *list = NULL;
    if (status == SIGNUM_OK) {
        list = signum_memory_new(array_len + names.len, SIGNUM_MEMORY_DATA, NULL);
        status = list == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;
    }
    if (status != SIGNUM_OK)
        goto out;
    WCHAR *name = (WCHAR *)(list + count);
    memcpy(name, names.data, names.len);
    for (size_t i = 0; i < count; i++) {
        list[i].pszName = name;
        list[i].dwClass = NCRYPT_SIGNATURE_INTERFACE;
        list[i].dwAlgOperations = NCRYPT_SIGNATURE_OPERATION;
        name += wcslen(name) + 1;
    }
    signum_memory_publish(list);
    *pdwAlgCount = (DWORD)count;
    *ppAlgList = list;
out:
    signum_buf_clear(&names);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_enum_algorithms(NCRYPT_PROV_HANDLE hProvider, DWORD dwAlgClass, DWORD *pdwAlgCount,
                             NCryptAlgorithmName **ppAlgList, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "EnumAlgorithms");
    if (pdwAlgCount != NULL)
        *pdwAlgCount = 0;
    if (ppAlgList != NULL)
        *ppAlgList = NULL;
    if (pdwAlgCount == NULL || ppAlgList == NULL)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwAlgClass, OPERATIONS);
    /* operations that exist, but not here */
    if (status == SIGNUM_OK && dwAlgClass != 0 && (dwAlgClass & NCRYPT_SIGNATURE_OPERATION) == 0)
        status = SIGNUM_NOT_SUPPORTED;
    if (status == SIGNUM_OK)
        status = make_list(pdwAlgCount, ppAlgList);
out:
    return signum_call_end(&call, status);
}
