#include "blob_name.h"
#include "call.h"
#include "entries.h"

#define FLAGS                                                                                      \
    (NCRYPT_SILENT_FLAG | NCRYPT_MACHINE_KEY_FLAG | NCRYPT_OVERWRITE_KEY_FLAG |                    \
     NCRYPT_DO_NOT_FINALIZE_FLAG | NCRYPT_NO_KEY_VALIDATION | NCRYPT_PERSIST_FLAG)

/* No key comes in from outside, private or public: what is known of keys is the service's word. */
static enum signum_status
refuse(struct signum_call *call, LPCWSTR pszBlobType)
{
    enum signum_blob_type type;
    enum signum_status status = signum_blob_name_find(pszBlobType, &type);

    if (status == SIGNUM_BAD_TYPE)
        return status;
    signum_buf_put_text(&call->report.text, "keys are made in the HSM and not imported");
    return SIGNUM_NOT_SUPPORTED;
}

SECURITY_STATUS WINAPI
signum_entry_import_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey,
                        LPCWSTR pszBlobType, NCryptBufferDesc *pParameterList,
                        NCRYPT_KEY_HANDLE *phKey, PBYTE pbData, DWORD cbData, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    (void)pParameterList;
    (void)cbData;
    signum_call_begin(&call, "ImportKey");
    if (phKey == NULL)
        goto out;
    *phKey = 0;
    if (pszBlobType == NULL || pbData == NULL)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status == SIGNUM_OK)
        status = signum_call_check_other_key(hImportKey);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, FLAGS);
    if (status == SIGNUM_OK)
        status = refuse(&call, pszBlobType);
out:
    return signum_call_end(&call, status);
}
