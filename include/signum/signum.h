#ifndef SIGNUM_SIGNUM_H
#define SIGNUM_SIGNUM_H

/*
 * The public names of the product: what users type and what other programs look for. They never
 * change. Each stands here once, narrow and wide.
 */

#define SIGNUM_WIDEN_TEXT(text) L##text
#define SIGNUM_WIDEN(text) SIGNUM_WIDEN_TEXT(text)

/* The provider, as in signtool's /csp and in a certificate's key-provider information. */
#define SIGNUM_PROVIDER_NAME "Signum KSP"
#define SIGNUM_PROVIDER_NAME_W SIGNUM_WIDEN(SIGNUM_PROVIDER_NAME)

/* The DLL, in System32 (64-bit) and SysWOW64 (32-bit). */
#define SIGNUM_DLL_NAME "signumksp.dll"
#define SIGNUM_DLL_NAME_W SIGNUM_WIDEN(SIGNUM_DLL_NAME)

#endif
