#ifndef SIGNUM_INTEGRATION_DRAFT_H
#define SIGNUM_INTEGRATION_DRAFT_H

#include "signum/ksp_abi.h"

#include <stdbool.h>

/* Keys before they are made; parts of the group "create". */

/* Every bad parameter of CreatePersistedKey. */
void draft_parameters(NCRYPT_PROV_HANDLE provider);

/* What may be set and read before FinalizeKey. */
void draft_keys(NCRYPT_PROV_HANDLE provider);

SECURITY_STATUS draft_set_number(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name,
                                 DWORD number);
/* 0 if it cannot be read. */
DWORD draft_get_number(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name);
/* True if the property is exactly this text. */
bool draft_has_text(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, LPCWSTR name,
                    const wchar_t *text);

#endif
