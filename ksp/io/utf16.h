#ifndef SIGNUM_IO_UTF16_H
#define SIGNUM_IO_UTF16_H

#include <wchar.h>

#include "core/buf.h"

/*
 * UTF-8 inside, UTF-16 where Windows is called. Strict both ways: text that is not well formed is
 * refused, never patched with replacement characters. Windows only.
 */

/*
 * Makes a NUL-terminated wide copy of UTF-8 text; the caller frees it with free(). On failure
 * `wide_out` is NULL: INVALID_ARGUMENT (text NULL or not UTF-8), TOO_LARGE, NO_MEMORY.
 */
enum signum_status signum_utf16_from_utf8(const char *text, wchar_t **wide_out) SIGNUM_MUST_USE;

/*
 * Appends NUL-terminated wide text to `out` as UTF-8. INVALID_ARGUMENT (wide NULL, or an unpaired
 * surrogate), TOO_LARGE, NO_MEMORY; `out` then has nothing appended.
 */
enum signum_status signum_utf16_to_utf8(const wchar_t *wide,
                                        struct signum_buf *out) SIGNUM_MUST_USE;

#endif
