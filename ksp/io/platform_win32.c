#include "io/platform.h"

#include <stdlib.h>
#include <windows.h>
#include <bcrypt.h>

#include "io/utf16.h"

#define CCH_MAX 32768 /* of a path and of a variable's value, as Windows limits them */
#define FILETIME_OF_1970 116444736000000000ULL /* in units of 100 ns since 1601 */
#define SLEEP_MAX 0x7FFFFFFFu /* INFINITE is 0xFFFFFFFF */

static uint64_t
monotonic_ms(void *self)
{
    (void)self;
    return GetTickCount64();
}

static int64_t
unix_time(void *self)
{
    FILETIME now;

    (void)self;
    GetSystemTimeAsFileTime(&now);
    ULARGE_INTEGER ticks = {.LowPart = now.dwLowDateTime, .HighPart = now.dwHighDateTime};
    return ((int64_t)ticks.QuadPart - (int64_t)FILETIME_OF_1970) / 10000000;
}

static void
sleep_ms(void *self, uint64_t ms)
{
    (void)self;
    Sleep(ms > SLEEP_MAX ? SLEEP_MAX : (DWORD)ms);
}

static enum signum_status
fill(void *self, void *data, size_t len)
{
    UCHAR *next = data;

    (void)self;
    while (len > 0) {
        ULONG part = len > 0x10000 ? 0x10000 : (ULONG)len;
        NTSTATUS result = BCryptGenRandom(NULL, next, part, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
        if (result < 0)
            return SIGNUM_CRYPTO;
        next += part;
        len -= part;
    }
    return SIGNUM_OK;
}

void
signum_platform_clock(struct signum_clock *clock_out)
{
    *clock_out = (struct signum_clock){NULL, monotonic_ms, unix_time, sleep_ms};
}

void
signum_platform_random(struct signum_random *random_out)
{
    *random_out = (struct signum_random){NULL, fill};
}

/* The value may grow between asking its size and reading it, so one room fits all. */
static enum signum_status
read_variable(const wchar_t *name, struct signum_buf *value_out)
{
    wchar_t *value = calloc(CCH_MAX, sizeof *value);

    if (value == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = SIGNUM_OK;
    SetLastError(ERROR_SUCCESS);
    DWORD cch = GetEnvironmentVariableW(name, value, CCH_MAX);
    if (cch == 0 && GetLastError() == ERROR_ENVVAR_NOT_FOUND)
        status = SIGNUM_NOT_FOUND;
    else if (cch >= CCH_MAX)
        status = SIGNUM_TOO_LARGE;
    else
        status = signum_utf16_to_utf8(value, value_out);
    signum_wipe(value, CCH_MAX * sizeof *value);
    free(value);
    return status;
}

enum signum_status
signum_platform_variable(const char *name, struct signum_buf *value_out)
{
    DWORD kept = GetLastError();
    wchar_t *wide = NULL;
    enum signum_status status = signum_utf16_from_utf8(name, &wide);

    if (status == SIGNUM_OK)
        status = read_variable(wide, value_out);
    free(wide);
    SetLastError(kept);
    return status;
}

unsigned long
signum_platform_pid(void)
{
    return GetCurrentProcessId();
}
