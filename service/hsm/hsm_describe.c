#include <stdio.h>
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
    const struct signumd_hsm_module *module;
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

/* What is in the attributes that not every token knows; none of them is a failure. */
static void
read_mechanisms(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object,
    struct signumd_hsm_facts *facts)
{
    CK_MECHANISM_TYPE made_by = CK_UNAVAILABLE_INFORMATION;
    CK_MECHANISM_TYPE allowed[SIGNUMD_HSM_MECHANISMS_MAX];
    CK_ATTRIBUTE origin = {CKA_KEY_GEN_MECHANISM, &made_by, sizeof made_by};
    CK_ATTRIBUTE list = {CKA_ALLOWED_MECHANISMS, allowed, sizeof allowed};
    CK_FUNCTION_LIST *api = session->api;

    if (api->C_GetAttributeValue(session->handle, object, &origin, 1) == CKR_OK &&
        origin.ulValueLen == sizeof made_by && made_by != CK_UNAVAILABLE_INFORMATION)
        signumd_hsm_put_mechanism(made_by, facts->key_gen_mechanism);
    if (api->C_GetAttributeValue(session->handle, object, &list, 1) != CKR_OK ||
        list.ulValueLen > sizeof allowed || list.ulValueLen == 0)
        return;
    facts->is_restricted = true;
    facts->allowed_count = list.ulValueLen / sizeof allowed[0];
    for (size_t i = 0; i < facts->allowed_count; i++)
        signumd_hsm_put_mechanism(allowed[i], facts->allowed[i]);
}

void
signumd_hsm_copy_padded(char *to, const CK_UTF8CHAR *from, size_t len)
{
    while (len > 0 && (from[len - 1] == ' ' || from[len - 1] == '\0'))
        len--;
    for (size_t i = 0; i < len; i++)
        to[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
    to[len] = '\0';
}

static void
put_version(CK_VERSION version, char text_out[8])
{
    (void)snprintf(text_out, 8, "%u.%u", version.major, version.minor);
}

static void
copy_token(const CK_TOKEN_INFO *token, struct signumd_hsm_facts *facts)
{
    signumd_hsm_copy_padded(facts->label, token->label, sizeof token->label);
    signumd_hsm_copy_padded(
        facts->manufacturer, token->manufacturerID, sizeof token->manufacturerID);
    signumd_hsm_copy_padded(facts->model, token->model, sizeof token->model);
    signumd_hsm_copy_padded(facts->serial, token->serialNumber, sizeof token->serialNumber);
    put_version(token->firmwareVersion, facts->firmware);
}

static void
copy_library(const CK_INFO *library, struct signumd_hsm_facts *facts)
{
    signumd_hsm_copy_padded(
        facts->library, library->libraryDescription, sizeof library->libraryDescription);
    signumd_hsm_copy_padded(
        facts->library_manufacturer, library->manufacturerID, sizeof library->manufacturerID);
    put_version(library->libraryVersion, facts->library_version);
}

static enum signum_status
read_token(struct signumd_hsm_session *session, struct signumd_hsm_facts *facts)
{
    CK_FUNCTION_LIST *api = session->api;
    CK_SESSION_INFO session_facts;
    CK_TOKEN_INFO token;
    CK_SLOT_INFO slot;
    CK_INFO library;

    memset(&session_facts, 0, sizeof session_facts);
    memset(&token, 0, sizeof token);
    memset(&slot, 0, sizeof slot);
    memset(&library, 0, sizeof library);
    enum signum_status status = signumd_hsm_status(
        api->C_GetSessionInfo(session->handle, &session_facts), "C_GetSessionInfo");
    if (status == SIGNUM_OK)
        status =
            signumd_hsm_status(api->C_GetTokenInfo(session_facts.slotID, &token), "C_GetTokenInfo");
    if (status == SIGNUM_OK)
        status =
            signumd_hsm_status(api->C_GetSlotInfo(session_facts.slotID, &slot), "C_GetSlotInfo");
    if (status == SIGNUM_OK)
        status = signumd_hsm_status(api->C_GetInfo(&library), "C_GetInfo");
    if (status != SIGNUM_OK)
        return status;
    copy_token(&token, facts);
    copy_library(&library, facts);
    facts->is_hardware_slot = (slot.flags & CKF_HW_SLOT) != 0;
    facts->is_software = signumd_hsm_is_softhsm(api);
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
        read_mechanisms(session, object, job->facts);
    if (status == SIGNUM_OK)
        status = check_public(session, job->key);
    if (status != SIGNUM_OK)
        return status;
    (void)snprintf(job->facts->module, sizeof job->facts->module, "%s", job->module->file);
    (void)snprintf(
        job->facts->module_sha256, sizeof job->facts->module_sha256, "%s", job->module->sha256);
    return read_token(session, job->facts);
}

enum signum_status
signumd_hsm_describe(struct signumd_hsm *hsm, const struct signumd_key *key,
                     struct signumd_hsm_facts *facts_out)
{
    struct job job = {key, signumd_hsm_module_of(hsm), facts_out};

    memset(facts_out, 0, sizeof *facts_out);
    return signumd_hsm_run(hsm, describe, &job);
}
