#include "call.h"
#include "entries.h"
#include "padding.h"
#include "process.h"
#include "rim.h"

/* HLK Studio tries SHA-1 by itself when its first try fails: the refusal has words of its own. */
static enum signum_status
check_sha1(const struct signum_sign_params *params, struct signum_bytes digest,
           struct signum_report *report)
{
    struct signum_session *session = NULL;

    if (!signum_padding_is_sha1(params, digest))
        return SIGNUM_OK;
    enum signum_status status = signum_process_session(&session, report);
    if (status != SIGNUM_OK || signum_session_settings(session)->is_sha1_allowed)
        return status;
    signum_buf_put_text(&report->text, "SHA-1 signatures are refused by the setting allow_sha1");
    return SIGNUM_BAD_ALGORITHM;
}

static void
log_signature(const struct signum_call *call, const struct signum_sign_params *params,
              uint64_t start_ms)
{
    const struct signum_key_handle *key = call->key;
    bool has_request = call->report.request.len > 0;

    signum_log_write(signum_process_log(), SIGNUM_LOG_INFO, call->function,
                     "signed with key %s of service %s: %s, %s, %u ms%s%s",
                     signum_buf_text(&key->name), signum_service_name(key->service),
                     signum_scheme_by_id(params->scheme)->wire,
                     signum_hash_by_id(params->hash)->wire,
                     (unsigned)(signum_process_now_ms() - start_ms),
                     has_request ? "; request " : "",
                     has_request ? signum_buf_text(&call->report.request) : "");
}

/* The remote call. Everything that can be wrong locally has been checked by now. */
static enum signum_status
sign(struct signum_call *call, const struct signum_sign_params *params, struct signum_bytes digest,
     PBYTE pbSignature, DWORD cbSignature, DWORD *pcbResult)
{
    uint64_t start_ms = signum_process_now_ms();
    struct signum_buf signature;

    *pcbResult = 0;
    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = signum_service_sign(call->key->service, call->facts, params,
                                                    digest, &signature, &call->report);
    if (status == SIGNUM_OK)
        status = signum_rim_output(signum_bytes_of_buf(&signature), pbSignature, cbSignature,
                                   pcbResult);
    if (status == SIGNUM_OK)
        log_signature(call, params, start_ms);
    signum_buf_clear(&signature);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_sign_hash(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo,
                       PBYTE pbHashValue, DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature,
                       DWORD *pcbResult, DWORD dwFlags)
{
    struct signum_bytes digest = {pbHashValue, cbHashValue};
    struct signum_sign_params params;
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "SignHash");
    if (pcbResult == NULL)
        goto out;
    *pcbResult = 0;
    if (pbHashValue == NULL)
        goto out;
    status = signum_call_take_made_key(&call, hProvider, hKey);
    if (status != SIGNUM_OK)
        goto out;
    status = signum_padding_read(call.facts, pPaddingInfo, dwFlags, digest.len,
                                 &call.report, &params);
    if (status == SIGNUM_OK)
        status = check_sha1(&params, digest, &call.report);
    if (status != SIGNUM_OK)
        goto out;
    status = signum_rim_room(signum_key_signature_len(call.facts), pbSignature, cbSignature,
                             pcbResult);
    if (status == SIGNUM_OK && pbSignature != NULL)
        status = sign(&call, &params, digest, pbSignature, cbSignature, pcbResult);
out:
    return signum_call_end(&call, status);
}
