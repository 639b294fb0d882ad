#ifndef SIGNUM_CNG_KEY_HANDLE_H
#define SIGNUM_CNG_KEY_HANDLE_H

#include "signum/ksp_abi.h"

#include "core/service.h"
#include "draft.h"
#include "notes.h"
#include "provider.h"

/*
 * What a key handle stands for: a key of the service, or one that is being described by
 * CreatePersistedKey and SetKeyProperty until FinalizeKey has it made. The facts of a key are those
 * that were known when the handle was opened, and change only by calls on this handle.
 */
struct signum_key_handle {
    struct signum_object object; /* first */
    struct signum_notes notes;
    struct signum_provider *provider; /* a reference: signtool frees the provider first */
    NCRYPT_PROV_HANDLE opened_under;  /* the provider's handle, for comparing only */
    struct signum_service *service;   /* of the session, which is never closed */
    struct signum_buf name;           /* the key's full name */
    const char *bare_name;            /* the end of it, as the service knows it */
    bool is_machine;

    /* What follows is for the functions below only. */
    struct signum_lock lock;
    struct signum_key *facts; /* a reference; NULL while the key is not made */
    struct signum_draft draft;
    bool is_being_made;
    struct signum_buf claim; /* an attestation that was asked for and not yet handed out */
};

#define SIGNUM_KEY_FULL_NAME_MAX 4096 /* bytes of "service/key" */

/* A handle's object with one reference and without a key; NULL when memory is short. Flags are
   those of OpenKey and CreatePersistedKey. */
struct signum_key_handle *signum_key_handle_new(struct signum_provider *provider,
                                                NCRYPT_PROV_HANDLE hProvider, DWORD dwFlags);

/* Finds the service that a full name means, and sets the handle's names. No network.
   INVALID_ARGUMENT (the text), KEY_NOT_FOUND (no such service), BAD_SETTINGS. */
enum signum_status signum_key_handle_set_name(struct signum_key_handle *handle, LPCWSTR pszKeyName,
                                              struct signum_report *report) SIGNUM_MUST_USE;

/* Gives the handle out, taking over the caller's reference; on failure he keeps it. */
enum signum_status signum_key_handle_open(struct signum_key_handle *handle,
                                          NCRYPT_KEY_HANDLE *phKey) SIGNUM_MUST_USE;

/* A reference on what is known of the key; NULL while it is not made. */
struct signum_key *signum_key_handle_facts(struct signum_key_handle *handle);

/* Replaces what is known of the key; a new reference is taken. */
void signum_key_handle_set_facts(struct signum_key_handle *handle, struct signum_key *facts);

/* What the key is to be. Of meaning only while it is not made. */
struct signum_draft signum_key_handle_draft(struct signum_key_handle *handle);

/* BAD_KEY_STATE if the key is made, or is just being made. */
enum signum_status signum_key_handle_set_draft(struct signum_key_handle *handle,
                                               const struct signum_draft *draft) SIGNUM_MUST_USE;

/* Lets one thread make the key: BAD_KEY_STATE if it is made, or another is at it. Ended with the
   key, or with NULL if it came to nothing. */
enum signum_status signum_key_handle_begin_making(struct signum_key_handle *handle,
                                                  struct signum_draft *draft_out) SIGNUM_MUST_USE;
void signum_key_handle_end_making(struct signum_key_handle *handle, struct signum_key *facts);

/* Keeps an attestation until it is taken; moves the content in, or out (NOT_FOUND: none). */
void signum_key_handle_keep_claim(struct signum_key_handle *handle, struct signum_buf *claim);
enum signum_status signum_key_handle_take_claim(struct signum_key_handle *handle,
                                                struct signum_buf *claim_out) SIGNUM_MUST_USE;

#endif
