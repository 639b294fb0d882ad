#include "signum/ksp_abi.h"

#include <openssl/crypto.h>

#include "stack_guard.h"

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

/*
 * Starting up waits for the first use, and nothing is torn down: the DLL is a guest in the
 * process. But the stack protector needs its secret before anything of ours runs, and OpenSSL,
 * linked statically, cannot hear of a leaving thread unless told.
 */
__attribute__((optimize("no-stack-protector"))) BOOL WINAPI
DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        signum_stack_guard_set();
    if (reason == DLL_THREAD_DETACH)
        OPENSSL_thread_stop();
    return TRUE;
}
