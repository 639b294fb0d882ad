#include "test_shims.h"

#include "shims/testksp.h"

#include <string.h>
#include <wincrypt.h>

#define CERTIFICATE_MAX_LEN 16384
#define COMPARE CRYPT_ACQUIRE_COMPARE_KEY_FLAG
#define CNG_ONLY CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG

static PCCERT_CONTEXT
read_certificate(const WCHAR *path)
{
    static BYTE data[CERTIFICATE_MAX_LEN];
    DWORD len = 0;

    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return NULL;
    }
    const BOOL is_read = ReadFile(file, data, sizeof data, &len, NULL);
    CloseHandle(file);
    return is_read ? CertCreateCertificateContext(X509_ASN_ENCODING, data, len) : NULL;
}

static void
name_key(PCCERT_CONTEXT certificate, const WCHAR *key, const WCHAR *provider)
{
    WCHAR key_copy[64];
    WCHAR provider_copy[64];
    CRYPT_KEY_PROV_INFO info = {.pwszContainerName = key_copy, .pwszProvName = provider_copy,
                                .dwKeySpec = AT_SIGNATURE};

    lstrcpynW(key_copy, key, 64);
    lstrcpynW(provider_copy, provider, 64);
    CHECK(CertSetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, &info),
          "certificate: name its key");
}

/* The error, or 0 where the key was acquired; then it is freed unless the certificate keeps it. */
static DWORD
acquire(PCCERT_CONTEXT certificate, DWORD flags, void *parameters, BOOL *is_ours_out)
{
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key = 0;
    DWORD key_spec = 0;

    *is_ours_out = FALSE;
    if (!CryptAcquireCertificatePrivateKey(certificate, flags, parameters, &key, &key_spec,
                                           is_ours_out)) {
        return GetLastError();
    }
    CHECK(key_spec == CERT_NCRYPT_KEY_SPEC && NCryptIsKeyHandle(key), "acquire: a CNG key");
    if (*is_ours_out) {
        NCryptFreeObject(key);
    }
    return 0;
}

static void
test_acquire(PCCERT_CONTEXT certificate, const WCHAR *key, const WCHAR *other_key)
{
    HWND window = NULL;
    BOOL is_ours = FALSE;

    name_key(certificate, key, TESTKSP_NAME);
    CHECK_STATUS(acquire(certificate, 0, NULL, &is_ours), NTE_BAD_PROV_TYPE,
                 "acquire: a caller that does not know CNG");
    CHECK_STATUS(acquire(certificate, CNG_ONLY | CRYPT_ACQUIRE_SILENT_FLAG, NULL, &is_ours), 0,
                 "acquire: silently");
    CHECK(is_ours, "acquire: without the cache flag the key is the caller's");
    CHECK_STATUS(acquire(certificate, CNG_ONLY | COMPARE, NULL, &is_ours), 0,
                 "acquire: compared with the certificate");
    CHECK_STATUS(acquire(certificate, CNG_ONLY | CRYPT_ACQUIRE_WINDOW_HANDLE_FLAG, &window,
                         &is_ours),
                 0, "acquire: with a window that only the key takes");
    name_key(certificate, other_key, TESTKSP_NAME);
    CHECK_STATUS(acquire(certificate, CNG_ONLY | COMPARE, NULL, &is_ours), NTE_BAD_PUBLIC_KEY,
                 "acquire: another key than the certificate's");
    name_key(certificate, L"no such key", TESTKSP_NAME);
    CHECK_STATUS(acquire(certificate, CNG_ONLY, NULL, &is_ours), NTE_BAD_KEYSET,
                 "acquire: an unknown key");
    name_key(certificate, key, L"nobody registered this");
    CHECK_STATUS(acquire(certificate, CNG_ONLY, NULL, &is_ours), NTE_KEYSET_NOT_DEF,
                 "acquire: an unknown provider");
    name_key(certificate, key, TESTKSP_NAME);
    CHECK_STATUS(acquire(certificate, CNG_ONLY | CRYPT_ACQUIRE_CACHE_FLAG, NULL, &is_ours), 0,
                 "acquire: cached");
    CHECK(!is_ours, "acquire: a cached key is the certificate's");
}

