#include <stdio.h>
#include <string.h>

#include "check.h"
#include "ksp.h"

#define SIGNATURE_MAX 512
#define DIGEST_MAX 64

/* What to sign with one key. */
struct scheme {
    const char *text; /* in file names, for run.sh */
    DWORD padding;
    LPCWSTR hash; /* NULL: none named */
    DWORD digest_len;
    DWORD salt;
};

static const struct scheme rsa_schemes[] = {
    {"pkcs1-none", BCRYPT_PAD_PKCS1, NULL, 32, 0},
    {"pkcs1-sha1", BCRYPT_PAD_PKCS1, BCRYPT_SHA1_ALGORITHM, 20, 0},
    {"pkcs1-sha256", BCRYPT_PAD_PKCS1, BCRYPT_SHA256_ALGORITHM, 32, 0},
    {"pkcs1-sha384", BCRYPT_PAD_PKCS1, BCRYPT_SHA384_ALGORITHM, 48, 0},
    {"pkcs1-sha512", BCRYPT_PAD_PKCS1, BCRYPT_SHA512_ALGORITHM, 64, 0},
    {"pss-sha1-20", BCRYPT_PAD_PSS, BCRYPT_SHA1_ALGORITHM, 20, 20},
    {"pss-sha256-32", BCRYPT_PAD_PSS, BCRYPT_SHA256_ALGORITHM, 32, 32},
    {"pss-sha256-0", BCRYPT_PAD_PSS, BCRYPT_SHA256_ALGORITHM, 32, 0},
    {"pss-sha384-48", BCRYPT_PAD_PSS, BCRYPT_SHA384_ALGORITHM, 48, 48},
    {"pss-sha512-64", BCRYPT_PAD_PSS, BCRYPT_SHA512_ALGORITHM, 64, 64},
};

static const struct scheme ecdsa_schemes[] = {
    {"ecdsa-20", 0, NULL, 20, 0},
    {"ecdsa-32", 0, NULL, 32, 0},
    {"ecdsa-48", 0, NULL, 48, 0},
    {"ecdsa-64", 0, NULL, 64, 0},
    /* signtool /ds passes PKCS#1 information with any key */
    {"ecdsa-ds", BCRYPT_PAD_PKCS1, BCRYPT_SHA256_ALGORITHM, 32, 0},
};

/* Padding information of either kind, or NULL, kept where the caller's variable lies. */
union padding {
    BCRYPT_PKCS1_PADDING_INFO pkcs1;
    BCRYPT_PSS_PADDING_INFO pss;
};

static void *
padding_of(const struct scheme *scheme, union padding *padding)
{
    memset(padding, 0, sizeof *padding);
    if (scheme->padding == BCRYPT_PAD_PSS) {
        padding->pss.pszAlgId = scheme->hash;
        padding->pss.cbSalt = scheme->salt;
        return padding;
    }
    padding->pkcs1.pszAlgId = scheme->hash;
    return scheme->padding == 0 ? NULL : padding;
}

/* An INTEGER of r or s: no leading zeros but one where the top bit is set (X.690 section 8.3). */
static size_t
put_integer(uint8_t *out, const uint8_t *number, size_t len)
{
    while (len > 1 && number[0] == 0) {
        number++;
        len--;
    }
    size_t pad = number[0] >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(len + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, number, len);
    return 2 + pad + len;
}

/* r||s as the DER that the verifier wants (RFC 3279 section 2.2.3). */
static size_t
ecdsa_to_der(const uint8_t *signature, size_t field_len, uint8_t *der)
{
    uint8_t body[2 * (DIGEST_MAX + 8)];
    size_t len = put_integer(body, signature, field_len);
    size_t head = 2;

    len += put_integer(body + len, signature + field_len, field_len);
    der[0] = 0x30;
    if (len > 127)
        der[head++ - 1] = 0x81;
    der[head - 1] = (uint8_t)len;
    memcpy(der + head, body, len);
    return head + len;
}

