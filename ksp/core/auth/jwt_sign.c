#include "core/auth/jwt_sign.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "core/base64.h"
#include "core/sha256.h"

#define P256_LEN 32          /* bytes of r and of s: RFC 7518 section 3.4 */
#define HEADER_MAX 4096
#define RSA_BITS_MIN 2048    /* RFC 7518 section 3.3 */

static const struct jwt_algorithm {
    const char *name;
    int key_type; /* EVP_PKEY_RSA, EVP_PKEY_EC */
    bool is_pss;
} algorithms[] = {
    {"PS256", EVP_PKEY_RSA, true}, /* the first that fits the key is taken if none is named */
    {"RS256", EVP_PKEY_RSA, false},
    {"ES256", EVP_PKEY_EC, false},
};

/* No question is asked at a terminal: an encrypted key is one that cannot be read. */
static int
no_password(char *text, int size, int is_writing, void *context)
{
    (void)text;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static EVP_PKEY *
read_key(struct signum_bytes pem)
{
    BIO *bio = pem.len == 0 ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);

    BIO_free(bio);
    return key;
}

static bool
fits(const struct jwt_algorithm *algorithm, const EVP_PKEY *key)
{
    if (EVP_PKEY_get_base_id(key) != algorithm->key_type)
        return false;
    int bits = EVP_PKEY_get_bits(key);
    return algorithm->key_type == EVP_PKEY_EC ? bits == 256 : bits >= RSA_BITS_MIN;
}

static const struct jwt_algorithm *
choose(const char *name, const EVP_PKEY *key)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if ((*name == 0 || strcmp(name, algorithms[i].name) == 0) && fits(&algorithms[i], key))
            return &algorithms[i];
    }
    return NULL;
}

/* base64url without padding: RFC 7515 section 2. */
static void
put_base64url(struct signum_buf *out, struct signum_bytes bytes)
{
    struct signum_buf text;

    signum_buf_init_secret(&text, out->max);
    signum_base64_encode(&text, bytes);
    for (size_t i = 0; i < text.len && text.data[i] != '='; i++) {
        uint8_t c = text.data[i];
        signum_buf_put_byte(out, c == '+' ? (uint8_t)'-' : c == '/' ? (uint8_t)'_' : c);
    }
    if (signum_buf_status(&text) != SIGNUM_OK && out->failure == SIGNUM_OK)
        out->failure = signum_buf_status(&text);
    signum_buf_clear(&text);
}

/* RFC 7515 section 4.1.8. */
static enum signum_status
put_thumbprint(struct signum_bytes pem, struct signum_buf *header)
{
    uint8_t hash[SIGNUM_SHA256_LEN];
    unsigned char *der = NULL;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_password, NULL);
    int len = certificate == NULL ? -1 : i2d_X509(certificate, &der);
    enum signum_status status = SIGNUM_BAD_SETTINGS;

    if (len > 0)
        status = signum_sha256((struct signum_bytes){der, (size_t)len}, hash);
    if (status == SIGNUM_OK) {
        signum_buf_put_text(header, ",\"x5t#S256\":\"");
        put_base64url(header, (struct signum_bytes){hash, sizeof hash});
        signum_buf_put_byte(header, '"');
    }
    OPENSSL_free(der);
    X509_free(certificate);
    BIO_free(bio);
    return status;
}

static enum signum_status
put_header(const struct signum_jwt_key *key, const struct jwt_algorithm *algorithm,
           struct signum_buf *jwt, struct signum_buf *cause)
{
    struct signum_buf header;
    enum signum_status status = SIGNUM_OK;

