#include <stdio.h>
#include <string.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"
#include "stress.h"

#define REPORTS_MAX 20 /* wrong answers that are printed; all are counted */
#define ANY_LOST 1     /* the handle is shared: another thread may have freed it */

static const wchar_t *const names[STRESS_KEYS] = {L"p256", L"rsa2048", L"p384"};

static SRWLOCK lock = SRWLOCK_INIT; /* for copying a shared pair only */
static struct stress_pair shared[STRESS_SHARED];

static uint32_t
next(struct stress_thread *thread)
{
    thread->seed ^= thread->seed << 13;
    thread->seed ^= thread->seed >> 17;
    thread->seed ^= thread->seed << 5;
    return thread->seed;
}

static void
complain(const struct stress_thread *thread, const char *what, SECURITY_STATUS status)
{
    if (atomic_fetch_add(&stress_counts.wrong, 1) < REPORTS_MAX)
        check_true(false, "%s: %s: 0x%08lX", thread->step, what, (unsigned long)status);
}

/* True for success. With ANY_LOST an invalid handle is an answer too. */
static bool
expect(const struct stress_thread *thread, const char *what, SECURITY_STATUS status, int allowed)
{
    if (status == ERROR_SUCCESS)
        return true;
    if (allowed == ANY_LOST && status == NTE_INVALID_HANDLE)
        atomic_fetch_add(&stress_counts.lost, 1);
    else
        complain(thread, what, status);
    return false;
}

static bool
open_pair(const struct stress_thread *thread, const wchar_t *name, struct stress_pair *pair)
{
    pair->provider = 0;
    pair->key = 0;
    if (!expect(thread, "OpenProvider",
                ksp->OpenProvider(&pair->provider, SIGNUM_PROVIDER_NAME_W, 0), 0))
        return false;
    atomic_fetch_add(&stress_counts.opened, 1);
    if (!expect(thread, "OpenKey", ksp->OpenKey(pair->provider, &pair->key, name, 0, 0), 0))
        return false;
    atomic_fetch_add(&stress_counts.opened, 1);
    return true;
}

static bool
free_key(const struct stress_thread *thread, const struct stress_pair *pair, int allowed)
{
    if (!expect(thread, "FreeKey", ksp->FreeKey(pair->provider, pair->key), allowed))
        return false;
    atomic_fetch_add(&stress_counts.freed, 1);
    return true;
}

static void
free_provider(const struct stress_thread *thread, NCRYPT_PROV_HANDLE provider)
{
    if (expect(thread, "FreeProvider", ksp->FreeProvider(provider), 0))
        atomic_fetch_add(&stress_counts.freed, 1);
}

static void
read_facts(const struct stress_thread *thread, const struct stress_pair *pair, int allowed)
{
    static const wchar_t *const properties[] = {
        NCRYPT_NAME_PROPERTY, NCRYPT_ALGORITHM_PROPERTY, NCRYPT_ALGORITHM_GROUP_PROPERTY,
        NCRYPT_LENGTH_PROPERTY, NCRYPT_KEY_USAGE_PROPERTY, NCRYPT_UNIQUE_NAME_PROPERTY};
    BYTE value[512];
    DWORD len = 0;

    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        if (!expect(thread, "GetKeyProperty",
                    ksp->GetKeyProperty(pair->provider, pair->key, properties[i], value,
                                        sizeof value, &len, 0), allowed))
            return;
    if (expect(thread, "ExportKey",
               ksp->ExportKey(pair->provider, pair->key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, value,
                              sizeof value, &len, 0), allowed) && len < 64)
        complain(thread, "a short public key", (SECURITY_STATUS)len);
    expect(thread, "SetKeyProperty",
           ksp->SetKeyProperty(pair->provider, pair->key, NCRYPT_USE_CONTEXT_PROPERTY,
                               (PBYTE)L"stress", sizeof L"stress", 0), allowed);
}

