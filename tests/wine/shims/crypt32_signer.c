#include "crypt32_shim.h"

#include <stdlib.h>
#include <string.h>

/* What a signer of the caller's says, copied: the caller's structures may go before the signing. */
struct signer {
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key;
    DWORD key_spec;
    char *digest_oid;
    struct der_buf digest_algorithm;
    struct der_buf signature_algorithm;
    struct der_buf identifier; /* IssuerAndSerialNumber */
    struct der_buf *attributes; /* the caller's signed ones, and room for two of ours */
    size_t attribute_count;
    bool has_content_type;
    struct der_buf unsigned_attributes; /* [1], or empty */
    struct der_buf content_digest;
    struct der_buf signature;
};

void
signer_put_attribute(struct der_buf *out, const CRYPT_ATTRIBUTE *attribute)
{
    struct der_buf content = DER_BUF_INIT;
    struct der_buf *values = calloc(attribute->cValue + 1, sizeof *values);

    if (!values) {
        out->has_failed = true;
        return;
    }
    for (DWORD i = 0; i < attribute->cValue; i++) {
        der_put(&values[i], attribute->rgValue[i].pbData, attribute->rgValue[i].cbData);
    }
    der_put_oid(&content, attribute->pszObjId);
    der_put_set(&content, DER_SET, values, attribute->cValue);
    free(values);
    der_wrap(&content, DER_SEQUENCE);
    der_take(out, &content);
}

static void
copy_unsigned_attributes(struct signer *signer, const CMSG_SIGNER_ENCODE_INFO *info)
{
    struct der_buf *attributes = NULL;

    if (info->cUnauthAttr == 0) {
        return;
    }
    attributes = calloc(info->cUnauthAttr, sizeof *attributes);
    if (!attributes) {
        signer->unsigned_attributes.has_failed = true;
        return;
    }
    for (DWORD i = 0; i < info->cUnauthAttr; i++) {
        signer_put_attribute(&attributes[i], &info->rgUnauthAttr[i]);
    }
    der_put_set(&signer->unsigned_attributes, DER_CONTEXT_1, attributes, info->cUnauthAttr);
    free(attributes);
}

static bool
copy_attributes(struct signer *signer, const CMSG_SIGNER_ENCODE_INFO *info)
{
    signer->attributes = calloc((size_t)info->cAuthAttr + 2, sizeof *signer->attributes);
    if (!signer->attributes) {
        return false;
    }
    signer->attribute_count = info->cAuthAttr;
    for (DWORD i = 0; i < info->cAuthAttr; i++) {
        signer_put_attribute(&signer->attributes[i], &info->rgAuthAttr[i]);
        if (strcmp(info->rgAuthAttr[i].pszObjId, szOID_RSA_contentType) == 0) {
            signer->has_content_type = true;
        }
    }
    copy_unsigned_attributes(signer, info);
    return true;
}

/* The caller's, or what fits the certificate's key: "RSA" alone, ECDSA with the digest. */
static void
put_signature_algorithm(struct signer *signer, const CMSG_SIGNER_ENCODE_INFO *info,
                        const CRYPT_ALGORITHM_IDENTIFIER *wanted)
{
    const char *key_oid = info->pCertInfo->SubjectPublicKeyInfo.Algorithm.pszObjId;
    struct der_buf *out = &signer->signature_algorithm;

    if (wanted->pszObjId) {
        const bool is_rsa = strncmp(wanted->pszObjId, "1.2.840.113549.1.1.", 19) == 0;
        der_put_algorithm(out, wanted->pszObjId, wanted->Parameters.pbData,
                          wanted->Parameters.cbData, is_rsa);
    } else if (strcmp(key_oid, OID_EC_PUBLIC_KEY) == 0) {
        der_put_algorithm(out, oid_ecdsa_with(signer->digest_oid), NULL, 0, false);
    } else {
        der_put_algorithm(out, OID_RSA, NULL, 0, true);
    }
}

static void
put_identifier(struct signer *signer, const CERT_INFO *certificate)
{
    struct der_buf *out = &signer->identifier;

    der_put(out, certificate->Issuer.pbData, certificate->Issuer.cbData);
    der_put_integer_le(out, certificate->SerialNumber.pbData, certificate->SerialNumber.cbData);
    der_wrap(out, DER_SEQUENCE);
}

