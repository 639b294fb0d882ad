#include "certs.h"

#include <stdlib.h>
#include <wchar.h>

#include "signum/ksp_abi.h"
#include <wincrypt.h>

#include "io/utf16.h"
#include "signum/signum.h"

struct signum_certs {
    HCERTSTORE store;
    DWORD location; /* CERT_SYSTEM_STORE_* */
};

/* An entry as Windows wants it. */
struct wide_entry {
    PCCERT_CONTEXT certificate; /* made from the DER, in no store */
    wchar_t *key;
    wchar_t *friendly_name;
};

static enum signum_status
from_last_error(DWORD error)
{
    switch (error) {
    case ERROR_ACCESS_DENIED:
        return SIGNUM_DENIED;
    case (DWORD)NTE_BAD_KEYSET:
        return SIGNUM_KEY_NOT_FOUND;
    case ERROR_NOT_ENOUGH_MEMORY:
    case (DWORD)E_OUTOFMEMORY:
        return SIGNUM_NO_MEMORY;
    default:
        return SIGNUM_IO;
    }
}

static enum signum_status
explain(const char *what, DWORD error, struct signum_buf *cause)
{
    signum_buf_printf(cause, "%s (0x%08lx)", what, (unsigned long)error);
    return from_last_error(error);
}

static HCERTSTORE
open_store(DWORD location, DWORD flags)
{
    return CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, location | flags, L"MY");
}

enum signum_status
signum_certs_open(bool is_machine, struct signum_certs **certs_out, struct signum_buf *cause)
{
    *certs_out = NULL;
    struct signum_certs *certs = calloc(1, sizeof(*certs));
    if (certs == NULL) {
        return SIGNUM_NO_MEMORY;
    }
    certs->location = is_machine ? CERT_SYSTEM_STORE_LOCAL_MACHINE : CERT_SYSTEM_STORE_CURRENT_USER;
    certs->store = open_store(certs->location, 0);
    if (certs->store == NULL) {
        DWORD error = GetLastError();
        free(certs);
        enum signum_status status = explain("the certificate store cannot be opened", error, cause);
        if (status == SIGNUM_DENIED) {
            signum_buf_put_text(cause, ": the machine's store needs an administrator");
        }
        return status;
    }
    *certs_out = certs;
    return SIGNUM_OK;
}

void
signum_certs_close(struct signum_certs **certs)
{
    if (*certs == NULL) {
        return;
    }
    (void)CertCloseStore((*certs)->store, 0);
    free(*certs);
    *certs = NULL;
}

static void
clear_wide(struct wide_entry *wide)
{
    if (wide->certificate != NULL) {
        CertFreeCertificateContext(wide->certificate);
    }
    free(wide->key);
    free(wide->friendly_name);
}

static enum signum_status
make_wide(const struct signum_certs_entry *entry, struct wide_entry *wide_out,
          struct signum_buf *cause)
{
    *wide_out = (struct wide_entry){0};
    enum signum_status status = signum_utf16_from_utf8(entry->key, &wide_out->key);
    if (status == SIGNUM_OK) {
        status = signum_utf16_from_utf8(entry->friendly_name, &wide_out->friendly_name);
    }
    if (status != SIGNUM_OK) {
        return status;
    }
    wide_out->certificate = CertCreateCertificateContext(
        X509_ASN_ENCODING, entry->certificate.data, (DWORD)entry->certificate.len);
    if (wide_out->certificate == NULL) {
        return explain("Windows does not take the certificate", GetLastError(), cause);
    }
    return SIGNUM_OK;
}

/* The key that a certificate in the store names; NULL if it names none. Freed with free(). */
static CRYPT_KEY_PROV_INFO *
read_key_info(PCCERT_CONTEXT certificate)
{
    DWORD len = 0;
    if (!CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, NULL, &len)) {
        return NULL;
    }
    CRYPT_KEY_PROV_INFO *info = calloc(1, len);
    if (info != NULL &&
        !CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, info, &len)) {
        free(info);
        return NULL;
    }
    return info;
}

/* Names the key and the friendly name. On a certificate of the store this is written at once. */
static enum signum_status
write_properties(const struct signum_certs *certs, PCCERT_CONTEXT certificate,
                 const struct wide_entry *wide, struct signum_buf *cause)
{
    bool is_machine = certs->location == CERT_SYSTEM_STORE_LOCAL_MACHINE;
    /* Type 0 says "a CNG provider"; key spec 0 is what Windows itself writes for CNG keys. */
    CRYPT_KEY_PROV_INFO info = {
        .pwszContainerName = wide->key,
        .pwszProvName = (LPWSTR)SIGNUM_PROVIDER_NAME_W,
        .dwProvType = 0,
        .dwFlags = is_machine ? NCRYPT_MACHINE_KEY_FLAG : 0,
        .dwKeySpec = 0,
    };
    CRYPT_DATA_BLOB friendly = {
        .cbData = (DWORD)((wcslen(wide->friendly_name) + 1) * sizeof(wchar_t)),
        .pbData = (BYTE *)wide->friendly_name,
    };
    if (!CertSetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, &info) ||
        !CertSetCertificateContextProperty(certificate, CERT_FRIENDLY_NAME_PROP_ID, 0,
                                           &friendly)) {
        return explain("the certificate cannot be linked with the key", GetLastError(), cause);
    }
    return SIGNUM_OK;
}

static enum signum_status
add(const struct signum_certs *certs, const struct wide_entry *wide, struct signum_buf *cause)
{
    enum signum_status status = write_properties(certs, wide->certificate, wide, cause);
    if (status != SIGNUM_OK) {
        return status;
    }
    if (!CertAddCertificateContextToStore(certs->store, wide->certificate, CERT_STORE_ADD_NEW,
                                          NULL)) {
        return explain("the certificate cannot be added to the store", GetLastError(), cause);
    }
    return SIGNUM_OK;
}

