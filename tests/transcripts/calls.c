#include <stdio.h>
#include <string.h>

#include "../integration/check.h"
#include "../integration/ksp.h"
#include "transcript.h"

#define WINDOW 0x1234 /* no window has this handle */

static void
open_provider(struct play *play)
{
    NCRYPT_PROV_HANDLE provider = 0;

    SECURITY_STATUS status =
        ksp->OpenProvider(&provider, play_text(play, "name"), play_number(play, "flags"));
    play_status(play, status);
    play_bind(play, "provider", provider);
}

static void
free_provider(struct play *play)
{
    play_status(play, ksp->FreeProvider(play_handle(play, "provider")));
}

static void
open_key(struct play *play)
{
    NCRYPT_KEY_HANDLE key = 0;

    SECURITY_STATUS status =
        ksp->OpenKey(play_handle(play, "provider"), &key, play_text(play, "name"),
                     play_number(play, "spec"), play_number(play, "flags"));
    play_status(play, status);
    play_bind(play, "key", key);
}

static void
create_key(struct play *play)
{
    NCRYPT_KEY_HANDLE key = 0;
    const WCHAR *algorithm = play_text(play, "algorithm");

    SECURITY_STATUS status =
        ksp->CreatePersistedKey(play_handle(play, "provider"), &key, algorithm,
                                play_text(play, "name"), play_number(play, "spec"),
                                play_number(play, "flags"));
    play_status(play, status);
    play_bind(play, "key", key);
}

static void
finalize_key(struct play *play)
{
    play_status(play, ksp->FinalizeKey(play_handle(play, "provider"), play_handle(play, "key"),
                                       play_number(play, "flags")));
}

static void
delete_key(struct play *play)
{
    play_status(play, ksp->DeleteKey(play_handle(play, "provider"), play_handle(play, "key"),
                                     play_number(play, "flags")));
}

static void
free_key(struct play *play)
{
    play_status(play, ksp->FreeKey(play_handle(play, "provider"), play_handle(play, "key")));
}

static void
free_buffer(struct play *play)
{
    play_status(play, ksp->FreeBuffer((PVOID)play_handle(play, "buffer")));
}

static void
get_provider_property(struct play *play)
{
    const WCHAR *property = play_text(play, "property");
    DWORD len = 0;
    uint8_t *room = play_room(play);

    SECURITY_STATUS status =
        ksp->GetProviderProperty(play_handle(play, "provider"), property, room, play->len, &len,
                                 play_number(play, "flags"));
    play_status(play, status);
    play_result(play, status, room, len);
}

static void
get_key_property(struct play *play)
{
    const WCHAR *property = play_text(play, "property");
    DWORD len = 0;
    uint8_t *room = play_room(play);

    SECURITY_STATUS status =
        ksp->GetKeyProperty(play_handle(play, "provider"), play_handle(play, "key"), property, room,
                            play->len, &len, play_number(play, "flags"));
    play_status(play, status);
    play_result(play, status, room, len);
}

/* No policy, as each way wants it: ncrypt.dll takes pointers and flattens them. */
static void
make_ui_policy(struct play *play)
{
    NCRYPT_UI_POLICY_BLOB flat = {.dwVersion = 1};
    NCRYPT_UI_POLICY policy = {.dwVersion = 1};

    play->len = ksp_is_direct ? sizeof flat : sizeof policy;
    memcpy(play->data, ksp_is_direct ? (void *)&flat : (void *)&policy, play->len);
}

/* What is set where the transcript does not tell: a number if it has one, else text or a window. */
static void
make_value(struct play *play, const WCHAR *property)
{
    const struct field *size = field_find(&play->call->arguments, "size");
    DWORD number = field_find(&play->call->arguments, "value") == NULL
                       ? WINDOW
                       : play_number(play, "value");
    bool is_window = wcscmp(property, NCRYPT_WINDOW_HANDLE_PROPERTY) == 0;

    memset(play->data, 0, sizeof play->data);
    play->len = size == NULL || strcmp(size->value, "?") == 0 ? 5 * sizeof(WCHAR)
                                                              : play_number(play, "size");
    if (play->len > sizeof play->data)
        play->len = sizeof play->data;
    if (wcscmp(property, NCRYPT_UI_POLICY_PROPERTY) == 0) {
        make_ui_policy(play);
        return;
    }
    if (is_window || play->len == sizeof number) {
        memcpy(play->data, &number, sizeof number);
        return;
    }
    for (DWORD i = 0; i + sizeof(WCHAR) < play->len; i += sizeof(WCHAR))
        play->data[i] = '0';
}

