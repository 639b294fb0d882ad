#include "property.h"
#include "rim.h"

#define EXPORT_POLICY 0 /* the private half never leaves the HSM */

enum signum_status
signum_property_get_key_name(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_rim_put_wide(out, signum_buf_text(&target->key->name));
}

enum signum_status
signum_property_get_algorithm(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_rim_put_wide(out, signum_key_alg(target->key->key)->cng);
}

enum signum_status
signum_property_get_group(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_rim_put_wide(out, signum_key_alg(target->key->key)->cng_group);
}

enum signum_status
signum_property_get_length(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_property_put_dword(out, signum_key_bits(target->key->key));
}

enum signum_status
signum_property_set_length(const struct signum_property_target *target, struct signum_bytes value)
{
    return signum_property_set_same(value, signum_key_bits(target->key->key));
}

/* NCRYPT_SUPPORTED_LENGTHS: four DWORDs. */
enum signum_status
signum_property_get_lengths(const struct signum_property_target *target, struct signum_buf *out)
{
    const struct signum_alg *alg = signum_key_alg(target->key->key);

    _Static_assert(sizeof(NCRYPT_SUPPORTED_LENGTHS) == 16, "four 32-bit numbers");
    signum_buf_put_le32(out, alg->bits_min);
    signum_buf_put_le32(out, alg->bits_max);
    signum_buf_put_le32(out, alg->bits_step);
    signum_buf_put_le32(out, alg->bits_default);
    return signum_buf_status(out);
}

enum signum_status
signum_property_get_block_length(const struct signum_property_target *target,
                                 struct signum_buf *out)
{
    return signum_property_put_dword(out, (signum_key_bits(target->key->key) + 7) / 8);
}

enum signum_status
signum_property_get_signature_length(const struct signum_property_target *target,
                                     struct signum_buf *out)
{
    return signum_property_put_dword(out, (DWORD)signum_key_signature_len(target->key->key));
}

enum signum_status
signum_property_get_export_policy(const struct signum_property_target *target,
                                  struct signum_buf *out)
{
    (void)target;
    return signum_property_put_dword(out, EXPORT_POLICY);
}

enum signum_status
signum_property_set_export_policy(const struct signum_property_target *target,
                                  struct signum_bytes value)
{
    (void)target;
    return signum_property_set_same(value, EXPORT_POLICY);
}

enum signum_status
signum_property_get_usage(const struct signum_property_target *target, struct signum_buf *out)
{
    (void)target;
    return signum_property_put_dword(out, NCRYPT_ALLOW_SIGNING_FLAG);
}

enum signum_status
signum_property_set_usage(const struct signum_property_target *target, struct signum_bytes value)
{
    (void)target;
    return signum_property_set_same(value, NCRYPT_ALLOW_SIGNING_FLAG);
}

enum signum_status
signum_property_get_key_type(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_property_put_dword(out, target->key->is_machine ? NCRYPT_MACHINE_KEY_FLAG : 0);
}

enum signum_status
signum_property_get_certificate(const struct signum_property_target *target,
                                struct signum_buf *out)
{
    if (signum_key_chain_count(target->key->key) == 0)
        return SIGNUM_NOT_FOUND;
    struct signum_bytes leaf = signum_key_certificate(target->key->key, 0);
    signum_buf_put(out, leaf.data, leaf.len);
    return signum_buf_status(out);
}

/* .NET keeps this as one byte. */
enum signum_status
signum_property_get_ephemeral(const struct signum_property_target *target, struct signum_buf *out)
{
    (void)target;
    signum_buf_put_byte(out, FALSE);
    return signum_buf_status(out);
}

enum signum_status
signum_property_get_service_url(const struct signum_property_target *target,
                                struct signum_buf *out)
{
    return signum_rim_put_wide(out, signum_service_url(target->key->service));
}
