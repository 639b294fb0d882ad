#include "io/log_file.h"

#include <errno.h>
#include <stdlib.h>
#include <windows.h>

#include "io/files.h"
#include "io/utf16.h"

/* One byte far behind any end of the file, so that the lock is in nobody's way. */
#define LOCK_AT_HIGH 0x7FFFFFFFu
#define LOCK_TRIES 20 /* a tick apart: a process that is stopped must stop no other */

/*
 * Append access makes each write land at the end, whoever else writes; read access is what locking
 * needs. Only a file on a disk: a console or a pipe would be output of the host program.
 */
static HANDLE
open_log(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, FILE_APPEND_DATA | FILE_READ_DATA | FILE_READ_ATTRIBUTES |
                                        SYNCHRONIZE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);

    if (file != INVALID_HANDLE_VALUE && GetFileType(file) != FILE_TYPE_DISK) {
        (void)CloseHandle(file);
        return INVALID_HANDLE_VALUE;
    }
    return file;
}

static bool
lock(HANDLE file)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        OVERLAPPED at = {.OffsetHigh = LOCK_AT_HIGH};
        if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at))
            return true;
        Sleep(1);
    }
    return false;
}

static void
unlock(HANDLE file)
{
    OVERLAPPED at = {.OffsetHigh = LOCK_AT_HIGH};

    (void)UnlockFileEx(file, 0, 1, 0, &at);
}

static uint64_t
size_of(HANDLE file)
{
    LARGE_INTEGER size = {.QuadPart = 0};

    return GetFileSizeEx(file, &size) ? (uint64_t)size.QuadPart : UINT64_MAX;
}

static bool
is_still_at(HANDLE file, const wchar_t *path)
{
    BY_HANDLE_FILE_INFORMATION mine;
    BY_HANDLE_FILE_INFORMATION there;
    HANDLE other = CreateFileW(path, FILE_READ_ATTRIBUTES,
                               FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                               OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);

    if (other == INVALID_HANDLE_VALUE)
        return false;
    bool is_same = GetFileInformationByHandle(file, &mine) &&
                   GetFileInformationByHandle(other, &there) &&
                   mine.dwVolumeSerialNumber == there.dwVolumeSerialNumber &&
                   mine.nFileIndexHigh == there.nFileIndexHigh &&
                   mine.nFileIndexLow == there.nFileIndexLow;
    (void)CloseHandle(other);
    return is_same;
}

/*
 * Several processes may find the file full at once. Who holds the lock and still finds the same
 * file under its name moves it; the others find another file there and leave it.
 */
static void
rotate(HANDLE file, const wchar_t *path, const wchar_t *old_path)
{
    if (!lock(file))
        return;
    if (is_still_at(file, path))
        (void)MoveFileExW(path, old_path, MOVEFILE_REPLACE_EXISTING);
    unlock(file);
}

static void
append(const wchar_t *path, const wchar_t *old_path, uint64_t max_len, struct signum_bytes line)
{
    HANDLE file = open_log(path);

    if (file != INVALID_HANDLE_VALUE && size_of(file) >= max_len) {
        rotate(file, path, old_path);
        (void)CloseHandle(file);
        file = open_log(path);
    }
    if (file == INVALID_HANDLE_VALUE)
        return;
    /* Where appending is not one step (network shares, Wine) the lock makes it one; without it the
       line is written all the same. A file that could not be moved away still has an end. */
    bool is_locked = lock(file);
    if (size_of(file) < 2 * max_len) {
        DWORD put = 0;
        (void)WriteFile(file, line.data, (DWORD)line.len, &put, NULL);
    }
    if (is_locked)
        unlock(file);
    (void)CloseHandle(file);
}

static void
append_by_name(const char *path, const char *old_path, uint64_t max_len, struct signum_bytes line)
{
    wchar_t *wide = NULL;
    wchar_t *wide_old = NULL;
    enum signum_status status = signum_utf16_from_utf8(path, &wide);

    if (status == SIGNUM_OK)
        status = signum_utf16_from_utf8(old_path, &wide_old);
    if (status == SIGNUM_OK) {
        if (GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES)
            status = signum_files_make_parent(path);
        if (status == SIGNUM_OK)
            append(wide, wide_old, max_len, line);
    }
    free(wide);
    free(wide_old);
}

void
signum_log_file_append(const char *path, const char *old_path, uint64_t max_len,
                       struct signum_bytes line)
{
    DWORD kept = GetLastError();
    int kept_errno = errno;

    append_by_name(path, old_path, max_len, line);
    errno = kept_errno;
    SetLastError(kept);
}

void
signum_log_file_put_time(struct signum_buf *out)
{
    SYSTEMTIME now;

    GetSystemTime(&now);
    signum_buf_printf(out, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", now.wYear, now.wMonth, now.wDay,
                      now.wHour, now.wMinute, now.wSecond, now.wMilliseconds);
}
