#include "io/utf16.h"

#include <limits.h>
#include <stdlib.h>
#include <windows.h>

enum signum_status
signum_utf16_from_utf8(const char *text, wchar_t **wide_out)
{
    *wide_out = NULL;
    if (text == NULL)
        return SIGNUM_INVALID_ARGUMENT;

    int cch = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    if (cch <= 0)
        return SIGNUM_INVALID_ARGUMENT;
    wchar_t *wide = calloc((size_t)cch, sizeof *wide);
    if (wide == NULL)
        return SIGNUM_NO_MEMORY;
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, cch) != cch) {
        free(wide);
        return SIGNUM_INTERNAL;
    }
    *wide_out = wide;
    return SIGNUM_OK;
}

enum signum_status
signum_utf16_to_utf8(const wchar_t *wide, struct signum_buf *out)
{
    if (wide == NULL)
        return SIGNUM_INVALID_ARGUMENT;

    int size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, NULL, 0, NULL, NULL);
    if (size <= 0)
        return SIGNUM_INVALID_ARGUMENT;
    char *text = calloc((size_t)size, 1);
    if (text == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = SIGNUM_INTERNAL;
    if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, size, NULL, NULL) ==
        size) {
        signum_buf_put(out, text, (size_t)size - 1);
        status = signum_buf_status(out);
    }
    /* A variable may hold a token. */
    signum_wipe(text, (size_t)size);
    free(text);
    return status;
}
