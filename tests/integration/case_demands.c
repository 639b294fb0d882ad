/* What a key demands of who signs: a reason, a PIN, the approval of others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"
#include "ksp.h"

#define REASON L"Signum Reason"
#define REQUEST L"Signum Request Id"
#define FIELD_LEN 32
#define TEXT_CCH 128

/* The PINs that run.sh sets and greps for. */
#define RIGHT_PIN L"marked-pin-48151623"
#define WRONG_PIN L"marked-pin-00000000"

static SECURITY_STATUS
set_text(NCRYPT_KEY_HANDLE key, NCRYPT_PROV_HANDLE provider, LPCWSTR name, const wchar_t *text)
{
    return ksp->SetKeyProperty(provider, key, name, (PBYTE)text,
                               (DWORD)((wcslen(text) + 1) * sizeof *text), 0);
}

static SECURITY_STATUS
sign(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, BYTE first, DWORD flags)
{
    BYTE digest[FIELD_LEN] = {0};
    BYTE signature[2 * FIELD_LEN];
    DWORD len = 0;

    digest[0] = first;
    SECURITY_STATUS status = ksp->SignHash(provider, key, NULL, digest, sizeof digest, signature,
                                           sizeof signature, &len, flags);
    if (status == ERROR_SUCCESS)
        status = ksp->VerifySignature(provider, key, NULL, digest, sizeof digest, signature, len,
                                      0);
    return status;
}

/* The key "demanding" wants a reason and the PIN. */
void
case_demands(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;

    if (!ksp_open(L"demanding", &provider, &key))
        return;
    check_status(sign(provider, key, 1, 0), NTE_PERM, "sign without a reason");
    check_status(sign(provider, key, 1, NCRYPT_SILENT_FLAG), NTE_SILENT_CONTEXT,
                 "sign without a reason, in silence");
    check_status(set_text(key, provider, NCRYPT_USE_CONTEXT_PROPERTY, L"the use context"),
                 ERROR_SUCCESS, "set a use context");
    check_status(sign(provider, key, 1, 0), NTE_INCORRECT_PASSWORD, "sign without the PIN");
    check_status(sign(provider, key, 1, NCRYPT_SILENT_FLAG), NTE_SILENT_CONTEXT,
                 "sign without the PIN, in silence");
    check_status(set_text(key, provider, NCRYPT_PIN_PROPERTY, WRONG_PIN), ERROR_SUCCESS,
                 "set a wrong PIN");
    check_status(sign(provider, key, 1, 0), NTE_INCORRECT_PASSWORD, "sign with a wrong PIN");
    check_status(set_text(key, provider, NCRYPT_PIN_PROPERTY, RIGHT_PIN), ERROR_SUCCESS,
                 "set the PIN");
    check_status(sign(provider, key, 1, NCRYPT_SILENT_FLAG), ERROR_SUCCESS,
                 "sign with the use context and the PIN, in silence");
    check_status(set_text(key, provider, REASON, L"the marked reason"), ERROR_SUCCESS,
                 "set a reason");
    check_true(test_has_text(provider, key, REASON, L"the marked reason"), "the reason is read");
    check_status(sign(provider, key, 2, 0), ERROR_SUCCESS, "sign with the reason and the PIN");
    check_status(set_text(key, provider, NCRYPT_PIN_PROPERTY, L""), ERROR_SUCCESS,
                 "take the PIN back");
    check_status(sign(provider, key, 3, 0), NTE_INCORRECT_PASSWORD, "sign after that");
    ksp_close(provider, key);
}

/* The same key, with SIGNUM_REASON and SIGNUM_PIN. */
void
case_demands_variables(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;

    if (!ksp_open(L"demanding", &provider, &key))
        return;
    check_status(sign(provider, key, 4, 0), ERROR_SUCCESS, "sign with the variables");
    check_status(set_text(key, provider, NCRYPT_PIN_PROPERTY, WRONG_PIN), ERROR_SUCCESS,
                 "set a wrong PIN");
    check_status(sign(provider, key, 5, 0), NTE_INCORRECT_PASSWORD,
                 "the property goes before the variable");
    ksp_close(provider, key);
}

static void
read_request(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, wchar_t text_out[TEXT_CCH])
{
    DWORD len = 0;

    memset(text_out, 0, TEXT_CCH * sizeof *text_out);
    check_status(ksp->GetKeyProperty(provider, key, REQUEST, (PBYTE)text_out,
                                     (TEXT_CCH - 1) * sizeof *text_out, &len, 0),
                 ERROR_SUCCESS, "the request is told");
}

/* The key "approved" signs what a group has approved; run.sh does that when it is asked to. */
void
case_waiting(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    wchar_t first[TEXT_CCH];
    wchar_t second[TEXT_CCH];
    const char *run = getenv("SIGNUM_TEST_RUN");
    BYTE digest = (BYTE)(run == NULL ? 0 : strlen(run)); /* another one in each way */

    if (!ksp_open(L"approved", &provider, &key))
        return;
    check_status(sign(provider, key, digest, 0), NTE_PERM, "sign what is not approved");
    read_request(provider, key, first);
    check_number(wcslen(first), 32, "length of the request's identifier");
    check_status(sign(provider, key, digest, NCRYPT_SILENT_FLAG), NTE_SILENT_CONTEXT,
                 "again in silence");
    read_request(provider, key, second);
    check_true(wcscmp(first, second) == 0, "it is the same request");
    test_let_happen("waiting");
    check_status(sign(provider, key, digest, 0), ERROR_SUCCESS, "sign what is approved now");
    check_status(sign(provider, key, (BYTE)(digest + 100), 0), NTE_PERM, "sign something else");
    read_request(provider, key, second);
    check_true(wcscmp(first, second) != 0, "that is another request");
    ksp_close(provider, key);
}
