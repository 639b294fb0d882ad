#include "padding.h"

#include <string.h>

#include "rim.h"

#define HASH_NAME_MAX 32 /* characters; the longest known one has 6 */
#define PADDINGS (BCRYPT_PAD_PKCS1 | BCRYPT_PAD_PSS)

/* The hash of a CNG name. */
static enum signum_status
read_hash(LPCWSTR pszAlgId, enum signum_hash *hash_out)
{
    struct signum_buf name;

    *hash_out = SIGNUM_HASH_NONE;
    signum_buf_init(&name, 4 * HASH_NAME_MAX);
    const struct signum_hash_info *info = NULL;
    if (signum_rim_take_text(pszAlgId, HASH_NAME_MAX, &name) == SIGNUM_OK)
        info = signum_hash_by_cng(signum_buf_text(&name));
    signum_buf_clear(&name);
    if (info == NULL)
        return SIGNUM_NOT_SUPPORTED;
    *hash_out = info->id;
    return SIGNUM_OK;
}

static enum signum_status
read_pkcs1(const void *pPaddingInfo, struct signum_sign_params *params)
{
    BCRYPT_PKCS1_PADDING_INFO info;

    if (pPaddingInfo == NULL)
        return SIGNUM_INVALID_ARGUMENT;
    memcpy(&info, pPaddingInfo, sizeof info);
    params->scheme = SIGNUM_SCHEME_RSA_PKCS1;
    if (info.pszAlgId == NULL)
        return SIGNUM_OK;
    return read_hash(info.pszAlgId, &params->hash);
}

static enum signum_status
read_pss(const void *pPaddingInfo, struct signum_sign_params *params)
{
    BCRYPT_PSS_PADDING_INFO info;

    if (pPaddingInfo == NULL)
        return SIGNUM_INVALID_ARGUMENT;
    memcpy(&info, pPaddingInfo, sizeof info);
    if (info.pszAlgId == NULL)
        return SIGNUM_INVALID_ARGUMENT;
    params->scheme = SIGNUM_SCHEME_RSA_PSS;
    params->salt_len = info.cbSalt;
    return read_hash(info.pszAlgId, &params->hash);
}

/* CNG names no hash for ECDSA, but services want one: the digest's length tells. */
static enum signum_hash
hash_of_len(size_t digest_len)
{
    for (int id = 0; id < SIGNUM_HASH_COUNT; id++) {
        const struct signum_hash_info *info = signum_hash_by_id((enum signum_hash)id);
        if (info->len != 0 && info->len == digest_len)
            return info->id;
    }
    return SIGNUM_HASH_NONE;
}

static enum signum_status
read_ecdsa(const void *pPaddingInfo, DWORD padding, size_t digest_len,
           struct signum_sign_params *params)
{
    if (padding != 0 && padding != BCRYPT_PAD_PKCS1)
        return SIGNUM_BAD_ALGORITHM;
    if (padding != 0 && pPaddingInfo != NULL) {
        enum signum_status status = read_pkcs1(pPaddingInfo, params);
        if (status != SIGNUM_OK)
            return status;
    }
    params->scheme = SIGNUM_SCHEME_ECDSA;
    if (params->hash == SIGNUM_HASH_NONE)
        params->hash = hash_of_len(digest_len);
    return SIGNUM_OK;
}

static enum signum_status
read_padding(const struct signum_key *key, const void *pPaddingInfo, DWORD dwFlags,
             size_t digest_len, struct signum_sign_params *params)
{
    DWORD padding = dwFlags & PADDINGS;

    if ((dwFlags & ~(DWORD)(PADDINGS | NCRYPT_SILENT_FLAG)) != 0)
        return SIGNUM_BAD_FLAGS;
    if (signum_key_alg(key)->family == SIGNUM_FAMILY_ECDSA)
        return read_ecdsa(pPaddingInfo, padding, digest_len, params);
    if (padding == BCRYPT_PAD_PKCS1)
        return read_pkcs1(pPaddingInfo, params);
    if (padding == BCRYPT_PAD_PSS)
        return read_pss(pPaddingInfo, params);
    return SIGNUM_BAD_FLAGS;
}

enum signum_status
signum_padding_read(const struct signum_key *key, const void *pPaddingInfo, DWORD dwFlags,
                    size_t digest_len, struct signum_report *report,
                    struct signum_sign_params *params_out)
{
    memset(params_out, 0, sizeof *params_out);
    enum signum_status status = read_padding(key, pPaddingInfo, dwFlags, digest_len, params_out);
    if (status == SIGNUM_OK)
        status = signum_alg_check_params(signum_key_alg(key), signum_key_bits(key), params_out,
                                         digest_len);
    if (status != SIGNUM_OK)
        signum_buf_printf(&report->text,
                          "%s (flags 0x%lX, %s padding information, %s, salt %lu, %lu bytes)",
                          signum_status_text(status), (unsigned long)dwFlags,
                          pPaddingInfo == NULL ? "no" : "with",
                          signum_hash_by_id(params_out->hash)->wire,
                          (unsigned long)params_out->salt_len, (unsigned long)digest_len);
    return status;
}

bool
signum_padding_is_sha1(const struct signum_sign_params *params, struct signum_bytes digest)
{
    const struct signum_hash_info *sha1 = signum_hash_by_id(SIGNUM_HASH_SHA1);

    if (params->hash == SIGNUM_HASH_SHA1)
        return true;
    return params->hash == SIGNUM_HASH_NONE && digest.len == sha1->prefix_len + sha1->len &&
           memcmp(digest.data, sha1->prefix, sha1->prefix_len) == 0;
}
