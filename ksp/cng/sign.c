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

/* The first text of the handle, or else of its provider, among `which`. */
static void
find_note(struct signum_key_handle *key, const enum signum_notes_text *which, size_t count,
          struct signum_buf *out)
{
    for (size_t i = 0; i < count; i++)
        if (signum_notes_text(&key->notes, which[i], out) == SIGNUM_OK ||
            signum_notes_text(&key->provider->notes, which[i], out) == SIGNUM_OK)
            return;
}

/* A use context is a program's words, and may be longer than a reason: cut between characters. */
static void
cut_reason(struct signum_buf *reason)
{
    if (reason->len <= SIGNUM_REASON_MAX)
        return;
    size_t len = SIGNUM_REASON_MAX;
    while (len > 0 && (reason->data[len] & 0xC0) == 0x80)
        len--;
    reason->len = len;
    reason->data[len] = 0;
}

/* Signs with the reason and PIN of the properties, or else those of the settings. */
static enum signum_status
sign_as_demanded(struct signum_call *call, const struct signum_sign_params *params,
                 struct signum_bytes digest, struct signum_buf *signature)
{
    static const enum signum_notes_text reasons[] = {SIGNUM_NOTES_REASON,
                                                     SIGNUM_NOTES_USE_CONTEXT};
    static const enum signum_notes_text pins[] = {SIGNUM_NOTES_PIN};
    struct signum_session *session = NULL;
    struct signum_buf reason;
    struct signum_buf pin;

    signum_buf_init(&reason, SIGNUM_NOTES_TEXT_MAX);
    signum_buf_init_secret(&pin, SIGNUM_NOTES_TEXT_MAX);
    find_note(call->key, reasons, sizeof reasons / sizeof reasons[0], &reason);
    cut_reason(&reason);
    find_note(call->key, pins, sizeof pins / sizeof pins[0], &pin);
    struct signum_demanded given = {signum_buf_text(&reason), signum_buf_text(&pin)};
    enum signum_status status = signum_process_session(&session, &call->report);
    if (status == SIGNUM_OK) {
        signum_session_complete(session, &given);
        status = signum_service_sign(call->key->service, call->facts, params, digest, &given,
                                     signature, &call->report);
    }
    signum_buf_clear(&pin);
    signum_buf_clear(&reason);
    return status;
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
    enum signum_status status = sign_as_demanded(call, params, digest, &signature);
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
    call.is_silent = (dwFlags & NCRYPT_SILENT_FLAG) != 0;
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
