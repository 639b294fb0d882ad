#include "io/browser.h"

#include <stdlib.h>
#include <windows.h>
#include <shellapi.h>

#include "io/utf16.h"

#define SHELL_SUCCESS 32 /* ShellExecute: greater values are success */

enum signum_status
signum_browser_show(void *self, const char *url)
{
    wchar_t *wide = NULL;
    enum signum_status status = signum_utf16_from_utf8(url, &wide);

    (void)self;
    if (status != SIGNUM_OK)
        return status;
    INT_PTR result = (INT_PTR)ShellExecuteW(NULL, L"open", wide, NULL, NULL, SW_SHOWNORMAL);
    free(wide);
    return result > SHELL_SUCCESS ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
}