static void
sign(struct stress_thread *thread, const struct stress_pair *pair, bool is_rsa, int allowed)
{
    BCRYPT_PKCS1_PADDING_INFO pkcs1 = {BCRYPT_SHA256_ALGORITHM};
    BYTE digest[32] = {(BYTE)next(thread), (BYTE)next(thread)};
    BYTE signature[512];
    DWORD flags = is_rsa ? BCRYPT_PAD_PKCS1 : 0;
    DWORD len = 0;

    if (!expect(thread, "SignHash",
                ksp->SignHash(pair->provider, pair->key, is_rsa ? &pkcs1 : NULL, digest,
                              sizeof digest, signature, sizeof signature, &len, flags), allowed))
        return;
    if (expect(thread, "VerifySignature",
               ksp->VerifySignature(pair->provider, pair->key, is_rsa ? &pkcs1 : NULL, digest,
                                    sizeof digest, signature, len, flags), allowed))
        atomic_fetch_add(&stress_counts.signatures, 1);
}

/* ---- Steps ---- */

/* The life of signtool's handles: the provider goes before its key. */
static void
own_handles(struct stress_thread *thread)
{
    struct stress_pair pair;

    if (!open_pair(thread, names[next(thread) % STRESS_KEYS], &pair))
        return;
    if (next(thread) % 2 == 0) {
        free_provider(thread, pair.provider);
        read_facts(thread, &pair, 0);
        free_key(thread, &pair, 0);
    } else {
        read_facts(thread, &pair, 0);
        free_key(thread, &pair, 0);
        free_provider(thread, pair.provider);
    }
    thread->stale[thread->stale_next++ % STRESS_STALE] = pair;
}

static void
own_signature(struct stress_thread *thread)
{
    size_t which = next(thread) % 2;
    struct stress_pair pair;

    if (!open_pair(thread, names[which], &pair))
        return;
    free_provider(thread, pair.provider);
    sign(thread, &pair, which == 1, 0);
    free_key(thread, &pair, 0);
}

static struct stress_pair
shared_pair(struct stress_thread *thread)
{
    AcquireSRWLockShared(&lock);
    struct stress_pair pair = shared[next(thread) % STRESS_SHARED];
    ReleaseSRWLockShared(&lock);
    return pair;
}

static void
shared_facts(struct stress_thread *thread)
{
    struct stress_pair pair = shared_pair(thread);

    read_facts(thread, &pair, ANY_LOST);
}

static void
shared_signature(struct stress_thread *thread)
{
    struct stress_pair pair = shared_pair(thread);

    sign(thread, &pair, false, ANY_LOST);
}

/* Frees it under the others, who may be in the middle of a call; twice, as like as not. */
static void
shared_free(struct stress_thread *thread)
{
    struct stress_pair pair = shared_pair(thread);

    free_key(thread, &pair, ANY_LOST);
}

static void
shared_replace(struct stress_thread *thread)
{
    struct stress_pair pair;

    if (!open_pair(thread, names[0], &pair))
        return;
    free_provider(thread, pair.provider);
    AcquireSRWLockExclusive(&lock);
    struct stress_pair *place = &shared[next(thread) % STRESS_SHARED];
    struct stress_pair old = *place;
    *place = pair;
    ReleaseSRWLockExclusive(&lock);
    free_key(thread, &old, ANY_LOST);
}

static void
check_stale(const struct stress_thread *thread, const char *what, SECURITY_STATUS status)
{
    if (status != NTE_INVALID_HANDLE)
        complain(thread, what, status);
}

/* Handles that are no more, and some that never were. By way of ncrypt.dll a handle is an address
   of its own, so there only the provider's own table can be asked. */
static void
stale_handles(struct stress_thread *thread)
{
    struct stress_pair pair = thread->stale[next(thread) % STRESS_STALE];
    BYTE bytes[64] = {0};
    DWORD len = 0;

    if (!ksp_is_direct)
        return;
    if (next(thread) % 4 == 0)
        pair.key = (NCRYPT_KEY_HANDLE)(next(thread) | 1); /* odd: never one of ours */
    check_stale(thread, "FreeKey", ksp->FreeKey(pair.provider, pair.key));
    check_stale(thread, "FreeProvider", ksp->FreeProvider(pair.key));
    check_stale(thread, "GetKeyProperty",
                ksp->GetKeyProperty(pair.provider, pair.key, NCRYPT_LENGTH_PROPERTY, bytes,
                                    sizeof bytes, &len, 0));
    check_stale(thread, "SignHash",
                ksp->SignHash(pair.provider, pair.key, NULL, bytes, 32, bytes, sizeof bytes, &len,
                              0));
    check_stale(thread, "OpenKey", ksp->OpenKey(pair.key, &pair.key, names[0], 0, 0));
}

