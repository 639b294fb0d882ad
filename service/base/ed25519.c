#include "base/ed25519.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/crypto.h"

enum signum_status
signumd_ed25519_make(struct signum_buf *pem_out)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text = NULL;
    enum signum_status status = SIGNUM_OK;

    if (key == NULL || bio == NULL ||
        PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        status = signumd_crypto_failure("making an Ed25519 key");
    if (status == SIGNUM_OK) {
        long len = BIO_get_mem_data(bio, &text);
        signum_buf_put(pem_out, text, (size_t)len);
        status = signum_buf_status(pem_out);
    }
    (void)BIO_free(bio);
    EVP_PKEY_free(key);
    return status;
}

static EVP_PKEY *
read_key(struct signum_bytes pem)
{
    BIO *bio = pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    (void)BIO_free(bio);
    if (key != NULL && EVP_PKEY_is_a(key, "ED25519") == 1)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

enum signum_status
signumd_ed25519_public(struct signum_bytes pem, uint8_t public_out[SIGNUMD_ED25519_PUBLIC_LEN])
{
    EVP_PKEY *key = read_key(pem);
    size_t len = SIGNUMD_ED25519_PUBLIC_LEN;
    bool is_read = key != NULL && EVP_PKEY_get_raw_public_key(key, public_out, &len) == 1 &&
                   len == SIGNUMD_ED25519_PUBLIC_LEN;

    EVP_PKEY_free(key);
    return is_read ? SIGNUM_OK : signumd_crypto_failure("reading an Ed25519 key");
}

enum signum_status
signumd_ed25519_sign(struct signum_bytes pem, struct signum_bytes message,
    uint8_t signature_out[SIGNUMD_ED25519_SIGNATURE_LEN])
{
    EVP_PKEY *key = read_key(pem);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = SIGNUMD_ED25519_SIGNATURE_LEN;
    bool is_signed = key != NULL && context != NULL &&
                     EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                     EVP_DigestSign(context, signature_out, &len, message.data, message.len) == 1 &&
                     len == SIGNUMD_ED25519_SIGNATURE_LEN;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return is_signed ? SIGNUM_OK : signumd_crypto_failure("signing with an Ed25519 key");
}

enum signum_status
signumd_ed25519_verify(const uint8_t public_key[SIGNUMD_ED25519_PUBLIC_LEN],
    struct signum_bytes message, const uint8_t signature[SIGNUMD_ED25519_SIGNATURE_LEN])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(
        NULL, "ED25519", NULL, public_key, SIGNUMD_ED25519_PUBLIC_LEN);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum signum_status status = SIGNUM_OK;

    if (key == NULL || context == NULL || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1)
        status = signumd_crypto_failure("reading an Ed25519 public key");
    else if (EVP_DigestVerify(
                 context, signature, SIGNUMD_ED25519_SIGNATURE_LEN, message.data, message.len) != 1)
        status = SIGNUM_BAD_SIGNATURE;
    ERR_clear_error();
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return status;
}
