#include "blob_name.h"
#include "call.h"
#include "entries.h"
#include "rim.h"

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
    status = signum_call_take_made_key(&call, hProvider, hKey);
    /* a public key is never wrapped */
    if (status == SIGNUM_OK && hExportKey != 0)
        status = SIGNUM_INVALID_HANDLE;
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK)
        status = signum_blob_name_find(pszBlobType, &type);
    if (status == SIGNUM_OK)
        status = export_blob(call.facts, type, pbOutput, cbOutput, pcbResult);
out:
    return signum_call_end(&call, status);
}
