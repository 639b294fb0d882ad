#include "crypt32_shim.h"

#include <stdlib.h>
#include <string.h>

/*
 * A timestamp is put into a finished signature: mssign32 decodes the message, adds certificates and
 * an unauthenticated attribute, and asks for it encoded again. Wine decodes but cannot add, so the
 * bytes are kept beside Wine's message and changed here.
 */
struct kept_message {
    HCRYPTMSG message;
    struct der_buf bytes; /* ContentInfo */
    struct kept_message *next;
};
static SRWLOCK kept_lock = SRWLOCK_INIT;
static struct kept_message *kept_messages;

/* SignedData has at most six elements, SignerInfo seven. More than these is damage. */
#define MAX_ELEMENTS 8
#define MAX_SIGNERS 16
#define MAX_ATTRIBUTES 16

static struct kept_message **
find_kept(HCRYPTMSG message)
{
    struct kept_message **link = &kept_messages;

    while (*link && (*link)->message != message) {
        link = &(*link)->next;
    }
    return link;
}

void
decoded_feed(HCRYPTMSG message, const BYTE *data, DWORD len)
{
    AcquireSRWLockExclusive(&kept_lock);
    struct kept_message *kept = *find_kept(message);
    if (!kept) {
        kept = calloc(1, sizeof *kept);
        if (kept) {
            kept->message = message;
            kept->next = kept_messages;
            kept_messages = kept;
        }
    }
    if (kept) {
        der_put(&kept->bytes, data, len);
    }
    ReleaseSRWLockExclusive(&kept_lock);
}

void
decoded_forget(HCRYPTMSG message)
{
    AcquireSRWLockExclusive(&kept_lock);
    struct kept_message **link = find_kept(message);
    struct kept_message *kept = *link;
    if (kept) {
        *link = kept->next;
    }
    ReleaseSRWLockExclusive(&kept_lock);
    if (kept) {
        der_free(&kept->bytes);
        free(kept);
    }
}

/* ContentInfo taken apart: its type, and the elements of SignedData. All borrowed. */
struct signed_data {
    struct der_span type;
    struct der_span elements[MAX_ELEMENTS];
    size_t count;
};

static bool
open_signed_data(struct der_span message, struct signed_data *out)
{
    struct der_span info[2];
    struct der_span content;
    size_t count = 0;

    if (!der_content(message, &content) || !der_split(content, info, 2, &count) || count != 2 ||
        !der_content(info[1], &content) || !der_content(content, &content)) {
        return false;
    }
    out->type = info[0];
    return der_split(content, out->elements, MAX_ELEMENTS, &out->count) && out->count >= 4;
}

/* The message again, with element number changed_index replaced. Takes over changed. */
static void
close_signed_data(const struct signed_data *data, size_t changed_index, struct der_buf *changed,
                  struct der_buf *out)
{
    struct der_buf content = DER_BUF_INIT;

    for (size_t i = 0; i < data->count; i++) {
        if (i == changed_index) {
            der_take(&content, changed);
        } else {
            der_put(&content, data->elements[i].data, data->elements[i].len);
        }
    }
    der_wrap(&content, DER_SEQUENCE);
    der_wrap(&content, DER_CONTEXT_0);
    der_put(out, data->type.data, data->type.len);
    der_take(out, &content);
    der_wrap(out, DER_SEQUENCE);
}

static bool
add_certificate(const struct signed_data *data, struct der_span certificate, struct der_buf *out)
{
    struct der_buf certificates = DER_BUF_INIT;
    struct der_span present;

    for (size_t i = 0; i < data->count; i++) {
        if (data->elements[i].data[0] != DER_CONTEXT_0 ||
            !der_content(data->elements[i], &present)) {
            continue;
        }
        der_put(&certificates, present.data, present.len);
        der_put(&certificates, certificate.data, certificate.len);
        der_wrap(&certificates, DER_CONTEXT_0);
        close_signed_data(data, i, &certificates, out);
        return true;
    }
    return false;
}

/* SignerInfo with one more unauthenticated attribute. */
static bool
extend_signer(struct der_span signer, struct der_span attribute, struct der_buf *out)
{
    struct der_span fields[MAX_ELEMENTS];
    struct der_span present[MAX_ATTRIBUTES];
    struct der_buf attributes[MAX_ATTRIBUTES + 1] = {DER_BUF_INIT};
    struct der_span content;
    size_t field_count = 0;
    size_t present_count = 0;

    if (!der_content(signer, &content) ||
        !der_split(content, fields, MAX_ELEMENTS, &field_count) || field_count < 5) {
        return false;
    }
    if (fields[field_count - 1].data[0] == DER_CONTEXT_1) {
        field_count--;
        if (!der_content(fields[field_count], &content) ||
            !der_split(content, present, MAX_ATTRIBUTES, &present_count)) {
            return false;
        }
    }
    for (size_t i = 0; i < present_count; i++) {
        der_put(&attributes[i], present[i].data, present[i].len);
    }
    der_put(&attributes[present_count], attribute.data, attribute.len);
    for (size_t i = 0; i < field_count; i++) {
        der_put(out, fields[i].data, fields[i].len);
    }
    der_put_set(out, DER_CONTEXT_1, attributes, present_count + 1);
    der_wrap(out, DER_SEQUENCE);
    return true;
}

