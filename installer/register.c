#include "register.h"

#include <wchar.h>

#include "register_result.h"

#define PROVIDERS_KEY L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Providers\\"
#define LIST_KEY                                                                                   \
    L"SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\Default\\00010001"   \
    L"\\" NCRYPT_KEY_STORAGE_ALGORITHM
#define INTERFACE_SUBKEY L"\\UM\\00010001"

#define KEY_PATH_MAX 512      /* characters */
#define LIST_MAX (64u << 10)  /* bytes of a multi-string */

struct signum_register_result
signum_register_result_win32(const char *step, DWORD error)
{
    struct signum_register_result result = {.status = SIGNUM_IO, .step = step, .error = error};
    switch (error) {
    case ERROR_SUCCESS:
        return signum_register_result_good();
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
        result.status = SIGNUM_DENIED;
        break;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        result.status = SIGNUM_NOT_FOUND;
        break;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        result.status = SIGNUM_NO_MEMORY;
        break;
    default:
        break;
    }
    return result;
}

struct signum_register_result
signum_register_result_nt(const char *step, NTSTATUS nt)
{
    struct signum_register_result result = {.status = SIGNUM_INTERNAL, .step = step, .nt = nt};
    switch (nt) {
    case STATUS_SUCCESS:
        return signum_register_result_good();
    case STATUS_ACCESS_DENIED:
        result.status = SIGNUM_DENIED;
        break;
    case STATUS_NOT_FOUND:
    case STATUS_OBJECT_NAME_NOT_FOUND:
        result.status = SIGNUM_NOT_FOUND;
        break;
    case STATUS_NO_MEMORY:
        result.status = SIGNUM_NO_MEMORY;
        break;
    case STATUS_INVALID_PARAMETER:
        result.status = SIGNUM_INVALID_ARGUMENT;
        break;
    case STATUS_NOT_SUPPORTED:
        result.status = SIGNUM_NOT_SUPPORTED;
        break;
    default:
        break;
    }
    return result;
}

static bool
is_name(const WCHAR *name)
{
    if (name == NULL || name[0] == L'\0' || wcslen(name) > SIGNUM_REGISTER_NAME_MAX) {
        return false;
    }
    return wcschr(name, L'\\') == NULL;
}

static struct signum_register_result
bad_name(void)
{
    return (struct signum_register_result){.status = SIGNUM_INVALID_ARGUMENT,
                                           .step = "looking at the names"};
}

/* The path of Providers\NAME with something after it; a checked name always fits. */
static void
make_provider_path(const WCHAR *name, const WCHAR *after, WCHAR *path)
{
    wcscpy(path, PROVIDERS_KEY);
    wcscat(path, name);
    wcscat(path, after);
}

/* True if the multi-string value has the text, in any case. An absent value is no error. */
static bool
has_in_list(const WCHAR *key, const WCHAR *value, const WCHAR *text, DWORD *error_out)
{
    bool is_found = false;
    DWORD len = LIST_MAX;
    WCHAR *list = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, LIST_MAX + 2 * sizeof(WCHAR));
    if (list == NULL) {
        *error_out = ERROR_NOT_ENOUGH_MEMORY;
        return false;
    }
    *error_out = (DWORD)RegGetValueW(HKEY_LOCAL_MACHINE, key, value,
                                     RRF_RT_REG_MULTI_SZ | RRF_RT_REG_SZ, NULL, list, &len);
    /* Two zeros stand behind the buffer, so the walk ends even in a value without its own. */
    for (const WCHAR *item = list; *error_out == ERROR_SUCCESS && *item != L'\0';
         item += wcslen(item) + 1) {
        is_found = is_found || _wcsicmp(item, text) == 0;
    }
    if (*error_out == ERROR_FILE_NOT_FOUND || *error_out == ERROR_PATH_NOT_FOUND) {
        *error_out = ERROR_SUCCESS;
    }
    HeapFree(GetProcessHeap(), 0, list);
    return is_found;
}

static DWORD
read_image(const WCHAR *name, struct signum_registration *read_out)
{
    WCHAR path[KEY_PATH_MAX];
    HKEY key = NULL;
    make_provider_path(name, L"", path);
    DWORD error = (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key);
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) {
        return ERROR_SUCCESS;
    }
    if (error != ERROR_SUCCESS) {
        return error;
    }
    RegCloseKey(key);
    read_out->has_provider = true;
    DWORD len = sizeof(read_out->image);
    make_provider_path(name, L"\\UM", path);
    error = (DWORD)RegGetValueW(HKEY_LOCAL_MACHINE, path, L"Image", RRF_RT_REG_SZ, NULL,
                                read_out->image, &len);
    if (error != ERROR_SUCCESS) {
        read_out->image[0] = L'\0';
    }
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? ERROR_SUCCESS : error;
}

struct signum_register_result
signum_registration_read(const WCHAR *name, struct signum_registration *read_out)
{
    static const char step[] = "reading the registration";
    WCHAR path[KEY_PATH_MAX];
    *read_out = (struct signum_registration){0};
    if (!is_name(name)) {
        return bad_name();
    }
    DWORD error = read_image(name, read_out);
    if (error == ERROR_SUCCESS) {
        make_provider_path(name, INTERFACE_SUBKEY, path);
        read_out->has_interface =
            has_in_list(path, L"Functions", NCRYPT_KEY_STORAGE_ALGORITHM, &error);
    }
    if (error == ERROR_SUCCESS) {
        read_out->is_listed = has_in_list(LIST_KEY, L"Providers", name, &error);
    }
    return signum_register_result_win32(step, error);
}

