#include "negative.h"

#include <stdlib.h>

#include "../integration/ksp.h"
#include "signum/signum.h"

static bool
open_keys(struct world *w)
{
    NCRYPT_KEY_HANDLE freed = 0;

    if (ksp->OpenProvider(&w->provider, SIGNUM_PROVIDER_NAME_W, 0) != ERROR_SUCCESS ||
        ksp->OpenProvider(&w->other_provider, SIGNUM_PROVIDER_NAME_W, 0) != ERROR_SUCCESS ||
        ksp->OpenProvider(&w->freed_provider, SIGNUM_PROVIDER_NAME_W, 0) != ERROR_SUCCESS ||
        ksp->FreeProvider(w->freed_provider) != ERROR_SUCCESS)
        return false;
    for (int i = 0; i < WORLD_KEYS; i++)
        if (ksp->OpenKey(w->provider, &w->keys[i], test_keys[i].name, 0, 0) != ERROR_SUCCESS)
            return false;
    if (ksp->OpenKey(w->other_provider, &w->other_key, L"rsa2048", 0, 0) != ERROR_SUCCESS ||
        ksp->OpenKey(w->provider, &w->bare_key, L"bare", 0, 0) != ERROR_SUCCESS ||
        ksp->OpenKey(w->provider, &w->disabled_key, L"disabled", 0, 0) != ERROR_SUCCESS ||
        ksp->OpenKey(w->provider, &freed, L"rsa2048", 0, 0) != ERROR_SUCCESS)
        return false;
    w->freed_key = freed;
    return ksp->FreeKey(w->provider, freed) == ERROR_SUCCESS;
}

/* An enumeration that goes on, one at its end, and one that was freed. */
static bool
start_lists(struct world *w)
{
    NCryptKeyName *item = NULL;
    PVOID freed = NULL;

    if (ksp->EnumKeys(w->provider, NULL, &w->item, &w->state, 0) != ERROR_SUCCESS)
        return false;
    while (ksp->EnumKeys(w->provider, NULL, &item, &w->ended_state, 0) == ERROR_SUCCESS)
        ksp->FreeBuffer(item);
    if (ksp->EnumKeys(w->provider, NULL, &item, &freed, 0) != ERROR_SUCCESS)
        return false;
    w->freed_item = item;
    w->freed_state = freed;
    return ksp->FreeBuffer(item) == ERROR_SUCCESS && ksp->FreeBuffer(freed) == ERROR_SUCCESS;
}

static bool
make_signatures(struct world *w)
{
    BCRYPT_PKCS1_PADDING_INFO sha256 = {BCRYPT_SHA256_ALGORITHM};
    BYTE digest[32] = {0};
    DWORD len;

    for (int i = 0; i < WORLD_KEYS; i++) {
        bool is_rsa = test_keys[i].field_len == 0;
        if (ksp->SignHash(w->provider, w->keys[i], is_rsa ? &sha256 : NULL, digest, sizeof digest,
                          w->signatures[i], test_keys[i].signature_len, &len,
                          is_rsa ? BCRYPT_PAD_PKCS1 : 0) != ERROR_SUCCESS)
            return false;
    }
    return true;
}

/* What rows on the certificate begin with. */
static bool
has_certificate(const struct world *w)
{
    DWORD len = 0;

    return ksp->GetKeyProperty(w->provider, w->keys[RSA2048], NCRYPT_CERTIFICATE_PROPERTY, NULL, 0,
                               &len, 0) == ERROR_SUCCESS &&
           len > 1 && len < BUFFER_LEN;
}

bool
world_open(struct world *w)
{
    w->large = calloc(1, LARGE_LEN);
    return w->large != NULL && open_keys(w) && start_lists(w) && has_certificate(w) &&
           make_signatures(w);
}

void
world_close(struct world *w)
{
    ksp->FreeBuffer(w->item);
    ksp->FreeBuffer(w->state);
    ksp->FreeBuffer(w->ended_state);
    for (int i = 0; i < WORLD_KEYS; i++)
        ksp->FreeKey(w->provider, w->keys[i]);
    ksp->FreeKey(w->provider, w->bare_key);
    ksp->FreeKey(w->provider, w->disabled_key);
    ksp->FreeKey(w->other_provider, w->other_key);
    ksp->FreeProvider(w->other_provider);
    ksp->FreeProvider(w->provider);
    free(w->large);
}
