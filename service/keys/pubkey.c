#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <limits.h>

#include "base/crypto.h"

static enum signum_status
put_spki(EVP_PKEY *key, struct signum_buf *spki_out)
{
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(key, &der);

    if (len <= 0)
        return signumd_crypto_failure("encoding a public key");
    signum_buf_put(spki_out, der, (size_t)len);
    OPENSSL_free(der);
    return signum_buf_status(spki_out);
}

static enum signum_status
key_from_params(const char *type, OSSL_PARAM *params, struct signum_buf *spki_out)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    enum signum_status status = SIGNUM_OK;

    if (context == NULL || params == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        status = signumd_crypto_failure("reading a public key");
    if (status == SIGNUM_OK)
        status = put_spki(key, spki_out);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    return status;
}

enum signum_status
signumd_pubkey_from_rsa(struct signum_bytes modulus, struct signum_bytes exponent,
                        struct signum_buf *spki_out)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    OSSL_PARAM *params = NULL;
    enum signum_status status = SIGNUM_INVALID_ARGUMENT;

    if (modulus.len > SIGNUM_SIGNATURE_MAX || exponent.len > SIGNUM_SIGNATURE_MAX)
        goto out;
    n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    if (build != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    status = key_from_params("RSA", params, spki_out);

out:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return status;
}

enum signum_status
signumd_pubkey_from_ec(const struct signum_alg *alg, struct signum_bytes point,
                       struct signum_buf *spki_out)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, alg->openssl, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) ==
            1)
        params = OSSL_PARAM_BLD_to_param(build);
    enum signum_status status = key_from_params("EC", params, spki_out);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    return status;
}

/* r||s to the DER of RFC 3279 section 2.2.3, which is what OpenSSL verifies */
enum signum_status
signumd_pubkey_ecdsa_to_der(struct signum_bytes raw, struct signum_buf *der_out)
{
    int half = (int)(raw.len / 2);
    ECDSA_SIG *parts = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, half, NULL);
    BIGNUM *s = BN_bin2bn(raw.data + half, half, NULL);
    uint8_t *der = NULL;
    enum signum_status status = SIGNUM_CRYPTO;

    if (parts == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(parts, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        goto out;
    }
    int len = i2d_ECDSA_SIG(parts, &der);
    if (len <= 0)
        goto out;
    signum_buf_put(der_out, der, (size_t)len);
    status = signum_buf_status(der_out);

out:
    OPENSSL_free(der);
    ECDSA_SIG_free(parts);
    return status;
}

static bool
set_params(EVP_PKEY_CTX *context, const struct signum_sign_params *params)
{
    const struct signum_hash_info *hash = signum_hash_by_id(params->hash);
    int padding =
        params->scheme == SIGNUM_SCHEME_RSA_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;

    if (EVP_PKEY_verify_init(context) != 1 || hash == NULL)
        return false;
    if (params->scheme == SIGNUM_SCHEME_ECDSA)
        return true;
    if (EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1)
        return false;
    if (hash->openssl != NULL &&
        EVP_PKEY_CTX_set_signature_md(context, EVP_get_digestbyname(hash->openssl)) != 1)
        return false;
    return params->scheme != SIGNUM_SCHEME_RSA_PSS ||
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, (int)params->salt_len) == 1;
}

enum signum_status
signumd_pubkey_verify(const struct signum_alg *alg, struct signum_bytes spki,
                      const struct signum_sign_params *params, struct signum_bytes digest,
                      struct signum_bytes signature)
{
    const uint8_t *at = spki.data;
    EVP_PKEY *key = spki.len > INT_MAX ? NULL : d2i_PUBKEY(NULL, &at, (long)spki.len);
    EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    struct signum_buf der;
    enum signum_status status = SIGNUM_CRYPTO;

    signum_buf_init(&der, SIGNUM_SIGNATURE_MAX);
    if (context == NULL || !set_params(context, params)) {
        status = signumd_crypto_failure("preparing to verify a signature");
        goto out;
    }
    if (params->scheme == SIGNUM_SCHEME_ECDSA) {
        status = SIGNUM_BAD_SIGNATURE;
        if (signature.len != 2 * alg->field_len ||
            signumd_pubkey_ecdsa_to_der(signature, &der) != SIGNUM_OK)
            goto out;
        signature = signum_bytes_of_buf(&der);
    }
    status = EVP_PKEY_verify(context, signature.data, signature.len, digest.data, digest.len) == 1
                 ? SIGNUM_OK
                 : SIGNUM_BAD_SIGNATURE;

out:
    signum_buf_clear(&der);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return status;
}
