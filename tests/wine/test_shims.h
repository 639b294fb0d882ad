/* What the parts of test_shims share: counting, and the provider that is registered. */
#ifndef SIGNUM_WINE_TEST_SHIMS_H
#define SIGNUM_WINE_TEST_SHIMS_H

#include "signum/ksp_abi.h"

#include <stdbool.h>

/* Prints "ok WHAT" or "not ok WHAT" with the place, and counts. */
void check_at(bool is_met, const char *what, const char *file, int line);
/* The same for a status: shows both values where they differ. */
void check_status_at(LONG status, LONG expected, const char *what, const char *file, int line);
#define CHECK(condition, what) check_at((condition), (what), __FILE__, __LINE__)
#define CHECK_STATUS(status, expected, what)                                                       \
    check_status_at((LONG)(status), (LONG)(expected), (what), __FILE__, __LINE__)

/* Registers image under name for the key storage interface; flags are 0 or CRYPT_OVERWRITE. */
NTSTATUS register_provider(const WCHAR *name, const WCHAR *image, ULONG flags);

void test_registration(void);
void test_router(void);
/* certificate_path: the certificate of key; other_key: a key of the same kind that is not its. */
void test_certificate(const WCHAR *certificate_path, const WCHAR *key, const WCHAR *other_key);

#endif
