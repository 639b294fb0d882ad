#include <string.h>

#include "hsm/hsm_internal.h"
#include "base/log.h"

/* PKCS#11's names of a hash, for PSS parameters. */
struct hash_row {
    enum signum_hash hash;
    CK_MECHANISM_TYPE mechanism;
    CK_RSA_PKCS_MGF_TYPE mgf;
};

static const struct hash_row hash_rows[] = {
    {SIGNUM_HASH_SHA1, CKM_SHA_1, CKG_MGF1_SHA1},
    {SIGNUM_HASH_SHA256, CKM_SHA256, CKG_MGF1_SHA256},
    {SIGNUM_HASH_SHA384, CKM_SHA384, CKG_MGF1_SHA384},
    {SIGNUM_HASH_SHA512, CKM_SHA512, CKG_MGF1_SHA512},
};

static const CK_MECHANISM_TYPE scheme_mechanisms[SIGNUM_SCHEME_COUNT] = {
    [SIGNUM_SCHEME_RSA_PKCS1] = CKM_RSA_PKCS,
    [SIGNUM_SCHEME_RSA_PSS] = CKM_RSA_PKCS_PSS,
    [SIGNUM_SCHEME_ECDSA] = CKM_ECDSA,
};

struct job {
    const struct signumd_key *key;
    const struct signum_sign_params *params;
    struct signum_buf input; /* what the mechanism is given */
    struct signum_buf *signature;
};

static bool
set_pss(const struct signum_sign_params *params, CK_RSA_PKCS_PSS_PARAMS *pss_out)
{
    for (size_t i = 0; i < sizeof hash_rows / sizeof hash_rows[0]; i++) {
        if (hash_rows[i].hash != params->hash)
            continue;
        pss_out->hashAlg = hash_rows[i].mechanism;
        pss_out->mgf = hash_rows[i].mgf;
        pss_out->sLen = params->salt_len;
        return true;
    }
    return false;
}

/*
 * PKCS#1: DigestInfo (RFC 8017 section 9.2) or the bytes as they are. PSS: the digest. ECDSA: the
 * leftmost bits of the digest, as many as the order has (FIPS 186-5 section 6.4.1), which are whole
 * bytes: the order of P-521 is longer than any digest.
 */
static void
make_input(struct job *job, struct signum_bytes digest)
{
    const struct signum_hash_info *hash = signum_hash_by_id(job->params->hash);
    size_t order_len = job->key->alg->field_len;

    if (job->params->scheme == SIGNUM_SCHEME_RSA_PKCS1)
        signum_buf_put(&job->input, hash->prefix, hash->prefix_len);
    if (job->params->scheme == SIGNUM_SCHEME_ECDSA && digest.len > order_len)
        digest.len = order_len;
    signum_buf_put(&job->input, digest.data, digest.len);
}

static enum signum_status
find_key(struct signumd_hsm_session *session, const struct signumd_key *key,
         CK_OBJECT_HANDLE *handle_out)
{
    CK_ULONG count = 0;

    *handle_out = 0;
    enum signum_status status =
        signumd_hsm_find(session, CKO_PRIVATE_KEY, key->token_label,
                         signum_bytes_of_buf(&key->token_id), handle_out, 1, &count);
    if (status == SIGNUM_OK && count == 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "HSM: the token does not hold the key '%s' any more",
                    key->name);
        status = SIGNUM_KEY_NOT_FOUND;
    }
    return status;
}

static enum signum_status
sign(struct signumd_hsm_session *session, void *argument)
{
    struct job *job = argument;
    CK_OBJECT_HANDLE key = 0;
    CK_RSA_PKCS_PSS_PARAMS pss;
    CK_MECHANISM mechanism = {scheme_mechanisms[job->params->scheme], NULL, 0};
    uint8_t signature[SIGNUM_SIGNATURE_MAX];
    CK_ULONG len = sizeof signature;

    memset(&pss, 0, sizeof pss);
    if (job->params->scheme == SIGNUM_SCHEME_RSA_PSS) {
        if (!set_pss(job->params, &pss))
            return SIGNUM_INVALID_ARGUMENT;
        mechanism.pParameter = &pss;
        mechanism.ulParameterLen = sizeof pss;
    }
    enum signum_status status = find_key(session, job->key, &key);
    if (status == SIGNUM_OK)
        status = signumd_hsm_status(
            session->api->C_SignInit(session->handle, &mechanism, key), "C_SignInit");
    if (status == SIGNUM_OK)
        status = signumd_hsm_status(session->api->C_Sign(session->handle, job->input.data,
                                                         (CK_ULONG)job->input.len, signature, &len),
                                    "C_Sign");
    if (status != SIGNUM_OK)
        return status;
    if (len != signum_alg_signature_len(job->key->alg, job->key->bits))
        return SIGNUM_BAD_SIGNATURE;
    signum_buf_put(job->signature, signature, len);
    return signum_buf_status(job->signature);
}

enum signum_status
signumd_hsm_sign(struct signumd_hsm *hsm, const struct signumd_key *key,
                 const struct signum_sign_params *params, struct signum_bytes digest,
                 struct signum_buf *signature_out)
{
    struct job job = {key, params, {0}, signature_out};

    signum_buf_init(&job.input, SIGNUM_SIGNATURE_MAX);
    make_input(&job, digest);
    enum signum_status status = signum_buf_status(&job.input);
    if (status == SIGNUM_OK)
        status = signumd_hsm_run(hsm, sign, &job);
    if (status == SIGNUM_OK)
        status = signumd_pubkey_verify(key->alg, signum_bytes_of_buf(&key->spki), params, digest,
                                       signum_bytes_of_buf(signature_out));
    if (status == SIGNUM_BAD_SIGNATURE)
        signumd_log(SIGNUMD_LOG_ERROR, "HSM: key '%s' gave a signature that does not verify",
                    key->name);
    if (status != SIGNUM_OK)
        signum_buf_clear(signature_out);
    signum_buf_clear(&job.input);
    return status;
}
