#include <wchar.h>

#include "call.h"
#include "core/blob.h"
#include "entries.h"
#include "rim.h"

#define BLOB_NAME_MAX 64 /* characters; the longest known one has 20 */

/* A blob type by its name: offered, or known and refused (its type then says nothing). What is
   not here is BAD_TYPE. */
struct blob_row {
    LPCWSTR name;
    bool is_offered;
    enum signum_blob_type type;
};

static const struct blob_row rows[] = {
    {BCRYPT_PUBLIC_KEY_BLOB, true, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_RSAPUBLIC_BLOB, true, SIGNUM_BLOB_RSA_PUBLIC},
    {BCRYPT_ECCPUBLIC_BLOB, true, SIGNUM_BLOB_ECC_PUBLIC},
    {BCRYPT_PRIVATE_KEY_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_RSAPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_RSAFULLPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_ECCPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_ECCFULLPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_ECCFULLPUBLIC_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {LEGACY_RSAPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {LEGACY_RSAPUBLIC_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {NCRYPT_PKCS7_ENVELOPE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {NCRYPT_PKCS8_PRIVATE_KEY_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {NCRYPT_OPAQUETRANSPORT_BLOB, false, SIGNUM_BLOB_PUBLIC},
};

static enum signum_status
find_type(LPCWSTR name, enum signum_blob_type *type_out)
{
    *type_out = SIGNUM_BLOB_PUBLIC;
    if (wcsnlen(name, BLOB_NAME_MAX + 1) > BLOB_NAME_MAX)
        return SIGNUM_BAD_TYPE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (wcscmp(rows[i].name, name) != 0)
            continue;
        *type_out = rows[i].type;
        return rows[i].is_offered ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
    }
    return SIGNUM_BAD_TYPE;
}

static enum signum_status
export_blob(const struct signum_key *key, enum signum_blob_type type, PBYTE pbOutput,
            DWORD cbOutput, DWORD *pcbResult)
{
    struct signum_buf blob;

    signum_buf_init(&blob, SIGNUM_BLOB_MAX);
    enum signum_status status = signum_blob_export(key, type, &blob);
    if (status == SIGNUM_OK)
        status = signum_rim_output(signum_bytes_of_buf(&blob), pbOutput, cbOutput, pcbResult);
    signum_buf_clear(&blob);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_export_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                        NCRYPT_KEY_HANDLE hExportKey, LPCWSTR pszBlobType,
                        NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
                        DWORD *pcbResult, DWORD dwFlags)
{
    enum signum_blob_type type;
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    (void)pParameterList; /* says nothing about a public blob */
    signum_call_begin(&call, "ExportKey");
    if (pcbResult == NULL)
        goto out;
    *pcbResult = 0;
    if (pszBlobType == NULL)
        goto out;
    status = signum_call_take_key(&call, hProvider, hKey);
    /* a public key is never wrapped */
    if (status == SIGNUM_OK && hExportKey != 0)
        status = SIGNUM_INVALID_HANDLE;
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK)
        status = find_type(pszBlobType, &type);
    if (status == SIGNUM_OK)
        status = export_blob(call.key->key, type, pbOutput, cbOutput, pcbResult);
out:
    return signum_call_end(&call, status);
}
