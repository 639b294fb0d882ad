#include "base/crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define RANDOM_HEX_MAX 32 /* bytes */
#define SCRYPT_MEMORY_MAX ((uint64_t)128 * 1024 * 1024)

enum signum_status
signumd_crypto_failure(const char *what)
{
    char reason[256] = "no reason given";
    unsigned long code = ERR_get_error();

    if (code != 0)
        ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    signumd_log(SIGNUMD_LOG_ERROR, "%s failed in OpenSSL: %s", what, reason);
    return SIGNUM_CRYPTO;
}

enum signum_status
signumd_crypto_random(void *data_out, size_t len)
{
    if (len > INT_MAX || RAND_bytes(data_out, (int)len) != 1)
        return signumd_crypto_failure("drawing random bytes");
    return SIGNUM_OK;
}

void
signumd_crypto_hex(const uint8_t *data, size_t len, char *text_out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        text_out[2 * i] = digits[data[i] >> 4];
        text_out[2 * i + 1] = digits[data[i] & 15];
    }
    text_out[2 * len] = '\0';
}

enum signum_status
signumd_crypto_random_hex(char *text_out, size_t digits)
{
    uint8_t bytes[RANDOM_HEX_MAX];
    size_t len = digits / 2;

    text_out[0] = '\0';
    if (len > sizeof bytes || digits % 2 != 0)
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_crypto_random(bytes, len);
    if (status == SIGNUM_OK)
        signumd_crypto_hex(bytes, len, text_out);
    signum_wipe(bytes, sizeof bytes);
    return status;
}

enum signum_status
signumd_crypto_sha256(struct signum_bytes first, struct signum_bytes second,
                      uint8_t hash_out[SIGNUMD_SHA256_LEN])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    memset(hash_out, 0, SIGNUMD_SHA256_LEN);
    bool is_done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(context, first.data, first.len) == 1 &&
                   EVP_DigestUpdate(context, second.data, second.len) == 1 &&
                   EVP_DigestFinal_ex(context, hash_out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return is_done ? SIGNUM_OK : signumd_crypto_failure("hashing");
}

enum signum_status
signumd_crypto_sha256_hex(struct signum_bytes bytes, char text_out[SIGNUMD_SHA256_HEX_SIZE])
{
    uint8_t hash[SIGNUMD_SHA256_LEN];
    struct signum_bytes none = {NULL, 0};
    enum signum_status status = signumd_crypto_sha256(bytes, none, hash);

    signumd_crypto_hex(hash, sizeof hash, text_out);
    return status;
}

bool
signumd_crypto_is_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

static enum signum_status
hash_file(EVP_MD_CTX *context, int file, uint8_t hash[SIGNUMD_SHA256_LEN], int64_t *len_out)
{
    uint8_t block[16384];
    ssize_t len = 0;

    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        return signumd_crypto_failure("hashing a file");
    for (;;) {
        len = read(file, block, sizeof block);
        if (len <= 0)
            break;
        *len_out += len;
        if (EVP_DigestUpdate(context, block, (size_t)len) != 1)
            return signumd_crypto_failure("hashing a file");
    }
    signum_wipe(block, sizeof block);
    if (len < 0)
        return SIGNUM_IO;
    return EVP_DigestFinal_ex(context, hash, NULL) == 1 ? SIGNUM_OK
                                                        : signumd_crypto_failure("hashing a file");
}

enum signum_status
signumd_crypto_sha256_file(int file, char text_out[SIGNUMD_SHA256_HEX_SIZE], int64_t *len_out)
{
    uint8_t hash[SIGNUMD_SHA256_LEN];
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    text_out[0] = '\0';
    *len_out = 0;
    if (context == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = hash_file(context, file, hash, len_out);
    EVP_MD_CTX_free(context);
    if (status == SIGNUM_OK)
        signumd_crypto_hex(hash, sizeof hash, text_out);
    return status;
}

enum signum_status
signumd_crypto_hmac_sha256(struct signum_bytes key, struct signum_bytes message,
    uint8_t mac_out[SIGNUMD_SHA256_LEN])
{
    unsigned len = 0;

    memset(mac_out, 0, SIGNUMD_SHA256_LEN);
    if (key.len > INT_MAX ||
        HMAC(EVP_sha256(), key.data, (int)key.len, message.data, message.len, mac_out, &len) ==
            NULL ||
        len != SIGNUMD_SHA256_LEN)
        return signumd_crypto_failure("HMAC-SHA256");
    return SIGNUM_OK;
}

enum signum_status
signumd_crypto_scrypt(struct signum_bytes secret, struct signum_bytes salt,
    const struct signumd_scrypt *cost, uint8_t hash_out[SIGNUMD_SHA256_LEN])
{
    memset(hash_out, 0, SIGNUMD_SHA256_LEN);
    if (cost->n < 2 || cost->r < 1 || cost->p < 1)
        return SIGNUM_CRYPTO;
    if (EVP_PBE_scrypt((const char *)secret.data, secret.len, salt.data, salt.len,
            (uint64_t)cost->n, (uint64_t)cost->r, (uint64_t)cost->p, SCRYPT_MEMORY_MAX, hash_out,
            SIGNUMD_SHA256_LEN) == 1)
        return SIGNUM_OK;
    return signumd_crypto_failure("scrypt");
}
