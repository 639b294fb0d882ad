#ifndef SIGNUMD_HSM_INTERNAL_H
#define SIGNUMD_HSM_INTERNAL_H

#include <p11-kit/pkcs11.h>

#include "hsm/hsm.h"

/* Shared by the hsm*.c files only. */

/* A session lent to an operation. */
struct signumd_hsm_session {
    CK_FUNCTION_LIST *api;
    CK_SESSION_HANDLE handle;
};

/* Returns SIGNUM_SERVICE_BUSY when it wants to be repeated with a new connection. */
typedef enum signum_status signumd_hsm_operation(struct signumd_hsm_session *session,
                                                 void *argument);

/* Runs an operation with a session of the pool, once more after a lost connection. */
enum signum_status signumd_hsm_run(struct signumd_hsm *hsm, signumd_hsm_operation *operation,
                                   void *argument) SIGNUM_MUST_USE;

/*
 * The same for what makes or removes objects: one at a time. SoftHSM2 fails with CKR_GENERAL_ERROR
 * and leaves broken objects behind when threads do that at once, and so two of one label cannot
 * come up either. Nobody else waits for it.
 */
enum signum_status signumd_hsm_run_alone(struct signumd_hsm *hsm,
                                         signumd_hsm_operation *operation,
                                         void *argument) SIGNUM_MUST_USE;

/* A loaded module. */
struct signumd_hsm_module {
    void *library;
    CK_FUNCTION_LIST *api;
    char file[256]; /* name without the folder; "" if unknown */
    char sha256[SIGNUMD_SHA256_HEX_SIZE]; /* of the file; "" if unknown */
};

enum signum_status signumd_hsm_load(const char *path,
                                    struct signumd_hsm_module *module_out) SIGNUM_MUST_USE;
void signumd_hsm_unload(struct signumd_hsm_module *module);

/* C_Initialize with operating system locks. */
CK_RV signumd_hsm_initialize(CK_FUNCTION_LIST *api);

/* The slot of the token with the label. SIGNUM_NOT_FOUND if there is none. */
enum signum_status signumd_hsm_find_slot(CK_FUNCTION_LIST *api, const char *label,
                                         CK_SLOT_ID *slot_out) SIGNUM_MUST_USE;

/* Converts what a PKCS#11 function returned, and logs it if it is a failure. */
enum signum_status signumd_hsm_status(CK_RV value, const char *function) SIGNUM_MUST_USE;

/*
 * Objects of the class with the label and, unless it is empty, the identifier: up to `max`
 * handles; `count_out` says how many.
 */
enum signum_status signumd_hsm_find(struct signumd_hsm_session *session, CK_OBJECT_CLASS kind,
                                    const char *label, struct signum_bytes id,
                                    CK_OBJECT_HANDLE *handles_out, CK_ULONG max,
                                    CK_ULONG *count_out) SIGNUM_MUST_USE;

/* The one object of the key; SIGNUM_KEY_NOT_FOUND, or SIGNUM_INVALID_ARGUMENT if there are more. */
enum signum_status signumd_hsm_find_one(struct signumd_hsm_session *session, CK_OBJECT_CLASS kind,
                                        const struct signumd_key *key,
                                        CK_OBJECT_HANDLE *handle_out) SIGNUM_MUST_USE;

/* Fills in algorithm, bits and public key from a public key object. */
enum signum_status signumd_hsm_read_public(struct signumd_hsm_session *session,
                                           CK_OBJECT_HANDLE object,
                                           struct signumd_key *key) SIGNUM_MUST_USE;

/* The loaded module, and the label of the vendor's evidence, "" for none. As long as `hsm`. */
const struct signumd_hsm_module *signumd_hsm_module_of(const struct signumd_hsm *hsm);
const char *signumd_hsm_vendor_label(const struct signumd_hsm *hsm);

/* Copies a text of PKCS#11 without its padding; what is not printable ASCII becomes '?'. */
void signumd_hsm_copy_padded(char *to, const CK_UTF8CHAR *from, size_t len);

/* PKCS#11's name of a mechanism, or its number in hexadecimal. */
void signumd_hsm_put_mechanism(CK_MECHANISM_TYPE type, char name_out[SIGNUMD_HSM_MECHANISM_SIZE]);

/* Is the module SoftHSM, which keeps keys in files? */
bool signumd_hsm_is_softhsm(CK_FUNCTION_LIST *api);

/* Appends the value of an attribute; the buffer's maximum is the limit. */
enum signum_status signumd_hsm_get(struct signumd_hsm_session *session, CK_OBJECT_HANDLE object,
                                   CK_ATTRIBUTE_TYPE type,
                                   struct signum_buf *value_out) SIGNUM_MUST_USE;

#endif
