/* A bug of others that no single call shows: memory that is kept. */
#include "negative.h"

#include "../integration/check.h"
#include "../integration/ksp.h"
#include "signum/signum.h"

#define HEAPS_MAX 64
#define ROUNDS 60
/* Less than one block a round; what the system's own code keeps does not grow with the rounds. */
#define SLACK (ROUNDS / 4)

/* Blocks in use in every heap of the process: malloc's is one of them. */
static unsigned
count_blocks(void)
{
    HANDLE heaps[HEAPS_MAX];
    DWORD heap_count = GetProcessHeaps(HEAPS_MAX, heaps);
    unsigned count = 0;

    for (DWORD i = 0; i < heap_count && i < HEAPS_MAX; i++) {
        PROCESS_HEAP_ENTRY entry = {0};
        HeapLock(heaps[i]);
        while (HeapWalk(heaps[i], &entry))
            if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0)
                count++;
        HeapUnlock(heaps[i]);
    }
    return count;
}

/* A list that is left in the middle, with its state freed. */
static void
list_two(NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;

    for (int i = 0; i < 2; i++)
        if (ksp->EnumKeys(provider, NULL, &item, &state, 0) == ERROR_SUCCESS)
            ksp->FreeBuffer(item);
    ksp->FreeBuffer(state);
}

static void
list_all(NCRYPT_PROV_HANDLE provider)
{
    NCryptKeyName *item = NULL;
    PVOID state = NULL;

    while (ksp->EnumKeys(provider, NULL, &item, &state, 0) == ERROR_SUCCESS)
        ksp->FreeBuffer(item);
    ksp->FreeBuffer(state);
}

/* What fails must let go of what it had taken. */
static void
fail_often(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    static BCRYPT_PKCS1_PADDING_INFO md5 = {BCRYPT_MD5_ALGORITHM};
    NCryptKeyName *item = NULL;
    PVOID state = NULL;
    NCRYPT_KEY_HANDLE none = 0;
    BYTE data[300] = {0};
    DWORD len;

    ksp->EnumKeys(provider, L"scope", &item, &state, 0);
    ksp->OpenKey(provider, &none, L"nowhere/rsa2048", 0, 0);
    ksp->OpenKey(provider, &none, L"rsa2048", 3, 0);
    ksp->GetKeyProperty(provider, key, L"No Such Thing", data, sizeof data, &len, 0);
    ksp->ExportKey(provider, key, 0, BCRYPT_PUBLIC_KEY_BLOB, NULL, data, 1, &len, 0);
    ksp->SignHash(provider, key, &md5, data, 16, data, 256, &len, BCRYPT_PAD_PKCS1);
    ksp->DeleteKey(provider, key, 0);
}

static void
round_of_calls(void)
{
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    NCryptAlgorithmName *list = NULL;
    DWORD count;

    if (!ksp_open(L"rsa2048", &provider, &key))
        return;
    list_two(provider);
    list_all(provider);
    fail_often(provider, key);
    if (ksp->EnumAlgorithms(provider, 0, &count, &list, 0) == ERROR_SUCCESS)
        ksp->FreeBuffer(list);
    ksp->FreeProvider(provider);
    ksp->FreeKey(provider, key);
}

void
bugs_run(void)
{
    PVOID kept[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        round_of_calls();
    unsigned before = count_blocks();
    for (int i = 0; i < ROUNDS; i++)
        round_of_calls();
    unsigned after = count_blocks();
    check_true(before > 0 && after <= before + SLACK,
               "%d rounds of calls keep no memory (%u blocks, then %u)", ROUNDS, before, after);
    /* the count sees what a leak would be */
    for (int i = 0; i < ROUNDS; i++)
        kept[i] = HeapAlloc(GetProcessHeap(), 0, 48);
    check_true(count_blocks() >= after + ROUNDS - SLACK, "kept memory would be seen");
    for (int i = 0; i < ROUNDS; i++)
        HeapFree(GetProcessHeap(), 0, kept[i]);
}
