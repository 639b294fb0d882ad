#include "sha256.h"

#include <openssl/evp.h>

enum signum_status
signum_sha256(struct signum_bytes bytes, uint8_t hash_out[SIGNUM_SHA256_LEN])
{
    static const uint8_t nothing = 0;
    const uint8_t *data = bytes.len == 0 ? &nothing : bytes.data;

    if (EVP_Digest(data, bytes.len, hash_out, NULL, EVP_sha256(), NULL) != 1)
        return SIGNUM_CRYPTO;
    return SIGNUM_OK;
}
