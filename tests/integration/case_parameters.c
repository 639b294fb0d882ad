#include <string.h>
#include <wchar.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

#define LONG_NAME (MAX_PATH + 1)

static void
open_key_names(NCRYPT_PROV_HANDLE provider)
{
    wchar_t long_name[LONG_NAME + 1];
    const struct {
        LPCWSTR name;
        SECURITY_STATUS status;
        const char *text;
    } rows[] = {
        {L"no-such-key", NTE_BAD_KEYSET, "an unknown name"},
        {L"RSA2048", NTE_BAD_KEYSET, "a name in the wrong case"},
        {L"nowhere/rsa2048", NTE_BAD_KEYSET, "an unknown service"},
        {L"denied", NTE_PERM, "a key without a rule"},
        {L"", NTE_INVALID_PARAMETER, "an empty name"},
        {NULL, NTE_INVALID_PARAMETER, "no name"},
        {long_name, NTE_INVALID_PARAMETER, "a name of 261 characters"},
        {L"a\xd800z", NTE_INVALID_PARAMETER, "half a surrogate pair"},
    };

    wmemset(long_name, L'k', LONG_NAME);
    long_name[LONG_NAME] = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        NCRYPT_KEY_HANDLE key = 99;
        check_status(ksp->OpenKey(provider, &key, rows[i].name, 0, 0), rows[i].status,
                     "open a key, %s", rows[i].text);
        check_true(key == 0, "no handle for %s", rows[i].text);
    }
}

static void
open_key_others(NCRYPT_PROV_HANDLE provider)
{
    NCRYPT_KEY_HANDLE key = 0;

    check_status(ksp->OpenKey(provider, NULL, L"rsa2048", 0, 0), NTE_INVALID_PARAMETER,
                 "open a key, nowhere to put it");
    check_status(ksp->OpenKey(provider, &key, L"rsa2048", 3, 0), NTE_INVALID_PARAMETER,
                 "open a key, spec 3");
    check_status(ksp->OpenKey(provider, &key, L"rsa2048", 0, NCRYPT_OVERWRITE_KEY_FLAG),
                 NTE_BAD_FLAGS, "open a key, unknown flag");
    check_status(ksp->OpenKey(provider, &key, L"rsa2048", 0, 0x60 | 0x80000000), NTE_BAD_FLAGS,
                 "open a key, known and unknown flags");
    check_status(ksp->OpenKey(0, &key, L"rsa2048", 0, 0), NTE_INVALID_HANDLE,
                 "open a key, provider 0");
}

/* A call of SignHash that must fail before anything remote, with nothing handed out. */
struct bad_sign {
    const char *text;
    const void *padding;
    DWORD digest_len;
    DWORD signature_len; /* 0: size query */
    DWORD flags;
    SECURITY_STATUS status;
    DWORD need; /* size that is told all the same */
};

static void
run_bad_sign(const struct test_key *test, const struct bad_sign *rows, size_t count)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    BYTE digest[600] = {1};
    BYTE signature[600];

    if (!ksp_open(test->name, &provider, &key))
        return;
    for (size_t i = 0; i < count; i++) {
        const struct bad_sign *row = &rows[i];
        DWORD len = 99;
        check_status(ksp->SignHash(provider, key, (VOID *)row->padding, digest, row->digest_len,
                                   row->signature_len == 0 ? NULL : signature, row->signature_len,
                                   &len, row->flags),
                     row->status, "%s: sign, %s", test->text, row->text);
        check_number(len, row->need, "%s: size, %s", test->text, row->text);
        if (row->need != 0)
            continue;
        check_status(ksp->VerifySignature(provider, key, (VOID *)row->padding, digest,
                                          row->digest_len, signature, test->signature_len,
                                          row->flags),
                     row->status, "%s: verify, %s", test->text, row->text);
    }
    ksp_close(provider, key);
}

