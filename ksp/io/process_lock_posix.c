#include "io/process_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "io/files.h"
#include "io/paths.h"

#define POLL_MS 20 /* flock() has no time limit of its own */

static enum signum_status
open_file(const char *name, int *file_out)
{
    struct signum_buf path;

    *file_out = -1;
    signum_buf_init(&path, SIGNUM_PATH_MAX);
    enum signum_status status = signum_paths_secrets(&path);
    signum_buf_printf(&path, "/%s.lock", name);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&path);
    if (status == SIGNUM_OK)
        status = signum_files_make_parent(signum_buf_text(&path));
    if (status == SIGNUM_OK) {
        *file_out = open(signum_buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*file_out < 0)
            status = SIGNUM_IO;
    }
    signum_buf_clear(&path);
    return status;
}

static enum signum_status
acquire(void *self, const char *name, uint64_t timeout_ms, void **lock_out)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    int file = -1;

    (void)self;
    *lock_out = NULL;
    enum signum_status status = open_file(name, &file);
    for (uint64_t waited = 0; status == SIGNUM_OK; waited += POLL_MS) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            break;
        if (errno != EWOULDBLOCK && errno != EINTR)
            status = SIGNUM_IO;
        else if (waited >= timeout_ms)
            status = SIGNUM_TIMEOUT;
        else
            (void)nanosleep(&pause, NULL);
    }
    if (status != SIGNUM_OK) {
        if (file >= 0)
            (void)close(file);
        return status;
    }
    *lock_out = (void *)((intptr_t)file + 1); /* so that descriptor 0 is not NULL */
    return SIGNUM_OK;
}

/* The file stays: removing it would let two processes lock two files of one name. */
static void
release(void *self, void *lock)
{
    (void)self;
    (void)close((int)((intptr_t)lock - 1));
}

void
signum_process_lock_open(struct signum_process_lock *lock_out)
{
    *lock_out = (struct signum_process_lock){NULL, acquire, release};
}
