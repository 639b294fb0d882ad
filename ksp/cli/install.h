#ifndef SIGNUM_CLI_INSTALL_H
#define SIGNUM_CLI_INSTALL_H

#include <stdbool.h>

#include "output.h"

/*
 * Putting the provider into Windows and taking it out, for `signum register` and `unregister`
 * (install_win32.c, over installer/register.h). Elsewhere both are NOT_SUPPORTED
 * (install_none.c). Both print what they do, and what went wrong.
 */

struct signum_install_options {
    const char *dll;   /* signumksp.dll for programs of the machine's own kind; NULL: in place */
    const char *dll32; /* for 32-bit programs on 64-bit Windows; NULL: in place or not wanted */
    bool is_unchecked; /* do not look whether the DLLs are in place */
};

enum signum_status signum_install_register(struct signum_output *output,
                                           const struct signum_install_options *options)
    SIGNUM_MUST_USE;

enum signum_status signum_install_unregister(struct signum_output *output,
                                             bool has_dlls_to_go) SIGNUM_MUST_USE;

#endif