/* Property 79 takes the handle itself, not a pointer to it. */
static void
test_property(PCCERT_CONTEXT certificate, const WCHAR *key_name)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    NCRYPT_KEY_HANDLE read = 0;
    DWORD len = sizeof read;

    CertSetCertificateContextProperty(certificate, CERT_HCRYPTPROV_OR_NCRYPT_KEY_HANDLE_PROP_ID, 0,
                                      NULL);
    NCryptOpenStorageProvider(&provider, TESTKSP_NAME, 0);
    NCryptOpenKey(provider, &key, key_name, 0, 0);
    CHECK(CertSetCertificateContextProperty(certificate,
                                            CERT_HCRYPTPROV_OR_NCRYPT_KEY_HANDLE_PROP_ID,
                                            CERT_STORE_NO_CRYPT_RELEASE_FLAG, (void *)key),
          "property 79: set");
    CHECK(CertGetCertificateContextProperty(certificate, CERT_NCRYPT_KEY_HANDLE_PROP_ID, &read,
                                            &len) &&
              read == key,
          "property 78: the same handle");
    len = 1;
    CHECK(!CertGetCertificateContextProperty(certificate, CERT_NCRYPT_KEY_HANDLE_PROP_ID, &read,
                                             &len) &&
              GetLastError() == ERROR_MORE_DATA && len == sizeof read,
          "property 78: too little room");
    CHECK(CertSetCertificateContextProperty(certificate,
                                            CERT_HCRYPTPROV_OR_NCRYPT_KEY_HANDLE_PROP_ID, 0, NULL),
          "property 79: removed");
    CHECK(!CertGetCertificateContextProperty(certificate, CERT_NCRYPT_KEY_HANDLE_PROP_ID, &read,
                                             &len),
          "property 78: gone");
    NCryptFreeObject(key);
    NCryptFreeObject(provider);
}

static void
test_public_key(PCCERT_CONTEXT certificate, const WCHAR *key_name)
{
    _Alignas(8) BYTE buffer[4096];
    CERT_PUBLIC_KEY_INFO *info = (CERT_PUBLIC_KEY_INFO *)buffer;
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    DWORD len = 0;

    NCryptOpenStorageProvider(&provider, TESTKSP_NAME, 0);
    NCryptOpenKey(provider, &key, key_name, 0, 0);
    CHECK(CryptExportPublicKeyInfo(key, 0, X509_ASN_ENCODING, NULL, &len) && len > sizeof *info,
          "public key: the size");
    len--;
    CHECK(!CryptExportPublicKeyInfo(key, 0, X509_ASN_ENCODING, info, &len) &&
              GetLastError() == ERROR_MORE_DATA,
          "public key: too little room");
    len = sizeof buffer;
    CHECK(CryptExportPublicKeyInfo(key, 0, X509_ASN_ENCODING, info, &len) &&
              CertComparePublicKeyInfo(X509_ASN_ENCODING, info,
                                       &certificate->pCertInfo->SubjectPublicKeyInfo),
          "public key: the certificate's");
    NCryptFreeObject(key);
    NCryptOpenKey(provider, &key, TESTKSP_BARE_KEY, 0, 0);
    CHECK(!CryptExportPublicKeyInfo(key, 0, X509_ASN_ENCODING, info, &len) &&
              GetLastError() == (DWORD)NTE_NOT_SUPPORTED,
          "public key: a key that gives none");
    NCryptFreeObject(key);
    NCryptFreeObject(provider);
}

static void
test_oid_names(void)
{
    char sha384[] = "2.16.840.1.101.3.4.2.2";
    char unknown[] = "1.2.3.4.5";
    PCCRYPT_OID_INFO info = CryptFindOIDInfo(CRYPT_OID_INFO_OID_KEY, sha384, 0);

    /* The two names follow the fields that mingw-w64 declares by default. */
    const WCHAR *name = NULL;
    if (info && info->cbSize >= sizeof *info + sizeof name) {
        memcpy(&name, info + 1, sizeof name);
    }
    CHECK(name && lstrcmpW(name, BCRYPT_SHA384_ALGORITHM) == 0, "OID: CNG's name of SHA-384");
    CHECK(CryptFindOIDInfo(CRYPT_OID_INFO_OID_KEY, sha384, 0) == info, "OID: the same record");
    CHECK(!CryptFindOIDInfo(CRYPT_OID_INFO_OID_KEY, unknown, 0), "OID: unknown");
}

void
test_certificate(const WCHAR *certificate_path, const WCHAR *key, const WCHAR *other_key)
{
    PCCERT_CONTEXT certificate = read_certificate(certificate_path);

    CHECK(certificate != NULL, "certificate: read");
    if (!certificate) {
        return;
    }
    test_acquire(certificate, key, other_key);
    test_property(certificate, key);
    test_public_key(certificate, key);
    test_oid_names();
    CertFreeCertificateContext(certificate);
}
