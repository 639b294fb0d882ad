#ifndef SIGNUM_IO_FILE_ACL_WIN32_H
#define SIGNUM_IO_FILE_ACL_WIN32_H

#include <windows.h>

#include "core/ports.h"

/*
 * Refuses (IO, with the reason in `cause`) a file that belongs to somebody else than this user,
 * SYSTEM or the administrators, or that others than these (and Windows' own installer) may write
 * or, with SIGNUM_FILE_SECRET, read. `file` is open for reading. Whoever is denied something is not
 * looked at: a denial can only make it stricter. A file system without access lists is believed.
 */
enum signum_status signum_file_acl_check(HANDLE file, enum signum_file_trust trust,
                                         struct signum_buf *cause) SIGNUM_MUST_USE;

/*
 * A descriptor for a new file that this user, SYSTEM and the administrators alone may use, whatever
 * the folder passes on. The caller frees it with LocalFree(); NULL if it cannot be made.
 */
PSECURITY_DESCRIPTOR signum_file_acl_private(void);

#endif
