#include "negative.h"

#include <string.h>

#include "../integration/ksp.h"
#include "signum/signum.h"

/* Each entry has a function that fills in a good call, and one that makes it. */

static void
good_output(struct call *c, DWORD len)
{
    c->pbOutput = c->out.buffer;
    c->cbOutput = len;
    c->pcbResult = &c->out.len;
}

/* Every entry that refuses whatever it is given. */
static void
good_refused(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->hKey = w->keys[RSA2048];
    c->pbInput = c->data;
    c->cbInput = 32;
    c->good_status = NTE_NOT_SUPPORTED;
}

static void
good_refused_output(struct call *c, struct world *w)
{
    good_refused(c, w);
    good_output(c, 256);
}

static void
good_OpenProvider(struct call *c, struct world *w)
{
    (void)w;
    c->phProvider = &c->out.provider;
    c->pszProviderName = SIGNUM_PROVIDER_NAME_W;
}

static SECURITY_STATUS
run_OpenProvider(struct call *c)
{
    return ksp->OpenProvider(c->phProvider, c->pszProviderName, c->dwFlags);
}

static void
good_OpenKey(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->phKey = &c->out.key;
    c->pszKeyName = L"rsa2048";
}

static SECURITY_STATUS
run_OpenKey(struct call *c)
{
    return ksp->OpenKey(c->hProvider, c->phKey, c->pszKeyName, c->dwLegacyKeySpec, c->dwFlags);
}

/* Describes a key; what finish() frees is never made. */
static void
good_CreatePersistedKey(struct call *c, struct world *w)
{
    good_OpenKey(c, w);
    c->pszAlgId = BCRYPT_RSA_ALGORITHM;
    c->pszKeyName = L"new-key";
}

static SECURITY_STATUS
run_CreatePersistedKey(struct call *c)
{
    return ksp->CreatePersistedKey(c->hProvider, c->phKey, c->pszAlgId, c->pszKeyName,
                                   c->dwLegacyKeySpec, c->dwFlags);
}

/* The service refuses it to the suite's user, which is as far as a good call can go here. */
static void
good_FinalizeKey(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    use_draft(c, w, BCRYPT_ECDSA_P256_ALGORITHM);
    c->good_status = NTE_PERM;
    c->good_requests = 1;
}

static SECURITY_STATUS
run_FinalizeKey(struct call *c)
{
    return ksp->FinalizeKey(c->hProvider, c->hKey, c->dwFlags);
}

static void
good_GetProviderProperty(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->pszProperty = NCRYPT_NAME_PROPERTY;
    good_output(c, BUFFER_LEN);
}

static SECURITY_STATUS
run_GetProviderProperty(struct call *c)
{
    return ksp->GetProviderProperty(c->hProvider, c->pszProperty, c->pbOutput, c->cbOutput,
                                    c->pcbResult, c->dwFlags);
}

static void
good_GetKeyProperty(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->hKey = w->keys[RSA2048];
    c->pszProperty = NCRYPT_ALGORITHM_PROPERTY;
    good_output(c, BUFFER_LEN);
}

static SECURITY_STATUS
run_GetKeyProperty(struct call *c)
{
    return ksp->GetKeyProperty(c->hProvider, c->hKey, c->pszProperty, c->pbOutput, c->cbOutput,
                               c->pcbResult, c->dwFlags);
}

static void
good_SetProviderProperty(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    set_text(c, NCRYPT_USE_CONTEXT_PROPERTY, L"the negative suite");
}

static SECURITY_STATUS
run_SetProviderProperty(struct call *c)
{
    return ksp->SetProviderProperty(c->hProvider, c->pszProperty, c->pbInput, c->cbInput,
                                    c->dwFlags);
}

static void
good_SetKeyProperty(struct call *c, struct world *w)
{
    good_SetProviderProperty(c, w);
    c->hKey = w->keys[RSA2048];
}

static SECURITY_STATUS
run_SetKeyProperty(struct call *c)
{
    return ksp->SetKeyProperty(c->hProvider, c->hKey, c->pszProperty, c->pbInput, c->cbInput,
                               c->dwFlags);
}

static void
good_FreeProvider(struct call *c, struct world *w)
{
    (void)w;
    ksp->OpenProvider(&c->fresh_provider, SIGNUM_PROVIDER_NAME_W, 0);
    c->hProvider = c->fresh_provider;
}

static SECURITY_STATUS
run_FreeProvider(struct call *c)
{
    return ksp->FreeProvider(c->hProvider);
}

static void
good_FreeKey(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->fresh_under = w->provider;
    ksp->OpenKey(w->provider, &c->fresh_key, L"rsa2048", 0, 0);
    c->hKey = c->fresh_key;
}

