#include <string.h>

#include "base/log.h"
#include "hsm/hsm_internal.h"

#define HANDLES_MAX 32 /* certificates of one identifier, or objects of one label */

/*
 * How a vendor's evidence lies in a token. By label: the whole label, from the settings. By
 * identifier: objects with the key's CKA_ID whose label begins so.
 *
 * ykcs11-attestation: Yubico's YKCS11 shows the certificate that a YubiKey's factory key issues for
 * a key made on the device as an object with the identifier of the key and the label "X.509
 * Certificate for PIV Attestation 9c" (9a, 9d, 9e, 82 to 95).
 */
struct row {
    const char *kind;
    CK_OBJECT_CLASS object_class;
    const char *prefix; /* NULL: by label */
};

static const struct row rows[] = {
    {"ykcs11-attestation", CKO_CERTIFICATE, "X.509 Certificate for PIV Attestation "},
    {"certificate", CKO_CERTIFICATE, NULL},
    {"data", CKO_DATA, NULL},
};

struct job {
    const struct signumd_key *key;
    const char *label; /* of the rows by label; "" for none */
    struct signumd_hsm_vendors *vendors;
};

void
signumd_hsm_vendors_init(struct signumd_hsm_vendors *vendors)
{
    memset(vendors, 0, sizeof *vendors);
    for (size_t i = 0; i < SIGNUMD_HSM_VENDOR_MAX; i++)
        signum_buf_init(&vendors->items[i].data, SIGNUMD_HSM_VENDOR_DATA_MAX);
}

void
signumd_hsm_vendors_clear(struct signumd_hsm_vendors *vendors)
{
    for (size_t i = 0; i < SIGNUMD_HSM_VENDOR_MAX; i++)
        signum_buf_clear(&vendors->items[i].data);
    vendors->count = 0;
}

/* {label} stands for the key's label. */
static enum signum_status
expand(const char *pattern, const char *label, struct signum_buf *out)
{
    static const char hole[] = "{label}";

    for (const char *at = pattern; *at != '\0';) {
        if (strncmp(at, hole, sizeof hole - 1) == 0) {
            signum_buf_put_text(out, label);
            at += sizeof hole - 1;
        } else {
            signum_buf_put_byte(out, (uint8_t)*at++);
        }
    }
    return signum_buf_status(out);
}

static enum signum_status
find(struct signumd_hsm_session *session, const struct row *row, const struct job *job,
    CK_OBJECT_HANDLE handles_out[HANDLES_MAX], CK_ULONG *count_out)
{
    CK_FUNCTION_LIST *api = session->api;
    CK_OBJECT_CLASS object_class = row->object_class;
    /* PKCS#11 declares what it only reads as writable, hence the casts */
    CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS, &object_class, sizeof object_class},
        {CKA_LABEL, (void *)(uintptr_t)job->label, (CK_ULONG)strlen(job->label)},
    };

    *count_out = 0;
    if (row->prefix != NULL)
        wanted[1] =
            (CK_ATTRIBUTE){CKA_ID, job->key->token_id.data, (CK_ULONG)job->key->token_id.len};
    if (wanted[1].ulValueLen == 0)
        return SIGNUM_OK;
    enum signum_status status =
        signumd_hsm_status(api->C_FindObjectsInit(session->handle, wanted, 2), "C_FindObjectsInit");
    if (status != SIGNUM_OK)
        return status;
    status = signumd_hsm_status(
        api->C_FindObjects(session->handle, handles_out, HANDLES_MAX, count_out), "C_FindObjects");
    enum signum_status final =
        signumd_hsm_status(api->C_FindObjectsFinal(session->handle), "C_FindObjectsFinal");
    return status == SIGNUM_OK ? final : status;
}

