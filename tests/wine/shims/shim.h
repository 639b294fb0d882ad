/*
 * What the stand-ins for crypt32.dll, bcrypt.dll and ncrypt.dll share. Test-only code.
 *
 * The three DLLs lie beside signtool.exe. crypt32 and bcrypt forward every export to Wine's own
 * DLL, copied under the name wcrypt32.dll or wbcrypt.dll, except the functions declared with
 * SHIM_OVERRIDE. gendef.py reads those declarations to write the .def files.
 */
#ifndef SIGNUM_WINE_SHIM_H
#define SIGNUM_WINE_SHIM_H

#include "signum/ksp_abi.h"

/* Declares shim_NAME with exactly the type that Windows' header gives NAME. */
#define SHIM_OVERRIDE(name) extern __typeof__(name) shim_##name

/*
 * Appends a line to the file named by SIGNUM_SHIM_LOG; without that variable does nothing.
 * Keeps LastError. Never give it digests, signatures or secrets.
 */
void shim_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Looks a function up in Wine's renamed DLL. Ends the process where it is not there: nothing
 * sensible can follow, and a test must not pass by accident. */
FARPROC shim_wine_function(const WCHAR *dll, const char *name);

/* Copies a result by CryptoAPI's convention: NULL out asks for the size, a short buffer gives
 * FALSE with ERROR_MORE_DATA and the needed size. len_inout must not be NULL. */
BOOL shim_give_bytes(const void *data, size_t len, void *out, DWORD *len_inout);

/* SetLastError(error); returns FALSE, so that a guard is one line. */
BOOL shim_fail(DWORD error);

#endif