bool
signum_registration_is_whole(const struct signum_registration *registration, const WCHAR *image)
{
    return registration->has_provider && registration->has_interface && registration->is_listed &&
           _wcsicmp(registration->image, image) == 0;
}

static NTSTATUS
write_provider(const WCHAR *name, const WCHAR *image)
{
    /* The structures take pointers to what they never change. */
    PWSTR function = (PWSTR)NCRYPT_KEY_STORAGE_ALGORITHM;
    CRYPT_INTERFACE_REG storage = {
        .dwInterface = NCRYPT_KEY_STORAGE_INTERFACE,
        .dwFlags = CRYPT_LOCAL,
        .cFunctions = 1,
        .rgpszFunctions = &function,
    };
    PCRYPT_INTERFACE_REG interfaces[] = {&storage};
    CRYPT_IMAGE_REG user_mode = {
        .pszImage = (PWSTR)image,
        .cInterfaces = 1,
        .rgpInterfaces = interfaces,
    };
    CRYPT_PROVIDER_REG provider = {.pUM = &user_mode};
    return BCryptRegisterProvider(name, CRYPT_OVERWRITE, &provider);
}

static NTSTATUS
add_to_list(const WCHAR *name, const char **step_out)
{
    *step_out = "adding the function KEY_STORAGE to Windows' configuration";
    NTSTATUS nt = BCryptAddContextFunction(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE,
                                           NCRYPT_KEY_STORAGE_ALGORITHM, CRYPT_PRIORITY_BOTTOM);
    if (nt != STATUS_SUCCESS && nt != STATUS_OBJECT_NAME_COLLISION) {
        return nt;
    }
    *step_out = "adding the provider to the list of KEY_STORAGE";
    nt = BCryptAddContextFunctionProvider(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE,
                                          NCRYPT_KEY_STORAGE_ALGORITHM, name,
                                          CRYPT_PRIORITY_BOTTOM);
    return nt == STATUS_OBJECT_NAME_COLLISION ? STATUS_SUCCESS : nt;
}

/* Undoes what was done since `before`; what that gives no longer matters. */
static void
roll_back(const WCHAR *name, const struct signum_registration *before)
{
    if (!before->is_listed) {
        (void)BCryptRemoveContextFunctionProvider(CRYPT_LOCAL, NULL, NCRYPT_KEY_STORAGE_INTERFACE,
                                                  NCRYPT_KEY_STORAGE_ALGORITHM, name);
    }
    if (!before->has_provider) {
        (void)BCryptUnregisterProvider(name);
    } else if (before->image[0] != L'\0') {
        (void)write_provider(name, before->image);
    }
}

/* A call that reports success and does nothing must not pass for a registration. */
static struct signum_register_result
prove(const WCHAR *name, const WCHAR *image)
{
    struct signum_registration after;
    struct signum_register_result result = signum_registration_read(name, &after);
    if (result.status != SIGNUM_OK || signum_registration_is_whole(&after, image)) {
        return result;
    }
    result.status = SIGNUM_NOT_FOUND;
    result.step = "finding the registration in the registry after Windows reported success";
    return result;
}

struct signum_register_result
signum_register(const WCHAR *name, const WCHAR *image)
{
    struct signum_registration before;
    const char *step = "registering the provider";
    if (!is_name(name) || !is_name(image)) {
        return bad_name();
    }
    struct signum_register_result result = signum_registration_read(name, &before);
    if (result.status != SIGNUM_OK) {
        return result;
    }
    NTSTATUS nt = write_provider(name, image);
    if (nt == STATUS_SUCCESS) {
        nt = add_to_list(name, &step);
    }
    result = nt == STATUS_SUCCESS ? prove(name, image) : signum_register_result_nt(step, nt);
    if (result.status != SIGNUM_OK) {
        roll_back(name, &before);
    }
    return result;
}

static bool
is_absence(NTSTATUS nt)
{
    return nt == STATUS_NOT_FOUND || nt == STATUS_OBJECT_NAME_NOT_FOUND;
}

struct signum_register_result
signum_unregister(const WCHAR *name)
{
    struct signum_registration after;
    if (!is_name(name)) {
        return bad_name();
    }
    NTSTATUS nt = BCryptRemoveContextFunctionProvider(CRYPT_LOCAL, NULL,
                                                      NCRYPT_KEY_STORAGE_INTERFACE,
                                                      NCRYPT_KEY_STORAGE_ALGORITHM, name);
    if (nt != STATUS_SUCCESS && !is_absence(nt)) {
        return signum_register_result_nt("removing the provider from the list of KEY_STORAGE", nt);
    }
    nt = BCryptUnregisterProvider(name);
    if (nt != STATUS_SUCCESS && !is_absence(nt)) {
        return signum_register_result_nt("removing the provider's registration", nt);
    }
    struct signum_register_result result = signum_registration_read(name, &after);
    if (result.status == SIGNUM_OK && (after.has_provider || after.is_listed)) {
        result.status = SIGNUM_INTERNAL;
        result.step = "removing the registration: Windows reported success, yet it is still there";
    }
    return result;
}
