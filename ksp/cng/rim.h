#ifndef SIGNUM_CNG_RIM_H
#define SIGNUM_CNG_RIM_H

#include "signum/ksp_abi.h"

#include "core/buf.h"

/* What each entry does on its way in and out: texts, sizes, status codes. */

#define SIGNUM_RIM_NAME_MAX MAX_PATH /* wide characters of a key's or provider's name, no NUL */

/* ---- rim_status.c ---- */

/* The one place where a status becomes a SECURITY_STATUS; docs/support.md lists the same table. */
SECURITY_STATUS signum_rim_status(enum signum_status status);

/* The same for a caller that wants nobody to be asked: what somebody could have given, or has to
   approve, is NTE_SILENT_CONTEXT. */
SECURITY_STATUS signum_rim_silent_status(enum signum_status status);

/* ---- rim_output.c ---- */

/*
 * CNG's size protocol. Stores `len` in *pcbResult; BUFFER_TOO_SMALL if there is a buffer and it is
 * smaller. A NULL pbOutput asks for the size only: OK whatever cbOutput is.
 */
enum signum_status signum_rim_room(size_t len, const BYTE *pbOutput, DWORD cbOutput,
                                   DWORD *pcbResult) SIGNUM_MUST_USE;

/* The same, and copies `value` if there is a buffer and room. The buffer may lie unaligned. */
enum signum_status signum_rim_output(struct signum_bytes value, BYTE *pbOutput, DWORD cbOutput,
                                     DWORD *pcbResult) SIGNUM_MUST_USE;

/* ---- rim_text.c ---- */

/*
 * Appends wide text of at most `cch_max` characters to `out` as UTF-8. Never reads past cch_max
 * characters. INVALID_ARGUMENT if it is NULL, longer, or not well-formed UTF-16.
 */
enum signum_status signum_rim_take_text(LPCWSTR text, size_t cch_max,
                                        struct signum_buf *out) SIGNUM_MUST_USE;

/* Appends UTF-8 text to `out` as UTF-16 with its NUL. */
enum signum_status signum_rim_put_wide(struct signum_buf *out, const char *text) SIGNUM_MUST_USE;

#endif
