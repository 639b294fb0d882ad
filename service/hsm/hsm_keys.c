#include <stdio.h>
#include <string.h>

#include "hsm/hsm_internal.h"
#include "base/log.h"

#define ID_LEN 16
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* PKCS#11's side of a key family. */
struct family_row {
    enum signum_family family;
    CK_KEY_TYPE type;
    CK_MECHANISM_TYPE generate;
};

static const struct family_row families[] = {
    {SIGNUM_FAMILY_RSA, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN},
    {SIGNUM_FAMILY_ECDSA, CKK_EC, CKM_EC_KEY_PAIR_GEN},
};

/* What a private key of ours has to be. A key that was brought in has no history, hence `made`. */
struct property {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
    CK_BBOOL value;
    bool is_only_made;
};

static const struct property properties[] = {
    {CKA_TOKEN, "CKA_TOKEN", CK_TRUE, false},
    {CKA_PRIVATE, "CKA_PRIVATE", CK_TRUE, false},
    {CKA_SENSITIVE, "CKA_SENSITIVE", CK_TRUE, false},
    {CKA_EXTRACTABLE, "CKA_EXTRACTABLE", CK_FALSE, false},
    {CKA_SIGN, "CKA_SIGN", CK_TRUE, false},
    {CKA_DECRYPT, "CKA_DECRYPT", CK_FALSE, true},
    {CKA_UNWRAP, "CKA_UNWRAP", CK_FALSE, true},
    {CKA_LOCAL, "CKA_LOCAL", CK_TRUE, true},
    {CKA_ALWAYS_SENSITIVE, "CKA_ALWAYS_SENSITIVE", CK_TRUE, true},
    {CKA_NEVER_EXTRACTABLE, "CKA_NEVER_EXTRACTABLE", CK_TRUE, true},
};

static enum signum_status
check_properties(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object, bool is_made)
{
    for (size_t i = 0; i < COUNT(properties); i++) {
        const struct property *wanted = &properties[i];
        CK_BBOOL value = 2;
        CK_ATTRIBUTE attribute = {wanted->type, &value, sizeof value};
        if (wanted->is_only_made && !is_made)
            continue;
        enum signum_status status = signumd_hsm_status(
            session->api->C_GetAttributeValue(session->handle, object, &attribute, 1),
            "C_GetAttributeValue");
        if (status != SIGNUM_OK)
            return status;
        if (value != wanted->value) {
            signumd_log(SIGNUMD_LOG_ERROR,
                        "HSM: the private key is not protected as it must be: %s is %s",
                        wanted->name, value == CK_TRUE ? "true" : "false");
            return SIGNUM_DENIED;
        }
    }
    return SIGNUM_OK;
}

static enum signum_status
read_rsa(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object, struct signumd_key *key)
{
    struct signum_buf modulus;
    struct signum_buf exponent;

    signum_buf_init(&modulus, SIGNUM_SIGNATURE_MAX);
    signum_buf_init(&exponent, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = signumd_hsm_get(session, object, CKA_MODULUS, &modulus);
    if (status == SIGNUM_OK)
        status = signumd_hsm_get(session, object, CKA_PUBLIC_EXPONENT, &exponent);
    if (status == SIGNUM_OK)
        status = signumd_pubkey_from_rsa(signum_bytes_of_buf(&modulus),
                                         signum_bytes_of_buf(&exponent), &key->spki);
    /* Only whole bytes: a modulus always has its top bit set */
    size_t zeros = modulus.len > 0 && modulus.data[0] == 0 ? 1 : 0;
    key->bits = (uint32_t)(modulus.len - zeros) * 8;
    key->alg = signum_alg_by_wire("rsa", NULL);
    signum_buf_clear(&modulus);
    signum_buf_clear(&exponent);
    if (status == SIGNUM_OK && !signum_alg_has_bits(key->alg, key->bits)) {
        signumd_log(SIGNUMD_LOG_ERROR, "RSA keys of %u bits are not offered", (unsigned)key->bits);
        status = SIGNUM_NOT_SUPPORTED;
    }
    return status;
}

static const struct signum_alg *
alg_by_oid(struct signum_bytes params)
{
    size_t count = 0;
    const struct signum_alg *algs = signum_alg_all(&count);

    for (size_t i = 0; i < count; i++) {
        struct signum_bytes oid = {algs[i].oid, algs[i].oid_len};
        if (oid.len != 0 && params.len == oid.len + 2 && params.data[0] == 0x06 &&
            signum_bytes_is_equal(oid, (struct signum_bytes){params.data + 2, oid.len}))
            return &algs[i];
    }
    return NULL;
}

/* CKA_EC_POINT is an OCTET STRING around the point (PKCS#11 3.0, 2.3.3); some leave it out. */
static struct signum_bytes
unwrap_point(struct signum_bytes point, size_t field_len)
{
    size_t len = 2 * field_len + 1;
    size_t header = len < 128 ? 2 : 3;

    if (point.len == len + header && point.data[0] == 0x04) {
        point.data += header;
        point.len = len;
    }
    return point;
}

static enum signum_status
read_ec(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object, struct signumd_key *key)
{
    struct signum_buf params;
    struct signum_buf point;

    signum_buf_init(&params, SIGNUM_SIGNATURE_MAX);
    signum_buf_init(&point, SIGNUM_SIGNATURE_MAX);
    enum signum_status status = signumd_hsm_get(session, object, CKA_EC_PARAMS, &params);
    if (status == SIGNUM_OK)
        status = signumd_hsm_get(session, object, CKA_EC_POINT, &point);
    if (status != SIGNUM_OK)
        goto out;
    key->alg = alg_by_oid(signum_bytes_of_buf(&params));
    if (key->alg == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "the key's curve is not offered");
        status = SIGNUM_NOT_SUPPORTED;
        goto out;
    }
    key->bits = key->alg->bits_default;
    status = signumd_pubkey_from_ec(
        key->alg, unwrap_point(signum_bytes_of_buf(&point), key->alg->field_len), &key->spki);

out:
    signum_buf_clear(&params);
    signum_buf_clear(&point);
    return status;
}

