#ifndef SIGNUM_CNG_KEY_HANDLE_H
#define SIGNUM_CNG_KEY_HANDLE_H

#include "signum/ksp_abi.h"

#include "core/service.h"
#include "notes.h"
#include "provider.h"

/*
 * What a key handle stands for. The key is the one that was known when the handle was opened: its
 * facts do not change under a caller.
 */
struct signum_key_handle {
    struct signum_object object; /* first */
    struct signum_notes notes;
    struct signum_provider *provider; /* a reference: signtool frees the provider first */
    NCRYPT_PROV_HANDLE opened_under;  /* the provider's handle, for comparing only */
    struct signum_service *service;   /* of the session, which is never closed */
    struct signum_key *key;           /* a reference */
    struct signum_buf name;           /* the key's full name */
    bool is_machine;
};

#endif
