#include "crypt32_shim.h"

#include <string.h>

/* Larger than the public blob of any key that CNG knows. */
#define BLOB_MAX_LEN 4096

struct public_key {
    const char *algorithm_oid;
    struct der_buf parameters;
    struct der_buf bits; /* the content of subjectPublicKey */
};

static void
put_rsa(struct public_key *key, const BYTE *blob)
{
    const BCRYPT_RSAKEY_BLOB *header = (const BCRYPT_RSAKEY_BLOB *)blob;
    const BYTE *exponent = blob + sizeof *header;

    der_put_unsigned(&key->bits, exponent + header->cbPublicExp, header->cbModulus);
    der_put_unsigned(&key->bits, exponent, header->cbPublicExp);
    der_wrap(&key->bits, DER_SEQUENCE);
    der_put_tlv(&key->parameters, DER_NULL, NULL, 0);
    key->algorithm_oid = OID_RSA;
}

static const char *
curve_oid(ULONG coordinate_len)
{
    switch (coordinate_len) {
    case 32:
        return "1.2.840.10045.3.1.7";
    case 48:
        return "1.3.132.0.34";
    default:
        return "1.3.132.0.35";
    }
}

static void
put_ec(struct public_key *key, const BYTE *blob)
{
    static const BYTE uncompressed = 4;
    const BCRYPT_ECCKEY_BLOB *header = (const BCRYPT_ECCKEY_BLOB *)blob;

    der_put(&key->bits, &uncompressed, 1);
    der_put(&key->bits, blob + sizeof *header, 2 * (size_t)header->cbKey);
    der_put_oid(&key->parameters, curve_oid(header->cbKey));
    key->algorithm_oid = OID_EC_PUBLIC_KEY;
}

/* Asks a CNG key for its public part. False with LastError; then nothing is held. */
static BOOL
export_public(NCRYPT_KEY_HANDLE handle, struct public_key *key)
{
    _Alignas(8) BYTE blob[BLOB_MAX_LEN];
    BOOL is_rsa = FALSE;
    DWORD len = 0;

    if (!sign_is_rsa(handle, &is_rsa)) {
        return FALSE;
    }
    const SECURITY_STATUS status =
        NCRYPT(NCryptExportKey)(handle, 0, is_rsa ? BCRYPT_RSAPUBLIC_BLOB : BCRYPT_ECCPUBLIC_BLOB,
                                NULL, blob, sizeof blob, &len, 0);
    if (status != ERROR_SUCCESS) {
        return shim_fail((DWORD)status);
    }
    if (is_rsa) {
        put_rsa(key, blob);
    } else {
        put_ec(key, blob);
    }
    return TRUE;
}

/* Lays the structure and what it points to into one block, as CryptoAPI does. */
static BOOL
give_public(const struct public_key *key, const char *oid, PCERT_PUBLIC_KEY_INFO pInfo,
            DWORD *pcbInfo)
{
    const DWORD oid_len = (DWORD)strlen(oid) + 1;
    const DWORD need = (DWORD)(sizeof *pInfo + key->parameters.len + key->bits.len) + oid_len;
    const DWORD room = *pcbInfo;

    *pcbInfo = need;
    if (!pInfo) {
        return TRUE;
    }
    if (room < need) {
        return shim_fail(ERROR_MORE_DATA);
    }
    BYTE *next = (BYTE *)(pInfo + 1);
    memset(pInfo, 0, sizeof *pInfo);
    pInfo->Algorithm.Parameters.cbData = (DWORD)key->parameters.len;
    pInfo->Algorithm.Parameters.pbData = memcpy(next, key->parameters.data, key->parameters.len);
    next += key->parameters.len;
    pInfo->PublicKey.cbData = (DWORD)key->bits.len;
    pInfo->PublicKey.pbData = memcpy(next, key->bits.data, key->bits.len);
    next += key->bits.len;
    pInfo->Algorithm.pszObjId = memcpy(next, oid, oid_len);
    return TRUE;
}

WINBOOL WINAPI
shim_CryptExportPublicKeyInfoEx(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE hCryptProvOrNCryptKey,
                                DWORD dwKeySpec, DWORD dwCertEncodingType,
                                LPSTR pszPublicKeyObjId, DWORD dwFlags, void *pvAuxInfo,
                                PCERT_PUBLIC_KEY_INFO pInfo, DWORD *pcbInfo)
{
    struct public_key key = {NULL, DER_BUF_INIT, DER_BUF_INIT};

    if (!sign_is_cng(hCryptProvOrNCryptKey, dwKeySpec)) {
        return WINE(CryptExportPublicKeyInfoEx)(hCryptProvOrNCryptKey, dwKeySpec,
                                                dwCertEncodingType, pszPublicKeyObjId, dwFlags,
                                                pvAuxInfo, pInfo, pcbInfo);
    }
    BOOL is_given = export_public(hCryptProvOrNCryptKey, &key);
    if (is_given && (!der_ok(&key.parameters) || !der_ok(&key.bits))) {
        is_given = shim_fail((DWORD)NTE_NO_MEMORY);
    }
    if (is_given) {
        is_given = give_public(&key, pszPublicKeyObjId ? pszPublicKeyObjId : key.algorithm_oid,
                               pInfo, pcbInfo);
    }
    der_free(&key.parameters);
    der_free(&key.bits);
    return is_given;
}

WINBOOL WINAPI
shim_CryptExportPublicKeyInfo(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE hCryptProvOrNCryptKey,
                              DWORD dwKeySpec, DWORD dwCertEncodingType,
                              PCERT_PUBLIC_KEY_INFO pInfo, DWORD *pcbInfo)
{
    return shim_CryptExportPublicKeyInfoEx(hCryptProvOrNCryptKey, dwKeySpec, dwCertEncodingType,
                                           NULL, 0, NULL, pInfo, pcbInfo);
}