/* Puts right a certificate that is there, unless it is another provider's. */
static enum signum_status
adjust(const struct signum_certs *certs, PCCERT_CONTEXT present, const struct wide_entry *wide,
       enum signum_certs_change *change_out, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_OK;
    CRYPT_KEY_PROV_INFO *info = read_key_info(present);
    if (info == NULL) {
        *change_out = SIGNUM_CERTS_LINKED;
    } else if (info->pwszProvName == NULL ||
               _wcsicmp(info->pwszProvName, SIGNUM_PROVIDER_NAME_W) != 0) {
        signum_buf_put_text(cause, "the certificate is in the store with a key of another "
                                   "provider and was left as it is");
        status = SIGNUM_DENIED;
    } else if (info->pwszContainerName != NULL && wcscmp(info->pwszContainerName, wide->key) == 0 &&
               info->dwProvType == 0) {
        /* Whatever its machine flag: it may be the machine's, seen through the user's store. */
        *change_out = SIGNUM_CERTS_UNCHANGED;
    } else {
        *change_out = SIGNUM_CERTS_UPDATED;
    }
    free(info);
    if (status == SIGNUM_OK && *change_out != SIGNUM_CERTS_UNCHANGED) {
        status = write_properties(certs, present, wide, cause);
    }
    return status;
}

enum signum_status
signum_certs_put(struct signum_certs *certs, const struct signum_certs_entry *entry,
                 enum signum_certs_change *change_out, struct signum_buf *cause)
{
    struct wide_entry wide;
    PCCERT_CONTEXT present = NULL;
    *change_out = SIGNUM_CERTS_UNCHANGED;
    enum signum_status status = make_wide(entry, &wide, cause);
    if (status != SIGNUM_OK) {
        goto out;
    }
    present = CertFindCertificateInStore(certs->store, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING,
                                         wide.certificate, NULL);
    if (present == NULL) {
        *change_out = SIGNUM_CERTS_ADDED;
        status = add(certs, &wide, cause);
    } else {
        status = adjust(certs, present, &wide, change_out, cause);
    }
    /* Written now and not when the store is closed, so that what is proved next is what stays. */
    if (status == SIGNUM_OK && *change_out != SIGNUM_CERTS_UNCHANGED &&
        !CertControlStore(certs->store, 0, CERT_STORE_CTRL_COMMIT, NULL)) {
        status = explain("the certificate store cannot be written", GetLastError(), cause);
    }
out:
    if (present != NULL) {
        CertFreeCertificateContext(present);
    }
    clear_wide(&wide);
    return status;
}

/* Compares the key's public half, exported by the provider, with the certificate's. */
static enum signum_status
compare_key(PCCERT_CONTEXT certificate, HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD spec,
            struct signum_buf *cause)
{
    DWORD len = 0;
    enum signum_status status = SIGNUM_OK;
    if (!CryptExportPublicKeyInfo(key, spec, X509_ASN_ENCODING, NULL, &len)) {
        return explain("the key's public half cannot be exported", GetLastError(), cause);
    }
    CERT_PUBLIC_KEY_INFO *info = calloc(1, len);
    if (info == NULL) {
        return SIGNUM_NO_MEMORY;
    }
    if (!CryptExportPublicKeyInfo(key, spec, X509_ASN_ENCODING, info, &len)) {
        status = explain("the key's public half cannot be exported", GetLastError(), cause);
    } else if (!CertComparePublicKeyInfo(X509_ASN_ENCODING, info,
                                         &certificate->pCertInfo->SubjectPublicKeyInfo)) {
        signum_buf_put_text(cause, "the key is not the one of the certificate");
        status = SIGNUM_BAD_SIGNATURE;
    }
    free(info);
    return status;
}

static enum signum_status
acquire(PCCERT_CONTEXT certificate, struct signum_buf *cause)
{
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key = 0;
    DWORD spec = 0;
    BOOL is_ours_to_free = FALSE;
    if (!CryptAcquireCertificatePrivateKey(
            certificate, CRYPT_ACQUIRE_ONLY_NCRYPT_KEY_FLAG | CRYPT_ACQUIRE_SILENT_FLAG, NULL, &key,
            &spec, &is_ours_to_free)) {
        return explain("the certificate's key cannot be opened", GetLastError(), cause);
    }
    enum signum_status status = compare_key(certificate, key, spec, cause);
    if (is_ours_to_free) {
        (void)NCryptFreeObject(key);
    }
    return status;
}

enum signum_status
signum_certs_prove(struct signum_certs *certs, const struct signum_certs_entry *entry,
                   struct signum_buf *cause)
{
    struct wide_entry wide;
    PCCERT_CONTEXT found = NULL;
    HCERTSTORE fresh = NULL;
    enum signum_status status = make_wide(entry, &wide, cause);
    if (status != SIGNUM_OK) {
        goto out;
    }
    /* A store that is opened anew shows what was really written. */
    fresh = open_store(certs->location, CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG);
    if (fresh != NULL) {
        found = CertFindCertificateInStore(fresh, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING,
                                           wide.certificate, NULL);
    }
    if (found == NULL) {
        status = explain("the certificate is not in the store", GetLastError(), cause);
        goto out;
    }
    status = acquire(found, cause);
out:
    if (found != NULL) {
        CertFreeCertificateContext(found);
    }
    if (fresh != NULL) {
        (void)CertCloseStore(fresh, 0);
    }
    clear_wide(&wide);
    return status;
}
