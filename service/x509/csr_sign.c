#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "x509/csr.h"
#include "x509/x509_internal.h"

/* mgf1 with the hash, RFC 4055 section 2.2 */
static X509_ALGOR *
make_mgf1(X509_ALGOR *hash)
{
    ASN1_STRING *packed = ASN1_item_pack(hash, ASN1_ITEM_rptr(X509_ALGOR), NULL);
    X509_ALGOR *mgf = X509_ALGOR_new();

    if (packed != NULL && mgf != NULL &&
        X509_ALGOR_set0(mgf, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, packed) == 1)
        return mgf;
    ASN1_STRING_free(packed);
    X509_ALGOR_free(mgf);
    return NULL;
}

/* RSASSA-PSS-params, RFC 4055 section 3.1; the trailer is the default one. */
static bool
set_pss(X509_ALGOR *algorithm, const EVP_MD *md, uint32_t salt_len)
{
    ASN1_STRING *packed = NULL;
    RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
    bool is_set = false;

    if (pss == NULL)
        return false;
    pss->hashAlgorithm = X509_ALGOR_new();
    pss->saltLength = ASN1_INTEGER_new();
    if (pss->hashAlgorithm == NULL || pss->saltLength == NULL ||
        ASN1_INTEGER_set(pss->saltLength, (long)salt_len) != 1)
        goto out;
    X509_ALGOR_set_md(pss->hashAlgorithm, md);
    pss->maskGenAlgorithm = make_mgf1(pss->hashAlgorithm);
    if (pss->maskGenAlgorithm == NULL)
        goto out;
    packed = ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
    is_set = packed != NULL &&
             X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, packed) == 1;
    if (!is_set)
        ASN1_STRING_free(packed);

out:
    RSA_PSS_PARAMS_free(pss);
    return is_set;
}

static bool
set_algorithm(X509_REQ *request, const struct signum_sign_params *params, const EVP_MD *md)
{
    bool is_rsa = params->scheme != SIGNUM_SCHEME_ECDSA;
    X509_ALGOR *algorithm = X509_ALGOR_new();
    int nid = NID_undef;
    bool is_set = false;

    if (algorithm == NULL)
        return false;
    if (params->scheme == SIGNUM_SCHEME_RSA_PSS)
        is_set = set_pss(algorithm, md, params->salt_len);
    else if (OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(md),
                 is_rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey) == 1)
        is_set = X509_ALGOR_set0(
                     algorithm, OBJ_nid2obj(nid), is_rsa ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1;
    if (is_set)
        is_set = X509_REQ_set1_signature_algo(request, algorithm) == 1;
    X509_ALGOR_free(algorithm);
    return is_set;
}

static enum signum_status
set_signature(X509_REQ *request, enum signum_scheme scheme, struct signum_bytes signature)
{
    struct signum_buf der;
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    enum signum_status status = SIGNUM_OK;

    signum_buf_init(&der, SIGNUM_SIGNATURE_MAX);
    if (scheme == SIGNUM_SCHEME_ECDSA) {
        status = signumd_pubkey_ecdsa_to_der(signature, &der);
        signature = signum_bytes_of_buf(&der);
    }
    if (status == SIGNUM_OK &&
        (bits == NULL || ASN1_BIT_STRING_set(
                             bits, (uint8_t *)(uintptr_t)signature.data, (int)signature.len) != 1))
        status = signumd_crypto_failure("setting a request's signature");
    if (status == SIGNUM_OK) {
        bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
        bits->flags |= ASN1_STRING_FLAG_BITS_LEFT; /* no unused bits */
        X509_REQ_set0_signature(request, bits);
        bits = NULL;
    }
    ASN1_BIT_STRING_free(bits);
    signum_buf_clear(&der);
    return status;
}

enum signum_status
signumd_csr_sign(struct signumd_hsm *hsm, const struct signumd_key *key,
    const struct signum_sign_params *params, struct X509_req_st *request)
{
    const struct signum_hash_info *hash = signum_hash_by_id(params->hash);
    const EVP_MD *md = EVP_get_digestbyname(hash->openssl);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    uint8_t *body = NULL;
    struct signum_buf signature;
    int len = i2d_re_X509_REQ_tbs(request, &body);
    enum signum_status status = SIGNUM_OK;

    signum_buf_init(&signature, SIGNUM_SIGNATURE_MAX);
    if (len <= 0 || md == NULL || !set_algorithm(request, params, md) ||
        EVP_Digest(body, (size_t)len, digest, &digest_len, md, NULL) != 1)
        status = signumd_crypto_failure("composing a certification request");
    if (status == SIGNUM_OK)
        status = signumd_hsm_sign(
            hsm, key, params, (struct signum_bytes){digest, digest_len}, &signature);
    if (status == SIGNUM_OK)
        status = set_signature(request, params->scheme, signum_bytes_of_buf(&signature));
    if (status == SIGNUM_OK && X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1)
        status = signumd_crypto_failure("verifying a certification request");
    OPENSSL_free(body);
    signum_buf_clear(&signature);
    return status;
}
