#include "call.h"
#include "entries.h"

/* Every entry that refuses whatever it is given, with its outputs emptied. ImportKey, which refuses
   too, is in import.c, because it tells kinds of keys apart. */

static SECURITY_STATUS
refuse(const char *function)
{
    struct signum_call call;

    signum_call_begin(&call, function);
    return signum_call_end(&call, SIGNUM_NOT_SUPPORTED);
}

static SECURITY_STATUS
refuse_output(const char *function, DWORD *pcbResult)
{
    if (pcbResult != NULL)
        *pcbResult = 0;
    return refuse(function);
}

static SECURITY_STATUS
refuse_handle(const char *function, ULONG_PTR *handle)
{
    if (handle != NULL)
        *handle = 0;
    return refuse(function);
}

SECURITY_STATUS WINAPI
signum_entry_encrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, PBYTE pbInput,
                     DWORD cbInput, VOID *pPaddingInfo, PBYTE pbOutput, DWORD cbOutput,
                     DWORD *pcbResult, DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pbInput;
    (void)cbInput;
    (void)pPaddingInfo;
    (void)pbOutput;
    (void)cbOutput;
    (void)dwFlags;
    return refuse_output("Encrypt", pcbResult);
}

SECURITY_STATUS WINAPI
signum_entry_decrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, PBYTE pbInput,
                     DWORD cbInput, VOID *pPaddingInfo, PBYTE pbOutput, DWORD cbOutput,
                     DWORD *pcbResult, DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pbInput;
    (void)cbInput;
    (void)pPaddingInfo;
    (void)pbOutput;
    (void)cbOutput;
    (void)dwFlags;
    return refuse_output("Decrypt", pcbResult);
}

SECURITY_STATUS WINAPI
signum_entry_prompt_user(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                         LPCWSTR pszOperation, DWORD dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pszOperation;
    (void)dwFlags;
    return refuse("PromptUser");
}

/* phEvent is emptied only where the caller asks for an event: to unregister he gives us one. */
SECURITY_STATUS WINAPI
signum_entry_notify_change_key(NCRYPT_PROV_HANDLE hProvider, HANDLE *phEvent, DWORD dwFlags)
{
    (void)hProvider;
    if (phEvent != NULL && (dwFlags & NCRYPT_UNREGISTER_NOTIFY_FLAG) == 0)
        *phEvent = NULL;
    return refuse("NotifyChangeKey");
}

SECURITY_STATUS WINAPI
signum_entry_secret_agreement(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hPrivKey,
                              NCRYPT_KEY_HANDLE hPubKey, NCRYPT_SECRET_HANDLE *phAgreedSecret,
                              DWORD dwFlags)
{
    (void)hProvider;
    (void)hPrivKey;
    (void)hPubKey;
    (void)dwFlags;
    return refuse_handle("SecretAgreement", phAgreedSecret);
}

SECURITY_STATUS WINAPI
signum_entry_derive_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_SECRET_HANDLE hSharedSecret,
                        LPCWSTR pwszKDF, NCryptBufferDesc *pParameterList, PBYTE pbDerivedKey,
                        DWORD cbDerivedKey, DWORD *pcbResult, ULONG dwFlags)
{
    (void)hProvider;
    (void)hSharedSecret;
    (void)pwszKDF;
    (void)pParameterList;
    (void)pbDerivedKey;
    (void)cbDerivedKey;
    (void)dwFlags;
    return refuse_output("DeriveKey", pcbResult);
}

SECURITY_STATUS WINAPI
signum_entry_free_secret(NCRYPT_PROV_HANDLE hProvider, NCRYPT_SECRET_HANDLE hSharedSecret)
{
    (void)hProvider;
    (void)hSharedSecret;
    return refuse("FreeSecret");
}

SECURITY_STATUS WINAPI
signum_entry_key_derivation(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
                            NCryptBufferDesc *pParameterList, PUCHAR pbDerivedKey,
                            DWORD cbDerivedKey, DWORD *pcbResult, ULONG dwFlags)
{
    (void)hProvider;
    (void)hKey;
    (void)pParameterList;
    (void)pbDerivedKey;
    (void)cbDerivedKey;
    (void)dwFlags;
    return refuse_output("KeyDerivation", pcbResult);
}

SECURITY_STATUS WINAPI
signum_entry_verify_claim(NCRYPT_PROV_HANDLE hProv, NCRYPT_KEY_HANDLE hSubjectKey,
                          NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType,
                          NCryptBufferDesc *pParameterList, PBYTE pbClaimBlob, DWORD cbClaimBlob,
                          NCryptBufferDesc *pOutput, DWORD dwFlags)
{
    (void)hProv;
    (void)hSubjectKey;
    (void)hAuthorityKey;
    (void)dwClaimType;
    (void)pParameterList;
    (void)pbClaimBlob;
    (void)cbClaimBlob;
    (void)pOutput;
    (void)dwFlags;
    return refuse("VerifyClaim");
}
