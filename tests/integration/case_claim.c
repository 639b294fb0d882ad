/* Claims: the service's attestation of a key. Only the direct way has the function. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

#define CLAIM_MAX 65536

static void
claim(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    char *blob = calloc(1, CLAIM_MAX + 1);
    unsigned before = test_request_count();
    DWORD size = 0;
    DWORD len = 0;

    if (blob == NULL)
        return;
    check_status(ksp->CreateClaim(provider, key, 0, NCRYPT_CLAIM_SUBJECT_ONLY, NULL, NULL, 0, &size,
                                  NCRYPT_SILENT_FLAG),
                 ERROR_SUCCESS, "size of a claim");
    check_true(size > 0 && size <= CLAIM_MAX, "it has a size");
    check_status(ksp->CreateClaim(provider, key, 0, NCRYPT_CLAIM_SUBJECT_ONLY, NULL, (PBYTE)blob,
                                  size - 1, &len, 0),
                 NTE_BUFFER_TOO_SMALL, "a claim into a byte too few");
    check_number(len, size, "the need is told");
    check_status(ksp->CreateClaim(provider, key, 0, NCRYPT_CLAIM_SUBJECT_ONLY, NULL, (PBYTE)blob,
                                  size, &len, 0),
                 ERROR_SUCCESS, "the claim");
    check_number(len, size, "it is as long as was said");
    check_true(strstr(blob, "\"signum-attestation-v1\"") != NULL, "it is an attestation");
    check_number(test_request_count() - before, 1, "requests for a claim and its size");
    test_write_file("claim.json", blob, len);
    check_status(ksp->CreateClaim(provider, key, 0, NCRYPT_CLAIM_AUTHORITY_AND_SUBJECT, NULL,
                                  (PBYTE)blob, CLAIM_MAX, &len, 0),
                 ERROR_SUCCESS, "another claim, without asking its size");
    check_number(test_request_count() - before, 2, "it is a new one");
    check_true(test_has_text(provider, key, L"Signum Request Id", L""), "its request is known");
    free(blob);
}

static void
refused(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    static const DWORD types[] = {0, NCRYPT_CLAIM_AUTHORITY_ONLY, 4, 0x1000, 0x10000};
    NCryptBuffer nonce = {0};
    NCryptBufferDesc parameters = {NCRYPTBUFFER_VERSION, 1, &nonce};
    DWORD type = NCRYPT_CLAIM_SUBJECT_ONLY;
    BYTE blob[16];
    DWORD len = 99;
    unsigned before = test_request_count();

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        check_status(ksp->CreateClaim(provider, key, 0, types[i], NULL, NULL, 0, &len, 0),
                     NTE_NOT_SUPPORTED, "a claim of type 0x%lx", types[i]);
    check_number(len, 0, "no size");
    check_status(ksp->CreateClaim(provider, key, key, type, NULL, NULL, 0, &len, 0),
                 NTE_NOT_SUPPORTED, "a claim by another key");
    check_status(ksp->CreateClaim(provider, key, provider, type, NULL, NULL, 0, &len, 0),
                 NTE_INVALID_HANDLE, "a claim by what is no key");
    check_status(ksp->CreateClaim(provider, key, 0, type, &parameters, NULL, 0, &len, 0),
                 NTE_NOT_SUPPORTED, "a claim with a nonce");
    check_status(ksp->CreateClaim(provider, key, 0, type, NULL, NULL, 0, NULL, 0),
                 NTE_INVALID_PARAMETER, "a claim, nowhere to put its size");
    check_status(ksp->CreateClaim(provider, key, 0, type, NULL, NULL, 0, &len, 1), NTE_BAD_FLAGS,
                 "a claim, unknown flag");
    check_status(ksp->CreateClaim(provider, 0, 0, type, NULL, NULL, 0, &len, 0),
                 NTE_INVALID_HANDLE, "a claim on no key");
    check_status(ksp->VerifyClaim(provider, key, 0, type, NULL, blob, sizeof blob, NULL, 0),
                 NTE_NOT_SUPPORTED, "verify a claim");
    check_number(test_request_count() - before, 0, "requests for what is refused");
}

void
case_claim(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;

    if (!ksp_is_direct || !ksp_open(L"p384", &provider, &key))
        return;
    refused(provider, key);
    claim(provider, key);
    ksp_close(provider, key);
}
