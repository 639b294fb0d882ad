#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "key_internal.h"
#include "lock.h"

/*
 * The public key behind the SubjectPublicKeyInfo. Reading one with OpenSSL, and the certificate
 * that must carry it, takes half a millisecond: seconds for a list of ten thousand keys, of which
 * a program uses one. So it is read when somebody needs it, once, by whoever comes first.
 */
struct signum_key_public {
    struct signum_lock lock;     /* for reading it */
    atomic_bool is_read;         /* the members below are final */
    enum signum_status status;   /* of the check */
    EVP_PKEY *pkey;              /* read-only, so shared by threads */
    struct signum_buf numbers[2]; /* RSA modulus and exponent, or x and y */
};

enum signum_status
signum_key_public_new(struct signum_key_public **half_out)
{
    struct signum_key_public *half = calloc(1, sizeof *half);

    *half_out = half;
    if (half == NULL)
        return SIGNUM_NO_MEMORY;
    signum_lock_init(&half->lock);
    atomic_init(&half->is_read, false);
    signum_buf_init(&half->numbers[0], SIGNUM_SIGNATURE_MAX);
    signum_buf_init(&half->numbers[1], SIGNUM_SIGNATURE_MAX);
    return SIGNUM_OK;
}

static void
forget(struct signum_key_public *half)
{
    EVP_PKEY_free(half->pkey);
    half->pkey = NULL;
    signum_buf_clear(&half->numbers[0]);
    signum_buf_clear(&half->numbers[1]);
}

void
signum_key_public_free(struct signum_key_public **half)
{
    struct signum_key_public *old = *half;

    *half = NULL;
    if (old == NULL)
        return;
    forget(old);
    signum_lock_clear(&old->lock);
    free(old);
}

/* Appends a number of the public key, padded on the left to `width` bytes (0: as it is). */
static enum signum_status
put_number(EVP_PKEY *public_key, const char *param, size_t width, struct signum_buf *out)
{
    BIGNUM *number = NULL;
    uint8_t bytes[SIGNUM_SIGNATURE_MAX];
    enum signum_status status = SIGNUM_PROTOCOL;

    if (EVP_PKEY_get_bn_param(public_key, param, &number) != 1)
        goto out;
    if (width == 0)
        width = (size_t)BN_num_bytes(number);
    if (width > sizeof bytes || BN_bn2binpad(number, bytes, (int)width) < 0)
        goto out;
    signum_buf_put(out, bytes, width);
    status = signum_buf_status(out);
out:
    BN_free(number);
    return status;
}

/* Reads the SPKI and checks it against what the service claims of the key. */
static enum signum_status
read_public_key(const struct signum_key *key, struct signum_key_public *half)
{
    const uint8_t *der = key->spki.data;
    const struct signum_alg *alg = key->alg;
    char group[32] = "";

    half->pkey = d2i_PUBKEY(NULL, &der, (long)key->spki.len);
    if (half->pkey == NULL || der != key->spki.data + key->spki.len)
        return SIGNUM_PROTOCOL;
    if ((uint32_t)EVP_PKEY_get_bits(half->pkey) != key->bits)
        return SIGNUM_PROTOCOL;
    if (alg->family == SIGNUM_FAMILY_RSA) {
        if (!EVP_PKEY_is_a(half->pkey, alg->openssl))
            return SIGNUM_PROTOCOL;
        enum signum_status status = put_number(half->pkey, OSSL_PKEY_PARAM_RSA_N, 0,
                                               &half->numbers[0]);
        if (status != SIGNUM_OK)
            return status;
        return put_number(half->pkey, OSSL_PKEY_PARAM_RSA_E, 0, &half->numbers[1]);
    }
    if (!EVP_PKEY_is_a(half->pkey, "EC") ||
        EVP_PKEY_get_group_name(half->pkey, group, sizeof group, NULL) != 1 ||
        OBJ_txt2nid(group) != EC_curve_nist2nid(alg->openssl))
        return SIGNUM_PROTOCOL;
    enum signum_status status = put_number(half->pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                                           alg->field_len, &half->numbers[0]);
    if (status != SIGNUM_OK)
        return status;
    return put_number(half->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, alg->field_len, &half->numbers[1]);
}

/* The leaf must carry this very key: a client compares them, and would blame the wrong thing. */
static enum signum_status
check_leaf(const struct signum_key *key, const struct signum_key_public *half)
{
    if (key->chain_count == 0)
        return SIGNUM_OK;
    const uint8_t *der = key->chain[0].data;
    X509 *leaf = d2i_X509(NULL, &der, (long)key->chain[0].len);
    if (leaf == NULL)
        return SIGNUM_PROTOCOL;
    bool is_same = der == key->chain[0].data + key->chain[0].len &&
                   EVP_PKEY_eq(X509_get0_pubkey(leaf), half->pkey) == 1;
    X509_free(leaf);
    return is_same ? SIGNUM_OK : SIGNUM_PROTOCOL;
}

/* The lock is held. */
static enum signum_status
read_once(const struct signum_key *key, struct signum_key_public *half)
{
    if (atomic_load_explicit(&half->is_read, memory_order_relaxed))
        return half->status;
    enum signum_status status = read_public_key(key, half);
    if (status == SIGNUM_OK)
        status = check_leaf(key, half);
    if (status != SIGNUM_OK) {
        ERR_clear_error();
        forget(half);
    }
    if (status == SIGNUM_NO_MEMORY) /* there may be some the next time */
        return status;
    half->status = status;
    atomic_store_explicit(&half->is_read, true, memory_order_release);
    return status;
}

enum signum_status
signum_key_check(const struct signum_key *key)
{
    struct signum_key_public *half = key->public_half;

    if (atomic_load_explicit(&half->is_read, memory_order_acquire))
        return half->status;
    signum_lock_acquire(&half->lock);
    enum signum_status status = read_once(key, half);
    signum_lock_release(&half->lock);
    return status;
}

struct evp_pkey_st *
signum_key_public_pkey(const struct signum_key *key)
{
    return signum_key_check(key) == SIGNUM_OK ? key->public_half->pkey : NULL;
}

struct signum_bytes
signum_key_public_number(const struct signum_key *key, enum signum_family family, unsigned index)
{
    if (key->alg->family != family || signum_key_check(key) != SIGNUM_OK)
        return (struct signum_bytes){NULL, 0};
    return signum_bytes_of_buf(&key->public_half->numbers[index]);
}
