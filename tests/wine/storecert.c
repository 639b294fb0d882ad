/*
 * Puts a certificate into CurrentUser\My with the name of its CNG key. Test-only: it serves the
 * test provider; for the real one "signum certs sync" does this.
 *
 *     storecert CERTIFICATE.cer KEY PROVIDER
 */
#include "signum/ksp_abi.h"

#include <stdio.h>
#include <stdlib.h>
#include <wincrypt.h>

#define CERTIFICATE_MAX_LEN 16384

static int
complain(const char *what)
{
    fprintf(stderr, "storecert: %s: %08lx\n", what, GetLastError());
    return EXIT_FAILURE;
}

static DWORD
read_file(const WCHAR *path, BYTE *data)
{
    DWORD len = 0;

    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return 0;
    }
    if (!ReadFile(file, data, CERTIFICATE_MAX_LEN, &len, NULL)) {
        len = 0;
    }
    CloseHandle(file);
    return len;
}

int wmain(int argument_count, WCHAR **arguments);

int
wmain(int argument_count, WCHAR **arguments)
{
    static BYTE data[CERTIFICATE_MAX_LEN];

    if (argument_count != 4) {
        fputs("usage: storecert CERTIFICATE.cer KEY PROVIDER\n", stderr);
        return 2;
    }
    const DWORD len = read_file(arguments[1], data);
    PCCERT_CONTEXT certificate = CertCreateCertificateContext(X509_ASN_ENCODING, data, len);
    if (!certificate) {
        return complain("no certificate");
    }
    CRYPT_KEY_PROV_INFO info = {.pwszContainerName = arguments[2], .pwszProvName = arguments[3],
                                .dwProvType = 0, .dwKeySpec = AT_SIGNATURE};
    if (!CertSetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, &info)) {
        return complain("key information");
    }
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
                                     CERT_SYSTEM_STORE_CURRENT_USER, L"MY");
    if (!store) {
        return complain("store");
    }
    if (!CertAddCertificateContextToStore(store, certificate, CERT_STORE_ADD_REPLACE_EXISTING,
                                          NULL)) {
        return complain("adding");
    }
    CertFreeCertificateContext(certificate);
    return CertCloseStore(store, CERT_CLOSE_STORE_CHECK_FLAG) ? EXIT_SUCCESS : complain("closing");
}