    signum_buf_init(&header, HEADER_MAX);
    signum_buf_printf(&header, "{\"alg\":\"%s\",\"typ\":\"JWT\"", algorithm->name);
    if (*key->key_id != 0)
        signum_buf_printf(&header, ",\"kid\":\"%s\"", key->key_id);
    if (key->certificate.len > 0)
        status = put_thumbprint(key->certificate, &header);
    signum_buf_put_byte(&header, '}');
    if (status == SIGNUM_BAD_SETTINGS)
        signum_buf_put_text(cause, "the certificate of the key is not one in PEM");
    if (status == SIGNUM_OK && strpbrk(key->key_id, "\"\\") != NULL) {
        signum_buf_put_text(cause, "the key's identifier has a quote or a backslash in it");
        status = SIGNUM_BAD_SETTINGS;
    }
    if (status == SIGNUM_OK)
        status = signum_buf_status(&header);
    if (status == SIGNUM_OK)
        put_base64url(jwt, signum_bytes_of_buf(&header));
    signum_buf_clear(&header);
    return status;
}

/* DER to r||s. */
static bool
unpack_ecdsa(const uint8_t *der, size_t len, uint8_t raw_out[2 * P256_LEN])
{
    const unsigned char *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);
    bool is_fine =
        signature != NULL &&
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw_out, P256_LEN) == P256_LEN &&
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw_out + P256_LEN, P256_LEN) == P256_LEN;

    ECDSA_SIG_free(signature);
    return is_fine;
}

static bool
sign(EVP_PKEY *key, const struct jwt_algorithm *algorithm, struct signum_bytes data,
     uint8_t *signature_out, size_t *len)
{
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_fine =
        context != NULL && EVP_DigestSignInit(context, &options, EVP_sha256(), NULL, key) == 1;

    if (is_fine && algorithm->is_pss)
        is_fine = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
    is_fine = is_fine && EVP_DigestSign(context, signature_out, len, data.data, data.len) == 1;
    EVP_MD_CTX_free(context);
    return is_fine;
}

static enum signum_status
put_signature(EVP_PKEY *key, const struct jwt_algorithm *algorithm, struct signum_buf *jwt)
{
    uint8_t signature[1024]; /* an RSA key of 8192 bits */
    uint8_t raw[2 * P256_LEN];
    size_t len = sizeof signature;
    struct signum_bytes result = {signature, 0};

    if ((size_t)EVP_PKEY_get_size(key) > sizeof signature ||
        !sign(key, algorithm, signum_bytes_of_buf(jwt), signature, &len))
        return SIGNUM_CRYPTO;
    result.len = len;
    if (algorithm->key_type == EVP_PKEY_EC) {
        if (!unpack_ecdsa(signature, len, raw))
            return SIGNUM_CRYPTO;
        result = (struct signum_bytes){raw, sizeof raw};
    }
    signum_buf_put_byte(jwt, '.');
    put_base64url(jwt, result);
    return signum_buf_status(jwt);
}

enum signum_status
signum_jwt_sign(const struct signum_jwt_key *key, struct signum_bytes claims,
                struct signum_buf *jwt_out, struct signum_buf *cause)
{
    EVP_PKEY *private_key = read_key(key->pem);

    if (private_key == NULL) {
        signum_buf_put_text(cause, "the key is not a private key in PEM without a password");
        return SIGNUM_BAD_SETTINGS;
    }
    const struct jwt_algorithm *algorithm = choose(key->algorithm, private_key);
    enum signum_status status = SIGNUM_BAD_SETTINGS;
    if (algorithm == NULL)
        signum_buf_put_text(cause, "the key does not fit the algorithm: PS256 and RS256 take RSA "
                                   "of 2048 bits or more, ES256 takes P-256");
    else
        status = put_header(key, algorithm, jwt_out, cause);
    if (status == SIGNUM_OK) {
        signum_buf_put_byte(jwt_out, '.');
        put_base64url(jwt_out, claims);
        status = signum_buf_status(jwt_out);
    }
    if (status == SIGNUM_OK)
        status = put_signature(private_key, algorithm, jwt_out);
    EVP_PKEY_free(private_key);
    return status;
}
