#include "io/process_lock.h"

#include <stdlib.h>
#include <windows.h>

#include "io/utf16.h"

#define NAME_ROOM 128

/* "Local\" is the user's session: a service and a person do not share tokens anyway. */
static enum signum_status
open_mutex(const char *name, HANDLE *mutex_out)
{
    struct signum_buf full;
    wchar_t *wide = NULL;

    *mutex_out = NULL;
    signum_buf_init(&full, NAME_ROOM);
    signum_buf_printf(&full, "Local\\Signum.%s", name);
    enum signum_status status = signum_buf_status(&full);
    if (status == SIGNUM_OK)
        status = signum_utf16_from_utf8(signum_buf_text(&full), &wide);
    if (status == SIGNUM_OK) {
        *mutex_out = CreateMutexW(NULL, FALSE, wide);
        if (*mutex_out == NULL)
            status = SIGNUM_IO;
    }
    free(wide);
    signum_buf_clear(&full);
    return status;
}

static enum signum_status
acquire(void *self, const char *name, uint64_t timeout_ms, void **lock_out)
{
    HANDLE mutex = NULL;

    (void)self;
    *lock_out = NULL;
    enum signum_status status = open_mutex(name, &mutex);
    if (status != SIGNUM_OK)
        return status;
    DWORD wait = timeout_ms >= INFINITE ? INFINITE - 1 : (DWORD)timeout_ms;
    DWORD result = WaitForSingleObject(mutex, wait);
    /* abandoned: its holder died, and what it wrote is whole or not there */
    if (result == WAIT_OBJECT_0 || result == WAIT_ABANDONED) {
        *lock_out = mutex;
        return SIGNUM_OK;
    }
    (void)CloseHandle(mutex);
    return result == WAIT_TIMEOUT ? SIGNUM_TIMEOUT : SIGNUM_IO;
}

static void
release(void *self, void *lock)
{
    (void)self;
    (void)ReleaseMutex(lock);
    (void)CloseHandle(lock);
}

void
signum_process_lock_open(struct signum_process_lock *lock_out)
{
    *lock_out = (struct signum_process_lock){NULL, acquire, release};
}