/* Leaves digest and signature for run.sh, which has them verified by the openssl command. */
static void
keep(const struct test_key *test, const struct scheme *scheme, const uint8_t *digest,
     const uint8_t *signature)
{
    uint8_t der[SIGNATURE_MAX];
    char name[96];
    size_t len = test->signature_len;

    memcpy(der, signature, len);
    if (test->field_len != 0)
        len = ecdsa_to_der(signature, test->field_len, der);
    snprintf(name, sizeof name, "%s.%s.sig", test->text, scheme->text);
    check_true(test_write_file(name, der, len), "%s %s: kept", test->text, scheme->text);
    snprintf(name, sizeof name, "%s.%s.digest", test->text, scheme->text);
    test_write_file(name, digest, scheme->digest_len);
}

static void
verify_wrong(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, const struct test_key *test,
             const struct scheme *scheme, uint8_t *digest, uint8_t *signature)
{
    union padding padding;
    void *info = padding_of(scheme, &padding);

    digest[0] ^= 1;
    check_status(ksp->VerifySignature(provider, key, info, digest, scheme->digest_len, signature,
                                      test->signature_len, scheme->padding),
                 NTE_BAD_SIGNATURE, "%s %s: another digest", test->text, scheme->text);
    digest[0] ^= 1;
    signature[test->signature_len / 2] ^= 1;
    check_status(ksp->VerifySignature(provider, key, info, digest, scheme->digest_len, signature,
                                      test->signature_len, scheme->padding),
                 NTE_BAD_SIGNATURE, "%s %s: a flipped bit", test->text, scheme->text);
    signature[test->signature_len / 2] ^= 1;
    check_status(ksp->VerifySignature(provider, key, info, digest, scheme->digest_len, signature,
                                      test->signature_len - 1, scheme->padding),
                 NTE_BAD_SIGNATURE, "%s %s: a byte short", test->text, scheme->text);
}

static void
sign_with(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key, const struct test_key *test,
          const struct scheme *scheme)
{
    uint8_t digest[DIGEST_MAX];
    uint8_t signature[SIGNATURE_MAX + 1];
    union padding padding;
    void *info = padding_of(scheme, &padding);
    DWORD len = 0;

    BCryptGenRandom(NULL, digest, sizeof digest, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    memset(signature, 0xa5, sizeof signature);
    check_status(ksp->SignHash(provider, key, info, digest, scheme->digest_len, NULL, 0, &len,
                               scheme->padding),
                 ERROR_SUCCESS, "%s %s: size query", test->text, scheme->text);
    check_number(len, test->signature_len, "%s %s: size", test->text, scheme->text);
    len = 0;
    if (!check_status(ksp->SignHash(provider, key, info, digest, scheme->digest_len, signature,
                                    test->signature_len, &len,
                                    scheme->padding | NCRYPT_SILENT_FLAG),
                      ERROR_SUCCESS, "%s %s: sign", test->text, scheme->text))
        return;
    check_number(len, test->signature_len, "%s %s: length", test->text, scheme->text);
    check_true(signature[test->signature_len] == 0xa5, "%s %s: nothing beside it", test->text,
               scheme->text);
    check_status(ksp->VerifySignature(provider, key, info, digest, scheme->digest_len, signature,
                                      len, scheme->padding),
                 ERROR_SUCCESS, "%s %s: verify", test->text, scheme->text);
    verify_wrong(provider, key, test, scheme, digest, signature);
    keep(test, scheme, digest, signature);
}

void
case_sign(void)
{
    for (size_t i = 0; i < test_key_count; i++) {
        const struct test_key *test = &test_keys[i];
        bool is_rsa = test->field_len == 0;
        const struct scheme *schemes = is_rsa ? rsa_schemes : ecdsa_schemes;
        size_t count = is_rsa ? sizeof rsa_schemes / sizeof *schemes
                              : sizeof ecdsa_schemes / sizeof *schemes;
        NCRYPT_PROV_HANDLE provider;
        NCRYPT_KEY_HANDLE key;

        if (!ksp_open(test->name, &provider, &key))
            continue;
        for (size_t j = 0; j < count; j++)
            sign_with(provider, key, test, &schemes[j]);
        ksp_close(provider, key);
    }
}
