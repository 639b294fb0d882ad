#include "bcrypt_shim.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/*
 * Every answer is one block: the structure first, then all it points to. An answer is built twice:
 * once without memory, to learn its size, and once into the block. A builder therefore writes only
 * through pointers that are not NULL.
 */
struct arena {
    BYTE *block; /* NULL: only measuring */
    size_t used;
};

static void *
arena_take(struct arena *arena, size_t len)
{
    void *memory = arena->block ? arena->block + arena->used : NULL;

    arena->used += (len + 7) & ~(size_t)7;
    return memory;
}

static WCHAR *
arena_string(struct arena *arena, const WCHAR *text)
{
    const size_t len = (wcslen(text) + 1) * sizeof *text;
    WCHAR *copy = arena_take(arena, len);

    if (copy) {
        memcpy(copy, text, len);
    }
    return copy;
}

/* An array of pointers to the strings of a list, in order. */
static PWSTR *
arena_strings(struct arena *arena, const WCHAR *list, ULONG *count_out)
{
    ULONG count = 0;

    for (const WCHAR *at = list; *at; at += wcslen(at) + 1) {
        count++;
    }
    PWSTR *strings = arena_take(arena, count * sizeof *strings);
    for (ULONG i = 0; i < count; i++, list += wcslen(list) + 1) {
        WCHAR *copy = arena_string(arena, list);
        if (strings) {
            strings[i] = copy;
        }
    }
    *count_out = count;
    return strings;
}

/* Blocks that we allocated, so that BCryptFreeBuffer can tell them from Wine's. */
struct given_block {
    void *block;
    struct given_block *next;
};
static SRWLOCK given_lock = SRWLOCK_INIT;
static struct given_block *given_blocks;

static void *
give_block(size_t len)
{
    struct given_block *entry = malloc(sizeof *entry);
    void *block = calloc(1, len);

    if (!entry || !block) {
        free(entry);
        free(block);
        return NULL;
    }
    AcquireSRWLockExclusive(&given_lock);
    *entry = (struct given_block){block, given_blocks};
    given_blocks = entry;
    ReleaseSRWLockExclusive(&given_lock);
    return block;
}

VOID WINAPI
shim_BCryptFreeBuffer(PVOID pvBuffer)
{
    struct given_block **link = &given_blocks;

    AcquireSRWLockExclusive(&given_lock);
    while (*link && (*link)->block != pvBuffer) {
        link = &(*link)->next;
    }
    struct given_block *entry = *link;
    if (entry) {
        *link = entry->next;
    }
    ReleaseSRWLockExclusive(&given_lock);
    if (entry) {
        free(pvBuffer);
        free(entry);
        return;
    }
    VOID(WINAPI *wine_free)(PVOID) =
        (VOID(WINAPI *)(PVOID))(void *)shim_wine_function(L"wbcrypt.dll", "BCryptFreeBuffer");
    wine_free(pvBuffer);
}

typedef NTSTATUS build_answer(struct arena *arena, const void *request);

