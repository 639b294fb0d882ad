#include "base64.h"

#include <openssl/evp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* EVP_DecodeBlock skips white space at both ends and takes '=' anywhere; RFC 4648 does not. */
static bool
is_strict(const char *text, size_t len)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    if (len % 4 != 0)
        return false;
    size_t letters = strspn(text, alphabet);
    return letters == len || (len - letters <= 2 && strspn(text + letters, "=") == len - letters);
}

void
signum_base64_encode(struct signum_buf *out, struct signum_bytes bytes)
{
    uint8_t block[64 + 1];

    /* 48 bytes make 64 characters, so blocks can be joined without padding between them */
    for (size_t done = 0; done < bytes.len; done += 48) {
        size_t part = bytes.len - done < 48 ? bytes.len - done : 48;
        int len = EVP_EncodeBlock(block, bytes.data + done, (int)part);
        signum_buf_put(out, block, (size_t)len);
    }
    signum_wipe(block, sizeof block);
}

enum signum_status
signum_base64_decode(struct signum_buf *out, const char *text)
{
    size_t len = strlen(text);

    if (len > INT_MAX || !is_strict(text, len))
        return SIGNUM_PROTOCOL;
    for (size_t done = 0; done < len; done += 4) {
        uint8_t block[3];
        size_t count = 3;
        if (EVP_DecodeBlock(block, (const uint8_t *)text + done, 4) != 3)
            return SIGNUM_PROTOCOL;
        if (text[done + 2] == '=')
            count = 1;
        else if (text[done + 3] == '=')
            count = 2;
        signum_buf_put(out, block, count);
        signum_wipe(block, sizeof block);
    }
    return signum_buf_status(out);
}
