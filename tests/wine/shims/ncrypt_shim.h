/*
 * The test-only ncrypt.dll: finds a key storage provider by its registration, loads it from the
 * system directory and hands every call to its function table, as Windows' ncrypt.dll does. Wine's
 * own ncrypt.dll never loads a third-party provider.
 *
 *   ncrypt_provider.c  registration, loading, enumeration of providers
 *   ncrypt_handle.c    handles, lifetimes, and who owns which buffer
 *   ncrypt_key.c       keys: open, create, import, use, delete
 *   ncrypt_object.c    calls that take a handle of any kind, and enumeration
 */
#ifndef SIGNUM_WINE_NCRYPT_SHIM_H
#define SIGNUM_WINE_NCRYPT_SHIM_H

#include "shim.h"

#include <stdbool.h>

SHIM_OVERRIDE(NCryptCreateClaim);
SHIM_OVERRIDE(NCryptCreatePersistedKey);
SHIM_OVERRIDE(NCryptDecrypt);
SHIM_OVERRIDE(NCryptDeleteKey);
SHIM_OVERRIDE(NCryptDeriveKey);
SHIM_OVERRIDE(NCryptEncrypt);
SHIM_OVERRIDE(NCryptEnumAlgorithms);
SHIM_OVERRIDE(NCryptEnumKeys);
SHIM_OVERRIDE(NCryptEnumStorageProviders);
SHIM_OVERRIDE(NCryptExportKey);
SHIM_OVERRIDE(NCryptFinalizeKey);
SHIM_OVERRIDE(NCryptFreeBuffer);
SHIM_OVERRIDE(NCryptFreeObject);
SHIM_OVERRIDE(NCryptGetProperty);
SHIM_OVERRIDE(NCryptImportKey);
SHIM_OVERRIDE(NCryptIsAlgSupported);
SHIM_OVERRIDE(NCryptIsKeyHandle);
SHIM_OVERRIDE(NCryptKeyDerivation);
SHIM_OVERRIDE(NCryptNotifyChangeKey);
SHIM_OVERRIDE(NCryptOpenKey);
SHIM_OVERRIDE(NCryptOpenStorageProvider);
SHIM_OVERRIDE(NCryptSecretAgreement);
SHIM_OVERRIDE(NCryptSetProperty);
SHIM_OVERRIDE(NCryptSignHash);
SHIM_OVERRIDE(NCryptTranslateHandle);
SHIM_OVERRIDE(NCryptVerifyClaim);
SHIM_OVERRIDE(NCryptVerifySignature);

enum object_kind { OBJECT_ANY, OBJECT_PROVIDER, OBJECT_KEY, OBJECT_SECRET };

/*
 * One provider, key or secret. Counted: a handle holds one reference, a call under way one more,
 * and a key or secret one on its provider. The last one to go calls the provider's Free function.
 */
struct object {
    enum object_kind kind;
    LONG references;
    struct object *provider; /* of a key or secret; a provider's own is itself, uncounted */
    const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table;
    ULONG_PTR handle; /* what the provider calls it */
};

/*
 * Makes an object with one reference, or NULL without memory or for an unknown handle value.
 * provider is NULL for a provider; it gains a reference otherwise.
 */
struct object *object_new(enum object_kind kind, struct object *provider,
                          const NCRYPT_KEY_STORAGE_FUNCTION_TABLE *table, ULONG_PTR handle);
void object_ref(struct object *object);
/* Returns what the provider's Free function said if this was the last reference, else success. */
SECURITY_STATUS object_unref(struct object *object);

/* Gives the object a handle, which takes over the caller's reference; 0 when the table is full. */
NCRYPT_HANDLE handle_give(struct object *object);
/* Finds the object and takes a reference; NULL where the handle is unknown, closed or of another
 * kind. */
struct object *handle_take(NCRYPT_HANDLE handle, enum object_kind kind);
/* Closes a handle and returns the object with the handle's reference, now the caller's; or NULL. */
struct object *handle_close(NCRYPT_HANDLE handle);

/* Remembers that a buffer came from that provider (NULL: from this DLL, by malloc). NULL buffers
 * and buffers already known are ignored. False: no memory. */
bool buffer_remember(void *buffer, struct object *provider);

#endif