static bool
add_attribute(const struct signed_data *data, DWORD signer_index, struct der_span attribute,
              struct der_buf *out)
{
    const size_t last = data->count - 1; /* signerInfos */
    struct der_span signers[MAX_SIGNERS];
    struct der_buf infos[MAX_SIGNERS] = {DER_BUF_INIT};
    struct der_buf set = DER_BUF_INIT;
    struct der_span content;
    size_t count = 0;

    if (!der_content(data->elements[last], &content) ||
        !der_split(content, signers, MAX_SIGNERS, &count) || signer_index >= count) {
        return false;
    }
    bool is_done = true;
    for (size_t i = 0; i < count; i++) {
        if (i == signer_index) {
            is_done = extend_signer(signers[i], attribute, &infos[i]);
        } else {
            der_put(&infos[i], signers[i].data, signers[i].len);
        }
    }
    der_put_set(&set, DER_SET, infos, count);
    if (!is_done) {
        der_free(&set);
        return false;
    }
    close_signed_data(data, last, &set, out);
    return true;
}

/* Applies one change to the kept bytes. */
static BOOL
change_kept(struct kept_message *kept, DWORD type, const void *parameter)
{
    const CMSG_CTRL_ADD_SIGNER_UNAUTH_ATTR_PARA *attribute = parameter;
    const CRYPT_DATA_BLOB *certificate = parameter;
    struct signed_data data;
    struct der_buf changed = DER_BUF_INIT;

    bool is_done = der_ok(&kept->bytes) &&
                   open_signed_data((struct der_span){kept->bytes.data, kept->bytes.len}, &data);
    if (is_done && type == CMSG_CTRL_ADD_CERT) {
        is_done = add_certificate(
            &data, (struct der_span){certificate->pbData, certificate->cbData}, &changed);
    } else if (is_done) {
        is_done = add_attribute(
            &data, attribute->dwSignerIndex,
            (struct der_span){attribute->blob.pbData, attribute->blob.cbData}, &changed);
    }
    if (!is_done || !der_ok(&changed)) {
        der_free(&changed);
        return shim_fail((DWORD)CRYPT_E_MSG_ERROR);
    }
    der_free(&kept->bytes);
    kept->bytes = changed;
    return TRUE;
}

BOOL
decoded_control(HCRYPTMSG message, DWORD flags, DWORD type, const void *parameter)
{
    BOOL is_done = FALSE;

    if ((type != CMSG_CTRL_ADD_SIGNER_UNAUTH_ATTR && type != CMSG_CTRL_ADD_CERT) || !parameter) {
        return WINE(CryptMsgControl)(message, flags, type, parameter);
    }
    AcquireSRWLockExclusive(&kept_lock);
    struct kept_message *kept = *find_kept(message);
    if (kept) {
        is_done = change_kept(kept, type, parameter);
    }
    ReleaseSRWLockExclusive(&kept_lock);
    return kept ? is_done : WINE(CryptMsgControl)(message, flags, type, parameter);
}

/* Wine knows the signature as part of the signer's whole record only. */
static BOOL
give_signature(HCRYPTMSG message, DWORD index, void *data, DWORD *len_inout)
{
    DWORD len = 0;

    if (!WINE(CryptMsgGetParam)(message, CMSG_SIGNER_INFO_PARAM, index, NULL, &len)) {
        return FALSE;
    }
    CMSG_SIGNER_INFO *info = malloc(len);
    if (!info) {
        return shim_fail(ERROR_OUTOFMEMORY);
    }
    const BOOL is_given =
        WINE(CryptMsgGetParam)(message, CMSG_SIGNER_INFO_PARAM, index, info, &len) &&
        shim_give_bytes(info->EncryptedHash.pbData, info->EncryptedHash.cbData, data, len_inout);
    free(info);
    return is_given;
}

BOOL
decoded_param(HCRYPTMSG message, DWORD type, DWORD index, void *data, DWORD *len_inout)
{
    BOOL is_given = FALSE;

    if (type == CMSG_ENCRYPTED_DIGEST) {
        return give_signature(message, index, data, len_inout);
    }
    if (type != CMSG_ENCODED_MESSAGE) {
        return WINE(CryptMsgGetParam)(message, type, index, data, len_inout);
    }
    AcquireSRWLockShared(&kept_lock);
    const struct kept_message *kept = *find_kept(message);
    if (kept && der_ok(&kept->bytes)) {
        is_given = shim_give_bytes(kept->bytes.data, kept->bytes.len, data, len_inout);
    }
    ReleaseSRWLockShared(&kept_lock);
    return kept ? is_given : WINE(CryptMsgGetParam)(message, type, index, data, len_inout);
}
