#include <stdlib.h>
#include <wchar.h>

#include "io/utf16.h"
#include "rim.h"

enum signum_status
signum_rim_take_text(LPCWSTR text, size_t cch_max, struct signum_buf *out)
{
    if (text == NULL || wcsnlen(text, cch_max + 1) > cch_max)
        return SIGNUM_INVALID_ARGUMENT;
    return signum_utf16_to_utf8(text, out);
}

enum signum_status
signum_rim_put_wide(struct signum_buf *out, const char *text)
{
    wchar_t *wide = NULL;
    enum signum_status status = signum_utf16_from_utf8(text, &wide);

    if (status != SIGNUM_OK)
        return status;
    signum_buf_put(out, wide, (wcslen(wide) + 1) * sizeof *wide);
    free(wide);
    return signum_buf_status(out);
}
