#ifndef SIGNUM_CORE_ALG_H
#define SIGNUM_CORE_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/*
 * The algorithm tables: one row per hash, per key algorithm and per scheme. Every name by which
 * somebody calls an algorithm (CNG, the wire, OpenSSL) and every size stands here and nowhere
 * else; nobody else switches on an algorithm.
 */

#define SIGNUM_DIGEST_MAX 64         /* bytes of the longest digest */
#define SIGNUM_SIGNATURE_MAX 2048    /* bytes; RSA-16384 */
#define SIGNUM_DIGEST_INFO_PREFIX 19 /* bytes of the longest DigestInfo prefix (RFC 8017 9.2) */

enum signum_hash {
    SIGNUM_HASH_NONE, /* raw: the padding is put around the given bytes as they are */
    SIGNUM_HASH_SHA1,
    SIGNUM_HASH_SHA256,
    SIGNUM_HASH_SHA384,
    SIGNUM_HASH_SHA512,
    SIGNUM_HASH_COUNT
};

struct signum_hash_info {
    enum signum_hash id;
    const char *wire;        /* "sha256", as in the service's protocol */
    const char *cng;         /* "SHA256", BCRYPT_SHA256_ALGORITHM in UTF-8; NULL for none */
    const char *openssl;     /* name for EVP_MD_fetch; NULL for none */
    size_t len;              /* digest length in bytes; 0 for none */
    uint8_t prefix[SIGNUM_DIGEST_INFO_PREFIX]; /* DER of DigestInfo up to the digest (RFC 8017) */
    size_t prefix_len;
};

enum signum_scheme {
    SIGNUM_SCHEME_RSA_PKCS1, /* RFC 8017 section 8.2 */
    SIGNUM_SCHEME_RSA_PSS,   /* RFC 8017 section 8.1, MGF1 with the same hash */
    SIGNUM_SCHEME_ECDSA,     /* FIPS 186-5; the signature is r||s, each as wide as the order */
    SIGNUM_SCHEME_COUNT
};

struct signum_scheme_info {
    enum signum_scheme id;
    const char *wire; /* "rsa-pkcs1" */
};

enum signum_family { SIGNUM_FAMILY_RSA, SIGNUM_FAMILY_ECDSA };

/* A key algorithm: RSA, or ECDSA on one curve. */
struct signum_alg {
    enum signum_family family;
    const char *wire;      /* "rsa" or "ecdsa" */
    const char *curve;     /* wire name of the curve, "P-256"; NULL for RSA */
    const char *cng;       /* "RSA", "ECDSA_P256": NCRYPT_ALGORITHM_PROPERTY */
    const char *cng_group; /* "RSA", "ECDSA": NCRYPT_ALGORITHM_GROUP_PROPERTY */
    const char *cng_curve; /* "nistP256": NCRYPT_ECC_CURVE_NAME_PROPERTY; NULL for RSA */
    const char *openssl;   /* key type for RSA, group name for EC ("P-256") */
    uint32_t blob_magic;   /* of the CNG public blob */
    uint32_t bits_min;     /* key lengths in bits, as NCRYPT_SUPPORTED_LENGTHS wants them */
    uint32_t bits_max;
    uint32_t bits_step;
    uint32_t bits_default;
    size_t field_len;      /* bytes of a coordinate and of r and of s; 0 for RSA */
    const uint8_t *oid;    /* DER content of the curve's OID (RFC 5480); NULL for RSA */
    size_t oid_len;
    unsigned schemes;      /* bit 1 << enum signum_scheme for each scheme it can do */
};

/* The row of a hash. NULL if `id` is out of range. */
const struct signum_hash_info *signum_hash_by_id(enum signum_hash id);
/* By wire name ("none" included) or by CNG name; NULL if unknown. Case-sensitive, as CNG is. */
const struct signum_hash_info *signum_hash_by_wire(const char *wire);
const struct signum_hash_info *signum_hash_by_cng(const char *cng);

/* The row of a scheme; NULL if unknown. */
const struct signum_scheme_info *signum_scheme_by_id(enum signum_scheme id);
const struct signum_scheme_info *signum_scheme_by_wire(const char *wire);

/* All key algorithms, `count_out` rows. Static. */
const struct signum_alg *signum_alg_all(size_t *count_out);

/* By wire names: algorithm and, for ecdsa, curve (NULL otherwise). NULL if unknown. */
const struct signum_alg *signum_alg_by_wire(const char *wire, const char *curve);

/* True if a key of `bits` is within the row's lengths. */
bool signum_alg_has_bits(const struct signum_alg *alg, uint32_t bits);

/* Signature length in bytes for a key of `bits`: modulus length, or twice the field. */
size_t signum_alg_signature_len(const struct signum_alg *alg, uint32_t bits);

/* True if the algorithm can do the scheme. */
bool signum_alg_has_scheme(const struct signum_alg *alg, enum signum_scheme scheme);

/* What is signed: the scheme with its parameters. Salt is in bytes, for PSS only. */
struct signum_sign_params {
    enum signum_scheme scheme;
    enum signum_hash hash;
    uint32_t salt_len;
};

/*
 * Checks scheme, hash, salt and digest length against the algorithm and key size, before anything
 * remote happens. SIGNUM_BAD_ALGORITHM: scheme does not fit the key. SIGNUM_INVALID_ARGUMENT:
 * digest length does not fit the hash, or the padded value would not fit the modulus.
 * ECDSA: the hash may be none, then any digest of 20, 32, 48 or 64 bytes is taken.
 */
enum signum_status signum_alg_check_params(const struct signum_alg *alg, uint32_t bits,
                                           const struct signum_sign_params *params,
                                           size_t digest_len) SIGNUM_MUST_USE;

#endif
