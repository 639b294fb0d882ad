/* The provider as a guest in a process: settings that come late, threads, and being unloaded. */
#include <stdlib.h>

#include "check.h"
#include "ksp.h"
#include "signum/signum.h"

#define THREADS 8
#define ROUNDS 3
#define THREADS_MAX_MS 120000

static bool
sign_once(NCRYPT_PROV_HANDLE provider, NCRYPT_KEY_HANDLE key)
{
    BYTE digest[32] = {3};
    BYTE signature[64];
    DWORD len = 0;

    return ksp->SignHash(provider, key, NULL, digest, sizeof digest, signature, sizeof signature,
                         &len, 0) == ERROR_SUCCESS &&
           len == sizeof signature &&
           ksp->VerifySignature(provider, key, NULL, digest, sizeof digest, signature, len, 0) ==
               ERROR_SUCCESS;
}

/* run.sh starts this without SIGNUM_SERVICE_URL, and names the service in SIGNUM_TEST_URL. */
void
case_settings(void)
{
    const char *url = getenv("SIGNUM_TEST_URL");
    NCRYPT_PROV_HANDLE provider = 0;
    NCRYPT_KEY_HANDLE key = 0;
    NCryptKeyName *item = NULL;
    PVOID state = NULL;

    check_status(ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0), ERROR_SUCCESS,
                 "open the provider without a service");
    check_status(ksp->OpenKey(provider, &key, L"p256", 0, 0), NTE_DEVICE_NOT_FOUND,
                 "open a key without a service");
    check_status(ksp->EnumKeys(provider, NULL, &item, &state, 0), NTE_DEVICE_NOT_FOUND,
                 "list keys without a service");
    SetEnvironmentVariableA("SIGNUM_SERVICE_URL", url);
    check_status(ksp->OpenKey(provider, &key, L"p256", 0, 0), ERROR_SUCCESS,
                 "open a key once there is a service");
    check_true(sign_once(provider, key), "sign with it");
    ksp_close(provider, key);
}

static DWORD WINAPI
work(void *argument)
{
    NCRYPT_KEY_HANDLE shared = *(NCRYPT_KEY_HANDLE *)argument;
    DWORD done = 0;

    for (int i = 0; i < ROUNDS; i++) {
        NCRYPT_PROV_HANDLE provider = 0;
        NCRYPT_KEY_HANDLE key = 0;
        NCryptKeyName *item = NULL;
        PVOID state = NULL;
        if (ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0) != ERROR_SUCCESS ||
            ksp->OpenKey(provider, &key, L"p256", 0, 0) != ERROR_SUCCESS)
            break;
        ksp->FreeProvider(provider);
        bool is_right = sign_once(provider, key) &&
                        ksp->FreeKey(provider, key) == ERROR_SUCCESS &&
                        ksp->FreeKey(provider, shared + 4096) == NTE_INVALID_HANDLE;
        if (ksp->OpenProvider(&provider, SIGNUM_PROVIDER_NAME_W, 0) == ERROR_SUCCESS &&
            ksp->EnumKeys(provider, NULL, &item, &state, 0) == ERROR_SUCCESS) {
            ksp->FreeBuffer(item);
            ksp->FreeBuffer(state);
        } else {
            is_right = false;
        }
        ksp->FreeProvider(provider);
        done += is_right;
    }
    return done;
}

/* Threads come and go, each with handles of its own; DllMain hears of each that leaves. */
void
case_threads(void)
{
    HANDLE threads[THREADS];
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;
    DWORD done = 0;

    if (!ksp_open(L"p256", &provider, &key))
        return;
    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, work, &key, 0, NULL);
    check_true(WaitForMultipleObjects(THREADS, threads, TRUE, THREADS_MAX_MS) == WAIT_OBJECT_0,
               "%d threads end", THREADS);
    for (int i = 0; i < THREADS; i++) {
        DWORD rounds = 0;
        GetExitCodeThread(threads[i], &rounds);
        CloseHandle(threads[i]);
        done += rounds;
    }
    check_number(done, THREADS * ROUNDS, "rounds of signing in threads");
    check_true(sign_once(provider, key), "the first thread's key still signs");
    ksp_close(provider, key);
}

static DWORD WINAPI
nothing(void *argument)
{
    (void)argument;
    return 0;
}

/* The last group of a process: a program may unload the DLL and go on. */
void
case_unload(void)
{
    NCRYPT_PROV_HANDLE provider;
    NCRYPT_KEY_HANDLE key;

    if (!ksp_open(L"p256", &provider, &key))
        return;
    check_true(sign_once(provider, key), "sign before unloading");
    ksp_close(provider, key);
    check_true(FreeLibrary(GetModuleHandleW(SIGNUM_DLL_NAME_W)), "unload the DLL");
    check_true(GetModuleHandleW(SIGNUM_DLL_NAME_W) == NULL, "the DLL is gone");
    HANDLE thread = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
    check_true(WaitForSingleObject(thread, THREADS_MAX_MS) == WAIT_OBJECT_0,
               "threads come and go without it");
    CloseHandle(thread);
}
