#ifndef SIGNUMD_FILES_H
#define SIGNUMD_FILES_H

#include "core/buf.h"

/* Files of the state folder. Failures are logged with the path and the reason. */

/* "folder/name" as an owned text (freed with free()); NULL when memory is short. */
char *signumd_files_join(const char *folder, const char *name);

/* Appends the whole content; the buffer's maximum is the limit. */
enum signum_status signumd_files_read(const char *path, struct signum_buf *out) SIGNUM_MUST_USE;

/*
 * Writes a file as a whole: a reader sees the old or the new content, also after a power cut.
 * `mode` are its permissions (0600 for secrets).
 */
enum signum_status signumd_files_write(const char *path, struct signum_bytes content,
                                       unsigned mode) SIGNUM_MUST_USE;

/* Removes a folder with everything in it; failures are ignored. */
void signumd_files_remove_tree(const char *path);

/* Makes the content of a file, and its entry in its folder, durable. */
enum signum_status signumd_files_sync(const char *path) SIGNUM_MUST_USE;

/* Makes the entry of a file or folder in its parent folder durable. */
enum signum_status signumd_files_sync_parent(const char *path) SIGNUM_MUST_USE;

#endif
