#ifndef SIGNUM_INSTALLER_REGISTER_H
#define SIGNUM_INSTALLER_REGISTER_H

#include <stdbool.h>

#include "core/status.h"
#include "signum/ksp_abi.h"

/*
 * The provider in Windows' list of key storage providers. The command, the installer and the tests
 * register by these functions and no others. Windows only; changing needs an administrator.
 *
 * The registration is made and removed by the BCrypt calls of ksp_abi.h, and always read back from
 * the registry afterwards, where Windows keeps it, below HKLM\SYSTEM\CurrentControlSet\Control\
 * Cryptography:
 *   Providers\NAME\UM                       Image: the DLL's bare file name
 *   Providers\NAME\UM\00010001              Functions: KEY_STORAGE
 *   Configuration\Local\Default\00010001\KEY_STORAGE    Providers: the list with NAME in it
 * One registration serves 64-bit and 32-bit programs. The function KEY_STORAGE and the names of
 * others in its list are never removed: every provider hangs on them.
 *
 * Names are wide, NUL-terminated, at most SIGNUM_REGISTER_NAME_MAX characters without a backslash.
 * Not for two callers at once.
 */

#define SIGNUM_REGISTER_NAME_MAX 127 /* characters */

/* How a call ended. */
struct signum_register_result {
    enum signum_status status; /* DENIED: not an administrator. NOT_FOUND: not read back */
    const char *step;          /* what was being done: static text; NULL after success */
    NTSTATUS nt;               /* what the step's BCrypt call gave; STATUS_SUCCESS if it was none */
    DWORD error;               /* what the step's Win32 call gave; 0 if it was none */
};

/* What the registry holds. */
struct signum_registration {
    bool has_provider;         /* Providers\NAME exists */
    bool has_interface;        /* it offers KEY_STORAGE */
    bool is_listed;            /* KEY_STORAGE's list has NAME */
    WCHAR image[MAX_PATH + 1]; /* "" if there is none */
};

/* Reads the registration. That there is none is no error: all is then false. */
struct signum_register_result signum_registration_read(const WCHAR *name,
                                                       struct signum_registration *read_out);

/* True if the registration is whole and names that image (in any case). */
bool signum_registration_is_whole(const struct signum_registration *registration,
                                  const WCHAR *image);

/*
 * Registers the provider, at the bottom of the list, or puts an existing registration right. When
 * a step fails everything is as it was before, except that a registration which was damaged stays
 * damaged.
 */
struct signum_register_result signum_register(const WCHAR *name, const WCHAR *image);

/* Removes the provider from the list, and its own key. Fine if neither was there. */
struct signum_register_result signum_unregister(const WCHAR *name);

/* ---- The DLL's files (register_dll.c) -------------------------------------------------------- */

/* Which of the two system folders. */
enum signum_register_place {
    SIGNUM_REGISTER_NATIVE, /* System32, for programs of the machine's own kind */
    SIGNUM_REGISTER_WOW,    /* SysWOW64, for 32-bit programs on 64-bit Windows */
};

/* True if this Windows has that folder: NATIVE always, WOW on 64-bit Windows. */
bool signum_register_has_place(enum signum_register_place place);

/*
 * The full path of a file in that folder as this process has to write it: a 32-bit program sees
 * the real System32 of 64-bit Windows under another name. `path` has room for MAX_PATH characters.
 */
struct signum_register_result signum_register_path(enum signum_register_place place,
                                                   const WCHAR *image, WCHAR *path);

/* IMAGE_FILE_MACHINE_* of the DLLs that belong there. */
WORD signum_register_machine(enum signum_register_place place);

/* The IMAGE_FILE_MACHINE_* in a file's PE header. NOT_FOUND, IO; BAD_TYPE if it is not a DLL. */
struct signum_register_result signum_register_read_machine(const WCHAR *path, WORD *machine_out);

/*
 * Copies a DLL to its place. BAD_TYPE if it is no DLL or one for another kind of machine. One that
 * is there is replaced; if a program has it loaded it is renamed first and deleted when Windows
 * starts next. `has_replaced_out` tells whether there was one.
 */
struct signum_register_result signum_register_copy_dll(enum signum_register_place place,
                                                       const WCHAR *from, const WCHAR *image,
                                                       bool *has_replaced_out);

/* Deletes the DLL from its place, at the next start of Windows if it is loaded
   (`is_delayed_out`). Fine if it is not there. */
struct signum_register_result signum_register_remove_dll(enum signum_register_place place,
                                                         const WCHAR *image,
                                                         bool *is_delayed_out);

#endif