enum signum_status
signumd_hsm_read_public(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object,
                        struct signumd_key *key)
{
    CK_KEY_TYPE type = 0;
    CK_ATTRIBUTE attribute = {CKA_KEY_TYPE, &type, sizeof type};
    enum signum_status status = signumd_hsm_status(
        session->api->C_GetAttributeValue(session->handle, object, &attribute, 1),
        "C_GetAttributeValue");

    if (status != SIGNUM_OK)
        return status;
    signum_buf_clear(&key->spki);
    if (type == CKK_RSA)
        return read_rsa(session, object, key);
    return type == CKK_EC ? read_ec(session, object, key) : SIGNUM_NOT_SUPPORTED;
}

/* Both templates: what they share first, then what each is for. */
static CK_RV
generate_pair(struct signumd_hsm_session *session, const struct signumd_key *key,
              CK_OBJECT_HANDLE *public_out, CK_OBJECT_HANDLE *private_out)
{
    const struct family_row *row = &families[key->alg->family == SIGNUM_FAMILY_ECDSA];
    CK_MECHANISM mechanism = {row->generate, NULL, 0};
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_ULONG bits = key->bits;
    uint8_t exponent[] = {1, 0, 1};
    uint8_t curve[32] = {0x06, (uint8_t)key->alg->oid_len};
    CK_ATTRIBUTE label = {CKA_LABEL, (void *)(uintptr_t)key->token_label,
                          (CK_ULONG)strlen(key->token_label)};
    CK_ATTRIBUTE id = {CKA_ID, key->token_id.data, (CK_ULONG)key->token_id.len};
    CK_ATTRIBUTE publics[] = {
        label, id, {CKA_TOKEN, &yes, sizeof yes}, {CKA_VERIFY, &yes, sizeof yes},
        {CKA_ENCRYPT, &no, sizeof no}, {CKA_WRAP, &no, sizeof no},
        {CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent},
    };
    CK_ATTRIBUTE privates[] = {
        label, id, {CKA_TOKEN, &yes, sizeof yes}, {CKA_PRIVATE, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes}, {CKA_EXTRACTABLE, &no, sizeof no},
        {CKA_SIGN, &yes, sizeof yes}, {CKA_DECRYPT, &no, sizeof no},
        {CKA_UNWRAP, &no, sizeof no},
    };
    CK_ULONG public_count = COUNT(publics);

    if (key->alg->oid != NULL) {
        memcpy(curve + 2, key->alg->oid, key->alg->oid_len);
        publics[6] = (CK_ATTRIBUTE){CKA_EC_PARAMS, curve, (CK_ULONG)key->alg->oid_len + 2};
        public_count = 7;
    }
    return session->api->C_GenerateKeyPair(session->handle, &mechanism, publics, public_count,
                                           privates, COUNT(privates), public_out, private_out);
}

