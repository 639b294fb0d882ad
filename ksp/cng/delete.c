#include "call.h"
#include "entries.h"
#include "process.h"

static enum signum_status
refuse(struct signum_report *report, const char *why)
{
    signum_buf_put_text(&report->text, why);
    return SIGNUM_DENIED;
}

/* Java's keytool and others reach DeleteKey without a thought for an HSM: it takes a setting, and
   the service's role. */
static enum signum_status
delete_key(struct signum_call *call)
{
    struct signum_session *session = NULL;
    enum signum_status status = signum_process_session(&session, &call->report);

    if (status != SIGNUM_OK)
        return status;
    if (!signum_session_settings(session)->is_delete_allowed)
        return refuse(&call->report, "keys are not destroyed unless the setting allow_delete says "
                                     "so");
    status = signum_service_delete_key(call->key->service, call->facts, &call->report);
    if (status == SIGNUM_OK)
        signum_log_write(signum_process_log(), SIGNUM_LOG_WARNING, call->function,
                         "destroyed key %s at service %s; request %s",
                         signum_buf_text(&call->key->name),
                         signum_service_name(call->key->service),
                         signum_buf_text(&call->report.request));
    return status;
}

/* Success frees the handle. A refusal leaves it open, and it may be freed as any other. */
SECURITY_STATUS WINAPI
signum_entry_delete_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    struct signum_call call;

    signum_call_begin(&call, "DeleteKey");
    enum signum_status status = signum_call_take_key(&call, hProvider, hKey);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags, NCRYPT_SILENT_FLAG);
    /* of a key that was never made only the handle goes */
    if (status == SIGNUM_OK && call.facts != NULL)
        status = delete_key(&call);
    if (status == SIGNUM_OK)
        status = signum_handle_close(signum_process_handles(), SIGNUM_HANDLE_KEY, hKey);
    return signum_call_end(&call, status);
}
