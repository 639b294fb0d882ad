/* What passes between the provider and its service: how many requests, and what failures become. */
#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

static SECURITY_STATUS
sign_sha256(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, DWORD *len_out)
{
    static BCRYPT_PKCS1_PADDING_INFO sha256 = {BCRYPT_SHA256_ALGORITHM};
    BYTE digest[32] = {7};
    BYTE signature[256];

    *len_out = 99;
    return ksp->SignHash(provider, key, &sha256, digest, sizeof digest, signature,
                         sizeof signature, len_out, BCRYPT_PAD_PKCS1);
}

/* All that a caller does around a signature, which must stay on this machine. */
static void
do_local_things(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    static BCRYPT_PKCS1_PADDING_INFO sha256 = {BCRYPT_SHA256_ALGORITHM};
    BYTE digest[32] = {7};
    BYTE data[2048];
    DWORD len;
    NCRYPT_PROV_HANDLE other_provider;
    NCRYPT_KEY_HANDLE other_key;

    ksp->GetKeyProperty(provider, key, NCRYPT_ALGORITHM_GROUP_PROPERTY, data, sizeof data, &len, 0);
    ksp->GetKeyProperty(provider, key, NCRYPT_CERTIFICATE_PROPERTY, data, sizeof data, &len, 0);
    ksp->ExportKey(provider, key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, NULL, 0, &len, 0);
    ksp->ExportKey(provider, key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, data, sizeof data, &len, 0);
    ksp->SignHash(provider, key, &sha256, digest, 32, NULL, 0, &len, BCRYPT_PAD_PKCS1);
    ksp->SignHash(provider, key, &sha256, digest, 32, data, 10, &len, BCRYPT_PAD_PKCS1);
    ksp->SignHash(provider, key, &sha256, digest, 31, data, 256, &len, BCRYPT_PAD_PKCS1);
    ksp->VerifySignature(provider, key, &sha256, digest, 32, data, 256, BCRYPT_PAD_PKCS1);
    ksp->IsAlgSupported(provider, L"RSA", 0);
    if (ksp_open(L"rsa2048", &other_provider, &other_key))
        ksp_close(other_provider, other_key);
}

static unsigned
enumerate(NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    unsigned count = 0;

    while (ksp->EnumKeys(provider, NULL, &item, &state, 0) == ERROR_SUCCESS) {
        count++;
        ksp->FreeBuffer(item);
    }
    ksp->FreeBuffer(state);
    return count;
}

void
case_requests(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    NCRYPT_KEY_HANDLE none;
    unsigned before = test_request_count();
    unsigned now;
    DWORD len;

    if (!ksp_open(L"rsa2048", &provider, &key))
        return;
    now = test_request_count();
    check_number(now - before, 1, "requests to open an unknown key");
    before = now;
    do_local_things(provider, key);
    now = test_request_count();
    check_number(now - before, 0, "requests for properties, exports, sizes and a second open");
    before = now;
    check_status(sign_sha256(provider, key, &len), ERROR_SUCCESS, "sign once");
    now = test_request_count();
    check_number(now - before, 1, "requests for one signature");
    before = now;
    for (int i = 0; i < 3; i++)
        check_status(sign_sha256(provider, key, &len), ERROR_SUCCESS, "sign again");
    now = test_request_count();
    check_number(now - before, 3, "requests for three signatures");
    before = now;
    /* signtool tries four times with a name that does not exist */
    for (int i = 0; i < 4; i++)
        ksp->OpenKey(provider, &none, L"no-such-key", (DWORD)i % 2 + 1, i < 2 ? 0 : 0x20);
    now = test_request_count();
    check_number(now - before, 1, "requests for four tries of a wrong name");
    before = now;
    check_true(enumerate(provider) >= test_key_count, "list all keys");
    now = test_request_count();
    check_number(now - before, 1, "requests for a list of keys");
    before = now;
    for (size_t i = 0; i < test_key_count; i++)
        if (ksp->OpenKey(provider, &none, test_keys[i].name, 0, 0) == ERROR_SUCCESS)
            ksp->FreeKey(provider, none);
    now = test_request_count();
    check_number(now - before, 0, "requests to open keys that were listed");
    ksp_close(provider, key);
}

void
case_sha1_refused(void)
{
    static BCRYPT_PKCS1_PADDING_INFO sha1 = {BCRYPT_SHA1_ALGORITHM};
    static BCRYPT_PKCS1_PADDING_INFO raw = {NULL};
    /* RFC 8017 section 9.2, note 1 */
    BYTE info[35] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
                     0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14, 1};
    BYTE signature[256];
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    DWORD len = 99;

    if (!ksp_open(L"rsa2048", &provider, &key))
        return;
    check_status(ksp->SignHash(provider, key, &sha1, info + 15, 20, signature, 256, &len,
                               BCRYPT_PAD_PKCS1),
                 NTE_BAD_ALGID, "sign SHA-1 against the setting");
    check_number(len, 0, "no size of it");
    check_true(test_has_text(provider, key, L"Signum Last Error", L"allow_sha1"),
               "Signum Last Error names the setting");
    check_status(ksp->SignHash(provider, key, &raw, info, 35, signature, 256, &len,
                               BCRYPT_PAD_PKCS1),
                 NTE_BAD_ALGID, "sign a raw SHA-1 DigestInfo against the setting");
    check_status(sign_sha256(provider, key, &len), ERROR_SUCCESS, "SHA-256 is signed");
    ksp->FreeKey(provider, key);
    check_status(ksp->OpenKey(provider, &key, L"p256", 0, 0), ERROR_SUCCESS, "open p256");
    check_status(ksp->SignHash(provider, key, NULL, info, 20, signature, 256, &len, 0),
                 NTE_BAD_ALGID, "sign 20 bytes by ECDSA against the setting");
    ksp_close(provider, key);
}

/* The same failures, whether the credential or the service went away. */
static void
fail_after(const char *what, SECURITY_STATUS wanted)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    NCRYPT_KEY_HANDLE other = 99;
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    DWORD len;

    if (!ksp_open(L"rsa2048", &provider, &key))
        return;
    check_status(sign_sha256(provider, key, &len), ERROR_SUCCESS, "sign before: %s", what);
    check_true(test_has_text(provider, key, L"Signum Request Id", L""), "Signum Request Id: %s",
               what);
    test_let_happen(what);
    check_status(sign_sha256(provider, key, &len), wanted, "sign: %s", what);
    check_number(len, 0, "no size: %s", what);
    check_true(test_has_text(provider, key, L"Signum Last Error", L""), "Signum Last Error: %s",
               what);
    check_status(ksp->OpenKey(provider, &other, L"rsa3072", 0, 0), wanted,
                 "open an unknown key: %s", what);
    check_true(other == 0, "no key: %s", what);
    check_true(test_has_text(provider, 0, L"Signum Last Error", L""),
               "Signum Last Error of the provider: %s", what);
    check_status(ksp->EnumKeys(provider, NULL, &item, &state, 0), wanted, "list keys: %s", what);
    check_true(item == NULL && state == NULL, "no list: %s", what);
    check_status(ksp->OpenKey(provider, &other, L"rsa2048", 0, 0), ERROR_SUCCESS,
                 "open a known key: %s", what);
    ksp->FreeKey(provider, other);
    ksp_close(provider, key);
}

void
case_revoked(void)
{
    fail_after("revoked", NTE_PERM);
}

void
case_stopped(void)
{
    fail_after("stopped", NTE_DEVICE_NOT_READY);
}
