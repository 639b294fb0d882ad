/* Names that testksp.c and the tests of the stand-ins agree on. */
#ifndef SIGNUM_WINE_TESTKSP_H
#define SIGNUM_WINE_TESTKSP_H

#include <stdbool.h>

#define TESTKSP_IMAGE L"signumtestksp.dll"
#define TESTKSP_NAME L"Signum Test KSP"
/* The same DLL under these names: no table; a table with a hole; a table of version 1. */
#define TESTKSP_NAME_REFUSES L"Signum Test KSP that refuses"
#define TESTKSP_NAME_INCOMPLETE L"Signum Test KSP with a hole"
#define TESTKSP_NAME_VERSION_1 L"Signum Test KSP of version 1"

/* A key that needs no file and cannot sign. */
#define TESTKSP_BARE_KEY L"bare"

/* Provider properties, LONG: what was handed out and not freed. */
#define TESTKSP_LIVE_PROVIDERS L"Test Live Providers"
#define TESTKSP_LIVE_KEYS L"Test Live Keys"
#define TESTKSP_LIVE_BUFFERS L"Test Live Buffers"

#endif
