#include "key_handle.h"

#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "rim.h"

static void
destroy(struct signum_object *object)
{
    struct signum_key_handle *handle = (struct signum_key_handle *)object;

    signum_notes_clear(&handle->notes);
    signum_lock_clear(&handle->lock);
    signum_key_unref(&handle->facts);
    signum_buf_clear(&handle->claim);
    signum_buf_clear(&handle->name);
    if (handle->provider != NULL)
        signum_object_unref(&handle->provider->object);
    free(handle);
}

struct signum_key_handle *
signum_key_handle_new(struct signum_provider *provider, NCRYPT_PROV_HANDLE hProvider,
                      DWORD dwFlags)
{
    struct signum_key_handle *handle = calloc(1, sizeof *handle);

    if (handle == NULL)
        return NULL;
    signum_object_init(&handle->object, destroy);
    signum_notes_init(&handle->notes);
    signum_lock_init(&handle->lock);
    signum_buf_init(&handle->name, SIGNUM_KEY_FULL_NAME_MAX);
    signum_buf_init(&handle->claim, SIGNUM_ATTESTATION_MAX);
    signum_object_ref(&provider->object);
    handle->provider = provider;
    handle->opened_under = hProvider;
    handle->is_machine = (dwFlags & NCRYPT_MACHINE_KEY_FLAG) != 0;
    return handle;
}

static enum signum_status
resolve(struct signum_key_handle *handle, const char *full_name, struct signum_report *report)
{
    struct signum_session *session = NULL;
    const char *name = NULL;

    enum signum_status status = signum_process_session(&session, report);
    if (status == SIGNUM_OK)
        status = signum_session_resolve(session, full_name, &handle->service, &name, report);
    if (status != SIGNUM_OK)
        return status;
    signum_session_put_full_name(session, handle->service, name, &handle->name);
    status = signum_buf_status(&handle->name);
    if (status == SIGNUM_OK)
        handle->bare_name = signum_buf_text(&handle->name) + handle->name.len - strlen(name);
    return status;
}

enum signum_status
signum_key_handle_set_name(struct signum_key_handle *handle, LPCWSTR pszKeyName,
                           struct signum_report *report)
{
    struct signum_buf name;

    signum_buf_init(&name, SIGNUM_KEY_FULL_NAME_MAX);
    enum signum_status status = signum_rim_take_text(pszKeyName, SIGNUM_RIM_NAME_MAX, &name);
    if (status == SIGNUM_OK)
        status = resolve(handle, signum_buf_text(&name), report);
    signum_buf_clear(&name);
    return status;
}

enum signum_status
signum_key_handle_open(struct signum_key_handle *handle, NCRYPT_KEY_HANDLE *phKey)
{
    uintptr_t opened = 0;
    enum signum_status status = signum_handle_open(signum_process_handles(), SIGNUM_HANDLE_KEY,
                                                   &handle->object, &opened);

    if (status == SIGNUM_OK)
        *phKey = opened;
    return status;
}

struct signum_key *
signum_key_handle_facts(struct signum_key_handle *handle)
{
    signum_lock_acquire(&handle->lock);
    struct signum_key *facts = handle->facts == NULL ? NULL : signum_key_ref(handle->facts);
    signum_lock_release(&handle->lock);
    return facts;
}

void
signum_key_handle_set_facts(struct signum_key_handle *handle, struct signum_key *facts)
{
    signum_lock_acquire(&handle->lock);
    struct signum_key *old = handle->facts;
    handle->facts = signum_key_ref(facts);
    signum_lock_release(&handle->lock);
    signum_key_unref(&old);
}

struct signum_draft
signum_key_handle_draft(struct signum_key_handle *handle)
{
    signum_lock_acquire(&handle->lock);
    struct signum_draft draft = handle->draft;
    signum_lock_release(&handle->lock);
    return draft;
}

enum signum_status
signum_key_handle_set_draft(struct signum_key_handle *handle, const struct signum_draft *draft)
{
    signum_lock_acquire(&handle->lock);
    bool is_open = handle->facts == NULL && !handle->is_being_made;
    if (is_open)
        handle->draft = *draft;
    signum_lock_release(&handle->lock);
    return is_open ? SIGNUM_OK : SIGNUM_BAD_KEY_STATE;
}

enum signum_status
signum_key_handle_begin_making(struct signum_key_handle *handle, struct signum_draft *draft_out)
{
    signum_lock_acquire(&handle->lock);
    bool is_open = handle->facts == NULL && !handle->is_being_made;
    handle->is_being_made |= is_open;
    *draft_out = handle->draft;
    signum_lock_release(&handle->lock);
    return is_open ? SIGNUM_OK : SIGNUM_BAD_KEY_STATE;
}

void
signum_key_handle_end_making(struct signum_key_handle *handle, struct signum_key *facts)
{
    signum_lock_acquire(&handle->lock);
    handle->is_being_made = false;
    if (facts != NULL)
        handle->facts = signum_key_ref(facts);
    signum_lock_release(&handle->lock);
}

void
signum_key_handle_keep_claim(struct signum_key_handle *handle, struct signum_buf *claim)
{
    signum_lock_acquire(&handle->lock);
    signum_buf_move(&handle->claim, claim);
    signum_lock_release(&handle->lock);
}

enum signum_status
signum_key_handle_take_claim(struct signum_key_handle *handle, struct signum_buf *claim_out)
{
    signum_lock_acquire(&handle->lock);
    signum_buf_move(claim_out, &handle->claim);
    signum_lock_release(&handle->lock);
    return claim_out->len > 0 ? SIGNUM_OK : SIGNUM_NOT_FOUND;
}