static SECURITY_STATUS
run_FreeKey(struct call *c)
{
    return ksp->FreeKey(c->hProvider, c->hKey);
}

/* The suite's settings do not allow it. */
static void
good_DeleteKey(struct call *c, struct world *w)
{
    good_FreeKey(c, w);
    c->good_status = NTE_PERM;
}

static SECURITY_STATUS
run_DeleteKey(struct call *c)
{
    return ksp->DeleteKey(c->hProvider, c->hKey, c->dwFlags);
}

static void
good_FreeBuffer(struct call *c, struct world *w)
{
    NCryptAlgorithmName *list = NULL;
    DWORD count;

    ksp->EnumAlgorithms(w->provider, 0, &count, &list, 0);
    c->fresh_buffer = list;
    c->pvInput = list;
}

static SECURITY_STATUS
run_FreeBuffer(struct call *c)
{
    return ksp->FreeBuffer(c->pvInput);
}

static SECURITY_STATUS
run_Encrypt(struct call *c)
{
    return ksp->Encrypt(c->hProvider, c->hKey, c->pbInput, c->cbInput, c->pPaddingInfo,
                        c->pbOutput, c->cbOutput, c->pcbResult, c->dwFlags);
}

static SECURITY_STATUS
run_Decrypt(struct call *c)
{
    return ksp->Decrypt(c->hProvider, c->hKey, c->pbInput, c->cbInput, c->pPaddingInfo,
                        c->pbOutput, c->cbOutput, c->pcbResult, c->dwFlags);
}

static void
good_IsAlgSupported(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->pszAlgId = BCRYPT_RSA_ALGORITHM;
}

static SECURITY_STATUS
run_IsAlgSupported(struct call *c)
{
    return ksp->IsAlgSupported(c->hProvider, c->pszAlgId, c->dwFlags);
}

static void
good_EnumAlgorithms(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->dwAlgClass = NCRYPT_SIGNATURE_OPERATION;
    c->pdwAlgCount = &c->out.count;
    c->ppAlgList = &c->out.list;
}

static SECURITY_STATUS
run_EnumAlgorithms(struct call *c)
{
    return ksp->EnumAlgorithms(c->hProvider, c->dwAlgClass, c->pdwAlgCount, c->ppAlgList,
                               c->dwFlags);
}

static void
good_EnumKeys(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->ppKeyName = &c->out.item;
    c->ppEnumState = &c->out.state;
    c->out.state = NULL;
}

static SECURITY_STATUS
run_EnumKeys(struct call *c)
{
    return ksp->EnumKeys(c->hProvider, c->pszScope, c->ppKeyName, c->ppEnumState, c->dwFlags);
}

static void
good_ImportKey(struct call *c, struct world *w)
{
    good_refused(c, w);
    c->pszBlobType = BCRYPT_RSAPRIVATE_BLOB;
    c->phKey = &c->out.key;
}

static SECURITY_STATUS
run_ImportKey(struct call *c)
{
    return ksp->ImportKey(c->hProvider, c->hOtherKey, c->pszBlobType, c->pParameterList, c->phKey,
                          c->pbInput, c->cbInput, c->dwFlags);
}

static void
good_ExportKey(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->hKey = w->keys[RSA2048];
    c->pszBlobType = BCRYPT_PUBLIC_KEY_BLOB;
    good_output(c, BUFFER_LEN);
}

static SECURITY_STATUS
run_ExportKey(struct call *c)
{
    return ksp->ExportKey(c->hProvider, c->hKey, c->hOtherKey, c->pszBlobType, c->pParameterList,
                          c->pbOutput, c->cbOutput, c->pcbResult, c->dwFlags);
}

static void
good_SignHash(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->hKey = w->keys[RSA2048];
    c->pbInput = c->data;
    pkcs1(c, BCRYPT_SHA256_ALGORITHM, 32);
    good_output(c, 256);
    c->need = 256;
    c->good_requests = 1;
}

static SECURITY_STATUS
run_SignHash(struct call *c)
{
    return ksp->SignHash(c->hProvider, c->hKey, c->pPaddingInfo, c->pbInput, c->cbInput,
                         c->pbOutput, c->cbOutput, c->pcbResult, c->dwFlags);
}

/* The signature goes in as pbOutput, which is where the other functions have it. */
static void
good_VerifySignature(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->hKey = w->keys[RSA2048];
    c->pbInput = c->data;
    pkcs1(c, BCRYPT_SHA256_ALGORITHM, 32);
    c->pbOutput = w->signatures[RSA2048];
    c->cbOutput = 256;
}

static SECURITY_STATUS
run_VerifySignature(struct call *c)
{
    return ksp->VerifySignature(c->hProvider, c->hKey, c->pPaddingInfo, c->pbInput, c->cbInput,
                                c->pbOutput, c->cbOutput, c->dwFlags);
}

