#include "io/files.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <windows.h>

#include "io/file_acl_win32.h"
#include "io/paths.h"
#include "io/utf16.h"

#define ROOM 4096

static enum signum_status
from_last_error(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return SIGNUM_NOT_FOUND;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return SIGNUM_NO_MEMORY;
    default:
        return SIGNUM_IO;
    }
}

/* Appends what Windows says of it to `cause`, and gives the status. */
static enum signum_status
explain(DWORD error, struct signum_buf *cause)
{
    enum signum_status status = from_last_error(error);

    if (status == SIGNUM_IO)
        signum_buf_printf(cause, "Windows error %lu", (unsigned long)error);
    return status;
}

static enum signum_status
read_all(HANDLE file, struct signum_buf *data_out, struct signum_buf *cause)
{
    char room[ROOM];
    enum signum_status status = SIGNUM_OK;

    while (status == SIGNUM_OK) {
        DWORD got = 0;
        if (!ReadFile(file, room, sizeof room, &got, NULL)) {
            status = explain(GetLastError(), cause);
            break;
        }
        if (got == 0)
            break;
        signum_buf_put(data_out, room, got);
        status = signum_buf_status(data_out);
    }
    signum_wipe(room, sizeof room);
    return status;
}

static enum signum_status
read_file(const wchar_t *path, enum signum_file_trust trust, struct signum_buf *data_out,
          struct signum_buf *cause)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return explain(GetLastError(), cause);

    enum signum_status status = SIGNUM_IO;
    if (GetFileType(file) == FILE_TYPE_DISK)
        status = signum_file_acl_check(file, trust, cause);
    else
        signum_buf_put_text(cause, "it is not a file on a disk");
    if (status == SIGNUM_OK)
        status = read_all(file, data_out, cause);
    (void)CloseHandle(file);
    return status;
}

enum signum_status
signum_files_read(const char *path, enum signum_file_trust trust, struct signum_buf *data_out,
                  struct signum_buf *cause)
{
    wchar_t *wide = NULL;
    enum signum_status status = signum_utf16_from_utf8(path, &wide);

    if (status == SIGNUM_OK)
        status = read_file(wide, trust, data_out, cause);
    free(wide);
    return status;
}

static enum signum_status
write_all(HANDLE file, struct signum_bytes data)
{
    while (data.len > 0) {
        DWORD part = data.len > 0x100000 ? 0x100000 : (DWORD)data.len;
        DWORD put = 0;
        if (!WriteFile(file, data.data, part, &put, NULL) || put == 0)
            return SIGNUM_IO;
        data.data += put;
        data.len -= put;
    }
    return FlushFileBuffers(file) ? SIGNUM_OK : SIGNUM_IO;
}

/* Folders of a profile pass their own access list on to what is made in them. */
enum signum_status
signum_files_make_parent(const char *path)
{
    wchar_t *folder = NULL;
    enum signum_status status = signum_utf16_from_utf8(path, &folder);

    if (status != SIGNUM_OK)
        return status;
    for (wchar_t *at = folder; *at != 0; at++) {
        if ((*at != L'\\' && *at != L'/') || at == folder || at[-1] == L':')
            continue;
        wchar_t separator = *at;
        *at = 0;
        /* Parts of \\server\share cannot be made: the last folder alone decides, at its opening. */
        (void)CreateDirectoryW(folder, NULL);
        *at = separator;
    }
    free(folder);
    return SIGNUM_OK;
}

/* Writes `data` to a new file beside `path` and moves it there. */
static enum signum_status
replace(const wchar_t *path, const wchar_t *beside, struct signum_bytes data)
{
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, signum_file_acl_private(), FALSE};
    if (attributes.lpSecurityDescriptor == NULL)
        return SIGNUM_IO;
    HANDLE file = CreateFileW(beside, GENERIC_WRITE, 0, &attributes, CREATE_NEW,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    (void)LocalFree(attributes.lpSecurityDescriptor);
    if (file == INVALID_HANDLE_VALUE)
        return SIGNUM_IO;

    enum signum_status status = write_all(file, data);
    if (!CloseHandle(file))
        status = SIGNUM_IO;
    if (status == SIGNUM_OK &&
        !MoveFileExW(beside, path, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        status = SIGNUM_IO;
    if (status != SIGNUM_OK)
        (void)DeleteFileW(beside);
    return status;
}

enum signum_status
signum_files_write_private(const char *path, struct signum_bytes data)
{
    static atomic_uint counter;
    wchar_t *wide_path = NULL;
    wchar_t *wide_beside = NULL;
    struct signum_buf beside;

    signum_buf_init(&beside, SIGNUM_PATH_MAX);
    signum_buf_printf(&beside, "%s.%lu.%u.new", path, (unsigned long)GetCurrentProcessId(),
                      atomic_fetch_add(&counter, 1));
    enum signum_status status = signum_buf_status(&beside);
    if (status == SIGNUM_OK)
        status = signum_utf16_from_utf8(path, &wide_path);
    if (status == SIGNUM_OK)
        status = signum_utf16_from_utf8(signum_buf_text(&beside), &wide_beside);
    if (status == SIGNUM_OK)
        status = signum_files_make_parent(path);
    if (status == SIGNUM_OK)
        status = replace(wide_path, wide_beside, data);
    free(wide_path);
    free(wide_beside);
    signum_buf_clear(&beside);
    return status;
}

enum signum_status
signum_files_remove(const char *path)
{
    wchar_t *wide = NULL;
    enum signum_status status = signum_utf16_from_utf8(path, &wide);

    if (status == SIGNUM_OK && !DeleteFileW(wide))
        status = from_last_error(GetLastError());
    free(wide);
    return status;
}
