#include "key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "key_internal.h"

static void
destroy(struct signum_object *object)
{
    struct signum_key *key = (struct signum_key *)object;

    for (size_t i = 0; i < key->chain_count; i++)
        signum_buf_clear(&key->chain[i]);
    signum_buf_clear(&key->spki);
    signum_buf_clear(&key->first);
    signum_buf_clear(&key->second);
    EVP_PKEY_free(key->public_key);
    free(key->name);
    free(key->id);
    free(key->etag);
    free(key);
}

struct signum_key *
signum_key_ref(struct signum_key *key)
{
    signum_object_ref(&key->object);
    return key;
}

void
signum_key_unref(struct signum_key **key)
{
    if (*key != NULL)
        signum_object_unref(&(*key)->object);
    *key = NULL;
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
read_public_key(struct signum_key *key)
{
    const uint8_t *der = key->spki.data;
    const struct signum_alg *alg = key->alg;
    char group[32] = "";

    key->public_key = d2i_PUBKEY(NULL, &der, (long)key->spki.len);
    if (key->public_key == NULL || der != key->spki.data + key->spki.len)
        return SIGNUM_PROTOCOL;
    if ((uint32_t)EVP_PKEY_get_bits(key->public_key) != key->bits)
        return SIGNUM_PROTOCOL;
    if (alg->family == SIGNUM_FAMILY_RSA) {
        if (!EVP_PKEY_is_a(key->public_key, alg->openssl))
            return SIGNUM_PROTOCOL;
        enum signum_status status = put_number(key->public_key, OSSL_PKEY_PARAM_RSA_N, 0,
                                               &key->first);
        if (status != SIGNUM_OK)
            return status;
        return put_number(key->public_key, OSSL_PKEY_PARAM_RSA_E, 0, &key->second);
    }
    if (!EVP_PKEY_is_a(key->public_key, "EC") ||
        EVP_PKEY_get_group_name(key->public_key, group, sizeof group, NULL) != 1 ||
        OBJ_txt2nid(group) != EC_curve_nist2nid(alg->openssl))
        return SIGNUM_PROTOCOL;
    enum signum_status status = put_number(key->public_key, OSSL_PKEY_PARAM_EC_PUB_X,
                                           alg->field_len, &key->first);
    if (status != SIGNUM_OK)
        return status;
    return put_number(key->public_key, OSSL_PKEY_PARAM_EC_PUB_Y, alg->field_len, &key->second);
}

/* The leaf must carry this very key: a client compares them, and would blame the wrong thing. */
static enum signum_status
check_leaf(const struct signum_key *key)
{
    if (key->chain_count == 0)
        return SIGNUM_OK;
    const uint8_t *der = key->chain[0].data;
    X509 *leaf = d2i_X509(NULL, &der, (long)key->chain[0].len);
    if (leaf == NULL)
        return SIGNUM_PROTOCOL;
    bool is_same = der == key->chain[0].data + key->chain[0].len &&
                   EVP_PKEY_eq(X509_get0_pubkey(leaf), key->public_key) == 1;
    X509_free(leaf);
    return is_same ? SIGNUM_OK : SIGNUM_PROTOCOL;
}

static enum signum_status
copy_fields(struct signum_key *key, const struct signum_key_fields *fields)
{
    key->name = signum_text_copy(fields->name);
    key->id = signum_text_copy(fields->id);
    key->etag = signum_text_copy(fields->etag);
    if (key->name == NULL || key->id == NULL || key->etag == NULL)
        return SIGNUM_NO_MEMORY;
    key->version = fields->version;
    key->alg = fields->alg;
    key->bits = fields->bits;
    key->is_enabled = fields->is_enabled;
    signum_buf_put(&key->spki, fields->spki.data, fields->spki.len);
    for (size_t i = 0; i < fields->chain_count; i++) {
        signum_buf_init(&key->chain[i], SIGNUM_KEY_CERT_MAX);
        signum_buf_put(&key->chain[i], fields->chain[i].data, fields->chain[i].len);
        key->chain_count = i + 1;
        if (signum_buf_status(&key->chain[i]) != SIGNUM_OK)
            return signum_buf_status(&key->chain[i]);
    }
    return signum_buf_status(&key->spki);
}

enum signum_status
signum_key_new(const struct signum_key_fields *fields, struct signum_key **key_out)
{
    *key_out = NULL;
    size_t name_len = strlen(fields->name);
    if (name_len == 0 || name_len > SIGNUM_KEY_NAME_MAX || fields->alg == NULL)
        return SIGNUM_PROTOCOL;
    if (fields->chain_count > SIGNUM_KEY_CHAIN_MAX || fields->bits > SIGNUM_SIGNATURE_MAX * 8)
        return SIGNUM_PROTOCOL;

    struct signum_key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return SIGNUM_NO_MEMORY;
    signum_object_init(&key->object, destroy);
    signum_buf_init(&key->spki, SIGNUM_KEY_SPKI_MAX);
    signum_buf_init(&key->first, SIGNUM_SIGNATURE_MAX);
    signum_buf_init(&key->second, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = copy_fields(key, fields);
    if (status == SIGNUM_OK)
        status = read_public_key(key);
    if (status == SIGNUM_OK)
        status = check_leaf(key);
    if (status != SIGNUM_OK) {
        ERR_clear_error();
        signum_key_unref(&key);
    }
    *key_out = key;
    return status;
}

const char *
signum_key_name(const struct signum_key *key)
{
    return key->name;
}

const char *
signum_key_id(const struct signum_key *key)
{
    return key->id;
}

const char *
signum_key_etag(const struct signum_key *key)
{
    return key->etag;
}

unsigned
signum_key_version(const struct signum_key *key)
{
    return key->version;
}

const struct signum_alg *
signum_key_alg(const struct signum_key *key)
{
    return key->alg;
}

uint32_t
signum_key_bits(const struct signum_key *key)
{
    return key->bits;
}

bool
signum_key_is_enabled(const struct signum_key *key)
{
    return key->is_enabled;
}

struct signum_bytes
signum_key_spki(const struct signum_key *key)
{
    return signum_bytes_of_buf(&key->spki);
}

size_t
signum_key_chain_count(const struct signum_key *key)
{
    return key->chain_count;
}

struct signum_bytes
signum_key_certificate(const struct signum_key *key, size_t index)
{
    if (index >= key->chain_count)
        return (struct signum_bytes){NULL, 0};
    return signum_bytes_of_buf(&key->chain[index]);
}

size_t
signum_key_signature_len(const struct signum_key *key)
{
    return signum_alg_signature_len(key->alg, key->bits);
}

static struct signum_bytes
number_if(const struct signum_key *key, enum signum_family family, const struct signum_buf *number)
{
    if (key->alg->family != family)
        return (struct signum_bytes){NULL, 0};
    return signum_bytes_of_buf(number);
}

struct signum_bytes
signum_key_modulus(const struct signum_key *key)
{
    return number_if(key, SIGNUM_FAMILY_RSA, &key->first);
}

struct signum_bytes
signum_key_exponent(const struct signum_key *key)
{
    return number_if(key, SIGNUM_FAMILY_RSA, &key->second);
}

struct signum_bytes
signum_key_x(const struct signum_key *key)
{
    return number_if(key, SIGNUM_FAMILY_ECDSA, &key->first);
}

struct signum_bytes
signum_key_y(const struct signum_key *key)
{
    return number_if(key, SIGNUM_FAMILY_ECDSA, &key->second);
}
