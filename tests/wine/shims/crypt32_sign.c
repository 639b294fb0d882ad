#include "crypt32_shim.h"

#include <string.h>
#include <wchar.h>

BOOL
sign_is_cng(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD key_spec)
{
    return key_spec == CERT_NCRYPT_KEY_SPEC || NCRYPT(NCryptIsKeyHandle)(key);
}

BOOL
sign_is_rsa(NCRYPT_KEY_HANDLE key, BOOL *is_rsa_out)
{
    WCHAR group[32] = L"";
    DWORD len = 0;

    *is_rsa_out = FALSE;
    const SECURITY_STATUS status = NCRYPT(NCryptGetProperty)(
        key, NCRYPT_ALGORITHM_GROUP_PROPERTY, (BYTE *)group, sizeof group - sizeof *group, &len, 0);
    if (status != ERROR_SUCCESS) {
        return shim_fail((DWORD)status);
    }
    *is_rsa_out = wcscmp(group, NCRYPT_RSA_ALGORITHM_GROUP) == 0;
    return TRUE;
}

/* CNG gives ECDSA as r and s side by side; CMS wants a SEQUENCE of two INTEGERs. */
static void
put_signature(struct der_buf *out, const BYTE *signature, DWORD len, BOOL is_rsa)
{
    struct der_buf pair = DER_BUF_INIT;

    if (is_rsa) {
        der_put(out, signature, len);
        return;
    }
    der_put_unsigned(&pair, signature, len / 2);
    der_put_unsigned(&pair, signature + len / 2, len / 2);
    der_wrap(&pair, DER_SEQUENCE);
    der_take(out, &pair);
}

/* RSA by PKCS#1 with the digest's name, ECDSA without padding: a size query, then the signature. */
static BOOL
sign_cng(NCRYPT_KEY_HANDLE key, const char *digest_oid, const struct digest *digest,
         struct der_buf *out)
{
    BYTE signature[SIGN_MAX_LEN];
    struct digest input = *digest;
    BOOL is_rsa = FALSE;
    DWORD len = 0;

    BCRYPT_PKCS1_PADDING_INFO padding = {oid_digest_name(digest_oid)};
    if (!padding.pszAlgId || !sign_is_rsa(key, &is_rsa)) {
        return FALSE;
    }
    void *padding_info = is_rsa ? &padding : NULL;
    const DWORD flags = is_rsa ? BCRYPT_PAD_PKCS1 : 0;
    SECURITY_STATUS status = NCRYPT(NCryptSignHash)(key, padding_info, input.value, input.len,
                                                    NULL, 0, &len, flags);
    if (status == ERROR_SUCCESS && len > sizeof signature) {
        status = NTE_BUFFER_TOO_SMALL;
    }
    if (status == ERROR_SUCCESS) {
        status = NCRYPT(NCryptSignHash)(key, padding_info, input.value, input.len, signature, len,
                                        &len, flags);
    }
    if (status != ERROR_SUCCESS) {
        return shim_fail((DWORD)status);
    }
    put_signature(out, signature, len, is_rsa);
    return TRUE;
}

static BOOL
sign_capi_with(HCRYPTPROV provider, DWORD key_spec, ALG_ID algorithm, const struct digest *digest,
               struct der_buf *out)
{
    BYTE signature[SIGN_MAX_LEN];
    DWORD len = sizeof signature;
    HCRYPTHASH hash = 0;

    if (!CryptCreateHash(provider, algorithm, 0, 0, &hash)) {
        return FALSE;
    }
    BOOL is_signed = CryptSetHashParam(hash, HP_HASHVAL, digest->value, 0) &&
                     CryptSignHashW(hash, key_spec ? key_spec : AT_SIGNATURE, NULL, 0, signature,
                                    &len);
    const DWORD error = GetLastError();
    CryptDestroyHash(hash);
    if (!is_signed) {
        return shim_fail(error);
    }
    /* CAPI signatures are little-endian. */
    for (DWORD i = len; i > 0; i--) {
        der_put(out, signature + i - 1, 1);
    }
    return TRUE;
}

/* A PFX lands in a PROV_RSA_FULL container, which knows no SHA-2; the AES provider opens it too. */
static BOOL
sign_capi(HCRYPTPROV provider, DWORD key_spec, const char *digest_oid, const struct digest *digest,
          struct der_buf *out)
{
    const ALG_ID algorithm = WINE(CertOIDToAlgId)(digest_oid);
    char container[512] = "";
    DWORD len = sizeof container;
    HCRYPTPROV aes_provider = 0;

    if (sign_capi_with(provider, key_spec, algorithm, digest, out)) {
        return TRUE;
    }
    if (GetLastError() != (DWORD)NTE_BAD_ALGID ||
        !CryptGetProvParam(provider, PP_CONTAINER, (BYTE *)container, &len, 0) ||
        !CryptAcquireContextA(&aes_provider, container, MS_ENH_RSA_AES_PROV_A, PROV_RSA_AES, 0)) {
        return FALSE;
    }
    const BOOL is_signed = sign_capi_with(aes_provider, key_spec, algorithm, digest, out);
    CryptReleaseContext(aes_provider, 0);
    return is_signed;
}

BOOL
sign_digest(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD key_spec, const char *digest_oid,
            const struct digest *digest, struct der_buf *signature)
{
    const BOOL is_signed = sign_is_cng(key, key_spec)
                               ? sign_cng(key, digest_oid, digest, signature)
                               : sign_capi(key, key_spec, digest_oid, digest, signature);

    if (!is_signed) {
        shim_log("crypt32: no signature by a key of spec %lx: %08lx", key_spec, GetLastError());
    }
    return is_signed;
}

/* Two integers of full length with their top bits set: the longest ECDSA signature there is. */
static BOOL
placeholder_cng(NCRYPT_KEY_HANDLE key, const char *digest_oid, const struct digest *digest,
                struct der_buf *out)
{
    BYTE longest[SIGN_MAX_LEN];
    struct digest input = *digest;
    BOOL is_rsa = FALSE;
    DWORD len = 0;

    BCRYPT_PKCS1_PADDING_INFO padding = {oid_digest_name(digest_oid)};
    if (!padding.pszAlgId || !sign_is_rsa(key, &is_rsa)) {
        return FALSE;
    }
    const SECURITY_STATUS status =
        NCRYPT(NCryptSignHash)(key, is_rsa ? &padding : NULL, input.value, input.len, NULL, 0,
                               &len, is_rsa ? BCRYPT_PAD_PKCS1 : 0);
    if (status != ERROR_SUCCESS || len > sizeof longest) {
        return shim_fail((DWORD)(status != ERROR_SUCCESS ? status : NTE_BUFFER_TOO_SMALL));
    }
    memset(longest, 0xff, len);
    put_signature(out, longest, len, is_rsa);
    return TRUE;
}

BOOL
sign_placeholder(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD key_spec, const char *digest_oid,
                 const struct digest *digest, struct der_buf *signature)
{
    if (sign_is_cng(key, key_spec)) {
        return placeholder_cng(key, digest_oid, digest, signature);
    }
    /* A CAPI key is local: asking it costs nothing, and RSA signatures have one length. */
    return sign_capi(key, key_spec, digest_oid, digest, signature);
}
