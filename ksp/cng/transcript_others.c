/* Recording: what this provider refuses. Who asks for it all the same is worth knowing. */
#include "transcript.h"
#include "transcript_line.h"

#define PROVIDER SIGNUM_TRANSCRIPT_PROVIDER
#define KEY SIGNUM_TRANSCRIPT_KEY
#define SECRET SIGNUM_TRANSCRIPT_SECRET

/* A line of provider, key and flags. */
static void
record(const char *function, SECURITY_STATUS status, NCRYPT_PROV_HANDLE hProvider,
       NCRYPT_KEY_HANDLE hKey, DWORD dwFlags)
{
    struct signum_transcript_line line;

    signum_transcript_begin(&line, function, status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "key", KEY, hKey);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
}

static SECURITY_STATUS WINAPI
encrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput,
        VOID *pPaddingInfo, PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->Encrypt(
        hProvider, hKey, pbInput, cbInput, pPaddingInfo, pbOutput, cbOutput, pcbResult, dwFlags);

    record("Encrypt", status, hProvider, hKey, dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
decrypt(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, PBYTE pbInput, DWORD cbInput,
        VOID *pPaddingInfo, PBYTE pbOutput, DWORD cbOutput, DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->Decrypt(
        hProvider, hKey, pbInput, cbInput, pPaddingInfo, pbOutput, cbOutput, pcbResult, dwFlags);

    record("Decrypt", status, hProvider, hKey, dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
prompt_user(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, LPCWSTR pszOperation,
            DWORD dwFlags)
{
    SECURITY_STATUS status =
        signum_transcript_real()->PromptUser(hProvider, hKey, pszOperation, dwFlags);

    record("PromptUser", status, hProvider, hKey, dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
notify_change_key(NCRYPT_PROV_HANDLE hProvider, HANDLE *phEvent, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->NotifyChangeKey(hProvider, phEvent, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "NotifyChangeKey", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
secret_agreement(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hPrivKey,
                 NCRYPT_KEY_HANDLE hPubKey, NCRYPT_SECRET_HANDLE *phAgreedSecret, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->SecretAgreement(
        hProvider, hPrivKey, hPubKey, phAgreedSecret, dwFlags);

    record("SecretAgreement", status, hProvider, hPrivKey, dwFlags);
    return status;
}

static SECURITY_STATUS WINAPI
derive_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_SECRET_HANDLE hSharedSecret, LPCWSTR pwszKDF,
           NCryptBufferDesc *pParameterList, PBYTE pbDerivedKey, DWORD cbDerivedKey,
           DWORD *pcbResult, ULONG dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->DeriveKey(
        hProvider, hSharedSecret, pwszKDF, pParameterList, pbDerivedKey, cbDerivedKey, pcbResult,
        dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "DeriveKey", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "secret", SECRET, hSharedSecret);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
free_secret(NCRYPT_PROV_HANDLE hProvider, NCRYPT_SECRET_HANDLE hSharedSecret)
{
    SECURITY_STATUS status = signum_transcript_real()->FreeSecret(hProvider, hSharedSecret);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "FreeSecret", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "secret", SECRET, hSharedSecret);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
key_derivation(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey,
               NCryptBufferDesc *pParameterList, PUCHAR pbDerivedKey, DWORD cbDerivedKey,
               DWORD *pcbResult, ULONG dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->KeyDerivation(
        hProvider, hKey, pParameterList, pbDerivedKey, cbDerivedKey, pcbResult, dwFlags);

    record("KeyDerivation", status, hProvider, hKey, dwFlags);
    return status;
}

void
signum_transcript_wrap_others(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table)
{
    table->Encrypt = encrypt;
    table->Decrypt = decrypt;
    table->PromptUser = prompt_user;
    table->NotifyChangeKey = notify_change_key;
    table->SecretAgreement = secret_agreement;
    table->DeriveKey = derive_key;
    table->FreeSecret = free_secret;
    table->KeyDerivation = key_derivation;
}
