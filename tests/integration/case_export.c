#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ksp.h"

#define BLOB_MAX 2048

/* The public numbers are the last thing in a SubjectPublicKeyInfo: RFC 3279 section 2.3.1 (the
   INTEGERs modulus and exponent), RFC 5480 section 2.2 (04, x, y). */
static bool
is_rsa_blob_of(const BYTE *blob, DWORD len, const struct test_key *test, const uint8_t *spki,
               size_t spki_len)
{
    BCRYPT_RSAKEY_BLOB head;
    const DWORD modulus_len = test->bits / 8;
    const BYTE *exponent = blob + sizeof head;
    const BYTE *modulus = exponent + 3;

    if (len != sizeof head + 3 + modulus_len || spki_len < modulus_len + 5)
        return false;
    memcpy(&head, blob, sizeof head);
    return head.Magic == BCRYPT_RSAPUBLIC_MAGIC && head.BitLength == test->bits &&
           head.cbPublicExp == 3 && head.cbModulus == modulus_len && head.cbPrime1 == 0 &&
           head.cbPrime2 == 0 && memcmp(exponent, spki + spki_len - 3, 3) == 0 &&
           memcmp(modulus, spki + spki_len - 5 - modulus_len, modulus_len) == 0;
}

static bool
is_ecc_blob_of(const BYTE *blob, DWORD len, const struct test_key *test, const uint8_t *spki,
               size_t spki_len)
{
    BCRYPT_ECCKEY_BLOB head;
    const DWORD point_len = 2 * test->field_len;

    if (len != sizeof head + point_len || spki_len < point_len + 1)
        return false;
    memcpy(&head, blob, sizeof head);
    return head.dwMagic == test->magic && head.cbKey == test->field_len &&
           spki[spki_len - point_len - 1] == 4 &&
           memcmp(blob + sizeof head, spki + spki_len - point_len, point_len) == 0;
}

static void
export_as(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, const struct test_key *test,
          LPCWSTR type, const uint8_t *spki, size_t spki_len)
{
    BYTE blob[BLOB_MAX];
    DWORD need = 0;
    DWORD len = 0;
    bool is_right;

    check_status(ksp->ExportKey(provider, key, 0, type, NULL, NULL, 0, &need, 0), ERROR_SUCCESS,
                 "%s as %ls: size query", test->text, type);
    check_status(ksp->ExportKey(provider, key, 0, type, NULL, blob, need - 1, &len, 0),
                 NTE_BUFFER_TOO_SMALL, "%s as %ls: a byte too few", test->text, type);
    check_number(len, need, "%s as %ls: the need is told", test->text, type);
    check_status(ksp->ExportKey(provider, key, 0, type, NULL, blob, sizeof blob, &len,
                                NCRYPT_SILENT_FLAG),
                 ERROR_SUCCESS, "%s as %ls: a larger buffer", test->text, type);
    if (test->field_len == 0)
        is_right = is_rsa_blob_of(blob, len, test, spki, spki_len);
    else
        is_right = is_ecc_blob_of(blob, len, test, spki, spki_len);
    check_true(is_right, "%s as %ls: the certificate's public key", test->text, type);
}

static void
refused_types(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, const struct test_key *test)
{
    static const struct {
        LPCWSTR type;
        SECURITY_STATUS status;
    } rows[] = {
        {BCRYPT_PRIVATE_KEY_BLOB, NTE_NOT_SUPPORTED},
        {BCRYPT_RSAPRIVATE_BLOB, NTE_NOT_SUPPORTED},
        {BCRYPT_RSAFULLPRIVATE_BLOB, NTE_NOT_SUPPORTED},
        {BCRYPT_ECCPRIVATE_BLOB, NTE_NOT_SUPPORTED},
        {LEGACY_RSAPRIVATE_BLOB, NTE_NOT_SUPPORTED},
        {NCRYPT_PKCS8_PRIVATE_KEY_BLOB, NTE_NOT_SUPPORTED},
        {NCRYPT_PKCS7_ENVELOPE_BLOB, NTE_NOT_SUPPORTED},
        {NCRYPT_OPAQUETRANSPORT_BLOB, NTE_NOT_SUPPORTED},
        {L"publicblob", NTE_BAD_TYPE},
        {L"DHPUBLICBLOB", NTE_BAD_TYPE},
        {L"", NTE_BAD_TYPE},
    };
    LPCWSTR wrong_family = test->field_len == 0 ? BCRYPT_ECCPUBLIC_BLOB : BCRYPT_RSAPUBLIC_BLOB;
    DWORD len;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        len = 99;
        check_status(ksp->ExportKey(provider, key, 0, rows[i].type, NULL, NULL, 0, &len, 0),
                     rows[i].status, "%s as '%ls'", test->text, rows[i].type);
        check_number(len, 0, "%s as '%ls': no size", test->text, rows[i].type);
    }
    check_status(ksp->ExportKey(provider, key, 0, wrong_family, NULL, NULL, 0, &len, 0),
                 NTE_BAD_TYPE, "%s as %ls", test->text, wrong_family);
    check_status(ksp->ExportKey(provider, key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, NULL, 0, &len,
                                NCRYPT_MACHINE_KEY_FLAG),
                 NTE_BAD_FLAGS, "%s: an unknown flag", test->text);
    check_status(ksp->ExportKey(provider, key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, NULL, 0, NULL, 0),
                 NTE_INVALID_PARAMETER, "%s: nowhere to put the size", test->text);
    check_status(ksp->ExportKey(provider, key, 0, NULL, NULL, NULL, 0, &len, 0),
                 NTE_INVALID_PARAMETER, "%s: no type", test->text);
    if (ksp_is_direct)
        check_status(ksp->ExportKey(provider, key, key, BCRYPT_PUBLIC_KEY_BLOB, NULL, NULL, 0,
                                    &len, 0),
                     NTE_INVALID_HANDLE, "%s: a key to wrap with", test->text);
}

void
case_export(void)
{
    for (size_t i = 0; i < test_key_count; i++) {
        const struct test_key *test = &test_keys[i];
        NCRYPT_PROV_HANDLE provider;
        NCRYPT_KEY_HANDLE key;
        char file[64];
        size_t len;

        snprintf(file, sizeof file, "%s.spki", test->text);
        uint8_t *spki = test_read_file(file, &len);
        if (check_true(len > 0, "%s: public key to compare with", test->text) &&
            ksp_open(test->name, &provider, &key)) {
            export_as(provider, key, test, BCRYPT_PUBLIC_KEY_BLOB, spki, len);
            export_as(provider, key, test,
                      test->field_len == 0 ? BCRYPT_RSAPUBLIC_BLOB : BCRYPT_ECCPUBLIC_BLOB, spki,
                      len);
            refused_types(provider, key, test);
            ksp_close(provider, key);
        }
        free(spki);
    }
}