static enum signum_status
read_label(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object,
    char label_out[SIGNUMD_LABEL_MAX + 1])
{
    uint8_t text[SIGNUMD_LABEL_MAX];
    CK_ATTRIBUTE wanted = {CKA_LABEL, text, sizeof text};
    enum signum_status status =
        signumd_hsm_status(session->api->C_GetAttributeValue(session->handle, object, &wanted, 1),
            "C_GetAttributeValue");

    label_out[0] = '\0';
    if (status == SIGNUM_OK && wanted.ulValueLen <= sizeof text)
        signumd_hsm_copy_padded(label_out, text, wanted.ulValueLen);
    return status;
}

static enum signum_status
read_value(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object, struct signum_buf *out)
{
    uint8_t value[SIGNUMD_HSM_VENDOR_DATA_MAX];
    CK_ATTRIBUTE wanted = {CKA_VALUE, value, sizeof value};
    CK_RV code = session->api->C_GetAttributeValue(session->handle, object, &wanted, 1);

    if (code == CKR_BUFFER_TOO_SMALL)
        return SIGNUM_TOO_LARGE;
    enum signum_status status = signumd_hsm_status(code, "C_GetAttributeValue");
    if (status != SIGNUM_OK)
        return status;
    if (wanted.ulValueLen > sizeof value)
        return SIGNUM_TOO_LARGE;
    signum_buf_put(out, value, wanted.ulValueLen);
    return signum_buf_status(out);
}

static enum signum_status
add(struct signumd_hsm_session *session, const struct row *row, CK_OBJECT_HANDLE object,
    struct signumd_hsm_vendors *vendors)
{
    char label[SIGNUMD_LABEL_MAX + 1];
    enum signum_status status = read_label(session, object, label);

    if (status != SIGNUM_OK)
        return status;
    if (row->prefix != NULL && strncmp(label, row->prefix, strlen(row->prefix)) != 0)
        return SIGNUM_OK;
    if (vendors->count == SIGNUMD_HSM_VENDOR_MAX)
        return SIGNUM_TOO_LARGE;
    struct signumd_hsm_vendor *item = &vendors->items[vendors->count];
    status = read_value(session, object, &item->data);
    if (status != SIGNUM_OK)
        return status;
    item->kind = row->kind;
    memcpy(item->label, label, sizeof label);
    vendors->count++;
    return SIGNUM_OK;
}

static enum signum_status
find_all(struct signumd_hsm_session *session, void *argument)
{
    struct job *job = argument;
    enum signum_status status = SIGNUM_OK;

    signumd_hsm_vendors_clear(job->vendors); /* a lost connection begins again */
    for (size_t i = 0; status == SIGNUM_OK && i < sizeof rows / sizeof rows[0]; i++) {
        CK_OBJECT_HANDLE handles[HANDLES_MAX];
        CK_ULONG count = 0;
        status = find(session, &rows[i], job, handles, &count);
        for (CK_ULONG k = 0; status == SIGNUM_OK && k < count; k++)
            status = add(session, &rows[i], handles[k], job->vendors);
    }
    return status;
}

enum signum_status
signumd_hsm_find_vendor(
    struct signumd_hsm *hsm, const struct signumd_key *key, struct signumd_hsm_vendors *vendors_out)
{
    struct signum_buf label;

    signumd_hsm_vendors_clear(vendors_out);
    signum_buf_init(&label, 1024);
    enum signum_status status = expand(signumd_hsm_vendor_label(hsm), key->token_label, &label);
    struct job job = {key, signum_buf_text(&label), vendors_out};
    if (status == SIGNUM_OK)
        status = signumd_hsm_run(hsm, find_all, &job);
    if (status == SIGNUM_TOO_LARGE)
        signumd_log(SIGNUMD_LOG_ERROR,
            "HSM: the vendor's evidence for '%s' is more than %d objects or %d bytes", key->name,
            SIGNUMD_HSM_VENDOR_MAX, SIGNUMD_HSM_VENDOR_DATA_MAX);
    if (status != SIGNUM_OK)
        signumd_hsm_vendors_clear(vendors_out);
    signum_buf_clear(&label);
    return status;
}
