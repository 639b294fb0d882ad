#include "property.h"
#include "rim.h"

#define EXPORT_POLICY 0 /* the private half never leaves the HSM */
#define CURVE_NAME_MAX 64 /* characters */

/* A key that is to be made as "ECDSA", before its curve is chosen. */
#define GENERIC_ECDSA "ECDSA"
#define GENERIC_BITS_MIN 256
#define GENERIC_BITS_MAX 521

enum signum_status
signum_property_get_key_name(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_rim_put_wide(out, signum_buf_text(&target->key->name));
}

enum signum_status
signum_property_get_algorithm(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_rim_put_wide(out, target->alg == NULL ? GENERIC_ECDSA : target->alg->cng);
}

enum signum_status
signum_property_get_group(const struct signum_property_target *target, struct signum_buf *out)
{
    return signum_rim_put_wide(out, target->alg == NULL ? GENERIC_ECDSA : target->alg->cng_group);
}

enum signum_status
signum_property_get_length(const struct signum_property_target *target, struct signum_buf *out)
{
    if (target->bits == 0)
        return SIGNUM_NOT_FOUND;
    return signum_property_put_dword(out, target->bits);
}

enum signum_status
signum_property_set_length(const struct signum_property_target *target, struct signum_bytes value)
{
    struct signum_draft draft = signum_key_handle_draft(target->key);
    DWORD bits;

    if (target->facts != NULL)
        return signum_property_set_same(value, target->bits);
    enum signum_status status = signum_property_take_dword(value, &bits);
    if (status == SIGNUM_OK)
        status = signum_draft_set_bits(&draft, bits);
    if (status == SIGNUM_OK)
        status = signum_key_handle_set_draft(target->key, &draft);
    return status;
}

/* NCRYPT_SUPPORTED_LENGTHS. Of a key that is made, what it has must be among them. */
enum signum_status
signum_property_get_lengths(const struct signum_property_target *target, struct signum_buf *out)
{
    const struct signum_alg *alg = target->alg;
    NCRYPT_SUPPORTED_LENGTHS lengths = {GENERIC_BITS_MIN, GENERIC_BITS_MAX, 0, GENERIC_BITS_MIN};

    _Static_assert(sizeof lengths == 16, "four 32-bit numbers");
    if (alg != NULL && signum_alg_has_bits(alg, target->bits))
        lengths = (NCRYPT_SUPPORTED_LENGTHS){alg->bits_min, alg->bits_max, alg->bits_step,
                                             alg->bits_default};
    else if (alg != NULL)
        lengths = (NCRYPT_SUPPORTED_LENGTHS){target->bits, target->bits, 0, target->bits};
    signum_buf_put(out, &lengths, sizeof lengths);
    return signum_buf_status(out);
}

enum signum_status
signum_property_get_block_length(const struct signum_property_target *target,
                                 struct signum_buf *out)
{
    if (target->bits == 0)
        return SIGNUM_NOT_FOUND;
    return signum_property_put_dword(out, (target->bits + 7) / 8);
}

enum signum_status
signum_property_get_signature_length(const struct signum_property_target *target,
                                     struct signum_buf *out)
{
    if (target->alg == NULL)
        return SIGNUM_NOT_FOUND;
    return signum_property_put_dword(out,
                                     (DWORD)signum_alg_signature_len(target->alg, target->bits));
}

enum signum_status
signum_property_get_curve(const struct signum_property_target *target, struct signum_buf *out)
{
    if (target->alg == NULL)
        return SIGNUM_NOT_FOUND;
    if (target->alg->cng_curve == NULL)
        return SIGNUM_NOT_SUPPORTED;
    return signum_rim_put_wide(out, target->alg->cng_curve);
}

enum signum_status
signum_property_set_curve(const struct signum_property_target *target, struct signum_bytes value)
{
    struct signum_draft draft = signum_key_handle_draft(target->key);
    struct signum_buf curve;

    if (target->facts != NULL)
        return SIGNUM_NOT_SUPPORTED;
    signum_buf_init(&curve, 4 * CURVE_NAME_MAX);
    enum signum_status status = signum_property_take_text(value, CURVE_NAME_MAX, &curve);
    if (status == SIGNUM_OK)
        status = signum_draft_set_curve(&draft, signum_buf_text(&curve));
    if (status == SIGNUM_OK)
        status = signum_key_handle_set_draft(target->key, &draft);
    signum_buf_clear(&curve);
    return status;
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

/* Enrolment wants "all usages" for a new key. It can sign, which is all that is promised. */
enum signum_status
signum_property_set_usage(const struct signum_property_target *target, struct signum_bytes value)
{
    DWORD usage;

    if (target->facts != NULL)
        return signum_property_set_same(value, NCRYPT_ALLOW_SIGNING_FLAG);
    enum signum_status status = signum_property_take_dword(value, &usage);
    if (status != SIGNUM_OK)
        return status;
    return (usage & NCRYPT_ALLOW_SIGNING_FLAG) != 0 ? SIGNUM_OK : SIGNUM_NOT_SUPPORTED;
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
    if (target->facts == NULL)
        return SIGNUM_BAD_KEY_STATE;
    if (signum_key_chain_count(target->facts) == 0)
        return SIGNUM_NOT_FOUND;
    struct signum_bytes leaf = signum_key_certificate(target->facts, 0);
    signum_buf_put(out, leaf.data, leaf.len);
    return signum_buf_status(out);
}

/* The service keeps the certificate, so that every client of it has it. */
enum signum_status
signum_property_set_certificate(const struct signum_property_target *target,
                                struct signum_bytes value)
{
    struct signum_key *changed = NULL;

    if (target->facts == NULL)
        return SIGNUM_BAD_KEY_STATE;
    enum signum_status status = signum_service_set_chain(target->key->service, target->facts,
                                                         value, &changed, target->report);
    if (status == SIGNUM_OK)
        signum_key_handle_set_facts(target->key, changed);
    signum_key_unref(&changed);
    return status;
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
