#include <string.h>

#include "hsm/hsm_internal.h"
#include "base/log.h"

struct row {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
};

static const struct row rows[SIGNUMD_HSM_ATTRIBUTE_COUNT] = {
    [SIGNUMD_HSM_ALWAYS_SENSITIVE] = {CKA_ALWAYS_SENSITIVE, "always_sensitive"},
    [SIGNUMD_HSM_DECRYPT] = {CKA_DECRYPT, "decrypt"},
    [SIGNUMD_HSM_EXTRACTABLE] = {CKA_EXTRACTABLE, "extractable"},
    [SIGNUMD_HSM_LOCAL] = {CKA_LOCAL, "local"},
    [SIGNUMD_HSM_NEVER_EXTRACTABLE] = {CKA_NEVER_EXTRACTABLE, "never_extractable"},
    [SIGNUMD_HSM_PRIVATE] = {CKA_PRIVATE, "private"},
    [SIGNUMD_HSM_SENSITIVE] = {CKA_SENSITIVE, "sensitive"},
    [SIGNUMD_HSM_SIGN] = {CKA_SIGN, "sign"},
    [SIGNUMD_HSM_TOKEN] = {CKA_TOKEN, "token"},
    [SIGNUMD_HSM_UNWRAP] = {CKA_UNWRAP, "unwrap"},
};

struct job {
    const struct signumd_key *key;
    struct signumd_hsm_facts *facts;
};

const char *
signumd_hsm_attribute_name(enum signumd_hsm_attribute attribute)
{
    return rows[attribute].name;
}

static enum signum_status
read_attributes(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object,
                struct signumd_hsm_facts *facts)
{
    enum signum_status status = SIGNUM_OK;

    for (int i = 0; status == SIGNUM_OK && i < SIGNUMD_HSM_ATTRIBUTE_COUNT; i++) {
        CK_BBOOL value = CK_FALSE;
        CK_ATTRIBUTE attribute = {rows[i].type, &value, sizeof value};
        status = signumd_hsm_status(
            session->api->C_GetAttributeValue(session->handle, object, &attribute, 1),
            "C_GetAttributeValue");
        facts->attributes[i] = value != CK_FALSE;
    }
    return status;
}

/* Without the blanks that pad it; what is not printable ASCII becomes a question mark. */
static void
copy_padded(char *to, const CK_UTF8CHAR *from, size_t len)
{
    while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\0'))
        len--;
    for (size_t i = 0; i < len; i++)
        to[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
    to[len] = '\0';
}

static enum signum_status
read_token(struct signumd_hsm_session *session, struct signumd_hsm_facts *facts)
{
    CK_SESSION_INFO session_facts;
    CK_TOKEN_INFO token;

    memset(&session_facts, 0, sizeof session_facts);
    memset(&token, 0, sizeof token);
    enum signum_status status =
        signumd_hsm_status(session->api->C_GetSessionInfo(session->handle, &session_facts),
                           "C_GetSessionInfo");
    if (status == SIGNUM_OK)
        status = signumd_hsm_status(session->api->C_GetTokenInfo(session_facts.slotID, &token),
                                    "C_GetTokenInfo");
    if (status != SIGNUM_OK)
        return status;
    copy_padded(facts->label, token.label, sizeof token.label);
    copy_padded(facts->manufacturer, token.manufacturerID, sizeof token.manufacturerID);
    copy_padded(facts->model, token.model, sizeof token.model);
    facts->is_software = signumd_hsm_is_softhsm(session->api);
    return SIGNUM_OK;
}

/* The database says which public key belongs to the name; the token must hold the same one. */
static enum signum_status
check_public(struct signumd_hsm_session *session, const struct signumd_key *key)
{
    struct signumd_key found;
    CK_OBJECT_HANDLE object = 0;

    signumd_key_init(&found);
    enum signum_status status = signumd_hsm_find_one(session, CKO_PUBLIC_KEY, key, &object);
    if (status == SIGNUM_OK)
        status = signumd_hsm_read_public(session, object, &found);
    if (status == SIGNUM_OK && !signum_bytes_is_equal(signum_bytes_of_buf(&found.spki),
                                                      signum_bytes_of_buf(&key->spki))) {
        signumd_log(SIGNUMD_LOG_ERROR, "HSM: the public key of '%s' in the token is another one",
                    key->name);
        status = SIGNUM_CRYPTO;
    }
    signumd_key_clear(&found);
    return status;
}

static enum signum_status
describe(struct signumd_hsm_session *session, void *argument)
{
    struct job *job = argument;
    CK_OBJECT_HANDLE object = 0;
    enum signum_status status =
        signumd_hsm_find_one(session, CKO_PRIVATE_KEY, job->key, &object);

    if (status == SIGNUM_OK)
        status = read_attributes(session, object, job->facts);
    if (status == SIGNUM_OK)
        status = check_public(session, job->key);
    return status == SIGNUM_OK ? read_token(session, job->facts) : status;
}

enum signum_status
signumd_hsm_describe(struct signumd_hsm *hsm, const struct signumd_key *key,
                     struct signumd_hsm_facts *facts_out)
{
    struct job job = {key, facts_out};

    memset(facts_out, 0, sizeof *facts_out);
    return signumd_hsm_run(hsm, describe, &job);
}
