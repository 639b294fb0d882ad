#include <string.h>
#include <wchar.h>

#include "call.h"
#include "entries.h"
#include "process.h"
#include "rim.h"
#include "rim_memory.h"

#include <wincrypt.h> /* after windows.h, for AT_SIGNATURE */

#define NAME_MAX_LEN 8192 /* bytes of a name in UTF-16 */

/* The keys of one service. */
struct part {
    struct signum_service *service;
    struct signum_key **keys;
    size_t count;
};

/* The state of an enumeration: all keys as they were when it began. */
struct state {
    struct signum_lock lock; /* for the position */
    struct signum_session *session;
    size_t part; /* the next item */
    size_t index;
    size_t part_count;
    struct part parts[SIGNUM_CONFIG_SERVICES_MAX];
};

static void
destroy_state(void *data)
{
    struct state *state = data;

    for (size_t i = 0; i < state->part_count; i++)
        signum_key_list_free(&state->parts[i].keys, &state->parts[i].count);
    signum_lock_clear(&state->lock);
}

/*
 * Asks every service. One that cannot answer does not hide the keys of the others; only if none
 * answered is that the result, with the cause of the first.
 */
static enum signum_status
list_all(struct state *state, struct signum_report *report)
{
    enum signum_status first = SIGNUM_OK;
    size_t count = signum_session_service_count(state->session);

    for (size_t i = 0; i < count && i < SIGNUM_CONFIG_SERVICES_MAX; i++) {
        struct part *part = &state->parts[state->part_count];
        struct signum_report own;

        signum_report_init(&own);
        part->service = signum_session_service(state->session, i);
        enum signum_status status =
            signum_service_list_keys(part->service, &part->keys, &part->count, &own);
        if (status == SIGNUM_OK)
            state->part_count++;
        else
            signum_log_warning(signum_process_log(), "service %s: %s: %s",
                               signum_service_name(part->service), signum_status_name(status),
                               signum_buf_text(&own.text));
        if (status != SIGNUM_OK && first == SIGNUM_OK) {
            first = status;
            signum_buf_move(&report->text, &own.text);
            signum_buf_move(&report->request, &own.request);
        }
        signum_report_clear(&own);
    }
    if (state->part_count == 0)
        return first;
    signum_report_clear(report);
    return SIGNUM_OK;
}

static enum signum_status
new_state(struct state **state_out, struct signum_report *report)
{
    struct signum_session *session = NULL;
    enum signum_status status = signum_process_session(&session, report);

    *state_out = NULL;
    if (status != SIGNUM_OK)
        return status;
    struct state *state = signum_memory_new(sizeof *state, SIGNUM_MEMORY_STATE, destroy_state);
    if (state == NULL)
        return SIGNUM_NO_MEMORY;
    signum_lock_init(&state->lock);
    state->session = session;
    status = list_all(state, report);
    if (status == SIGNUM_OK)
        *state_out = state;
    else
        signum_memory_give(state);
    return status;
}

/* The next key and the part that it belongs to; NO_MORE_ITEMS. */
static enum signum_status
next_key(struct state *state, const struct part **part_out, const struct signum_key **key_out)
{
    enum signum_status status = SIGNUM_NO_MORE_ITEMS;

    signum_lock_acquire(&state->lock);
    while (state->part < state->part_count &&
           state->index == state->parts[state->part].count) {
        state->part++;
        state->index = 0;
    }
    if (state->part < state->part_count) {
        *part_out = &state->parts[state->part];
        *key_out = (*part_out)->keys[state->index++];
        status = SIGNUM_OK;
    }
    signum_lock_release(&state->lock);
    return status;
}

/* One item in one block: the struct, then both texts. */
static enum signum_status
make_item(const struct state *state, const struct part *part, const struct signum_key *key,
          DWORD dwFlags, NCryptKeyName **ppKeyName)
{
    struct signum_buf name;
    struct signum_buf texts;

    signum_buf_init(&name, NAME_MAX_LEN);
    signum_buf_init(&texts, 2 * NAME_MAX_LEN);
    signum_session_put_full_name(state->session, part->service, signum_key_name(key), &name);
    enum signum_status status = signum_buf_status(&name);
    if (status == SIGNUM_OK)
        status = signum_rim_put_wide(&texts, signum_buf_text(&name));
    if (status == SIGNUM_OK)
        status = signum_rim_put_wide(&texts, signum_key_alg(key)->cng);
    if (status != SIGNUM_OK)
        goto out;
    NCryptKeyName *item = signum_memory_new(sizeof *item + texts.len, SIGNUM_MEMORY_DATA, NULL);
    if (item == NULL) {
        status = SIGNUM_NO_MEMORY;
        goto out;
    }
    item->pszName = (WCHAR *)(item + 1);
    memcpy(item->pszName, texts.data, texts.len);
    item->pszAlgid = item->pszName + wcslen(item->pszName) + 1;
    item->dwLegacyKeySpec = AT_SIGNATURE;
    item->dwFlags = dwFlags & NCRYPT_MACHINE_KEY_FLAG;
    signum_memory_publish(item);
    *ppKeyName = item;
out:
    signum_buf_clear(&name);
    signum_buf_clear(&texts);
    return status;
}

static enum signum_status
next_item(struct state *state, DWORD dwFlags, NCryptKeyName **ppKeyName)
{
    const struct part *part = NULL;
    const struct signum_key *key = NULL;
    enum signum_status status = next_key(state, &part, &key);

    if (status != SIGNUM_OK)
        return status;
    return make_item(state, part, key, dwFlags, ppKeyName);
}

/* The first call of an enumeration: on failure there is no state to free. */
static enum signum_status
begin(struct signum_call *call, DWORD dwFlags, NCryptKeyName **ppKeyName, PVOID *ppEnumState)
{
    struct state *state = NULL;
    enum signum_status status = new_state(&state, &call->report);

    if (status != SIGNUM_OK)
        return status;
    status = next_item(state, dwFlags, ppKeyName);
    if (status != SIGNUM_OK) {
        signum_memory_give(state);
        return status;
    }
    signum_memory_publish(state);
    *ppEnumState = state;
    return SIGNUM_OK;
}

static enum signum_status
go_on(void *state, DWORD dwFlags, NCryptKeyName **ppKeyName)
{
    enum signum_status status = signum_memory_take(state, SIGNUM_MEMORY_STATE);

    if (status != SIGNUM_OK)
        return status;
    status = next_item(state, dwFlags, ppKeyName);
    signum_memory_give(state);
    return status;
}

SECURITY_STATUS WINAPI
signum_entry_enum_keys(NCRYPT_PROV_HANDLE hProvider, LPCWSTR pszScope, NCryptKeyName **ppKeyName,
                       PVOID *ppEnumState, DWORD dwFlags)
{
    struct signum_call call;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    signum_call_begin(&call, "EnumKeys");
    if (ppKeyName != NULL)
        *ppKeyName = NULL;
    if (ppKeyName == NULL || ppEnumState == NULL)
        goto out;
    status = signum_call_take_provider(&call, hProvider);
    if (status == SIGNUM_OK)
        status = signum_call_check_flags(&call, dwFlags,
                                         NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG);
    if (status == SIGNUM_OK && pszScope != NULL)
        status = SIGNUM_INVALID_ARGUMENT;
    if (status != SIGNUM_OK)
        goto out;
    if (*ppEnumState == NULL)
        status = begin(&call, dwFlags, ppKeyName, ppEnumState);
    else
        status = go_on(*ppEnumState, dwFlags, ppKeyName);
out:
    return signum_call_end(&call, status);
}