static void
enumerate(struct stress_thread *thread)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    unsigned count = 0;

    if (!expect(thread, "OpenProvider", ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0), 0))
        return;
    atomic_fetch_add(&stress_counts.opened, 1);
    SECURITY_STATUS status = ksp->EnumKeys(provider, NULL, &item, &state, 0);
    while (status == ERROR_SUCCESS) {
        count++;
        expect(thread, "FreeBuffer", ksp->FreeBuffer(item), 0);
        status = ksp->EnumKeys(provider, NULL, &item, &state, 0);
    }
    if (status != NTE_NO_MORE_ITEMS || count < STRESS_KEYS)
        complain(thread, "EnumKeys", status);
    if (state != NULL)
        expect(thread, "FreeBuffer", ksp->FreeBuffer(state), 0);
    free_provider(thread, provider);
}

static void
algorithms(struct stress_thread *thread)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCryptAlgorithmName *list = NULL;
    DWORD count = 0;

    if (!expect(thread, "OpenProvider", ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0), 0))
        return;
    atomic_fetch_add(&stress_counts.opened, 1);
    expect(thread, "IsAlgSupported", ksp->IsAlgSupported(provider, BCRYPT_RSA_ALGORITHM, 0), 0);
    if (expect(thread, "EnumAlgorithms", ksp->EnumAlgorithms(provider, 0, &count, &list, 0), 0))
        expect(thread, "FreeBuffer", ksp->FreeBuffer(list), 0);
    free_provider(thread, provider);
}

static void
unknown_key(struct stress_thread *thread)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;

    if (!expect(thread, "OpenProvider", ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0), 0))
        return;
    atomic_fetch_add(&stress_counts.opened, 1);
    SECURITY_STATUS status = ksp->OpenKey(provider, &key, L"there-is-none", 0, 0);
    if (status != NTE_BAD_KEYSET || key != 0)
        complain(thread, "OpenKey", status);
    free_provider(thread, provider);
}

/* A key that is begun and given up: nothing of it reaches the service. */
static void
unfinished_key(struct stress_thread *thread)
{
    struct stress_pair pair = {0, 0};

    if (!expect(thread, "OpenProvider",
                ksp->OpenProvider(&pair.provider, SIGNUM_PROVIDER_NAME_W, 0), 0))
        return;
    atomic_fetch_add(&stress_counts.opened, 1);
    SECURITY_STATUS status =
        ksp->CreatePersistedKey(pair.provider, &pair.key, BCRYPT_RSA_ALGORITHM, L"unfinished", 0,
                                0);
    if (status == ERROR_SUCCESS) {
        DWORD bits = 3072;
        atomic_fetch_add(&stress_counts.opened, 1);
        expect(thread, "SetKeyProperty",
               ksp->SetKeyProperty(pair.provider, pair.key, NCRYPT_LENGTH_PROPERTY, (PBYTE)&bits,
                                   sizeof bits, 0), 0);
        free_key(thread, &pair, 0);
    } else if (status != NTE_PERM && status != NTE_NOT_SUPPORTED) {
        complain(thread, "CreatePersistedKey", status);
    }
    free_provider(thread, pair.provider);
}

const struct stress_step stress_steps[] = {
    {"own handles", 30, own_handles},
    {"own signature", 2, own_signature},
    {"facts of a shared key", 25, shared_facts},
    {"signature of a shared key", 3, shared_signature},
    {"free a shared key", 6, shared_free},
    {"replace a shared key", 10, shared_replace},
    {"stale handles", 10, stale_handles},
    {"enumerate", 5, enumerate},
    {"algorithms", 5, algorithms},
    {"a key that is not there", 2, unknown_key},
    {"an unfinished key", 2, unfinished_key},
};
const size_t stress_step_count = sizeof stress_steps / sizeof stress_steps[0];

/* ---- The shared handles ---- */

void
stress_shared_open(void)
{
    struct stress_thread main_thread = {.step = "open the shared keys"};

    for (size_t i = 0; i < STRESS_SHARED; i++)
        if (open_pair(&main_thread, names[0], &shared[i]))
            free_provider(&main_thread, shared[i].provider);
}

void
stress_shared_close(void)
{
    struct stress_thread main_thread = {.step = "free the shared keys"};

    for (size_t i = 0; i < STRESS_SHARED; i++)
        free_key(&main_thread, &shared[i], ANY_LOST);
}