static void
bad_rsa(void)
{
    static const BCRYPT_PKCS1_PADDING_INFO raw = {NULL};
    static const BCRYPT_PKCS1_PADDING_INFO sha256 = {BCRYPT_SHA256_ALGORITHM};
    static const BCRYPT_PKCS1_PADDING_INFO md5 = {BCRYPT_MD5_ALGORITHM};
    static const BCRYPT_PKCS1_PADDING_INFO lower = {L"sha256"};
    static const BCRYPT_PSS_PADDING_INFO pss = {BCRYPT_SHA256_ALGORITHM, 32};
    static const BCRYPT_PSS_PADDING_INFO pss_none = {NULL, 32};
    static const BCRYPT_PSS_PADDING_INFO pss_salt = {BCRYPT_SHA256_ALGORITHM, 223};
    static const BCRYPT_PSS_PADDING_INFO pss_huge = {BCRYPT_SHA256_ALGORITHM, 0xffffffff};
    static const struct bad_sign rows[] = {
        {"no padding", NULL, 32, 256, 0, NTE_BAD_FLAGS, 0},
        {"no padding but information", &sha256, 32, 256, 0, NTE_BAD_FLAGS, 0},
        {"both paddings", &pss, 32, 256, BCRYPT_PAD_PKCS1 | BCRYPT_PAD_PSS, NTE_BAD_FLAGS, 0},
        {"OAEP", &sha256, 32, 256, BCRYPT_PAD_OAEP, NTE_BAD_FLAGS, 0},
        {"raw RSA", NULL, 256, 256, NCRYPT_NO_PADDING_FLAG, NTE_BAD_FLAGS, 0},
        {"an unknown flag", &sha256, 32, 256, BCRYPT_PAD_PKCS1 | 0x100, NTE_BAD_FLAGS, 0},
        {"PKCS1 without information", NULL, 32, 256, BCRYPT_PAD_PKCS1, NTE_INVALID_PARAMETER, 0},
        {"PSS without information", NULL, 32, 256, BCRYPT_PAD_PSS, NTE_INVALID_PARAMETER, 0},
        {"PSS without a hash", &pss_none, 32, 256, BCRYPT_PAD_PSS, NTE_INVALID_PARAMETER, 0},
        {"PSS, too much salt", &pss_salt, 32, 256, BCRYPT_PAD_PSS, NTE_INVALID_PARAMETER, 0},
        {"PSS, absurd salt", &pss_huge, 32, 256, BCRYPT_PAD_PSS, NTE_INVALID_PARAMETER, 0},
        {"MD5", &md5, 16, 256, BCRYPT_PAD_PKCS1, NTE_NOT_SUPPORTED, 0},
        {"a hash in the wrong case", &lower, 32, 256, BCRYPT_PAD_PKCS1, NTE_NOT_SUPPORTED, 0},
        {"a short digest", &sha256, 31, 256, BCRYPT_PAD_PKCS1, NTE_INVALID_PARAMETER, 0},
        {"a long digest", &sha256, 48, 256, BCRYPT_PAD_PKCS1, NTE_INVALID_PARAMETER, 0},
        {"an empty digest", &sha256, 0, 256, BCRYPT_PAD_PKCS1, NTE_INVALID_PARAMETER, 0},
        {"an empty raw value", &raw, 0, 256, BCRYPT_PAD_PKCS1, NTE_INVALID_PARAMETER, 0},
        {"a raw value that does not fit", &raw, 246, 256, BCRYPT_PAD_PKCS1, NTE_INVALID_PARAMETER,
         0},
        {"a buffer of a byte too few", &sha256, 32, 255, BCRYPT_PAD_PKCS1, NTE_BUFFER_TOO_SMALL,
         256},
        {"a buffer of 1 byte, PSS", &pss, 32, 1, BCRYPT_PAD_PSS, NTE_BUFFER_TOO_SMALL, 256},
    };

    run_bad_sign(&test_keys[0], rows, sizeof rows / sizeof rows[0]);
}

