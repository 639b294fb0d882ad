#include "alg.h"

#include <string.h>

/* DigestInfo prefixes: RFC 8017 section 9.2, note 1 */
static const struct signum_hash_info hashes[SIGNUM_HASH_COUNT] = {
    {SIGNUM_HASH_NONE, "none", NULL, NULL, 0, {0}, 0},
    {SIGNUM_HASH_SHA1, "sha1", "SHA1", "SHA1", 20,
     {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14},
     15},
    {SIGNUM_HASH_SHA256, "sha256", "SHA256", "SHA256", 32,
     {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
      0x05, 0x00, 0x04, 0x20},
     19},
    {SIGNUM_HASH_SHA384, "sha384", "SHA384", "SHA384", 48,
     {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
      0x05, 0x00, 0x04, 0x30},
     19},
    {SIGNUM_HASH_SHA512, "sha512", "SHA512", "SHA512", 64,
     {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
      0x05, 0x00, 0x04, 0x40},
     19},
};

static const struct signum_scheme_info schemes[SIGNUM_SCHEME_COUNT] = {
    {SIGNUM_SCHEME_RSA_PKCS1, "rsa-pkcs1"},
    {SIGNUM_SCHEME_RSA_PSS, "rsa-pss"},
    {SIGNUM_SCHEME_ECDSA, "ecdsa"},
};

#define RSA_SCHEMES (1u << SIGNUM_SCHEME_RSA_PKCS1 | 1u << SIGNUM_SCHEME_RSA_PSS)
#define ECDSA_SCHEMES (1u << SIGNUM_SCHEME_ECDSA)

/* RFC 5480 section 2.1.1.1: secp256r1, secp384r1, secp521r1 */
static const uint8_t oid_p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t oid_p384[] = {0x2b, 0x81, 0x04, 0x00, 0x22};
static const uint8_t oid_p521[] = {0x2b, 0x81, 0x04, 0x00, 0x23};

/* Blob magics: bcrypt.h, BCRYPT_RSAPUBLIC_MAGIC and BCRYPT_ECDSA_PUBLIC_P*_MAGIC */
static const struct signum_alg algs[] = {
    {SIGNUM_FAMILY_RSA, "rsa", NULL, "RSA", "RSA", NULL, "RSA", 0x31415352, 2048, 4096, 1024, 3072,
     0, NULL, 0, RSA_SCHEMES},
    {SIGNUM_FAMILY_ECDSA, "ecdsa", "P-256", "ECDSA_P256", "ECDSA", "nistP256", "P-256", 0x31534345,
     256, 256, 0, 256, 32, oid_p256, sizeof oid_p256, ECDSA_SCHEMES},
    {SIGNUM_FAMILY_ECDSA, "ecdsa", "P-384", "ECDSA_P384", "ECDSA", "nistP384", "P-384", 0x33534345,
     384, 384, 0, 384, 48, oid_p384, sizeof oid_p384, ECDSA_SCHEMES},
    {SIGNUM_FAMILY_ECDSA, "ecdsa", "P-521", "ECDSA_P521", "ECDSA", "nistP521", "P-521", 0x35534345,
     521, 521, 0, 521, 66, oid_p521, sizeof oid_p521, ECDSA_SCHEMES},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const struct signum_hash_info *
signum_hash_by_id(enum signum_hash id)
{
    return (size_t)id < COUNT(hashes) ? &hashes[id] : NULL;
}

const struct signum_hash_info *
signum_hash_by_wire(const char *wire)
{
    for (size_t i = 0; i < COUNT(hashes); i++)
        if (strcmp(hashes[i].wire, wire) == 0)
            return &hashes[i];
    return NULL;
}

const struct signum_hash_info *
signum_hash_by_cng(const char *cng)
{
    for (size_t i = 0; i < COUNT(hashes); i++)
        if (hashes[i].cng != NULL && strcmp(hashes[i].cng, cng) == 0)
            return &hashes[i];
    return NULL;
}

const struct signum_scheme_info *
signum_scheme_by_id(enum signum_scheme id)
{
    return (size_t)id < COUNT(schemes) ? &schemes[id] : NULL;
}

const struct signum_scheme_info *
signum_scheme_by_wire(const char *wire)
{
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (strcmp(schemes[i].wire, wire) == 0)
            return &schemes[i];
    return NULL;
}

const struct signum_alg *
signum_alg_all(size_t *count_out)
{
    *count_out = COUNT(algs);
    return algs;
}

static bool
is_same_curve(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

const struct signum_alg *
signum_alg_by_wire(const char *wire, const char *curve)
{
    for (size_t i = 0; i < COUNT(algs); i++)
        if (strcmp(algs[i].wire, wire) == 0 && is_same_curve(algs[i].curve, curve))
            return &algs[i];
    return NULL;
}

bool
signum_alg_has_bits(const struct signum_alg *alg, uint32_t bits)
{
    if (bits < alg->bits_min || bits > alg->bits_max)
        return false;
    return alg->bits_step == 0 || (bits - alg->bits_min) % alg->bits_step == 0;
}

size_t
signum_alg_signature_len(const struct signum_alg *alg, uint32_t bits)
{
    return alg->field_len == 0 ? (bits + 7) / 8 : 2 * alg->field_len;
}

bool
signum_alg_has_scheme(const struct signum_alg *alg, enum signum_scheme scheme)
{
    return (size_t)scheme < SIGNUM_SCHEME_COUNT && (alg->schemes & 1u << scheme) != 0;
}

static bool
is_digest_len(size_t len)
{
    for (size_t i = 0; i < COUNT(hashes); i++)
        if (hashes[i].len != 0 && hashes[i].len == len)
            return true;
    return false;
}

/* PKCS#1 v1.5 needs 11 bytes around the value, PSS two and the salt (RFC 8017 9.1.1, 9.2) */
static bool
is_room(uint32_t bits, const struct signum_sign_params *params,
        const struct signum_hash_info *hash, size_t digest_len)
{
    size_t modulus = (bits + 7) / 8;
    size_t need = hash->prefix_len + digest_len + 11;

    if (params->scheme == SIGNUM_SCHEME_RSA_PSS)
        need = digest_len + (size_t)params->salt_len + 2;
    return params->scheme == SIGNUM_SCHEME_ECDSA || need <= modulus;
}

enum signum_status
signum_alg_check_params(const struct signum_alg *alg, uint32_t bits,
                        const struct signum_sign_params *params, size_t digest_len)
{
    const struct signum_hash_info *hash = signum_hash_by_id(params->hash);

    if (hash == NULL)
        return SIGNUM_INVALID_ARGUMENT;
    if (!signum_alg_has_scheme(alg, params->scheme))
        return SIGNUM_BAD_ALGORITHM;
    if (digest_len == 0 || digest_len > SIGNUM_SIGNATURE_MAX ||
        params->salt_len > SIGNUM_SIGNATURE_MAX)
        return SIGNUM_INVALID_ARGUMENT;
    if (hash->len != 0 && hash->len != digest_len)
        return SIGNUM_INVALID_ARGUMENT;
    if (hash->len == 0 && params->scheme == SIGNUM_SCHEME_RSA_PSS)
        return SIGNUM_INVALID_ARGUMENT;
    if (hash->len == 0 && params->scheme == SIGNUM_SCHEME_ECDSA && !is_digest_len(digest_len))
        return SIGNUM_INVALID_ARGUMENT;
    if (!is_room(bits, params, hash, digest_len))
        return SIGNUM_INVALID_ARGUMENT;
    return SIGNUM_OK;
}