struct signer *
signer_new(const CMSG_SIGNER_ENCODE_INFO *info)
{
    CMSG_SIGNER_ENCODE_INFO whole;

    /* A short structure has none of the CMS fields: read as absent. */
    memset(&whole, 0, sizeof whole);
    memcpy(&whole, info, info->cbSize < sizeof whole ? info->cbSize : sizeof whole);
    if (!whole.pCertInfo || !oid_digest_name(whole.HashAlgorithm.pszObjId)) {
        SetLastError((DWORD)E_INVALIDARG);
        return NULL;
    }
    struct signer *signer = calloc(1, sizeof *signer);
    if (!signer) {
        SetLastError(ERROR_OUTOFMEMORY);
        return NULL;
    }
    signer->key = whole.hCryptProv;
    signer->key_spec = whole.dwKeySpec;
    signer->digest_oid = _strdup(whole.HashAlgorithm.pszObjId);
    if (!signer->digest_oid || !copy_attributes(signer, &whole)) {
        signer_free(&signer);
        SetLastError(ERROR_OUTOFMEMORY);
        return NULL;
    }
    der_put_algorithm(&signer->digest_algorithm, signer->digest_oid,
                      whole.HashAlgorithm.Parameters.pbData, whole.HashAlgorithm.Parameters.cbData,
                      true);
    put_signature_algorithm(signer, &whole, &whole.HashEncryptionAlgorithm);
    put_identifier(signer, whole.pCertInfo);
    return signer;
}

void
signer_free(struct signer **signer)
{
    struct signer *gone = *signer;

    *signer = NULL;
    if (!gone) {
        return;
    }
    for (size_t i = 0; gone->attributes && i < gone->attribute_count; i++) {
        der_free(&gone->attributes[i]);
    }
    free(gone->attributes);
    free(gone->digest_oid);
    der_free(&gone->digest_algorithm);
    der_free(&gone->signature_algorithm);
    der_free(&gone->identifier);
    der_free(&gone->unsigned_attributes);
    der_free(&gone->content_digest);
    der_free(&gone->signature);
    free(gone);
}

const char *
signer_digest_oid(const struct signer *signer)
{
    return signer->digest_oid;
}

void
signer_put_digest_algorithm(const struct signer *signer, struct der_buf *out)
{
    der_put(out, signer->digest_algorithm.data, signer->digest_algorithm.len);
}

/* Appends an attribute with one value to the signer's own list; there is room for two. */
static void
add_attribute(struct signer *signer, const char *oid, struct der_buf *value)
{
    struct der_buf *attribute = &signer->attributes[signer->attribute_count++];

    der_put_oid(attribute, oid);
    der_wrap(value, DER_SET);
    der_take(attribute, value);
    der_wrap(attribute, DER_SEQUENCE);
}

/* [0] IMPLICIT of the attributes is what goes into the message, SET OF is what is digested. */
static BOOL
put_signed_attributes(struct signer *signer, const char *content_oid, struct der_buf *out,
                      struct digest *digest_out)
{
    struct der_buf value = DER_BUF_INIT;
    struct der_buf set = DER_BUF_INIT;

    if (!signer->has_content_type) {
        der_put_oid(&value, content_oid);
        add_attribute(signer, szOID_RSA_contentType, &value);
    }
    der_put_tlv(&value, DER_OCTET_STRING, signer->content_digest.data, signer->content_digest.len);
    add_attribute(signer, szOID_RSA_messageDigest, &value);
    der_put_set(&set, DER_SET, signer->attributes, signer->attribute_count);
    signer->attribute_count = 0;
    if (!der_ok(&set)) {
        return shim_fail(ERROR_OUTOFMEMORY);
    }
    const BOOL is_digested = oid_digest(signer->digest_oid, set.data, set.len, digest_out);
    set.data[0] = DER_CONTEXT_0;
    der_take(out, &set);
    return is_digested;
}

BOOL
signer_encode(struct signer *signer, const struct signer_content *content, struct der_buf *out)
{
    static const BYTE version = 1;
    struct der_buf info = DER_BUF_INIT;
    struct digest digest;

    if (!oid_digest(signer->digest_oid, content->bytes.data, content->bytes.len, &digest)) {
        return FALSE;
    }
    der_put(&signer->content_digest, digest.value, digest.len);
    der_put_tlv(&info, DER_INTEGER, &version, 1);
    der_take(&info, &signer->identifier);
    der_put(&info, signer->digest_algorithm.data, signer->digest_algorithm.len);
    BOOL is_done = TRUE;
    if (content->has_attributes || signer->attribute_count > 0) {
        is_done = put_signed_attributes(signer, content->oid, &info, &digest);
    }
    der_take(&info, &signer->signature_algorithm);
    if (is_done) {
        is_done = (content->is_estimate ? sign_placeholder : sign_digest)(
            signer->key, signer->key_spec, signer->digest_oid, &digest, &signer->signature);
    }
    der_put_tlv(&info, DER_OCTET_STRING, signer->signature.data, signer->signature.len);
    der_take(&info, &signer->unsigned_attributes);
    der_wrap(&info, DER_SEQUENCE);
    der_take(out, &info);
    return is_done;
}

struct der_span
signer_signature(const struct signer *signer)
{
    return (struct der_span){signer->signature.data, signer->signature.len};
}

struct der_span
signer_content_digest(const struct signer *signer)
{
    return (struct der_span){signer->content_digest.data, signer->content_digest.len};
}