static void
set_provider_property(struct play *play)
{
    const WCHAR *property = play_text(play, "property");

    make_value(play, property);
    play_status(play, ksp->SetProviderProperty(play_handle(play, "provider"), property, play->data,
                                               play->len, play_number(play, "flags")));
}

static void
set_key_property(struct play *play)
{
    const WCHAR *property = play_text(play, "property");

    make_value(play, property);
    play_status(play, ksp->SetKeyProperty(play_handle(play, "provider"), play_handle(play, "key"),
                                          property, play->data, play->len,
                                          play_number(play, "flags")));
}

static void
is_alg_supported(struct play *play)
{
    play_status(play, ksp->IsAlgSupported(play_handle(play, "provider"),
                                          play_text(play, "algorithm"),
                                          play_number(play, "flags")));
}

static void
enum_algorithms(struct play *play)
{
    NCryptAlgorithmName *list = NULL;
    DWORD count = 0;
    const struct field *wanted = field_find(&play->call->results, "count");
    char text[16];

    SECURITY_STATUS status =
        ksp->EnumAlgorithms(play_handle(play, "provider"), play_number(play, "class"), &count,
                            &list, play_number(play, "flags"));
    play_status(play, status);
    (void)snprintf(text, sizeof text, "%lu", (unsigned long)count);
    if (wanted != NULL && strcmp(wanted->value, text) != 0)
        play_wrong(play, "count %s, not %s", text, wanted->value);
    play_bind(play, "buffer", (ULONG_PTR)list);
}

static void
enum_keys(struct play *play)
{
    NCryptKeyName *item = NULL;
    PVOID state = (PVOID)play_handle(play, "state");
    bool is_first = state == NULL;

    SECURITY_STATUS status = ksp->EnumKeys(play_handle(play, "provider"), play_text(play, "scope"),
                                           &item, &state, play_number(play, "flags"));
    play_status(play, status);
    play_bind(play, "buffer", (ULONG_PTR)item);
    if (is_first)
        play_bind(play, "new_state", (ULONG_PTR)state);
    if (item == NULL)
        return;
    play_result_text(play, "name", item->pszName);
    play_result_text(play, "algorithm", item->pszAlgid);
}

static void
export_key(struct play *play)
{
    const WCHAR *type = play_text(play, "type");
    DWORD len = 0;
    uint8_t *room = play_room(play);

    SECURITY_STATUS status = ksp->ExportKey(
        play_handle(play, "provider"), play_handle(play, "key"), play_handle(play, "export_key"),
        type, NULL, room, play->len, &len, play_number(play, "flags"));
    play_status(play, status);
    play_result(play, status, room, len);
}

static const struct {
    const char *name;
    void (*play)(struct play *play);
} functions[] = {
    {"OpenProvider", open_provider},
    {"FreeProvider", free_provider},
    {"OpenKey", open_key},
    {"CreatePersistedKey", create_key},
    {"FinalizeKey", finalize_key},
    {"DeleteKey", delete_key},
    {"FreeKey", free_key},
    {"FreeBuffer", free_buffer},
    {"GetProviderProperty", get_provider_property},
    {"GetKeyProperty", get_key_property},
    {"SetProviderProperty", set_provider_property},
    {"SetKeyProperty", set_key_property},
    {"IsAlgSupported", is_alg_supported},
    {"EnumAlgorithms", enum_algorithms},
    {"EnumKeys", enum_keys},
    {"ExportKey", export_key},
    {"SignHash", play_sign},
    {"VerifySignature", play_verify},
};

void
call_play(const struct call *call)
{
    static struct play play;

    memset(&play, 0, sizeof play);
    play.call = call;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, call->function) != 0)
            continue;
        functions[i].play(&play);
        check_true(play.found[0] == 0, "%u %s%s", call->line, call->function, play.found);
        return;
    }
    check_true(false, "%u %s is no function that is played", call->line, call->function);
}
