#include "crypt32_shim.h"

#include <stdlib.h>
#include <string.h>

/*
 * Signed messages are encoded here and not by Wine, which knows CAPI keys only, digests the content
 * with its outer tag and length, and always writes "data" as the type of the content.
 */
struct message {
    LONG references;
    DWORD flags;
    char *content_oid;
    bool is_data; /* the content is plain bytes, not DER of its own type */
    struct signer **signers;
    DWORD signer_count;
    struct der_buf *certificates;
    DWORD certificate_count;
    struct der_buf *crls;
    DWORD crl_count;
    struct der_buf content;
    struct der_buf encoded; /* SignedData, once the last update is in */
    bool is_complete;
    bool is_estimate; /* only the size of the result matters */
    struct message *next;
};

/* Our messages, so that a handle of Wine's is never taken for one. */
static SRWLOCK messages_lock = SRWLOCK_INIT;
static struct message *messages;

static struct message *
find_message(HCRYPTMSG handle)
{
    AcquireSRWLockShared(&messages_lock);
    struct message *message = messages;
    while (message && message != (struct message *)handle) {
        message = message->next;
    }
    ReleaseSRWLockShared(&messages_lock);
    return message;
}

static void
free_bufs(struct der_buf *bufs, DWORD count)
{
    for (DWORD i = 0; bufs && i < count; i++) {
        der_free(&bufs[i]);
    }
    free(bufs);
}

static void
message_free(struct message *message)
{
    for (DWORD i = 0; message->signers && i < message->signer_count; i++) {
        signer_free(&message->signers[i]);
    }
    free(message->signers);
    free_bufs(message->certificates, message->certificate_count);
    free_bufs(message->crls, message->crl_count);
    der_free(&message->content);
    der_free(&message->encoded);
    free(message->content_oid);
    free(message);
}

static struct der_buf *
copy_blobs(const CRYPT_DATA_BLOB *blobs, DWORD count)
{
    struct der_buf *bufs = calloc((size_t)count + 1, sizeof *bufs);

    for (DWORD i = 0; bufs && i < count; i++) {
        der_put(&bufs[i], blobs[i].pbData, blobs[i].cbData);
    }
    return bufs;
}

/* Elements lie cbSize apart: the caller's idea of the structure's length, not ours. */
static BOOL
copy_signers(struct message *message, const CMSG_SIGNED_ENCODE_INFO *info)
{
    const BYTE *at = (const BYTE *)info->rgSigners;

    message->signers = calloc((size_t)info->cSigners + 1, sizeof *message->signers);
    if (!message->signers) {
        return shim_fail(ERROR_OUTOFMEMORY);
    }
    for (DWORD i = 0; i < info->cSigners; i++) {
        const CMSG_SIGNER_ENCODE_INFO *signer = (const CMSG_SIGNER_ENCODE_INFO *)at;
        message->signers[i] = signer_new(signer);
        if (!message->signers[i]) {
            return FALSE;
        }
        message->signer_count++;
        at += signer->cbSize;
    }
    return TRUE;
}

static struct message *
message_new(DWORD flags, const CMSG_SIGNED_ENCODE_INFO *info, LPCSTR content_oid)
{
    struct message *message = calloc(1, sizeof *message);

    if (!message) {
        SetLastError(ERROR_OUTOFMEMORY);
        return NULL;
    }
    message->references = 1;
    message->flags = flags;
    message->content_oid = _strdup(content_oid);
    message->is_data = strcmp(content_oid, szOID_RSA_data) == 0;
    message->certificates = copy_blobs(info->rgCertEncoded, info->cCertEncoded);
    message->certificate_count = info->cCertEncoded;
    message->crls = copy_blobs(info->rgCrlEncoded, info->cCrlEncoded);
    message->crl_count = info->cCrlEncoded;
    if (!message->content_oid || !message->certificates || !message->crls) {
        message_free(message);
        SetLastError(ERROR_OUTOFMEMORY);
        return NULL;
    }
    if (!copy_signers(message, info)) {
        const DWORD error = GetLastError();
        message_free(message);
        SetLastError(error);
        return NULL;
    }
    return message;
}

HCRYPTMSG WINAPI
shim_CryptMsgOpenToEncode(DWORD dwMsgEncodingType, DWORD dwFlags, DWORD dwMsgType,
                          const void *pvMsgEncodeInfo, LPSTR pszInnerContentObjID,
                          PCMSG_STREAM_INFO pStreamInfo)
{
    if (dwMsgType != CMSG_SIGNED || pStreamInfo || !pvMsgEncodeInfo) {
        return WINE(CryptMsgOpenToEncode)(dwMsgEncodingType, dwFlags, dwMsgType, pvMsgEncodeInfo,
                                          pszInnerContentObjID, pStreamInfo);
    }
    struct message *message =
        message_new(dwFlags, pvMsgEncodeInfo,
                    pszInnerContentObjID ? pszInnerContentObjID : szOID_RSA_data);
    if (!message) {
        return NULL;
    }
    AcquireSRWLockExclusive(&messages_lock);
    message->next = messages;
    messages = message;
    ReleaseSRWLockExclusive(&messages_lock);
    return (HCRYPTMSG)message;
}

