#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "hsm/hsm_internal.h"
#include "base/crypto.h"
#include "base/files.h"
#include "base/log.h"

#define SLOTS_MAX 256
#define MODULE_MAX ((size_t)256 * 1024 * 1024) /* bytes of a module's file */

/*
 * Which file it is, for attestations. Hashed now, since the file may be replaced while this one
 * runs. That it cannot be told is no reason to do without the HSM.
 */
static void
identify(const void *symbol, struct signumd_hsm_module *module)
{
    Dl_info facts;
    struct signum_buf content;

    if (dladdr(symbol, &facts) == 0 || facts.dli_fname == NULL)
        return;
    const char *slash = strrchr(facts.dli_fname, '/');
    (void)snprintf(module->file, sizeof module->file, "%s",
        slash == NULL ? facts.dli_fname : slash + 1);
    signum_buf_init(&content, MODULE_MAX);
    if (signumd_files_read(facts.dli_fname, &content) != SIGNUM_OK ||
        signumd_crypto_sha256_hex(signum_bytes_of_buf(&content), module->sha256) != SIGNUM_OK)
        module->sha256[0] = '\0';
    signum_buf_clear(&content);
}

enum signum_status
signumd_hsm_load(const char *path, struct signumd_hsm_module *module_out)
{
    CK_C_GetFunctionList get_list = NULL;

    memset(module_out, 0, sizeof *module_out);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot load the PKCS#11 module: %s", dlerror());
        return SIGNUM_BAD_SETTINGS;
    }
    /* ISO C has no cast from object to function pointer; POSIX says that this works */
    void *symbol = dlsym(library, "C_GetFunctionList");
    memcpy(&get_list, &symbol, sizeof get_list);
    if (get_list == NULL || get_list(&module_out->api) != CKR_OK || module_out->api == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "%s is not a PKCS#11 module: it gives no function list",
                    path);
        (void)dlclose(library);
        return SIGNUM_BAD_SETTINGS;
    }
    module_out->library = library;
    identify(symbol, module_out);
    return SIGNUM_OK;
}

void
signumd_hsm_unload(struct signumd_hsm_module *module)
{
    if (module->library != NULL)
        (void)dlclose(module->library);
    memset(module, 0, sizeof *module);
}

CK_RV
signumd_hsm_initialize(CK_FUNCTION_LIST *api)
{
    CK_C_INITIALIZE_ARGS arguments;

    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CKF_OS_LOCKING_OK;
    CK_RV value = api->C_Initialize(&arguments);
    return value == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : value;
}

/* Labels are padded with blanks to 32 bytes and have no NUL. */
static bool
has_label(const CK_TOKEN_INFO *facts, const char *label)
{
    size_t len = strlen(label);

    if (len > sizeof facts->label || memcmp(facts->label, label, len) != 0)
        return false;
    for (size_t i = len; i < sizeof facts->label; i++)
        if (facts->label[i] != ' ')
            return false;
    return true;
}

enum signum_status
signumd_hsm_find_slot(CK_FUNCTION_LIST *api, const char *label, CK_SLOT_ID *slot_out)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;

    *slot_out = 0;
    enum signum_status status =
        signumd_hsm_status(api->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    if (status != SIGNUM_OK)
        return status;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO facts;
        if (api->C_GetTokenInfo(slots[i], &facts) == CKR_OK && has_label(&facts, label)) {
            *slot_out = slots[i];
            return SIGNUM_OK;
        }
    }
    return SIGNUM_NOT_FOUND;
}

static enum signum_status
init_pin(CK_FUNCTION_LIST *api, CK_SLOT_ID slot, CK_UTF8CHAR *pin)
{
    CK_SESSION_HANDLE session = 0;
    CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    CK_ULONG len = (CK_ULONG)strlen((const char *)pin);
    enum signum_status status =
        signumd_hsm_status(api->C_OpenSession(slot, flags, NULL, NULL, &session), "C_OpenSession");

    if (status != SIGNUM_OK)
        return status;
    status = signumd_hsm_status(api->C_Login(session, CKU_SO, pin, len), "C_Login");
    if (status == SIGNUM_OK)
        status = signumd_hsm_status(api->C_InitPIN(session, pin, len), "C_InitPIN");
    (void)api->C_CloseSession(session);
    return status;
}

/* SoftHSM2 always shows one more slot, with a token that has not been initialised yet. */
static enum signum_status
init_token(CK_FUNCTION_LIST *api, const char *label, CK_UTF8CHAR *pin)
{
    CK_UTF8CHAR padded[32];
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    size_t label_len = strlen(label);

    if (label_len > sizeof padded)
        return SIGNUM_INVALID_ARGUMENT;
    memset(padded, ' ', sizeof padded);
    memcpy(padded, label, label_len);
    enum signum_status status =
        signumd_hsm_status(api->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    if (status == SIGNUM_OK && count == 0)
        status = SIGNUM_NOT_FOUND;
    if (status == SIGNUM_OK)
        status = signumd_hsm_status(api->C_InitToken(slots[count - 1], pin,
                                                     (CK_ULONG)strlen((const char *)pin), padded),
                                    "C_InitToken");
    if (status == SIGNUM_OK)
        status = init_pin(api, slots[count - 1], pin);
    return status;
}

bool
signumd_hsm_is_softhsm(CK_FUNCTION_LIST *api)
{
    CK_INFO facts;

    memset(&facts, 0, sizeof facts);
    return api->C_GetInfo(&facts) == CKR_OK && memcmp(facts.manufacturerID, "SoftHSM", 7) == 0;
}

enum signum_status
signumd_hsm_init_softhsm(const char *module, const char *label, const char *pin,
                         bool *is_softhsm_out)
{
    struct signumd_hsm_module loaded;
    CK_UTF8CHAR pin_copy[128];
    size_t pin_len = strlen(pin);

    *is_softhsm_out = false;
    if (pin_len >= sizeof pin_copy)
        return SIGNUM_INVALID_ARGUMENT;
    memcpy(pin_copy, pin, pin_len + 1);
    enum signum_status status = signumd_hsm_load(module, &loaded);
    if (status != SIGNUM_OK)
        goto out;
    status = signumd_hsm_status(signumd_hsm_initialize(loaded.api), "C_Initialize");
    if (status != SIGNUM_OK)
        goto out;
    *is_softhsm_out = signumd_hsm_is_softhsm(loaded.api);
    if (*is_softhsm_out)
        status = init_token(loaded.api, label, pin_copy);
    (void)loaded.api->C_Finalize(NULL);

out:
    signum_wipe(pin_copy, sizeof pin_copy);
    signumd_hsm_unload(&loaded);
    return status;
}