static void
bad_ecdsa(void)
{
    static const BCRYPT_PKCS1_PADDING_INFO sha256 = {BCRYPT_SHA256_ALGORITHM};
    static const BCRYPT_PSS_PADDING_INFO pss = {BCRYPT_SHA256_ALGORITHM, 32};
    static const struct bad_sign rows[] = {
        {"PSS", &pss, 32, 132, BCRYPT_PAD_PSS, NTE_BAD_ALGID, 0},
        {"a digest of 31 bytes", NULL, 31, 132, 0, NTE_INVALID_PARAMETER, 0},
        {"an empty digest", NULL, 0, 132, 0, NTE_INVALID_PARAMETER, 0},
        {"a digest that does not fit its name", &sha256, 48, 132, BCRYPT_PAD_PKCS1,
         NTE_INVALID_PARAMETER, 0},
        {"an unknown flag", NULL, 32, 132, 0x20, NTE_BAD_FLAGS, 0},
        {"a buffer of a byte too few", NULL, 32, 131, 0, NTE_BUFFER_TOO_SMALL, 132},
    };

    run_bad_sign(&test_keys[5], rows, sizeof rows / sizeof rows[0]);
}

static void
null_pointers(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    BYTE digest[32] = {1};
    BYTE signature[64];
    DWORD len = 99;

    if (!ksp_open(L"p256", &provider, &key))
        return;
    check_status(ksp->SignHash(provider, key, NULL, NULL, 32, signature, 64, &len, 0),
                 NTE_INVALID_PARAMETER, "sign no digest");
    check_status(ksp->SignHash(provider, key, NULL, digest, 32, signature, 64, NULL, 0),
                 NTE_INVALID_PARAMETER, "sign, nowhere to put the size");
    check_status(ksp->SignHash(provider, 0, NULL, digest, 32, signature, 64, &len, 0),
                 NTE_INVALID_HANDLE, "sign with key 0");
    check_status(ksp->VerifySignature(provider, key, NULL, NULL, 32, signature, 64, 0),
                 NTE_INVALID_PARAMETER, "verify no digest");
    check_status(ksp->VerifySignature(provider, key, NULL, digest, 32, NULL, 64, 0),
                 NTE_INVALID_PARAMETER, "verify no signature");
    check_status(ksp->VerifySignature(provider, 0, NULL, digest, 32, signature, 64, 0),
                 NTE_INVALID_HANDLE, "verify with key 0");
    check_status(ksp->GetKeyProperty(provider, key, NULL, signature, 64, &len, 0),
                 NTE_INVALID_PARAMETER, "a property without a name");
    check_status(ksp->GetKeyProperty(provider, key, NCRYPT_NAME_PROPERTY, signature, 64, NULL, 0),
                 NTE_INVALID_PARAMETER, "a property, nowhere to put its size");
    check_status(ksp->SetKeyProperty(provider, key, NCRYPT_USE_CONTEXT_PROPERTY, NULL, 4, 0),
                 NTE_INVALID_PARAMETER, "set a property to nothing");
    check_status(ksp->SetKeyProperty(provider, key, NULL, signature, 4, 0), NTE_INVALID_PARAMETER,
                 "set a property without a name");
    ksp_close(provider, key);
}

void
case_parameters(void)
{
    NCRYPT_PROV_HANDLE provider = 0;

    check_status(ksp->OpenProvider(NULL, SIGNUM_PROVIDER_NAME_W, 0), NTE_INVALID_PARAMETER,
                 "open the provider, nowhere to put it");
    check_status(ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 1), NTE_BAD_FLAGS,
                 "open the provider, unknown flag");
    check_true(provider == 0, "no provider");
    ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0);
    open_key_names(provider);
    open_key_others(provider);
    ksp->FreeProvider(provider);
    bad_rsa();
    bad_ecdsa();
    null_pointers();
}
