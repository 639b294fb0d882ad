#include "doctor.h"

#include <string.h>
#include <wchar.h>

#include "installer/register.h"
#include "signum/signum.h"

static const char next_register[] =
    "run 'signum register --dll FILE --dll32 FILE' as administrator";

/*
 * The numbers of a DLL's version resource. Read by hand: version.dll would be one more library that
 * could be planted beside a program which administrators start from a download folder. The fixed
 * part stands after a head of three words and the name VS_VERSION_INFO, aligned to four bytes.
 */
#define FIXED_INFO_OFFSET 40
#define FIXED_INFO_SIGNATURE 0xFEEF04BDu

static bool
read_version(HMODULE module, VS_FIXEDFILEINFO *info_out)
{
    HRSRC resource = FindResourceW(module, MAKEINTRESOURCEW(VS_VERSION_INFO), RT_VERSION);
    HGLOBAL loaded = resource == NULL ? NULL : LoadResource(module, resource);
    const BYTE *data = loaded == NULL ? NULL : LockResource(loaded);
    if (data == NULL ||
        SizeofResource(module, resource) < FIXED_INFO_OFFSET + sizeof(*info_out)) {
        return false;
    }
    memcpy(info_out, data + FIXED_INFO_OFFSET, sizeof(*info_out));
    return info_out->dwSignature == FIXED_INFO_SIGNATURE;
}

/* "1.2.3", or "of no version". As data, so that a DLL of the other bitness can be read too. */
static void
put_version(const WCHAR *path, struct signum_buf *out)
{
    VS_FIXEDFILEINFO info;
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    if (module != NULL && read_version(module, &info)) {
        signum_buf_printf(out, "%u.%u.%u", (unsigned)HIWORD(info.dwFileVersionMS),
                          (unsigned)LOWORD(info.dwFileVersionMS),
                          (unsigned)HIWORD(info.dwFileVersionLS));
    } else {
        signum_buf_put_text(out, "of no version");
    }
    if (module != NULL) {
        FreeLibrary(module);
    }
}

/* Appends what was found at one place; false if it is not what belongs there. */
static bool
look_at(enum signum_register_place place, const char *folder, struct signum_buf *out)
{
    WCHAR path[MAX_PATH];
    WORD machine = 0;
    struct signum_register_result result = signum_register_path(place, SIGNUM_DLL_NAME_W, path);
    if (result.status == SIGNUM_OK) {
        result = signum_register_read_machine(path, &machine);
    }
    signum_buf_printf(out, "%s%s: ", out->len == 0 ? "" : "; ", folder);
    if (result.status != SIGNUM_OK) {
        signum_buf_put_text(out, result.status == SIGNUM_NOT_FOUND ? "missing" : "not readable");
        return false;
    }
    put_version(path, out);
    if (machine == signum_register_machine(place)) {
        signum_buf_put_text(out, machine == IMAGE_FILE_MACHINE_AMD64 ? " (64-bit)" : " (32-bit)");
        return true;
    }
    signum_buf_printf(out, " (made for machine %04x: wrong)", machine);
    return false;
}

/* Programs of the machine's own kind come first; a missing 32-bit DLL is told, not a failure,
   since many machines run no 32-bit signing program. A wrong DLL is a failure anywhere. */
void
signum_doctor_check_dll(struct signum_check *check)
{
    struct signum_buf text;
    signum_buf_init(&text, 1024);
    bool is_good = look_at(SIGNUM_REGISTER_NATIVE, "System32", &text);
    if (signum_register_has_place(SIGNUM_REGISTER_WOW)) {
        WCHAR path[MAX_PATH];
        struct signum_register_result found =
            signum_register_path(SIGNUM_REGISTER_WOW, SIGNUM_DLL_NAME_W, path);
        bool is_absent = found.status == SIGNUM_OK &&
                         GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES;
        is_good = (look_at(SIGNUM_REGISTER_WOW, "SysWOW64", &text) || is_absent) && is_good;
    }
    if (is_good) {
        signum_check_pass(check, "%s in %s", SIGNUM_DLL_NAME, signum_buf_text(&text));
    } else {
        signum_check_fail(check, SIGNUM_NOT_FOUND, next_register, "%s in %s", SIGNUM_DLL_NAME,
                          signum_buf_text(&text));
    }
    signum_buf_clear(&text);
}

void
signum_doctor_check_registration(struct signum_check *check)
{
    struct signum_registration found;
    struct signum_register_result result =
        signum_registration_read(SIGNUM_PROVIDER_NAME_W, &found);
    if (result.status != SIGNUM_OK) {
        signum_check_fail(check, result.status, NULL, "%s (Windows error %lu)", result.step,
                          (unsigned long)result.error);
        return;
    }
    if (signum_registration_is_whole(&found, SIGNUM_DLL_NAME_W)) {
        signum_check_pass(check, "\"%s\" is in Windows' list and names %s", SIGNUM_PROVIDER_NAME,
                          SIGNUM_DLL_NAME);
        return;
    }
    const char *what = !found.has_provider && !found.is_listed ? "is not registered"
                       : !found.has_provider ? "is in Windows' list, but its own entry is missing"
                       : !found.is_listed    ? "has its entry, but is not in Windows' list"
                       : !found.has_interface
                           ? "is registered, but not as a key storage provider"
                           : "is registered with another DLL";
    signum_check_fail(check, SIGNUM_NOT_FOUND, "run 'signum register' as administrator",
                      "\"%s\" %s", SIGNUM_PROVIDER_NAME, what);
}

void
signum_doctor_check_provider(struct signum_check *check)
{
    NCRYPT_PROV_HANDLE provider = 0;
    WCHAR name[64] = {0};
    DWORD len = 0;
    SECURITY_STATUS opened = NCryptOpenStorageProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    if (opened != ERROR_SUCCESS) {
        signum_check_fail(check, SIGNUM_NOT_FOUND, "put right what the checks above say",
                          "Windows cannot open \"%s\": 0x%08lx", SIGNUM_PROVIDER_NAME,
                          (unsigned long)opened);
        return;
    }
    /* Answered by our DLL and by nobody else. */
    SECURITY_STATUS asked = NCryptGetProperty(provider, NCRYPT_NAME_PROPERTY, (PBYTE)name,
                                              sizeof(name) - sizeof(WCHAR), &len, 0);
    (void)NCryptFreeObject(provider);
    if (asked != ERROR_SUCCESS || wcscmp(name, SIGNUM_PROVIDER_NAME_W) != 0) {
        signum_check_fail(check, SIGNUM_INTERNAL, NULL,
                          "\"%s\" opens, but does not answer: 0x%08lx", SIGNUM_PROVIDER_NAME,
                          (unsigned long)asked);
        return;
    }
    signum_check_pass(check, "Windows opens \"%s\" in this %u-bit program", SIGNUM_PROVIDER_NAME,
                      (unsigned)sizeof(void *) * 8);
}
