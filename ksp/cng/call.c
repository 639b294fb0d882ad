#include "call.h"

#include "process.h"
#include "rim.h"

void
signum_call_begin(struct signum_call *call, const char *function)
{
    call->function = function;
    call->provider = NULL;
    call->key = NULL;
    call->facts = NULL;
    call->is_silent = false;
    call->is_probe = false;
    signum_report_init(&call->report);
}

enum signum_status
signum_call_take_provider(struct signum_call *call, NCRYPT_PROV_HANDLE hProvider)
{
    struct signum_object *object = NULL;
    enum signum_status status =
        signum_handle_take(signum_process_handles(), SIGNUM_HANDLE_PROVIDER, hProvider, &object);

    call->provider = (struct signum_provider *)object;
    return status;
}

enum signum_status
signum_call_take_key(struct signum_call *call, NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey)
{
    struct signum_object *object = NULL;
    enum signum_status status =
        signum_handle_take(signum_process_handles(), SIGNUM_HANDLE_KEY, hKey, &object);

    call->key = (struct signum_key_handle *)object;
    if (status != SIGNUM_OK)
        return status;
    if (call->key->opened_under != hProvider)
        return SIGNUM_INVALID_HANDLE;
    call->facts = signum_key_handle_facts(call->key);
    return SIGNUM_OK;
}

enum signum_status
signum_call_take_made_key(struct signum_call *call, NCRYPT_PROV_HANDLE hProvider,
                          NCRYPT_KEY_HANDLE hKey)
{
    enum signum_status status = signum_call_take_key(call, hProvider, hKey);

    if (status == SIGNUM_OK && call->facts == NULL)
        return SIGNUM_BAD_KEY_STATE;
    return status;
}

enum signum_status
signum_call_check_other_key(NCRYPT_KEY_HANDLE hKey)
{
    struct signum_object *object = NULL;

    if (hKey == 0)
        return SIGNUM_OK;
    enum signum_status status =
        signum_handle_take(signum_process_handles(), SIGNUM_HANDLE_KEY, hKey, &object);
    if (status == SIGNUM_OK)
        signum_object_unref(object);
    return status;
}

enum signum_status
signum_call_check_flags(struct signum_call *call, DWORD flags, DWORD allowed)
{
    if ((flags & ~allowed) == 0)
        return SIGNUM_OK;
    signum_buf_printf(&call->report.text, "flags 0x%lX, of which only 0x%lX are known here",
                      (unsigned long)flags, (unsigned long)allowed);
    return SIGNUM_BAD_FLAGS;
}

/* Callers probe: sizes, optional properties, the end of a list. That is no news. */
static enum signum_log_level
level_of(enum signum_status status)
{
    switch (status) {
    case SIGNUM_BUFFER_TOO_SMALL:
    case SIGNUM_NO_MORE_ITEMS:
    case SIGNUM_NOT_SUPPORTED:
    case SIGNUM_NOT_FOUND:
        return SIGNUM_LOG_DEBUG;
    default:
        return signum_status_group(status) == SIGNUM_GROUP_CALLER ? SIGNUM_LOG_WARNING
                                                                  : SIGNUM_LOG_ERROR;
    }
}

static void
log_failure(const struct signum_call *call, enum signum_status status, SECURITY_STATUS code)
{
    const struct signum_report *report = &call->report;
    const char *cause = signum_status_text(status);
    bool has_request = report->request.len > 0;

    if (report->text.len > 0)
        cause = signum_buf_text(&report->text);
    signum_log_write(signum_process_log(), level_of(status), call->function,
                     "%s 0x%08lX: %s%s%s%s%s", signum_status_name(status), (unsigned long)code,
                     cause, call->key == NULL ? "" : "; key ",
                     call->key == NULL ? "" : signum_buf_text(&call->key->name),
                     has_request ? "; request " : "",
                     has_request ? signum_buf_text(&report->request) : "");
}

/* What the handle remembers of the call. */
static void
remember(const struct signum_call *call, enum signum_status status)
{
    if (call->is_probe)
        return;
    if (call->key != NULL)
        signum_notes_remember(&call->key->notes, status, &call->report);
    else if (call->provider != NULL)
        signum_notes_remember(&call->provider->notes, status, &call->report);
}

SECURITY_STATUS
signum_call_end(struct signum_call *call, enum signum_status status)
{
    SECURITY_STATUS code =
        call->is_silent ? signum_rim_silent_status(status) : signum_rim_status(status);

    if (status != SIGNUM_OK)
        log_failure(call, status, code);
    remember(call, status);
    signum_key_unref(&call->facts);
    if (call->key != NULL)
        signum_object_unref(&call->key->object);
    if (call->provider != NULL)
        signum_object_unref(&call->provider->object);
    signum_report_clear(&call->report);
    return code;
}
