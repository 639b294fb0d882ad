#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define OPEN_FOLDERS 16

static enum signum_status
failure(const char *verb, const char *path)
{
    int code = errno;

    signumd_log(SIGNUMD_LOG_ERROR, "cannot %s %s: %s", verb, path, strerror(code));
    return code == ENOENT ? SIGNUM_NOT_FOUND : SIGNUM_IO;
}

char *
signumd_files_join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);

    if (path != NULL)
        (void)snprintf(path, size, "%s/%s", folder, name);
    return path;
}

enum signum_status
signumd_files_read(const char *path, struct signum_buf *out)
{
    uint8_t block[4096];
    ssize_t len = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return failure("open", path);
    do {
        len = read(file, block, sizeof block);
        if (len > 0)
            signum_buf_put(out, block, (size_t)len);
    } while (len > 0 && signum_buf_status(out) == SIGNUM_OK);
    enum signum_status status = len < 0 ? failure("read", path) : signum_buf_status(out);
    if (status == SIGNUM_TOO_LARGE)
        signumd_log(SIGNUMD_LOG_ERROR, "%s is larger than %zu bytes", path, out->max);
    (void)close(file);
    signum_wipe(block, sizeof block);
    return status;
}

static enum signum_status
sync_folder(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return failure("open", path);
    enum signum_status status = fsync(folder) == 0 ? SIGNUM_OK : failure("sync", path);
    (void)close(folder);
    return status;
}

static enum signum_status
write_all(int file, struct signum_bytes content, const char *path)
{
    size_t done = 0;

    while (done < content.len) {
        ssize_t len = write(file, content.data + done, content.len - done);
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return failure("write", path);
        done += (size_t)len;
    }
    return fsync(file) == 0 ? SIGNUM_OK : failure("sync", path);
}

enum signum_status
signumd_files_sync_parent(const char *path)
{
    char *copy = signum_text_copy(path);

    if (copy == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = sync_folder(dirname(copy));
    free(copy);
    return status;
}

enum signum_status
signumd_files_sync(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return failure("open", path);
    enum signum_status status = fsync(file) == 0 ? SIGNUM_OK : failure("sync", path);
    (void)close(file);
    return status == SIGNUM_OK ? signumd_files_sync_parent(path) : status;
}

enum signum_status
signumd_files_write(const char *path, struct signum_bytes content, unsigned mode)
{
    size_t size = strlen(path) + sizeof ".XXXXXX";
    char *draft = malloc(size);

    if (draft == NULL)
        return SIGNUM_NO_MEMORY;
    (void)snprintf(draft, size, "%s.XXXXXX", path);
    int file = mkostemp(draft, O_CLOEXEC);
    if (file < 0) {
        enum signum_status status = failure("create", draft);
        free(draft);
        return status;
    }
    enum signum_status status = write_all(file, content, draft);
    if (status == SIGNUM_OK && fchmod(file, (mode_t)mode) != 0)
        status = failure("set the permissions of", draft);
    (void)close(file);
    if (status == SIGNUM_OK && rename(draft, path) != 0)
        status = failure("create", path);
    if (status == SIGNUM_OK)
        status = signumd_files_sync_parent(path);
    else
        (void)unlink(draft);
    free(draft);
    return status;
}

static int
remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

void
signumd_files_remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}