static SECURITY_STATUS
run_PromptUser(struct call *c)
{
    return ksp->PromptUser(c->hProvider, c->hKey, c->pszOperation, c->dwFlags);
}

static void
good_NotifyChangeKey(struct call *c, struct world *w)
{
    good_refused(c, w);
    c->phEvent = &c->out.event;
    c->dwFlags = NCRYPT_REGISTER_NOTIFY_FLAG;
}

static SECURITY_STATUS
run_NotifyChangeKey(struct call *c)
{
    return ksp->NotifyChangeKey(c->hProvider, c->phEvent, c->dwFlags);
}

static void
good_SecretAgreement(struct call *c, struct world *w)
{
    good_refused(c, w);
    c->hKey = w->keys[P256];
    c->hOtherKey = w->keys[P256];
    c->phAgreedSecret = &c->out.secret;
}

static SECURITY_STATUS
run_SecretAgreement(struct call *c)
{
    return ksp->SecretAgreement(c->hProvider, c->hKey, c->hOtherKey, c->phAgreedSecret,
                                c->dwFlags);
}

static SECURITY_STATUS
run_DeriveKey(struct call *c)
{
    return ksp->DeriveKey(c->hProvider, c->hSharedSecret, c->pszOperation, c->pParameterList,
                          c->pbOutput, c->cbOutput, c->pcbResult, c->dwFlags);
}

static SECURITY_STATUS
run_FreeSecret(struct call *c)
{
    return ksp->FreeSecret(c->hProvider, c->hSharedSecret);
}

static SECURITY_STATUS
run_KeyDerivation(struct call *c)
{
    return ksp->KeyDerivation(c->hProvider, c->hKey, c->pParameterList, c->pbOutput, c->cbOutput,
                              c->pcbResult, c->dwFlags);
}

static void
good_CreateClaim(struct call *c, struct world *w)
{
    c->hProvider = w->provider;
    c->hKey = w->keys[RSA2048];
    c->dwClaimType = NCRYPT_CLAIM_SUBJECT_ONLY;
    good_output(c, BUFFER_LEN);
    c->good_requests = 1;
}

static SECURITY_STATUS
run_CreateClaim(struct call *c)
{
    return ksp->CreateClaim(c->hProvider, c->hKey, c->hOtherKey, c->dwClaimType,
                            c->pParameterList, c->pbOutput, c->cbOutput, c->pcbResult, c->dwFlags);
}

static SECURITY_STATUS
run_VerifyClaim(struct call *c)
{
    return ksp->VerifyClaim(c->hProvider, c->hKey, c->hOtherKey, c->dwClaimType,
                            c->pParameterList, c->pbInput, c->cbInput, NULL, c->dwFlags);
}

#define good_Encrypt good_refused_output
#define good_Decrypt good_refused_output
#define good_PromptUser good_refused
#define good_DeriveKey good_refused_output
#define good_FreeSecret good_refused
#define good_KeyDerivation good_refused_output
#define good_VerifyClaim good_refused

static const struct {
    void (*prepare)(struct call *c, struct world *w);
    SECURITY_STATUS (*run)(struct call *c);
} entries[ENTRY_COUNT] = {
#define ENTRY(name) {good_##name, run_##name},
#include "entries.def"
#undef ENTRY
};

void
good_prepare(enum entry entry, struct call *c, struct world *w)
{
    memset(c, 0, sizeof *c);
    outputs_poison(&c->out);
    entries[entry].prepare(c, w);
}

SECURITY_STATUS
good_run(enum entry entry, struct call *c)
{
    return entries[entry].run(c);
}

void
good_finish(struct call *c, SECURITY_STATUS status)
{
    if (status == ERROR_SUCCESS) {
        if (c->phProvider != NULL)
            ksp->FreeProvider(*c->phProvider);
        if (c->phKey != NULL)
            ksp->FreeKey(c->hProvider, *c->phKey);
        if (c->ppAlgList != NULL)
            ksp->FreeBuffer(*c->ppAlgList);
        if (c->ppKeyName != NULL)
            ksp->FreeBuffer(*c->ppKeyName);
        if (c->ppEnumState == &c->out.state)
            ksp->FreeBuffer(c->out.state);
    }
    /* closed already where the call did its work: then these are stale, and refused */
    if (c->fresh_key != 0)
        ksp->FreeKey(c->fresh_under, c->fresh_key);
    if (c->fresh_provider != 0)
        ksp->FreeProvider(c->fresh_provider);
    if (c->fresh_buffer != NULL)
        ksp->FreeBuffer(c->fresh_buffer);
}
