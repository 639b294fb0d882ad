#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "key_internal.h"

/* r||s to the DER that OpenSSL verifies (RFC 3279 section 2.2.3); 0 on failure. */
static size_t
ecdsa_to_der(struct signum_bytes signature, uint8_t **der_out)
{
    int half = (int)(signature.len / 2);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.data, half, NULL);
    BIGNUM *s = BN_bin2bn(signature.data + half, half, NULL);
    int len = 0;

    *der_out = NULL;
    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
        goto out;
    r = NULL;
    s = NULL;
    len = i2d_ECDSA_SIG(sig, der_out);
out:
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return len > 0 ? (size_t)len : 0;
}

/* The context set up for scheme, hash and salt; NULL if OpenSSL does not want it. */
static EVP_PKEY_CTX *
open_context(const struct signum_key *key, const struct signum_sign_params *params, EVP_MD *md)
{
    bool is_fine = false;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, signum_key_public_pkey(key), NULL);

    if (context == NULL || EVP_PKEY_verify_init(context) != 1)
        goto out;
    if (params->scheme == SIGNUM_SCHEME_RSA_PKCS1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1)
        goto out;
    if (params->scheme == SIGNUM_SCHEME_RSA_PSS &&
        (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, (int)params->salt_len) != 1))
        goto out;
    /* no hash name means for RSA that the value is padded as it is, and for ECDSA nothing */
    if (md != NULL && params->scheme != SIGNUM_SCHEME_ECDSA &&
        EVP_PKEY_CTX_set_signature_md(context, md) != 1)
        goto out;
    is_fine = true;
out:
    if (!is_fine) {
        EVP_PKEY_CTX_free(context);
        context = NULL;
    }
    return context;
}

enum signum_status
signum_key_verify(const struct signum_key *key, const struct signum_sign_params *params,
                  struct signum_bytes digest, struct signum_bytes signature)
{
    const struct signum_hash_info *hash = signum_hash_by_id(params->hash);
    EVP_PKEY_CTX *context = NULL;
    EVP_MD *md = NULL;
    uint8_t *der = NULL;

    enum signum_status status = signum_alg_check_params(key->alg, key->bits, params, digest.len);
    if (status == SIGNUM_OK)
        status = signum_key_check(key);
    if (status != SIGNUM_OK)
        return status;
    if (signature.len != signum_key_signature_len(key))
        return SIGNUM_BAD_SIGNATURE;

    status = SIGNUM_CRYPTO;
    if (hash->openssl != NULL) {
        md = EVP_MD_fetch(NULL, hash->openssl, NULL);
        if (md == NULL)
            goto out;
    }
    context = open_context(key, params, md);
    if (context == NULL)
        goto out;
    if (params->scheme == SIGNUM_SCHEME_ECDSA) {
        signature.len = ecdsa_to_der(signature, &der);
        signature.data = der;
        if (der == NULL)
            goto out;
    }
    status = SIGNUM_OK;
    if (EVP_PKEY_verify(context, signature.data, signature.len, digest.data, digest.len) != 1)
        status = SIGNUM_BAD_SIGNATURE;
out:
    ERR_clear_error(); /* the queue is the host's too, and shows nothing that the status does not */
    OPENSSL_free(der);
    EVP_PKEY_CTX_free(context);
    EVP_MD_free(md);
    return status;
}
