#include "blob_name.h"

#include <wchar.h>

#define BLOB_NAME_MAX 64 /* characters; the longest known one has 20 */

/* A blob type by its name: offered, or known and refused (its type then says nothing). What is
   not here is BAD_TYPE. */
struct blob_row {
    LPCWSTR name;
    bool is_offered;
    enum signum_blob_type type;
};

static const struct blob_row rows[] = {
    {BCRYPT_PUBLIC_KEY_BLOB, true, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_RSAPUBLIC_BLOB, true, SIGNUM_BLOB_RSA_PUBLIC},
    {BCRYPT_ECCPUBLIC_BLOB, true, SIGNUM_BLOB_ECC_PUBLIC},
    {BCRYPT_PRIVATE_KEY_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_RSAPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_RSAFULLPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_ECCPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_ECCFULLPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {BCRYPT_ECCFULLPUBLIC_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {LEGACY_RSAPRIVATE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {LEGACY_RSAPUBLIC_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {NCRYPT_PKCS7_ENVELOPE_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {NCRYPT_PKCS8_PRIVATE_KEY_BLOB, false, SIGNUM_BLOB_PUBLIC},
    {NCRYPT_OPAQUETRANSPORT_BLOB, false, SIGNUM_BLOB_PUBLIC},
};

enum signum_status
signum_blob_name_find(LPCWSTR name, enum signum_blob_type *type_out)
{
    *type_out = SIGNUM_BLOB_PUBLIC;
    if (wcsnlen(name, BLOB_NAME_MAX + 1) > BLOB_NAME_MAX)
        return SIGNUM_BAD_TYPE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (wcscmp(rows[i].name, name) != 0)
            continue;
        *type_out = rows[i].type;
        return rows[i].is_offered ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
    }
    return SIGNUM_BAD_TYPE;
}
