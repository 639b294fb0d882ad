#include "crypt32_shim.h"

#include <wintrust.h>

/* An encoder's result in the caller's buffer, by CryptEncodeObject's convention. */
static BOOL
give_encoded(struct der_buf *encoded, BYTE *pbEncoded, DWORD *pcbEncoded)
{
    const BOOL is_given = der_ok(encoded) &&
                          shim_give_bytes(encoded->data, encoded->len, pbEncoded, pcbEncoded);

    if (!der_ok(encoded)) {
        SetLastError(CRYPT_E_BAD_ENCODE);
    }
    der_free(encoded);
    return is_given;
}

/* SpcIndirectDataContent. Wine's encoder takes the address of the OID pointer for the OID. */
static BOOL WINAPI
encode_indirect_data(DWORD dwCertEncodingType, LPCSTR lpszStructType, const void *pvStructInfo,
                     BYTE *pbEncoded, DWORD *pcbEncoded)
{
    const SPC_INDIRECT_DATA_CONTENT *content = pvStructInfo;
    struct der_buf encoded = DER_BUF_INIT;
    struct der_buf digest = DER_BUF_INIT;

    (void)dwCertEncodingType;
    (void)lpszStructType;
    der_put_oid(&encoded, content->Data.pszObjId);
    der_put(&encoded, content->Data.Value.pbData, content->Data.Value.cbData);
    der_wrap(&encoded, DER_SEQUENCE);
    der_put_algorithm(&digest, content->DigestAlgorithm.pszObjId,
                      content->DigestAlgorithm.Parameters.pbData,
                      content->DigestAlgorithm.Parameters.cbData, true);
    der_put_tlv(&digest, DER_OCTET_STRING, content->Digest.pbData, content->Digest.cbData);
    der_wrap(&digest, DER_SEQUENCE);
    der_take(&encoded, &digest);
    der_wrap(&encoded, DER_SEQUENCE);
    return give_encoded(&encoded, pbEncoded, pcbEncoded);
}

/* SpcStatementType: a sequence of OIDs, as an enhanced key usage. Wine's encoder is a stub. */
static BOOL WINAPI
encode_statement_type(DWORD dwCertEncodingType, LPCSTR lpszStructType, const void *pvStructInfo,
                      BYTE *pbEncoded, DWORD *pcbEncoded)
{
    const CTL_USAGE *statement = pvStructInfo;
    struct der_buf encoded = DER_BUF_INIT;

    (void)dwCertEncodingType;
    (void)lpszStructType;
    for (DWORD i = 0; i < statement->cUsageIdentifier; i++) {
        der_put_oid(&encoded, statement->rgpszUsageIdentifier[i]);
    }
    der_wrap(&encoded, DER_SEQUENCE);
    return give_encoded(&encoded, pbEncoded, pcbEncoded);
}

#define SPC_STATEMENT_TYPE_OID "1.3.6.1.4.1.311.2.1.11"
#define SPC_STATEMENT_TYPE_NUMBER ((LPCSTR)2006)

static void
install_encoders(void)
{
    static const CRYPT_OID_FUNC_ENTRY entries[] = {
        {SPC_INDIRECT_DATA_CONTENT_STRUCT, (void *)encode_indirect_data},
        {SPC_INDIRECT_DATA_OBJID, (void *)encode_indirect_data},
        {SPC_STATEMENT_TYPE_NUMBER, (void *)encode_statement_type},
        {SPC_STATEMENT_TYPE_OID, (void *)encode_statement_type},
    };

    WINE(CryptInstallOIDFunctionAddress)(NULL, X509_ASN_ENCODING, CRYPT_OID_ENCODE_OBJECT_FUNC,
                                         sizeof entries / sizeof *entries, entries,
                                         CRYPT_INSTALL_OID_FUNC_BEFORE_FLAG);
}

/*
 * Microsoft's wintrust, in use as a SIP under the name mswintrust.dll, installs encoders of its own
 * that need msasn1.dll, which Wine only stubs. Left out, Wine's and the ones above stay in use.
 */
WINBOOL WINAPI
shim_CryptInstallOIDFunctionAddress(HMODULE hModule, DWORD dwEncodingType, LPCSTR pszFuncName,
                                    DWORD cFuncEntry, const CRYPT_OID_FUNC_ENTRY rgFuncEntry[],
                                    DWORD dwFlags)
{
    WCHAR path[MAX_PATH] = L"";

    if (hModule) {
        GetModuleFileNameW(hModule, path, MAX_PATH);
    }
    const WCHAR *name = wcsrchr(path, L'\\');
    if (name && _wcsicmp(name + 1, L"mswintrust.dll") == 0) {
        return TRUE;
    }
    return WINE(CryptInstallOIDFunctionAddress)(hModule, dwEncodingType, pszFuncName, cFuncEntry,
                                                rgFuncEntry, dwFlags);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

/* Wine's crypt32 is initialised by now: this DLL's forwarders have loaded it. */
BOOL WINAPI
DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        DisableThreadLibraryCalls(instance);
        install_encoders();
    }
    return TRUE;
}
