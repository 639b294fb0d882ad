#include "call.h"
#include "entries.h"
#include "padding.h"
#include "rim.h"

/* Local: certutil, crypt32 and .NET check what they have just signed. SHA-1 is fine here, since
   old signatures must stay checkable. */
SECURITY_STATUS WINAPI
signum_entry_verify_signature(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                              VOID *pPaddingInfo, PBYTE pbHashValue, DWORD cbHashValue,
                              PBYTE pbSignature, DWORD cbSignature, DWORD dwFlags)
{
    struct signum_bytes digest = {pbHashValue, cbHashValue};
    struct signum_bytes signature = {pbSignature, cbSignature};
    struct signum_sign_params params;
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "VerifySignature");
    if (pbHashValue == NULL || pbSignature == NULL)
        goto out;
    status = signum_call_take_made_key(&call, hProvider, hKey);
    if (status == SIGNUM_OK)
        status = signum_padding_read(call.facts, pPaddingInfo, dwFlags, digest.len,
                                     &call.report, &params);
    if (status == SIGNUM_OK)
        status = signum_key_verify(call.facts, &params, digest, signature);
out:
    return signum_call_end(&call, status);
}
