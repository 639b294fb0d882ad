#include <string.h>

#include "hsm/hsm_internal.h"

enum signum_status
signumd_hsm_find(struct signumd_hsm_session *session, CK_OBJECT_CLASS kind, const char *label,
                 struct signum_bytes id, CK_OBJECT_HANDLE *handles_out, CK_ULONG max,
                 CK_ULONG *count_out)
{
    CK_BBOOL yes = CK_TRUE;
    /* PKCS#11 declares what it only reads as writable, hence the casts */
    CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS, &kind, sizeof kind},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_LABEL, (void *)(uintptr_t)label, (CK_ULONG)strlen(label)},
        {CKA_ID, (void *)(uintptr_t)id.data, (CK_ULONG)id.len},
    };

    *count_out = 0;
    enum signum_status status = signumd_hsm_status(
        session->api->C_FindObjectsInit(session->handle, wanted, id.len == 0 ? 3 : 4),
        "C_FindObjectsInit");
    if (status != SIGNUM_OK)
        return status;
    status = signumd_hsm_status(
        session->api->C_FindObjects(session->handle, handles_out, max, count_out),
        "C_FindObjects");
    enum signum_status final = signumd_hsm_status(
        session->api->C_FindObjectsFinal(session->handle), "C_FindObjectsFinal");
    return status == SIGNUM_OK ? final : status;
}

enum signum_status
signumd_hsm_get(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object,
                CK_ATTRIBUTE_TYPE type, struct signum_buf *value_out)
{
    uint8_t value[SIGNUM_SIGNATURE_MAX];
    CK_ATTRIBUTE wanted = {type, value, sizeof value};
    enum signum_status status =
        signumd_hsm_status(session->api->C_GetAttributeValue(session->handle, object, &wanted, 1),
                           "C_GetAttributeValue");

    if (status != SIGNUM_OK)
        return status;
    if (wanted.ulValueLen > sizeof value)
        return SIGNUM_TOO_LARGE;
    signum_buf_put(value_out, value, wanted.ulValueLen);
    return signum_buf_status(value_out);
}
