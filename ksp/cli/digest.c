#include "digest.h"

#include <string.h>

#include <openssl/evp.h>

static enum signum_status
read_raw(FILE *stream, struct signum_buf *out)
{
    uint8_t block[SIGNUM_DIGEST_RAW_MAX + 1];
    size_t len = fread(block, 1, sizeof(block), stream);
    if (ferror(stream) != 0) {
        return SIGNUM_IO;
    }
    if (len > SIGNUM_DIGEST_RAW_MAX) {
        return SIGNUM_TOO_LARGE;
    }
    signum_buf_put(out, block, len);
    return signum_buf_status(out);
}

static enum signum_status
digest_all(EVP_MD_CTX *context, FILE *stream, struct signum_buf *out)
{
    uint8_t block[65536];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    for (;;) {
        size_t count = fread(block, 1, sizeof(block), stream);
        if (count == 0) {
            break;
        }
        if (EVP_DigestUpdate(context, block, count) != 1) {
            return SIGNUM_CRYPTO;
        }
    }
    if (ferror(stream) != 0) {
        return SIGNUM_IO;
    }
    if (EVP_DigestFinal_ex(context, digest, &len) != 1) {
        return SIGNUM_CRYPTO;
    }
    signum_buf_put(out, digest, len);
    return signum_buf_status(out);
}

enum signum_status
signum_digest_stream(const struct signum_hash_info *hash, FILE *stream,
                     struct signum_buf *digest_out)
{
    if (hash->openssl == NULL) {
        return read_raw(stream, digest_out);
    }
    enum signum_status status = SIGNUM_CRYPTO;
    EVP_MD *md = EVP_MD_fetch(NULL, hash->openssl, NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (md != NULL && context != NULL && EVP_DigestInit_ex2(context, md, NULL) == 1) {
        status = digest_all(context, stream, digest_out);
    }
    EVP_MD_CTX_free(context);
    EVP_MD_free(md);
    return status;
}

enum signum_status
signum_digest_bytes(const struct signum_hash_info *hash, struct signum_bytes data,
                    struct signum_buf *digest_out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    if (hash->openssl == NULL ||
        EVP_Q_digest(NULL, hash->openssl, NULL, data.data, data.len, digest, &len) != 1) {
        return SIGNUM_CRYPTO;
    }
    signum_buf_put(digest_out, digest, len);
    return signum_buf_status(digest_out);
}

static int
nibble(char digit)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *found = digit == '\0' ? NULL : strchr(digits, digit);
    if (found == NULL) {
        return -1;
    }
    int index = (int)(found - digits);
    return index > 15 ? index - 6 : index;
}

enum signum_status
signum_digest_parse(const char *text, struct signum_buf *digest_out)
{
    size_t len = strlen(text);
    if (len == 0 || len % 2 != 0) {
        return SIGNUM_INVALID_ARGUMENT;
    }
    for (size_t i = 0; i < len; i += 2) {
        int high = nibble(text[i]);
        int low = nibble(text[i + 1]);
        if (high < 0 || low < 0) {
            signum_buf_clear(digest_out);
            return SIGNUM_INVALID_ARGUMENT;
        }
        signum_buf_put_byte(digest_out, (uint8_t)(high * 16 + low));
    }
    return signum_buf_status(digest_out);
}
