#ifndef SIGNUM_IO_FILES_H
#define SIGNUM_IO_FILES_H

#include "core/ports.h"

/*
 * Whole files, by UTF-8 path: files_posix.c or files_win32.c. Failures are NOT_FOUND, TOO_LARGE
 * (the buffer's maximum), NO_MEMORY, INVALID_ARGUMENT (a path that is not UTF-8) or IO; where
 * there is a `cause`, a sentence without the path is appended to it for IO.
 */

/*
 * Appends the content of a regular file. On Linux a file is refused (IO) if it belongs to neither
 * this user nor root, if its group or others may write it, or, with SIGNUM_FILE_SECRET, if others
 * may read it. On Windows owner and access list are judged in the same way (file_acl_win32.h).
 */
enum signum_status signum_files_read(const char *path, enum signum_file_trust trust,
                                     struct signum_buf *data_out,
                                     struct signum_buf *cause) SIGNUM_MUST_USE;

/*
 * Writes a file that only this user may read, so that a reader sees the old or the new content
 * and nothing between. Makes the missing folders, for this user only.
 */
enum signum_status signum_files_write_private(const char *path,
                                              struct signum_bytes data) SIGNUM_MUST_USE;

/* Removes a file; NOT_FOUND if there is none. */
enum signum_status signum_files_remove(const char *path) SIGNUM_MUST_USE;

/* Makes the folder that holds `path`, and those above it, for this user only. */
enum signum_status signum_files_make_parent(const char *path) SIGNUM_MUST_USE;

#endif
