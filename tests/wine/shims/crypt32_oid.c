#include "crypt32_shim.h"

#include <string.h>

/*
 * The CNG names that Windows keeps in its OID records and Wine does not. Microsoft's wintrust and
 * mssign32 read them without asking whether they are there.
 */
struct cng_names {
    const char *oid;
    const WCHAR *algorithm; /* pwszCNGAlgid */
    const WCHAR *extra;     /* pwszCNGExtraAlgid: the key's part of a signature algorithm */
};
static const struct cng_names cng_names[] = {
    {"1.3.14.3.2.26", BCRYPT_SHA1_ALGORITHM, L""},
    {"2.16.840.1.101.3.4.2.1", BCRYPT_SHA256_ALGORITHM, L""},
    {"2.16.840.1.101.3.4.2.2", BCRYPT_SHA384_ALGORITHM, L""},
    {"2.16.840.1.101.3.4.2.3", BCRYPT_SHA512_ALGORITHM, L""},
    {"1.2.840.113549.2.5", BCRYPT_MD5_ALGORITHM, L""},
    {OID_RSA, BCRYPT_RSA_ALGORITHM, L""},
    {"1.2.840.113549.1.1.5", BCRYPT_SHA1_ALGORITHM, BCRYPT_RSA_ALGORITHM},
    {"1.2.840.113549.1.1.11", BCRYPT_SHA256_ALGORITHM, BCRYPT_RSA_ALGORITHM},
    {"1.2.840.113549.1.1.12", BCRYPT_SHA384_ALGORITHM, BCRYPT_RSA_ALGORITHM},
    {"1.2.840.113549.1.1.13", BCRYPT_SHA512_ALGORITHM, BCRYPT_RSA_ALGORITHM},
    {"1.2.840.10045.4.1", BCRYPT_SHA1_ALGORITHM, NCRYPT_ECDSA_ALGORITHM},
    {"1.2.840.10045.4.3.2", BCRYPT_SHA256_ALGORITHM, NCRYPT_ECDSA_ALGORITHM},
    {"1.2.840.10045.4.3.3", BCRYPT_SHA384_ALGORITHM, NCRYPT_ECDSA_ALGORITHM},
    {"1.2.840.10045.4.3.4", BCRYPT_SHA512_ALGORITHM, NCRYPT_ECDSA_ALGORITHM},
    {OID_EC_PUBLIC_KEY, L"ECC", L""},
};
#define CNG_NAME_COUNT (sizeof cng_names / sizeof *cng_names)

/* Wine may hold several records of one OID, in different groups. */
#define RECORD_COUNT 64
static SRWLOCK record_lock = SRWLOCK_INIT;
static struct {
    PCCRYPT_OID_INFO wine;
    CRYPT_OID_INFO ours;
} records[RECORD_COUNT];

static const struct cng_names *
find_names(const char *oid)
{
    for (size_t i = 0; i < CNG_NAME_COUNT; i++) {
        if (strcmp(cng_names[i].oid, oid) == 0) {
            return &cng_names[i];
        }
    }
    return NULL;
}

/* A copy of Wine's record with the names added, the same one each time: callers keep pointers. */
static PCCRYPT_OID_INFO
record_with_names(PCCRYPT_OID_INFO wine, const struct cng_names *names)
{
    PCCRYPT_OID_INFO found = wine;

    AcquireSRWLockExclusive(&record_lock);
    for (size_t i = 0; i < RECORD_COUNT; i++) {
        CRYPT_OID_INFO *ours = &records[i].ours;
        if (!records[i].wine) {
            const size_t len = wine->cbSize < sizeof *ours ? wine->cbSize : sizeof *ours;
            memcpy(ours, wine, len);
            ours->cbSize = sizeof *ours;
            ours->pwszCNGAlgid = names->algorithm;
            ours->pwszCNGExtraAlgid = names->extra;
            records[i].wine = wine;
        }
        if (records[i].wine == wine) {
            found = ours;
            break;
        }
    }
    ReleaseSRWLockExclusive(&record_lock);
    return found;
}

PCCRYPT_OID_INFO WINAPI
shim_CryptFindOIDInfo(DWORD dwKeyType, void *pvKey, DWORD dwGroupId)
{
    PCCRYPT_OID_INFO wine = WINE(CryptFindOIDInfo)(dwKeyType, pvKey, dwGroupId);

    if (!wine) {
        return NULL;
    }
    const struct cng_names *names = find_names(wine->pszOID);
    return names ? record_with_names(wine, names) : wine;
}

const WCHAR *
oid_digest_name(const char *oid)
{
    const struct cng_names *names = oid ? find_names(oid) : NULL;

    if (!names || names->extra[0] != L'\0') {
        SetLastError((DWORD)NTE_BAD_ALGID);
        return NULL;
    }
    return names->algorithm;
}

const char *
oid_ecdsa_with(const char *digest_oid)
{
    const struct cng_names *digest = find_names(digest_oid);

    for (size_t i = 0; digest && i < CNG_NAME_COUNT; i++) {
        if (wcscmp(cng_names[i].extra, NCRYPT_ECDSA_ALGORITHM) == 0 &&
            wcscmp(cng_names[i].algorithm, digest->algorithm) == 0) {
            return cng_names[i].oid;
        }
    }
    return "1.2.840.10045.4.3.2";
}

BOOL
oid_digest(const char *oid, const BYTE *data, size_t len, struct digest *digest_out)
{
    BCRYPT_ALG_HANDLE algorithm = NULL;
    BCRYPT_HASH_HANDLE hash = NULL;
    ULONG used = 0;

    digest_out->len = 0;
    const WCHAR *name = oid_digest_name(oid);
    if (!name || len > MAXDWORD) {
        return FALSE;
    }
    NTSTATUS status = BCryptOpenAlgorithmProvider(&algorithm, name, NULL, 0);
    if (status == STATUS_SUCCESS) {
        status = BCryptGetProperty(algorithm, BCRYPT_HASH_LENGTH, (BYTE *)&digest_out->len,
                                   sizeof digest_out->len, &used, 0);
    }
    if (status == STATUS_SUCCESS && digest_out->len > sizeof digest_out->value) {
        status = STATUS_BUFFER_TOO_SMALL;
    }
    if (status == STATUS_SUCCESS) {
        status = BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0);
    }
    if (status == STATUS_SUCCESS) {
        status = BCryptHashData(hash, (BYTE *)(ULONG_PTR)data, (ULONG)len, 0);
    }
    if (status == STATUS_SUCCESS) {
        status = BCryptFinishHash(hash, digest_out->value, digest_out->len, 0);
    }
    if (hash) {
        BCryptDestroyHash(hash);
    }
    if (algorithm) {
        BCryptCloseAlgorithmProvider(algorithm, 0);
    }
    return status == STATUS_SUCCESS ? TRUE : shim_fail((DWORD)NTE_FAIL);
}
