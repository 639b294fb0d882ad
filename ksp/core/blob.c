#include "blob.h"

/* BCRYPT_RSAKEY_BLOB: Magic, BitLength, cbPublicExp, cbModulus, cbPrime1, cbPrime2; then numbers */
static void
put_rsa(const struct signum_key *key, struct signum_buf *out)
{
    struct signum_bytes exponent = signum_key_exponent(key);
    struct signum_bytes modulus = signum_key_modulus(key);

    signum_buf_put_le32(out, signum_key_alg(key)->blob_magic);
    signum_buf_put_le32(out, signum_key_bits(key));
    signum_buf_put_le32(out, (uint32_t)exponent.len);
    signum_buf_put_le32(out, (uint32_t)modulus.len);
    signum_buf_put_le32(out, 0);
    signum_buf_put_le32(out, 0);
    signum_buf_put(out, exponent.data, exponent.len);
    signum_buf_put(out, modulus.data, modulus.len);
}

/* BCRYPT_ECCKEY_BLOB: dwMagic, cbKey; then x and y */
static void
put_ecc(const struct signum_key *key, struct signum_buf *out)
{
    struct signum_bytes x = signum_key_x(key);
    struct signum_bytes y = signum_key_y(key);

    signum_buf_put_le32(out, signum_key_alg(key)->blob_magic);
    signum_buf_put_le32(out, (uint32_t)x.len);
    signum_buf_put(out, x.data, x.len);
    signum_buf_put(out, y.data, y.len);
}

enum signum_status
signum_blob_export(const struct signum_key *key, enum signum_blob_type type,
                   struct signum_buf *out)
{
    bool is_rsa = signum_key_alg(key)->family == SIGNUM_FAMILY_RSA;

    if (type != SIGNUM_BLOB_PUBLIC &&
        type != (is_rsa ? SIGNUM_BLOB_RSA_PUBLIC : SIGNUM_BLOB_ECC_PUBLIC))
        return SIGNUM_BAD_TYPE;
    if (is_rsa)
        put_rsa(key, out);
    else
        put_ecc(key, out);
    return signum_buf_status(out);
}