/* The documented convention: no ppBuffer asks for the size, *ppBuffer NULL asks us to allocate. */
static NTSTATUS
answer(build_answer *build, const void *request, ULONG *pcbBuffer, void **ppBuffer)
{
    struct arena arena = {NULL, 0};

    if (!pcbBuffer) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS status = build(&arena, request);
    if (status != STATUS_SUCCESS) {
        return status;
    }
    const ULONG room = *pcbBuffer;
    *pcbBuffer = (ULONG)arena.used;
    if (!ppBuffer || (*ppBuffer && room < arena.used)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    void *block = *ppBuffer ? *ppBuffer : give_block(arena.used);
    if (!block) {
        return STATUS_NO_MEMORY;
    }
    arena = (struct arena){block, 0};
    status = build(&arena, request);
    if (status == STATUS_SUCCESS) {
        *ppBuffer = block;
    } else if (block != *ppBuffer) {
        shim_BCryptFreeBuffer(block);
    }
    return status;
}

struct list_request {
    LPCWSTR path;
    LPCWSTR value;
};

/* The lists of a context have the shape of CRYPT_PROVIDERS. */
_Static_assert(sizeof(CRYPT_CONTEXT_FUNCTIONS) == sizeof(CRYPT_PROVIDERS), "same shape");
_Static_assert(sizeof(CRYPT_CONTEXT_FUNCTION_PROVIDERS) == sizeof(CRYPT_PROVIDERS), "same shape");

static NTSTATUS
build_list(struct arena *arena, const void *context)
{
    const struct list_request *request = context;
    WCHAR *list = NULL;
    ULONG count = 0;

    const NTSTATUS status = list_read(request->path, request->value, &list);
    if (status != STATUS_SUCCESS) {
        return status;
    }
    CRYPT_PROVIDERS *names = arena_take(arena, sizeof *names);
    PWSTR *strings = arena_strings(arena, list, &count);
    free(list);
    if (names) {
        *names = (CRYPT_PROVIDERS){count, strings};
    }
    return count > 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

NTSTATUS WINAPI
shim_BCryptEnumContextFunctions(ULONG dwTable, LPCWSTR pszContext, ULONG dwInterface,
                                ULONG *pcbBuffer, PCRYPT_CONTEXT_FUNCTIONS *ppBuffer)
{
    WCHAR path[LIST_PATH_CCH];
    const struct list_request request = {path, L"Functions"};

    if (dwTable != CRYPT_LOCAL || !list_context_path(path, pszContext, dwInterface, NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    return answer(build_list, &request, pcbBuffer, (void **)ppBuffer);
}

NTSTATUS WINAPI
shim_BCryptEnumContextFunctionProviders(ULONG dwTable, LPCWSTR pszContext, ULONG dwInterface,
                                        LPCWSTR pszFunction, ULONG *pcbBuffer,
                                        PCRYPT_CONTEXT_FUNCTION_PROVIDERS *ppBuffer)
{
    WCHAR path[LIST_PATH_CCH];
    const struct list_request request = {path, L"Providers"};

    if (dwTable != CRYPT_LOCAL || !pszFunction ||
        !list_context_path(path, pszContext, dwInterface, pszFunction)) {
        return STATUS_INVALID_PARAMETER;
    }
    return answer(build_list, &request, pcbBuffer, (void **)ppBuffer);
}

/* The names of the subkeys of Providers, as a list. */
static NTSTATUS
build_registered(struct arena *arena, const void *request)
{
    WCHAR name[LIST_PATH_CCH];
    HKEY providers = NULL;
    ULONG count = 0;
    ULONG filled = 0;

    (void)request;
    const LSTATUS error =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, LIST_PROVIDERS_KEY, 0, KEY_READ, &providers);
    if (error != ERROR_SUCCESS) {
        return list_status(error);
    }
    RegQueryInfoKeyW(providers, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    CRYPT_PROVIDERS *names = arena_take(arena, sizeof *names);
    PWSTR *strings = arena_take(arena, count * sizeof *strings);
    for (ULONG i = 0; i < count; i++) {
        DWORD cch = LIST_PATH_CCH;
        if (RegEnumKeyExW(providers, i, name, &cch, NULL, NULL, NULL, NULL) != ERROR_SUCCESS) {
            break;
        }
        WCHAR *copy = arena_string(arena, name);
        if (strings) {
            strings[i] = copy;
        }
        filled++;
    }
    RegCloseKey(providers);
    if (names) {
        *names = (CRYPT_PROVIDERS){filled, strings};
    }
    return filled > 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

NTSTATUS WINAPI
shim_BCryptEnumRegisteredProviders(ULONG *pcbBuffer, PCRYPT_PROVIDERS *ppBuffer)
{
    return answer(build_registered, NULL, pcbBuffer, (void **)ppBuffer);
}

struct registration_request {
    LPCWSTR provider;
    ULONG interface_id; /* the one interface to report */
};

static NTSTATUS
build_registration(struct arena *arena, const void *context)
{
    const struct registration_request *request = context;
    WCHAR image_path[LIST_PATH_CCH];
    WCHAR interface_path[LIST_PATH_CCH + 9];
    WCHAR image[MAX_PATH] = L"";
    WCHAR *list = NULL;
    DWORD flags = 0;
    DWORD image_len = sizeof image;
    DWORD flags_len = sizeof flags;
    ULONG function_count = 0;

    if (!list_provider_path(image_path, request->provider, L"UM")) {
        return STATUS_INVALID_PARAMETER;
    }
    swprintf(interface_path, LIST_PATH_CCH + 9, L"%ls\\%08lX", image_path, request->interface_id);
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, image_path, L"Image", RRF_RT_REG_SZ, NULL,
                                 image, &image_len);
    if (error == ERROR_SUCCESS) {
        error = RegGetValueW(HKEY_LOCAL_MACHINE, interface_path, L"Flags", RRF_RT_REG_DWORD, NULL,
                             &flags, &flags_len);
    }
    NTSTATUS status = list_status(error);
    if (status == STATUS_SUCCESS) {
        status = list_read(interface_path, L"Functions", &list);
    }
    if (status != STATUS_SUCCESS) {
        return status;
    }
    CRYPT_PROVIDER_REG *provider = arena_take(arena, sizeof *provider);
    CRYPT_IMAGE_REG *image_reg = arena_take(arena, sizeof *image_reg);
    PCRYPT_INTERFACE_REG *interfaces = arena_take(arena, sizeof *interfaces);
    CRYPT_INTERFACE_REG *interface_reg = arena_take(arena, sizeof *interface_reg);
    WCHAR *image_copy = arena_string(arena, image);
    PWSTR *functions = arena_strings(arena, list, &function_count);
    free(list);
    if (provider) {
        *interface_reg =
            (CRYPT_INTERFACE_REG){request->interface_id, flags, function_count, functions};
        *interfaces = interface_reg;
        *image_reg = (CRYPT_IMAGE_REG){image_copy, 1, interfaces};
        *provider = (CRYPT_PROVIDER_REG){0, NULL, image_reg, NULL};
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI
shim_BCryptQueryProviderRegistration(LPCWSTR pszProvider, ULONG dwMode, ULONG dwInterface,
                                     ULONG *pcbBuffer, PCRYPT_PROVIDER_REG *ppBuffer)
{
    const struct registration_request request = {pszProvider, dwInterface};

    if (!pszProvider || (dwMode != CRYPT_UM && dwMode != CRYPT_MM && dwMode != CRYPT_ANY)) {
        return STATUS_INVALID_PARAMETER;
    }
    return answer(build_registration, &request, pcbBuffer, (void **)ppBuffer);
}

/* Only the first provider of a function, or the one named: what a caller loads. */
static NTSTATUS
build_reference(struct arena *arena, const void *context)
{
    const struct registration_request *request = context;
    WCHAR path[LIST_PATH_CCH];
    WCHAR image[MAX_PATH] = L"";
    DWORD len = sizeof image;

    if (!list_provider_path(path, request->provider, L"UM")) {
        return STATUS_INVALID_PARAMETER;
    }
    const LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, path, L"Image", RRF_RT_REG_SZ, NULL,
                                       image, &len);
    if (error != ERROR_SUCCESS) {
        return list_status(error);
    }
    CRYPT_PROVIDER_REFS *references = arena_take(arena, sizeof *references);
    PCRYPT_PROVIDER_REF *array = arena_take(arena, sizeof *array);
    CRYPT_PROVIDER_REF *reference = arena_take(arena, sizeof *reference);
    CRYPT_IMAGE_REF *image_reference = arena_take(arena, sizeof *image_reference);
    WCHAR *image_copy = arena_string(arena, image);
    WCHAR *name = arena_string(arena, request->provider);
    if (references) {
        *image_reference = (CRYPT_IMAGE_REF){image_copy, CRYPT_MIN_DEPENDENCIES};
        *reference = (CRYPT_PROVIDER_REF){
            .dwInterface = request->interface_id, .pszProvider = name, .pUM = image_reference};
        *array = reference;
        *references = (CRYPT_PROVIDER_REFS){1, array};
    }
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI
shim_BCryptResolveProviders(LPCWSTR pszContext, ULONG dwInterface, LPCWSTR pszFunction,
                            LPCWSTR pszProvider, ULONG dwMode, ULONG dwFlags, ULONG *pcbBuffer,
                            PCRYPT_PROVIDER_REFS *ppBuffer)
{
    WCHAR path[LIST_PATH_CCH];
    WCHAR *list = NULL;

    (void)dwMode;
    (void)dwFlags;
    if (!pszFunction || !list_context_path(path, pszContext, dwInterface, pszFunction)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS status = list_read(path, L"Providers", &list);
    if (status != STATUS_SUCCESS) {
        return status;
    }
    const struct registration_request request = {pszProvider ? pszProvider : list, dwInterface};
    status = request.provider[0] ? answer(build_reference, &request, pcbBuffer, (void **)ppBuffer)
                                 : STATUS_NOT_FOUND;
    free(list);
    return status;
}
