#include "io/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM 4096

static enum signum_status
from_errno(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return SIGNUM_NOT_FOUND;
    case ENOMEM:
        return SIGNUM_NO_MEMORY;
    default:
        return SIGNUM_IO;
    }
}

/* Appends why to `cause`, and gives the status. */
static enum signum_status
refuse(const char *why, struct signum_buf *cause)
{
    signum_buf_put_text(cause, why);
    return SIGNUM_IO;
}

static enum signum_status
check_trust(const struct stat *facts, enum signum_file_trust trust, struct signum_buf *cause)
{
    if (!S_ISREG(facts->st_mode))
        return refuse("it is not a regular file", cause);
    if (facts->st_uid != geteuid() && facts->st_uid != 0)
        return refuse("it belongs to another user", cause);
    if ((facts->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse("others may write it (chmod go-w)", cause);
    if (trust == SIGNUM_FILE_SECRET && (facts->st_mode & S_IROTH) != 0)
        return refuse("everybody may read it (chmod 600)", cause);
    return SIGNUM_OK;
}

static enum signum_status
read_all(int file, struct signum_buf *data_out, struct signum_buf *cause)
{
    char room[ROOM];
    enum signum_status status = SIGNUM_OK;

    while (status == SIGNUM_OK) {
        ssize_t got = read(file, room, sizeof room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            status = refuse(strerror(errno), cause);
            break;
        }
        if (got == 0)
            break;
        signum_buf_put(data_out, room, (size_t)got);
        status = signum_buf_status(data_out);
    }
    signum_wipe(room, sizeof room);
    return status;
}

enum signum_status
signum_files_read(const char *path, enum signum_file_trust trust, struct signum_buf *data_out,
                  struct signum_buf *cause)
{
    /* Not blocking: a path may name a pipe that nobody writes to. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        enum signum_status status = from_errno(errno);
        return status == SIGNUM_IO ? refuse(strerror(errno), cause) : status;
    }

    struct stat facts;
    enum signum_status status = SIGNUM_OK;
    if (fstat(file, &facts) != 0)
        status = refuse(strerror(errno), cause);
    if (status == SIGNUM_OK)
        status = check_trust(&facts, trust, cause);
    if (status == SIGNUM_OK)
        status = read_all(file, data_out, cause);
    (void)close(file);
    return status;
}

static enum signum_status
write_all(int file, struct signum_bytes data)
{
    while (data.len > 0) {
        ssize_t put = write(file, data.data, data.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return SIGNUM_IO;
        data.data += put;
        data.len -= (size_t)put;
    }
    return fsync(file) == 0 ? SIGNUM_OK : SIGNUM_IO;
}

enum signum_status
signum_files_make_parent(const char *path)
{
    char *folder = signum_text_copy(path);
    enum signum_status status = SIGNUM_OK;

    if (folder == NULL)
        return SIGNUM_NO_MEMORY;
    for (char *at = folder + 1; *folder != 0 && *at != 0 && status == SIGNUM_OK; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            status = SIGNUM_IO;
        *at = '/';
    }
    free(folder);
    return status;
}

/* So that a power cut does not bring the old file back. A folder that cannot be synced is fine. */
static void
sync_parent(const char *path)
{
    char *folder = signum_text_copy(path);
    char *slash = folder == NULL ? NULL : strrchr(folder, '/');

    if (slash != NULL) {
        slash[1] = 0;
        int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (file >= 0) {
            (void)fsync(file);
            (void)close(file);
        }
    }
    free(folder);
}

/* Writes `data` to a new file beside `path` and moves it there. */
static enum signum_status
replace(const char *path, const char *beside, struct signum_bytes data)
{
    int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return SIGNUM_IO;

    enum signum_status status = write_all(file, data);
    if (close(file) != 0)
        status = SIGNUM_IO;
    if (status == SIGNUM_OK && rename(beside, path) != 0)
        status = SIGNUM_IO;
    if (status != SIGNUM_OK)
        (void)unlink(beside);
    else
        sync_parent(path);
    return status;
}

enum signum_status
signum_files_write_private(const char *path, struct signum_bytes data)
{
    static atomic_uint counter;
    struct signum_buf beside;

    signum_buf_init(&beside, ROOM);
    signum_buf_printf(&beside, "%s.%ld.%u.new", path, (long)getpid(),
                      atomic_fetch_add(&counter, 1));
    enum signum_status status = signum_buf_status(&beside);
    if (status == SIGNUM_OK)
        status = signum_files_make_parent(path);
    if (status == SIGNUM_OK)
        status = replace(path, signum_buf_text(&beside), data);
    signum_buf_clear(&beside);
    return status;
}

enum signum_status
signum_files_remove(const char *path)
{
    if (unlink(path) == 0)
        return SIGNUM_OK;
    return from_errno(errno);
}
