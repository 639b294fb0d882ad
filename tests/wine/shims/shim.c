#include "shim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
shim_log(const char *format, ...)
{
    const DWORD last_error = GetLastError();
    char path[MAX_PATH] = "";
    va_list arguments;

    const DWORD path_len = GetEnvironmentVariableA("SIGNUM_SHIM_LOG", path, sizeof path);
    FILE *file = path_len > 0 && path_len < sizeof path ? fopen(path, "a") : NULL;
    if (file) {
        va_start(arguments, format);
        vfprintf(file, format, arguments);
        va_end(arguments);
        fputc('\n', file);
        fclose(file);
    }
    SetLastError(last_error);
}

FARPROC
shim_wine_function(const WCHAR *dll, const char *name)
{
    HMODULE module = GetModuleHandleW(dll);

    if (!module) {
        module = LoadLibraryW(dll);
    }
    FARPROC function = module ? GetProcAddress(module, name) : NULL;
    if (!function) {
        shim_log("shim: %ls has no %s", dll, name);
        ExitProcess(0xC0000139); /* STATUS_ENTRYPOINT_NOT_FOUND, what the loader would say */
    }
    return function;
}

BOOL
shim_give_bytes(const void *data, size_t len, void *out, DWORD *len_inout)
{
    const DWORD room = *len_inout;

    if (len > MAXDWORD) {
        return shim_fail(ERROR_ARITHMETIC_OVERFLOW);
    }
    *len_inout = (DWORD)len;
    if (!out) {
        return TRUE;
    }
    if (room < len) {
        return shim_fail(ERROR_MORE_DATA);
    }
    if (len > 0) {
        memcpy(out, data, len);
    }
    return TRUE;
}

BOOL
shim_fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}
