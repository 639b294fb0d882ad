/*
 * A PKCS#11 module that stands before another one and fails on command.
 *
 * SIGNUM_FAULTS_MODULE names the real module, SIGNUM_FAULTS_FILE a file that the test writes while
 * the program runs. Each of its lines is a fault: function, action, how many times (-1: always).
 *
 *     C_Sign 0x30 2          give this CK_RV twice, without calling the real module
 *     C_Sign corrupt 1       call it, then damage what it gave
 *     C_Sign delay 1         wait a second first
 *
 * A used-up fault is taken out of the file, so an empty file means that all of them have happened.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FAULTS_MAX 16

enum action { ACTION_NONE, ACTION_FAIL, ACTION_CORRUPT, ACTION_DELAY };

struct fault {
    char function[64];
    char action[32];
    int count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST list;

static size_t
read_faults(const char *path, struct fault faults[FAULTS_MAX])
{
    size_t count = 0;
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return 0;
    while (count < FAULTS_MAX &&
           fscanf(file, "%63s %31s %d", faults[count].function, faults[count].action,
                  &faults[count].count) == 3)
        count++;
    (void)fclose(file);
    return count;
}

static void
write_faults(const char *path, const struct fault *faults, size_t count)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        if (faults[i].count != 0)
            (void)fprintf(file, "%s %s %d\n", faults[i].function, faults[i].action,
                          faults[i].count);
    (void)fclose(file);
}

/* The first fault for the function, counted down; `value_out` for ACTION_FAIL. */
static enum action
take_fault(const char *function, CK_RV *value_out)
{
    struct fault faults[FAULTS_MAX];
    const char *path = getenv("SIGNUM_FAULTS_FILE");
    enum action action = ACTION_NONE;

    if (path == NULL)
        return ACTION_NONE;
    (void)pthread_mutex_lock(&lock);
    size_t count = read_faults(path, faults);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(faults[i].function, function) != 0)
            continue;
        action = strcmp(faults[i].action, "corrupt") == 0 ? ACTION_CORRUPT
                 : strcmp(faults[i].action, "delay") == 0 ? ACTION_DELAY
                                                          : ACTION_FAIL;
        *value_out = strtoul(faults[i].action, NULL, 0);
        if (faults[i].count > 0) {
            faults[i].count--;
            write_faults(path, faults, count);
        }
        break;
    }
    (void)pthread_mutex_unlock(&lock);
    return action;
}

/* True if the real module is to be called; `value_out` is what to return otherwise. */
static int
enter(const char *function, enum action *action_out, CK_RV *value_out)
{
    const struct timespec second = {1, 0};

    *action_out = take_fault(function, value_out);
    if (*action_out == ACTION_DELAY)
        (void)nanosleep(&second, NULL);
    return *action_out != ACTION_FAIL;
}

static CK_RV
initialize(void *arguments)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_Initialize", &action, &value) ? real->C_Initialize(arguments) : value;
}

static CK_RV
get_slot_list(CK_BBOOL is_present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_GetSlotList", &action, &value) ? real->C_GetSlotList(is_present, slots, count)
                                                   : value;
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
             CK_SESSION_HANDLE *session)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_OpenSession", &action, &value)
               ? real->C_OpenSession(slot, flags, application, notify, session)
               : value;
}

static CK_RV
login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_Login", &action, &value) ? real->C_Login(session, user, pin, len) : value;
}

static CK_RV
get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *facts)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_GetSessionInfo", &action, &value) ? real->C_GetSessionInfo(session, facts)
                                                      : value;
}

static CK_RV
find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_FindObjectsInit", &action, &value)
               ? real->C_FindObjectsInit(session, wanted, count)
               : value;
}

static CK_RV
find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_FindObjects", &action, &value)
               ? real->C_FindObjects(session, objects, max, count)
               : value;
}

/* Corrupt: the key says that it could be extracted. */
static CK_RV
get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *wanted,
                    CK_ULONG count)
{
    static const CK_BBOOL lie = CK_TRUE;
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    if (count != 1 || wanted[0].type != CKA_EXTRACTABLE)
        return real->C_GetAttributeValue(session, object, wanted, count);
    if (!enter("C_GetAttributeValue", &action, &value))
        return value;
    value = real->C_GetAttributeValue(session, object, wanted, count);
    if (action == ACTION_CORRUPT && value == CKR_OK)
        memcpy(wanted[0].pValue, &lie, sizeof lie);
    return value;
}

static CK_RV
generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *publics,
                  CK_ULONG public_count, CK_ATTRIBUTE *privates, CK_ULONG private_count,
                  CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_GenerateKeyPair", &action, &value)
               ? real->C_GenerateKeyPair(session, mechanism, publics, public_count, privates,
                                         private_count, public_key, private_key)
               : value;
}

static CK_RV
sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    return enter("C_SignInit", &action, &value) ? real->C_SignInit(session, mechanism, key) : value;
}

static CK_RV
sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG data_len, unsigned char *signature,
     CK_ULONG *len)
{
    enum action action = ACTION_NONE;
    CK_RV value = CKR_OK;

    if (!enter("C_Sign", &action, &value))
        return value;
    value = real->C_Sign(session, data, data_len, signature, len);
    if (action == ACTION_CORRUPT && value == CKR_OK && *len > 0)
        signature[*len - 1] ^= 1;
    return value;
}

static void
wrap(void)
{
    list = *real;
    list.C_GetFunctionList = C_GetFunctionList;
    list.C_Initialize = initialize;
    list.C_GetSlotList = get_slot_list;
    list.C_OpenSession = open_session;
    list.C_Login = login;
    list.C_GetSessionInfo = get_session_info;
    list.C_FindObjectsInit = find_objects_init;
    list.C_FindObjects = find_objects;
    list.C_GetAttributeValue = get_attribute_value;
    list.C_GenerateKeyPair = generate_key_pair;
    list.C_SignInit = sign_init;
    list.C_Sign = sign;
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list_out)
{
    CK_C_GetFunctionList get_list = NULL;
    const char *path = getenv("SIGNUM_FAULTS_MODULE");
    void *library = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library == NULL ? NULL : dlsym(library, "C_GetFunctionList");

    memcpy(&get_list, &symbol, sizeof get_list);
    if (get_list == NULL || get_list(&real) != CKR_OK)
        return CKR_GENERAL_ERROR;
    wrap();
    *list_out = &list;
    return CKR_OK;
}
