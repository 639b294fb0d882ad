#include "stack_guard.h"

#include <stdint.h>
#include <windows.h>

/*
 * What GCC's stack protector and fortified functions call (GCC manual, -fstack-protector), in
 * place of libssp's. Libssp acquires a CAPI context in a constructor, so under the loader lock of
 * somebody else's program, and prints to the console when it finds damage; a guest does neither.
 */

#ifndef FAST_FAIL_STACK_COOKIE_CHECK_FAILURE
#define FAST_FAIL_STACK_COOKIE_CHECK_FAILURE 2 /* winnt.h of newer SDKs */
#endif

uintptr_t __stack_chk_guard;

void __stack_chk_fail(void) __attribute__((noreturn));
void __stack_chk_fail_local(void) __attribute__((noreturn));
void __chk_fail(void) __attribute__((noreturn));

/* Microsoft's __fastfail: ends the process at once and leaves a report to Windows. */
static void
fail_fast(void) __attribute__((noreturn));

static void
fail_fast(void)
{
    __asm__ volatile("int $0x29" : : "c"(FAST_FAIL_STACK_COOKIE_CHECK_FAILURE) : "memory");
    __builtin_unreachable();
}

void
__stack_chk_fail(void)
{
    fail_fast();
}

void
__stack_chk_fail_local(void)
{
    fail_fast();
}

void
__chk_fail(void)
{
    fail_fast();
}

/* Drawn from where Visual C++ draws its cookie: calls that are allowed under the loader lock. */
__attribute__((optimize("no-stack-protector"))) void
signum_stack_guard_set(void)
{
    FILETIME time;
    LARGE_INTEGER counter;

    GetSystemTimeAsFileTime(&time);
    (void)QueryPerformanceCounter(&counter);
    uint64_t mixed = (uint64_t)counter.QuadPart * 0x9e3779b97f4a7c15ull; /* 2^64 / golden ratio */
    mixed ^= (uint64_t)time.dwHighDateTime << 32 ^ time.dwLowDateTime;
    mixed ^= (uint64_t)GetCurrentProcessId() << 40 ^ (uint64_t)GetCurrentThreadId() << 8;
    mixed ^= (uintptr_t)&time; /* where the stack lies: ASLR */
    mixed ^= mixed >> 29;
    __stack_chk_guard = (uintptr_t)mixed;
}
