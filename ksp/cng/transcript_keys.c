/* Recording: what is done with keys. */
#include "transcript.h"
#include "transcript_line.h"

#define PROVIDER SIGNUM_TRANSCRIPT_PROVIDER
#define KEY SIGNUM_TRANSCRIPT_KEY

static SECURITY_STATUS WINAPI
sign_hash(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo,
          PBYTE pbHashValue, DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature,
          DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->SignHash(
        hProvider, hKey, pPaddingInfo, pbHashValue, cbHashValue, pbSignature, cbSignature,
        pcbResult, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "SignHash", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "key", KEY, hKey);
    signum_transcript_put_padding(&line, pPaddingInfo, dwFlags);
    signum_transcript_put_given(&line, "hash", pbHashValue, cbHashValue);
    signum_transcript_put_given(&line, "room", pbSignature, cbSignature);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_put_len(&line, pcbResult);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
verify_signature(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, VOID *pPaddingInfo,
                 PBYTE pbHashValue, DWORD cbHashValue, PBYTE pbSignature, DWORD cbSignature,
                 DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->VerifySignature(
        hProvider, hKey, pPaddingInfo, pbHashValue, cbHashValue, pbSignature, cbSignature,
        dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "VerifySignature", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "key", KEY, hKey);
    signum_transcript_put_padding(&line, pPaddingInfo, dwFlags);
    signum_transcript_put_given(&line, "hash", pbHashValue, cbHashValue);
    signum_transcript_put_given(&line, "signature", pbSignature, cbSignature);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
export_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hKey, NCRYPT_KEY_HANDLE hExportKey,
           LPCWSTR pszBlobType, NCryptBufferDesc *pParameterList, PBYTE pbOutput, DWORD cbOutput,
           DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->ExportKey(
        hProvider, hKey, hExportKey, pszBlobType, pParameterList, pbOutput, cbOutput, pcbResult,
        dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "ExportKey", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "key", KEY, hKey);
    signum_transcript_put_handle(&line, "export_key", KEY, hExportKey);
    signum_transcript_put_text(&line, "type", pszBlobType);
    signum_transcript_put_given(&line, "room", pbOutput, cbOutput);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_put_len(&line, pcbResult);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
import_key(NCRYPT_PROV_HANDLE hProvider, NCRYPT_KEY_HANDLE hImportKey, LPCWSTR pszBlobType,
           NCryptBufferDesc *pParameterList, NCRYPT_KEY_HANDLE *phKey, PBYTE pbData, DWORD cbData,
           DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->ImportKey(
        hProvider, hImportKey, pszBlobType, pParameterList, phKey, pbData, cbData, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "ImportKey", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProvider);
    signum_transcript_put_handle(&line, "import_key", KEY, hImportKey);
    signum_transcript_put_text(&line, "type", pszBlobType);
    signum_transcript_put_given(&line, "size", pbData, cbData);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    if (phKey != NULL)
        signum_transcript_put_new(&line, "key", KEY, *phKey);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
create_claim(NCRYPT_PROV_HANDLE hProv, NCRYPT_KEY_HANDLE hSubjectKey,
             NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType, NCryptBufferDesc *pParameterList,
             PBYTE pbClaimBlob, DWORD cbClaimBlob, DWORD *pcbResult, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->CreateClaim(
        hProv, hSubjectKey, hAuthorityKey, dwClaimType, pParameterList, pbClaimBlob, cbClaimBlob,
        pcbResult, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "CreateClaim", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProv);
    signum_transcript_put_handle(&line, "key", KEY, hSubjectKey);
    signum_transcript_put_handle(&line, "authority", KEY, hAuthorityKey);
    signum_transcript_put_number(&line, "class", dwClaimType);
    signum_transcript_put_given(&line, "room", pbClaimBlob, cbClaimBlob);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_put_len(&line, pcbResult);
    signum_transcript_end(&line);
    return status;
}

static SECURITY_STATUS WINAPI
verify_claim(NCRYPT_PROV_HANDLE hProv, NCRYPT_KEY_HANDLE hSubjectKey,
             NCRYPT_KEY_HANDLE hAuthorityKey, DWORD dwClaimType, NCryptBufferDesc *pParameterList,
             PBYTE pbClaimBlob, DWORD cbClaimBlob, NCryptBufferDesc *pOutput, DWORD dwFlags)
{
    SECURITY_STATUS status = signum_transcript_real()->VerifyClaim(
        hProv, hSubjectKey, hAuthorityKey, dwClaimType, pParameterList, pbClaimBlob, cbClaimBlob,
        pOutput, dwFlags);
    struct signum_transcript_line line;

    signum_transcript_begin(&line, "VerifyClaim", status);
    signum_transcript_put_handle(&line, "provider", PROVIDER, hProv);
    signum_transcript_put_handle(&line, "key", KEY, hSubjectKey);
    signum_transcript_put_handle(&line, "authority", KEY, hAuthorityKey);
    signum_transcript_put_number(&line, "class", dwClaimType);
    signum_transcript_put_given(&line, "size", pbClaimBlob, cbClaimBlob);
    signum_transcript_put_flags(&line, dwFlags);
    signum_transcript_put_answer(&line);
    signum_transcript_end(&line);
    return status;
}

void
signum_transcript_wrap_keys(NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table)
{
    table->SignHash = sign_hash;
    table->VerifySignature = verify_signature;
    table->ExportKey = export_key;
    table->ImportKey = import_key;
    table->CreateClaim = create_claim;
    table->VerifyClaim = verify_claim;
}