/* SET OF the digest algorithms, each once. */
static void
put_digest_algorithms(const struct message *message, struct der_buf *out)
{
    struct der_buf *algorithms = calloc((size_t)message->signer_count + 1, sizeof *algorithms);
    size_t count = 0;

    if (!algorithms) {
        out->has_failed = true;
        return;
    }
    for (DWORD i = 0; i < message->signer_count; i++) {
        const char *oid = signer_digest_oid(message->signers[i]);
        DWORD first = 0;
        while (strcmp(signer_digest_oid(message->signers[first]), oid) != 0) {
            first++;
        }
        if (first == i) {
            signer_put_digest_algorithm(message->signers[i], &algorithms[count++]);
        }
    }
    der_put_set(out, DER_SET, algorithms, count);
    free(algorithms);
}

/* encapContentInfo: the type, and unless detached the content in [0]. */
static void
put_content(const struct message *message, struct der_buf *out)
{
    const bool is_octets =
        message->is_data || (message->flags & CMSG_CMS_ENCAPSULATED_CONTENT_FLAG);
    struct der_buf info = DER_BUF_INIT;
    struct der_buf content = DER_BUF_INIT;

    der_put_oid(&info, message->content_oid);
    if (!(message->flags & CMSG_DETACHED_FLAG) && message->content.len > 0) {
        if (is_octets) {
            der_put_tlv(&content, DER_OCTET_STRING, message->content.data, message->content.len);
        } else {
            der_put(&content, message->content.data, message->content.len);
        }
        der_wrap(&content, DER_CONTEXT_0);
        der_take(&info, &content);
    }
    der_wrap(&info, DER_SEQUENCE);
    der_take(out, &info);
}

/* Content other than plain data is DER already: its outer tag and length are not digested. */
static struct der_span
digested_content(const struct message *message)
{
    const struct der_span whole = {message->content.data, message->content.len};
    struct der_span content = whole;

    if (!message->is_data && !(message->flags & CMSG_CMS_ENCAPSULATED_CONTENT_FLAG) &&
        !der_content(whole, &content)) {
        return whole;
    }
    return content;
}

static BOOL
put_signers(struct message *message, struct der_buf *out)
{
    const struct signer_content content = {message->content_oid, digested_content(message),
                                           !message->is_data, message->is_estimate};
    struct der_buf *infos = calloc((size_t)message->signer_count + 1, sizeof *infos);
    BOOL is_done = infos != NULL;

    if (!infos) {
        return shim_fail(ERROR_OUTOFMEMORY);
    }
    for (DWORD i = 0; i < message->signer_count && is_done; i++) {
        is_done = signer_encode(message->signers[i], &content, &infos[i]);
    }
    const DWORD error = GetLastError();
    if (is_done) {
        der_put_set(out, DER_SET, infos, message->signer_count);
        free(infos);
    } else {
        free_bufs(infos, message->signer_count);
    }
    return is_done ? TRUE : shim_fail(error);
}

static BOOL
encode_message(struct message *message)
{
    static const BYTE version = 1;
    struct der_buf encoded = DER_BUF_INIT;

    der_put_tlv(&encoded, DER_INTEGER, &version, 1);
    put_digest_algorithms(message, &encoded);
    put_content(message, &encoded);
    if (message->certificate_count > 0) {
        der_put_set(&encoded, DER_CONTEXT_0, message->certificates, message->certificate_count);
    }
    if (message->crl_count > 0) {
        der_put_set(&encoded, DER_CONTEXT_1, message->crls, message->crl_count);
    }
    if (!put_signers(message, &encoded)) {
        der_free(&encoded);
        return FALSE;
    }
    der_wrap(&encoded, DER_SEQUENCE);
    if (!der_ok(&encoded)) {
        return shim_fail(ERROR_OUTOFMEMORY);
    }
    message->encoded = encoded;
    message->is_complete = true;
    return TRUE;
}

WINBOOL WINAPI
shim_CryptMsgUpdate(HCRYPTMSG hCryptMsg, const BYTE *pbData, DWORD cbData, WINBOOL fFinal)
{
    struct message *message = find_message(hCryptMsg);

    if (!message) {
        const BOOL is_taken = WINE(CryptMsgUpdate)(hCryptMsg, pbData, cbData, fFinal);
        if (is_taken) {
            decoded_feed(hCryptMsg, pbData, cbData);
        }
        return is_taken;
    }
    if (message->is_complete) {
        return shim_fail((DWORD)CRYPT_E_MSG_ERROR);
    }
    der_put(&message->content, pbData, cbData);
    return fFinal ? encode_message(message) : TRUE;
}

