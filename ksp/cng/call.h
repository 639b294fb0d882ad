#ifndef SIGNUM_CNG_CALL_H
#define SIGNUM_CNG_CALL_H

#include "signum/ksp_abi.h"

#include "core/client.h"
#include "key_handle.h"
#include "provider.h"

/*
 * One call of an entry: what it holds while it runs, and its one way out. Each entry begins a
 * call, works in terms of enum signum_status, and returns what signum_call_end() makes of it.
 */
struct signum_call {
    const char *function;             /* as Microsoft calls the entry: "SignHash" */
    struct signum_report report;      /* the cause, if it fails */
    struct signum_provider *provider; /* taken for the call; or NULL */
    struct signum_key_handle *key;    /* taken for the call; or NULL */
    struct signum_key *facts;         /* of the key, a reference; NULL while it is not made */
    bool is_silent; /* the caller wants nobody to be asked */
    bool is_probe; /* reading properties: who looks for the last cause must not replace it */
};

void signum_call_begin(struct signum_call *call, const char *function);

/* Takes the provider or key behind a handle for the length of the call. INVALID_HANDLE. */
enum signum_status signum_call_take_provider(struct signum_call *call,
                                             NCRYPT_PROV_HANDLE hProvider) SIGNUM_MUST_USE;

/* `hProvider` must be the handle under which the key was opened; it may be closed by now. */
enum signum_status signum_call_take_key(struct signum_call *call, NCRYPT_PROV_HANDLE hProvider,
                                        NCRYPT_KEY_HANDLE hKey) SIGNUM_MUST_USE;

/* The same for what needs a key that is made: BAD_KEY_STATE before FinalizeKey. */
enum signum_status signum_call_take_made_key(struct signum_call *call,
                                             NCRYPT_PROV_HANDLE hProvider,
                                             NCRYPT_KEY_HANDLE hKey) SIGNUM_MUST_USE;

/* INVALID_HANDLE if `hKey` is not 0 and not an open key either: an argument beside the key that the
   call is for. */
enum signum_status signum_call_check_other_key(NCRYPT_KEY_HANDLE hKey) SIGNUM_MUST_USE;

/* BAD_FLAGS, and which, if `flags` has a bit that is not in `allowed`. */
enum signum_status signum_call_check_flags(struct signum_call *call, DWORD flags,
                                           DWORD allowed) SIGNUM_MUST_USE;

/* Logs a failure, leaves it on the handle, lets go of what was taken, and translates. */
SECURITY_STATUS signum_call_end(struct signum_call *call, enum signum_status status);

#endif
