#include "call.h"
#include "entries.h"
#include "process.h"
#include "rim.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

/* Making a key: described step by step here, made in the HSM by one request of FinalizeKey. */

/* A key is never destroyed to make room for another one, whatever the caller says. */
static enum signum_status
refuse_taken(const struct signum_draft *draft, struct signum_report *report)
{
    if (!draft->is_overwriting)
        return SIGNUM_KEY_EXISTS;
    signum_buf_clear(&report->text);
    signum_buf_put_text(&report->text, "a key of that name exists, and keys are not overwritten");
    return SIGNUM_DENIED;
}

static enum signum_status
read_algorithm(LPCWSTR pszAlgId, struct signum_draft *draft_out)
{
    struct signum_buf name;

    signum_buf_init(&name, 4 * NCRYPT_MAX_ALG_ID_LENGTH);
    enum signum_status status = signum_rim_take_text(pszAlgId, NCRYPT_MAX_ALG_ID_LENGTH, &name);
    if (status == SIGNUM_OK)
        status = signum_draft_init(draft_out, signum_buf_text(&name));
    signum_buf_clear(&name);
    return status;
}

static enum signum_status
describe(struct signum_key_handle *handle, LPCWSTR pszAlgId, LPCWSTR pszKeyName, DWORD dwFlags,
         struct signum_report *report)
{
    struct signum_draft draft;
    enum signum_status status = read_algorithm(pszAlgId, &draft);

    if (status == SIGNUM_OK)
        status = signum_key_handle_set_name(handle, pszKeyName, report);
    if (status != SIGNUM_OK)
        return status;
    draft.is_overwriting = (dwFlags & NCRYPT_OVERWRITE_KEY_FLAG) != 0;
    /* what is not known yet is found out by the service, when the key is made */
    if (signum_service_has_seen_key(handle->service, handle->bare_name))
        return refuse_taken(&draft, report);
    return signum_key_handle_set_draft(handle, &draft);
}

static enum signum_status
create(struct signum_call *call, NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszAlgId,
       LPCWSTR pszKeyName, DWORD dwFlags, NCRYPT_KEY_HANDLE *phKey)
{
    struct signum_key_handle *handle = signum_key_handle_new(call->provider, hProvider, dwFlags);

    if (handle == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = describe(handle, pszAlgId, pszKeyName, dwFlags, &call->report);
    if (status == SIGNUM_OK)
        status = signum_key_handle_open(handle, phKey);
    if (status != SIGNUM_OK)
        signum_object_unref(&handle->object);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_create_persisted_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE *phKey,
                                  LPCWSTR pszAlgId, LPCWSTR pszKeyName, DWORD dwLegacyKeySpec,
                                  DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "CreatePersistedKey");
    if (phKey == NULL)
        goto out;
    *phKey = 0;
    /* no name means a key for this process only, which an HSM far away is not for */
    if (pszAlgId == NULL || pszKeyName == NULL || pszKeyName[0] == 0)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status != SIGNUM_OK)
        goto out;
    status = signum_call_check_flags(&call, dwFlags,
                                     NCRYPT_MACHINE_KEY_FLAG | NCRYPT_OVERWRITE_KEY_FLAG |
                                         NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK && dwLegacyKeySpec > AT_SIGNATURE)
        status = SIGNUM_INVALID_ARGUMENT;
    if (status == SIGNUM_OK)
        status = create(&call, hProvider, pszAlgId, pszKeyName, dwFlags, phKey);
out:
    return signum_call_end(&call, status);
}

/* The remote call. */
static enum signum_status
make(struct signum_call *call, const struct signum_draft *draft, struct signum_key **key_out)
{
    struct signum_key_handle *handle = call->key;
    enum signum_status status =
        signum_service_create_key(handle->service, handle->bare_name, draft->alg, draft->bits,
                                  key_out, &call->report);

    if (status == SIGNUM_OK)
        signum_log_write(signum_process_log(), SIGNUM_LOG_INFO, call->function,
                         "made key %s at service %s: %s, %lu bits; request %s",
                         signum_buf_text(&handle->name), signum_service_name(handle->service),
                         draft->alg->cng, (unsigned long)draft->bits,
                         signum_buf_text(&call->report.request));
    if (status == SIGNUM_KEY_EXISTS)
        return refuse_taken(draft, &call->report);
    /* what this service's HSM cannot do */
    return status == SIGNUM_BAD_ALGORITHM ? SIGNUM_NOT_SUPPORTED : status;
}

static enum signum_status
finalize(struct signum_call *call)
{
    struct signum_draft draft;
    struct signum_key *key = NULL;
    enum signum_status status = signum_key_handle_begin_making(call->key, &draft);

    if (status != SIGNUM_OK)
        return status;
    if (draft.alg == NULL) {
        signum_buf_put_text(&call->report.text, "no curve was chosen for the ECDSA key");
        status = SIGNUM_BAD_KEY_STATE;
    } else {
        status = make(call, &draft, &key);
    }
    signum_key_handle_end_making(call->key, key);
    signum_key_unref(&key);
    return status;
}

/* On failure the handle stays as it was, so that another name's handle, or another try, may do. */
SECURITY_STATUS WINAPI
signum_entry_finalize_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    struct signum_call call;

    signum_call_begin(&call, "FinalizeKey");
    enum signum_status status = signum_call_take_key(&call, hProvider, hKey);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags,
                                         NCRYPT_SILENT_FLAG | NCRYPT_NO_KEY_VALIDATION);
    if (status == SIGNUM_OK)
        status = finalize(&call);
    return signum_call_end(&call, status);
}
