/*
 * The test-only crypt32.dll: Wine's own, except where Windows' crypt32 knows CNG private keys and
 * Authenticode messages and Wine's does not.
 *
 *   crypt32_main.c       start-up: encoders for the SPC structures
 *   crypt32_oid.c        OID records with the CNG names; the digest of an OID
 *   crypt32_property.c   certificate properties 78 and 79; key spec of an imported PFX
 *   crypt32_key.c        CryptAcquireCertificatePrivateKey
 *   crypt32_public.c     CryptExportPublicKeyInfo
 *   crypt32_sign.c       one signature by a CNG or a CAPI key
 *   crypt32_signer.c     SignerInfo
 *   crypt32_msg.c        signed messages, encoding
 *   crypt32_decoded.c    decoded messages that are changed and encoded again
 *   crypt32_timestamp.c  RFC 3161 requests;  crypt32_http.c  their transport
 *
 * What Windows' crypt32 asks of a key storage provider is our reading of it; what signtool.exe and
 * mssign32.dll ask of crypt32 is real.
 */
#ifndef SIGNUM_WINE_CRYPT32_SHIM_H
#define SIGNUM_WINE_CRYPT32_SHIM_H

/* Callers built for today's Windows pass the long forms; cbSize says which. */
#define CRYPT_OID_INFO_HAS_EXTRA_FIELDS
#define CMSG_SIGNER_ENCODE_INFO_HAS_CMS_FIELDS
#define CMSG_SIGNED_ENCODE_INFO_HAS_CMS_FIELDS

#include "shim.h"

#include <wincrypt.h>

#include "der.h"

SHIM_OVERRIDE(CertGetCertificateContextProperty);
SHIM_OVERRIDE(CertSetCertificateContextProperty);
SHIM_OVERRIDE(CryptAcquireCertificatePrivateKey);
SHIM_OVERRIDE(CryptExportPublicKeyInfo);
SHIM_OVERRIDE(CryptExportPublicKeyInfoEx);
SHIM_OVERRIDE(CryptFindOIDInfo);
SHIM_OVERRIDE(CryptInstallOIDFunctionAddress);
SHIM_OVERRIDE(CryptMsgClose);
SHIM_OVERRIDE(CryptMsgControl);
SHIM_OVERRIDE(CryptMsgDuplicate);
SHIM_OVERRIDE(CryptMsgGetParam);
SHIM_OVERRIDE(CryptMsgOpenToEncode);
SHIM_OVERRIDE(CryptMsgSignCTL);
SHIM_OVERRIDE(CryptMsgUpdate);
SHIM_OVERRIDE(CryptRetrieveTimeStamp);
SHIM_OVERRIDE(PFXImportCertStore);

/* Wine's function of that name, and the router's. The router is loaded only when it is needed. */
#define WINE(name) ((__typeof__(&(name)))(void *)shim_wine_function(L"wcrypt32.dll", #name))
#define NCRYPT(name) ((__typeof__(&(name)))(void *)shim_wine_function(L"ncrypt.dll", #name))

/* ---- crypt32_oid.c ---- */

#define OID_RSA "1.2.840.113549.1.1.1"
#define OID_EC_PUBLIC_KEY "1.2.840.10045.2.1"

struct digest {
    BYTE value[64];
    DWORD len;
};

/* CNG's name of a digest algorithm, or NULL with LastError NTE_BAD_ALGID. */
const WCHAR *oid_digest_name(const char *oid);
/* The OID of "ECDSA with this digest". */
const char *oid_ecdsa_with(const char *digest_oid);
BOOL oid_digest(const char *oid, const BYTE *data, size_t len, struct digest *digest_out);

/* ---- crypt32_sign.c ---- */

/* Room for RSA 8192 and for any ECDSA signature in DER. */
#define SIGN_MAX_LEN 1024

BOOL sign_is_cng(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD key_spec);
/* Signs a digest; appends the signature in the form CMS has it: big-endian RSA, DER for ECDSA. */
BOOL sign_digest(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD key_spec, const char *digest_oid,
                 const struct digest *digest, struct der_buf *signature);
/* Appends as many bytes as sign_digest could at most, without asking the key for a signature. */
BOOL sign_placeholder(HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key, DWORD key_spec, const char *digest_oid,
                      const struct digest *digest, struct der_buf *signature);
/* "RSA" or not. False with LastError where the key does not say. */
BOOL sign_is_rsa(NCRYPT_KEY_HANDLE key, BOOL *is_rsa_out);

/* ---- crypt32_signer.c ---- */

struct signer;

/* Copies what it needs of info, whose cbSize says how long it is; NULL with LastError. */
struct signer *signer_new(const CMSG_SIGNER_ENCODE_INFO *info);
void signer_free(struct signer **signer);
const char *signer_digest_oid(const struct signer *signer);
/* AlgorithmIdentifier of the digest. */
void signer_put_digest_algorithm(const struct signer *signer, struct der_buf *out);
/* What is signed, and how. */
struct signer_content {
    const char *oid;
    struct der_span bytes;
    bool has_attributes; /* not plain data: signed attributes are a must, the caller's or not */
    bool is_estimate;    /* only the size is asked: a placeholder, and no signature is made */
};
/* Signs the content and appends SignerInfo. Once per signer: it uses up what it copied. */
BOOL signer_encode(struct signer *signer, const struct signer_content *content,
                   struct der_buf *out);
/* What the last signer_encode made; empty before. */
struct der_span signer_signature(const struct signer *signer);
struct der_span signer_content_digest(const struct signer *signer);
/* Attribute as SEQUENCE of OID and SET OF values. */
void signer_put_attribute(struct der_buf *out, const CRYPT_ATTRIBUTE *attribute);

/* ---- crypt32_decoded.c: for messages that Wine decodes ---- */

/* Keeps the bytes that a message of Wine's was fed with; they are what is changed later. */
void decoded_feed(HCRYPTMSG message, const BYTE *data, DWORD len);
void decoded_forget(HCRYPTMSG message);
BOOL decoded_control(HCRYPTMSG message, DWORD flags, DWORD type, const void *parameter);
BOOL decoded_param(HCRYPTMSG message, DWORD type, DWORD index, void *data, DWORD *len_inout);

/* ---- crypt32_http.c ---- */

/* POSTs a timestamp request; appends the reply's body. False with LastError. */
BOOL http_post_timestamp(LPCWSTR url, DWORD timeout_ms, struct der_span body,
                         struct der_buf *reply);

#endif
