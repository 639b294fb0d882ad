#include "call.h"
#include "entries.h"
#include "process.h"
#include "rim.h"

/* The claim is about the subject key, made by the service's own attestation key. */
static enum signum_status
check_claim(struct signum_call *call, NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType,
            const NCryptBufferDesc *pParameterList)
{
    enum signum_status status = signum_call_check_other_key(hAuthorityKey);

    if (status != SIGNUM_OK)
        return status;
    if (hAuthorityKey != 0)
        signum_buf_put_text(&call->report.text, "only the service itself attests keys");
    else if (dwClaimType != NCRYPT_CLAIM_SUBJECT_ONLY &&
             dwClaimType != NCRYPT_CLAIM_AUTHORITY_AND_SUBJECT)
        signum_buf_printf(&call->report.text, "claims of type 0x%lX are not made",
                          (unsigned long)dwClaimType);
    /* a nonce that does not come back would be worth nothing to who gave it */
    else if (pParameterList != NULL && pParameterList->cBuffers > 0)
        signum_buf_put_text(&call->report.text, "claims take no parameters here");
    else
        return SIGNUM_OK;
    return SIGNUM_NOT_SUPPORTED;
}

/*
 * The first of a size query and its data query asks the service, and the handle keeps the answer
 * for the second. Once handed out it is forgotten, so that the next claim is a new one.
 */
static enum signum_status
create_claim(struct signum_call *call, PBYTE pbClaimBlob, DWORD cbClaimBlob, DWORD *pcbResult)
{
    struct signum_buf claim;

    signum_buf_init(&claim, SIGNUM_ATTESTATION_MAX);
    enum signum_status status = signum_key_handle_take_claim(call->key, &claim);
    if (status == SIGNUM_NOT_FOUND)
        status =
            signum_service_attest(call->key->service, call->facts, NULL, &claim, &call->report);
    if (status == SIGNUM_OK) {
        status = signum_rim_output(signum_bytes_of_buf(&claim), pbClaimBlob, cbClaimBlob,
                                   pcbResult);
        if (status != SIGNUM_OK || pbClaimBlob == NULL)
            signum_key_handle_keep_claim(call->key, &claim);
    }
    signum_buf_clear(&claim);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_create_claim(NCRYPT_PROV_HANDLE hProv, NCRYPT_KEY_HANDLE hSubjectKey,
                          NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType,
                          NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob, DWORD cbClaimBlob,
                          DWORD *pcbResult, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "CreateClaim");
    if (pcbResult == NULL)
        goto out;
    *pcbResult = 0;
    status = signum_call_take_made_key(&call, hProv, hSubjectKey);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK)
        status = check_claim(&call, hAuthorityKey, dwClaimType, pParameterList);
    if (status == SIGNUM_OK)
        status = create_claim(&call, pbClaimBlob, cbClaimBlob, pcbResult);
out:
    return signum_call_end(&call, status);
}
