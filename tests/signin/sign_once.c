#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../integration/ksp.h"

/*
 * sign_once KEY TIMES: opens provider and key silently, TIMES in a row as signtool does, and signs
 * the bytes 0 to 31 each time. Prints a line each: the signature in hexadecimal, or the function
 * that failed and its status.
 */

#define DIGEST_LEN 32
#define SIGNATURE_MAX 512

static void
print_signature(const BYTE *data, DWORD len)
{
    for (DWORD i = 0; i < len; i++)
        printf("%02x", data[i]);
    printf("\n");
}

static void
sign_once(const wchar_t *name)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    BYTE digest[DIGEST_LEN];
    BYTE signature[SIGNATURE_MAX];
    DWORD len = 0;
    const char *step = "OpenProvider";

    for (BYTE i = 0; i < DIGEST_LEN; i++)
        digest[i] = i;
    SECURITY_STATUS status = ksp->OpenProvider(&provider, L"Signum KSP", NCRYPT_SILENT_FLAG);
    if (status == ERROR_SUCCESS) {
        step = "OpenKey";
        status = ksp->OpenKey(provider, &key, name, 0, NCRYPT_SILENT_FLAG);
    }
    if (status == ERROR_SUCCESS) {
        step = "SignHash";
        status = ksp->SignHash(provider, key, NULL, digest, sizeof digest, signature,
                               sizeof signature, &len, NCRYPT_SILENT_FLAG);
    }
    if (status == ERROR_SUCCESS)
        print_signature(signature, len);
    else
        printf("%s %08lx\n", step, (unsigned long)status);
    if (key != 0)
        (void)ksp->FreeKey(provider, key);
    if (provider != 0)
        (void)ksp->FreeProvider(provider);
}

int
main(int argc, char **argv)
{
    wchar_t name[64];

    if (argc != 3 || mbstowcs(name, argv[1], sizeof name / sizeof name[0]) >= 64)
        return 2;
    if (!ksp_load("direct")) {
        printf("load\n");
        return 1;
    }
    for (long i = strtol(argv[2], NULL, 10); i > 0; i--)
        sign_once(name);
    return 0;
}
