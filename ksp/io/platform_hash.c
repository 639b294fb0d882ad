#include <openssl/evp.h>

#include "io/platform.h"

#define FILE_MAX (64u << 20) /* bytes: a larger program would make the first signature wait */
#define ROOM 65536

static bool
hash(FILE *file, EVP_MD_CTX *context)
{
    static const size_t parts_max = FILE_MAX / ROOM;
    uint8_t room[ROOM];
    size_t got = sizeof room;

    for (size_t parts = 0; got == sizeof room; parts++) {
        if (parts == parts_max)
            return false;
        got = fread(room, 1, sizeof room, file);
        if (EVP_DigestUpdate(context, room, got) != 1)
            return false;
    }
    return ferror(file) == 0;
}

void
signum_platform_hash(FILE *file, struct signum_buf *hex_out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
        hash(file, context) && EVP_DigestFinal_ex(context, digest, &len) == 1)
        signum_buf_put_hex(hex_out, (struct signum_bytes){digest, len});
    EVP_MD_CTX_free(context);
}
