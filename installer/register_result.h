#ifndef SIGNUM_INSTALLER_REGISTER_RESULT_H
#define SIGNUM_INSTALLER_REGISTER_RESULT_H

#include "register.h"

/* How results are made: for register.c and register_dll.c only. */

static inline struct signum_register_result
signum_register_result_good(void)
{
    return (struct signum_register_result){.status = SIGNUM_OK};
}

/* From a Win32 error; ERROR_SUCCESS gives success. */
struct signum_register_result signum_register_result_win32(const char *step, DWORD error);

/* From a BCrypt call. */
struct signum_register_result signum_register_result_nt(const char *step, NTSTATUS nt);

#endif