enum signum_status
signumd_hsm_find_one(struct signumd_hsm_session *session, CK_OBJECT_CLASS kind,
                     const struct signumd_key *key, CK_OBJECT_HANDLE *handle_out)
{
    CK_OBJECT_HANDLE handles[2] = {0, 0};
    CK_ULONG count = 0;

    *handle_out = 0;
    enum signum_status status =
        signumd_hsm_find(session, kind, key->token_label, signum_bytes_of_buf(&key->token_id),
                         handles, 2, &count);
    if (status != SIGNUM_OK)
        return status;
    if (count > 1) {
        signumd_log(SIGNUMD_LOG_ERROR, "HSM: more than one key has the label '%s'",
                    key->token_label);
        return SIGNUM_INVALID_ARGUMENT;
    }
    *handle_out = handles[0];
    return count == 1 ? SIGNUM_OK : SIGNUM_KEY_NOT_FOUND;
}

/* Removes both halves, as far as they are there. */
static enum signum_status
destroy(struct signumd_hsm_session *session, void *argument)
{
    static const CK_OBJECT_CLASS kinds[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    const struct signumd_key *key = argument;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        CK_OBJECT_HANDLE object = 0;
        enum signum_status status = signumd_hsm_find_one(session, kinds[i], key, &object);
        if (status == SIGNUM_KEY_NOT_FOUND)
            continue;
        if (status == SIGNUM_OK)
            status = signumd_hsm_status(session->api->C_DestroyObject(session->handle, object),
                                        "C_DestroyObject");
        if (status != SIGNUM_OK)
            return status;
    }
    return SIGNUM_OK;
}

/* Run a second time after a lost connection, it first removes what the first time left over. */
static enum signum_status
generate(struct signumd_hsm_session *session, void *argument)
{
    struct signumd_key *key = argument;
    CK_OBJECT_HANDLE public_key = 0;
    CK_OBJECT_HANDLE private_key = 0;
    CK_ULONG count = 0;
    struct signum_bytes any = {NULL, 0};
    enum signum_status status = destroy(session, key);

    if (status == SIGNUM_OK)
        status = signumd_hsm_find(session, CKO_PRIVATE_KEY, key->token_label, any, &private_key,
                                  1, &count);
    if (status == SIGNUM_OK && count != 0)
        return SIGNUM_KEY_EXISTS;
    if (status == SIGNUM_OK)
        status = signumd_hsm_status(generate_pair(session, key, &public_key, &private_key),
                                    "C_GenerateKeyPair");
    if (status != SIGNUM_OK)
        return status;
    status = check_properties(session, private_key, true);
    if (status == SIGNUM_OK)
        status = signumd_hsm_read_public(session, public_key, key);
    if (status != SIGNUM_OK) {
        (void)session->api->C_DestroyObject(session->handle, private_key);
        (void)session->api->C_DestroyObject(session->handle, public_key);
    }
    return status;
}

enum signum_status
signumd_hsm_generate(struct signumd_hsm *hsm, struct signumd_key *key)
{
    uint8_t id[ID_LEN];
    enum signum_status status = signumd_crypto_random(id, sizeof id);

    if (status != SIGNUM_OK)
        return status;
    signum_buf_clear(&key->token_id);
    signum_buf_put(&key->token_id, id, sizeof id);
    status = signum_buf_status(&key->token_id);
    return status == SIGNUM_OK ? signumd_hsm_run_alone(hsm, generate, key) : status;
}

static enum signum_status
adopt(struct signumd_hsm_session *session, void *argument)
{
    struct signumd_key *key = argument;
    CK_OBJECT_HANDLE private_key = 0;
    CK_OBJECT_HANDLE public_key = 0;

    signum_buf_clear(&key->token_id);
    enum signum_status status = signumd_hsm_find_one(session, CKO_PRIVATE_KEY, key, &private_key);
    if (status == SIGNUM_OK)
        status = check_properties(session, private_key, false);
    if (status == SIGNUM_OK)
        status = signumd_hsm_get(session, private_key, CKA_ID, &key->token_id);
    if (status == SIGNUM_OK)
        status = signumd_hsm_find_one(session, CKO_PUBLIC_KEY, key, &public_key);
    return status == SIGNUM_OK ? signumd_hsm_read_public(session, public_key, key) : status;
}

enum signum_status
signumd_hsm_adopt(struct signumd_hsm *hsm, struct signumd_key *key)
{
    return signumd_hsm_run(hsm, adopt, key);
}

enum signum_status
signumd_hsm_destroy(struct signumd_hsm *hsm, const struct signumd_key *key)
{
    return signumd_hsm_run_alone(hsm, destroy, (void *)(uintptr_t)key);
}