/* ContentInfo around SignedData, unless the caller wants SignedData alone. */
static BOOL
give_content(const struct message *message, void *data, DWORD *len_inout)
{
    struct der_buf info = DER_BUF_INIT;
    struct der_buf content = DER_BUF_INIT;

    if (message->flags & CMSG_BARE_CONTENT_FLAG) {
        return shim_give_bytes(message->encoded.data, message->encoded.len, data, len_inout);
    }
    der_put(&content, message->encoded.data, message->encoded.len);
    der_wrap(&content, DER_CONTEXT_0);
    der_put_oid(&info, szOID_RSA_signedData);
    der_take(&info, &content);
    der_wrap(&info, DER_SEQUENCE);
    const BOOL is_given = der_ok(&info) ? shim_give_bytes(info.data, info.len, data, len_inout)
                                        : shim_fail(ERROR_OUTOFMEMORY);
    der_free(&info);
    return is_given;
}

static BOOL
give_span(struct der_span span, void *data, DWORD *len_inout)
{
    return shim_give_bytes(span.data, span.len, data, len_inout);
}

WINBOOL WINAPI
shim_CryptMsgGetParam(HCRYPTMSG hCryptMsg, DWORD dwParamType, DWORD dwIndex, void *pvData,
                      DWORD *pcbData)
{
    static const DWORD version = CMSG_SIGNED_DATA_V1;
    struct message *message = find_message(hCryptMsg);

    if (!message) {
        return decoded_param(hCryptMsg, dwParamType, dwIndex, pvData, pcbData);
    }
    if (!message->is_complete) {
        return shim_fail((DWORD)CRYPT_E_MSG_ERROR);
    }
    switch (dwParamType) {
    case CMSG_BARE_CONTENT_PARAM:
        return shim_give_bytes(message->encoded.data, message->encoded.len, pvData, pcbData);
    case CMSG_CONTENT_PARAM:
        return give_content(message, pvData, pcbData);
    case CMSG_VERSION_PARAM:
        return shim_give_bytes(&version, sizeof version, pvData, pcbData);
    case CMSG_ENCRYPTED_DIGEST:
    case CMSG_COMPUTED_HASH_PARAM:
        if (dwIndex >= message->signer_count) {
            return shim_fail((DWORD)CRYPT_E_INVALID_INDEX);
        }
        return give_span(dwParamType == CMSG_ENCRYPTED_DIGEST
                             ? signer_signature(message->signers[dwIndex])
                             : signer_content_digest(message->signers[dwIndex]),
                         pvData, pcbData);
    default:
        return shim_fail((DWORD)CRYPT_E_INVALID_MSG_TYPE);
    }
}

WINBOOL WINAPI
shim_CryptMsgControl(HCRYPTMSG hCryptMsg, DWORD dwFlags, DWORD dwCtrlType, const void *pvCtrlPara)
{
    if (find_message(hCryptMsg)) {
        return shim_fail((DWORD)CRYPT_E_CONTROL_TYPE);
    }
    return decoded_control(hCryptMsg, dwFlags, dwCtrlType, pvCtrlPara);
}

HCRYPTMSG WINAPI
shim_CryptMsgDuplicate(HCRYPTMSG hCryptMsg)
{
    struct message *message = find_message(hCryptMsg);

    if (!message) {
        return WINE(CryptMsgDuplicate)(hCryptMsg);
    }
    InterlockedIncrement(&message->references);
    return hCryptMsg;
}

WINBOOL WINAPI
shim_CryptMsgClose(HCRYPTMSG hCryptMsg)
{
    struct message *message = find_message(hCryptMsg);

    if (!message) {
        decoded_forget(hCryptMsg);
        return WINE(CryptMsgClose)(hCryptMsg);
    }
    if (InterlockedDecrement(&message->references) > 0) {
        return TRUE;
    }
    AcquireSRWLockExclusive(&messages_lock);
    struct message **link = &messages;
    while (*link && *link != message) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = message->next;
    }
    ReleaseSRWLockExclusive(&messages_lock);
    message_free(message);
    return TRUE;
}

/*
 * Catalogs: the trust list is signed anew as the content of a message. The caller asks for the size
 * first; an ECDSA signature differs in length from one to the next, so the answer is an upper bound
 * and no signature is made for it.
 */
WINBOOL WINAPI
shim_CryptMsgSignCTL(DWORD dwMsgEncodingType, BYTE *pbCtlContent, DWORD cbCtlContent,
                     PCMSG_SIGNED_ENCODE_INFO pSignInfo, DWORD dwFlags, BYTE *pbEncoded,
                     DWORD *pcbEncoded)
{
    char content_oid[] = szOID_CTL;

    (void)dwFlags;
    HCRYPTMSG message = shim_CryptMsgOpenToEncode(dwMsgEncodingType, 0, CMSG_SIGNED, pSignInfo,
                                                  content_oid, NULL);
    if (!message) {
        return FALSE;
    }
    find_message(message)->is_estimate = !pbEncoded;
    const BOOL is_given =
        shim_CryptMsgUpdate(message, pbCtlContent, cbCtlContent, TRUE) &&
        shim_CryptMsgGetParam(message, CMSG_CONTENT_PARAM, 0, pbEncoded, pcbEncoded);
    const DWORD error = GetLastError();
    shim_CryptMsgClose(message);
    SetLastError(error);
    return is_given;
}
