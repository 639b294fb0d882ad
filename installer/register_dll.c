#include "register.h"

#include <wchar.h>

#include "register_result.h"

/* The largest path here is a system folder and a name, and a suffix for what is on its way out. */
#define SUFFIX_MAX 32

bool
signum_register_has_place(enum signum_register_place place)
{
    if (place == SIGNUM_REGISTER_NATIVE) {
        return true;
    }
    WCHAR path[MAX_PATH];
    return GetSystemWow64DirectoryW(path, MAX_PATH) != 0;
}

/* The folder without a final backslash. */
static DWORD
find_folder(enum signum_register_place place, WCHAR *path)
{
    BOOL is_wow = FALSE;
    UINT len = 0;
    if (place == SIGNUM_REGISTER_WOW) {
        len = GetSystemWow64DirectoryW(path, MAX_PATH);
    } else if (IsWow64Process(GetCurrentProcess(), &is_wow) && is_wow) {
        /* To a 32-bit program System32 means SysWOW64; this name means the real one. */
        len = GetSystemWindowsDirectoryW(path, MAX_PATH);
        if (len > 0 && len + wcslen(L"\\Sysnative") < MAX_PATH) {
            wcscat(path, L"\\Sysnative");
        }
    } else {
        len = GetSystemDirectoryW(path, MAX_PATH);
    }
    if (len == 0) {
        return GetLastError();
    }
    return len >= MAX_PATH ? ERROR_FILENAME_EXCED_RANGE : ERROR_SUCCESS;
}

struct signum_register_result
signum_register_path(enum signum_register_place place, const WCHAR *image, WCHAR *path)
{
    DWORD error = find_folder(place, path);
    if (error == ERROR_SUCCESS && wcslen(path) + wcslen(image) + 1 + SUFFIX_MAX >= MAX_PATH) {
        error = ERROR_FILENAME_EXCED_RANGE;
    }
    if (error == ERROR_SUCCESS) {
        wcscat(path, L"\\");
        wcscat(path, image);
    } else {
        path[0] = L'\0';
    }
    return signum_register_result_win32("finding the system folder", error);
}

WORD
signum_register_machine(enum signum_register_place place)
{
    if (place == SIGNUM_REGISTER_NATIVE && signum_register_has_place(SIGNUM_REGISTER_WOW)) {
        return IMAGE_FILE_MACHINE_AMD64;
    }
    return IMAGE_FILE_MACHINE_I386;
}

static bool
read_at(HANDLE file, LONG offset, void *data, DWORD len)
{
    DWORD got = 0;
    return SetFilePointer(file, offset, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER &&
           ReadFile(file, data, len, &got, NULL) && got == len;
}

struct signum_register_result
signum_register_read_machine(const WCHAR *path, WORD *machine_out)
{
    static const char step[] = "reading the DLL's header";
    IMAGE_DOS_HEADER dos;
    DWORD signature = 0;
    IMAGE_FILE_HEADER header;
    *machine_out = 0;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return signum_register_result_win32(step, GetLastError());
    }
    bool is_dll = read_at(file, 0, &dos, sizeof(dos)) && dos.e_magic == IMAGE_DOS_SIGNATURE &&
                  dos.e_lfanew > 0 && read_at(file, dos.e_lfanew, &signature, sizeof(signature)) &&
                  signature == IMAGE_NT_SIGNATURE &&
                  read_at(file, dos.e_lfanew + (LONG)sizeof(signature), &header, sizeof(header)) &&
                  (header.Characteristics & IMAGE_FILE_DLL) != 0;
    CloseHandle(file);
    if (!is_dll) {
        return (struct signum_register_result){
            .status = SIGNUM_BAD_TYPE, .step = "reading the DLL's header: it is not a DLL"};
    }
    *machine_out = header.Machine;
    return signum_register_result_good();
}

/* Where a file is moved that is loaded by some program: it can be renamed, not deleted. */
static void
make_old_path(const WCHAR *path, WCHAR *old_path)
{
    swprintf(old_path, MAX_PATH, L"%ls.%lu.old", path, (unsigned long)GetTickCount());
}

/* Renames a loaded DLL out of the way, to be deleted when Windows starts next. */
static DWORD
move_aside(const WCHAR *path)
{
    WCHAR old_path[MAX_PATH];
    make_old_path(path, old_path);
    if (!MoveFileExW(path, old_path, MOVEFILE_REPLACE_EXISTING)) {
        return GetLastError();
    }
    /* Failing here leaves a stray file behind, nothing worse. */
    (void)MoveFileExW(old_path, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    return ERROR_SUCCESS;
}

static bool
is_in_use(DWORD error)
{
    return error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION ||
           error == ERROR_USER_MAPPED_FILE || error == ERROR_LOCK_VIOLATION;
}

/* Puts the finished copy at its place in one move, so that nobody loads half a DLL. */
static DWORD
put_in_place(const WCHAR *copy, const WCHAR *path)
{
    if (MoveFileExW(copy, path, MOVEFILE_REPLACE_EXISTING)) {
        return ERROR_SUCCESS;
    }
    DWORD error = GetLastError();
    if (!is_in_use(error)) {
        return error;
    }
    error = move_aside(path);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    return MoveFileExW(copy, path, MOVEFILE_REPLACE_EXISTING) ? ERROR_SUCCESS : GetLastError();
}

static bool
is_file(const WCHAR *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

struct signum_register_result
signum_register_copy_dll(enum signum_register_place place, const WCHAR *from, const WCHAR *image,
                         bool *has_replaced_out)
{
    WCHAR path[MAX_PATH];
    WCHAR copy[MAX_PATH];
    WORD machine = 0;
    *has_replaced_out = false;
    struct signum_register_result result = signum_register_read_machine(from, &machine);
    if (result.status != SIGNUM_OK) {
        return result;
    }
    if (machine != signum_register_machine(place)) {
        return (struct signum_register_result){
            .status = SIGNUM_BAD_TYPE,
            .step = "looking at the DLL: it is made for another kind of machine"};
    }
    result = signum_register_path(place, image, path);
    if (result.status != SIGNUM_OK) {
        return result;
    }
    swprintf(copy, MAX_PATH, L"%ls.%lu.new", path, (unsigned long)GetTickCount());
    *has_replaced_out = is_file(path);
    DWORD error = CopyFileW(from, copy, TRUE) ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_SUCCESS) {
        error = put_in_place(copy, path);
    }
    if (error != ERROR_SUCCESS) {
        (void)DeleteFileW(copy);
    }
    return signum_register_result_win32("copying the DLL into the system folder", error);
}

struct signum_register_result
signum_register_remove_dll(enum signum_register_place place, const WCHAR *image,
                           bool *is_delayed_out)
{
    static const char step[] = "deleting the DLL from the system folder";
    WCHAR path[MAX_PATH];
    *is_delayed_out = false;
    struct signum_register_result result = signum_register_path(place, image, path);
    if (result.status != SIGNUM_OK || !is_file(path)) {
        return result;
    }
    if (DeleteFileW(path)) {
        return result;
    }
    DWORD error = GetLastError();
    if (!is_in_use(error)) {
        return signum_register_result_win32(step, error);
    }
    error = move_aside(path);
    *is_delayed_out = error == ERROR_SUCCESS;
    return signum_register_result_win32(step, error);
}
