#include "io/secret_store.h"

#include <string.h>
#include <windows.h>
#include <dpapi.h>

/*
 * Data protection API, user scope. The name is given as additional entropy, so that a file that is
 * renamed to another secret's name does not open.
 */

static DATA_BLOB
blob(const void *data, size_t len)
{
    /* CryptProtectData only reads, but takes a pointer to writable bytes. */
    return (DATA_BLOB){(DWORD)len, (BYTE *)(uintptr_t)data};
}

static enum signum_status
hand_over(DATA_BLOB *from, struct signum_buf *to)
{
    signum_buf_put(to, from->pbData, from->cbData);
    signum_wipe(from->pbData, from->cbData);
    (void)LocalFree(from->pbData);
    return signum_buf_status(to);
}

enum signum_status
signum_secret_seal(const char *name, struct signum_bytes secret, struct signum_buf *sealed_out)
{
    static const BYTE nothing[1] = {0};
    DATA_BLOB in = blob(secret.len > 0 ? secret.data : nothing, secret.len);
    DATA_BLOB entropy = blob(name, strlen(name));
    DATA_BLOB out = {0, NULL};

    if (!CryptProtectData(&in, L"Signum", &entropy, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &out))
        return SIGNUM_CRYPTO;
    return hand_over(&out, sealed_out);
}

enum signum_status
signum_secret_unseal(const char *name, struct signum_bytes sealed, struct signum_buf *secret_out)
{
    DATA_BLOB in = blob(sealed.data, sealed.len);
    DATA_BLOB entropy = blob(name, strlen(name));
    DATA_BLOB out = {0, NULL};

    if (sealed.len == 0)
        return SIGNUM_IO;
    if (!CryptUnprotectData(&in, NULL, &entropy, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &out))
        return SIGNUM_IO;
    return hand_over(&out, secret_out);
}

/* Nothing to check: the content is sealed. */
enum signum_status
signum_secret_check_file(const char *path)
{
    (void)path;
    return SIGNUM_OK;
}
