#ifndef SIGNUM_IO_SECRET_STORE_H
#define SIGNUM_IO_SECRET_STORE_H

#include "core/ports.h"

/*
 * The real secret store: one file per secret in a folder of this user. What protects the content
 * is the platform's: secret_store_file.c (Linux: folder 0700, files 0600, a file that anybody else
 * may read or write is refused) or secret_store_dpapi.c (Windows: the user's data protection key,
 * with the secret's name bound to it).
 */

#define SIGNUM_SECRET_MAX (64u << 10) /* bytes of one secret */

/*
 * Opens the store in `folder` (UTF-8), or in the platform's own place if it is NULL. Touches no
 * file; a process without such a place gets a store whose calls say NOT_FOUND. NO_MEMORY.
 * put and get: INVALID_ARGUMENT for a bad name, TOO_LARGE, NOT_FOUND, IO (refused or damaged).
 */
enum signum_status signum_secret_store_open(const char *folder,
                                            struct signum_secret_store *store_out) SIGNUM_MUST_USE;
void signum_secret_store_clear(struct signum_secret_store *store);

/* ---- Between secret_store.c and the platform's part ---- */

/* Appends to `sealed_out` what is to be written into the file of the secret. */
enum signum_status signum_secret_seal(const char *name, struct signum_bytes secret,
                                      struct signum_buf *sealed_out) SIGNUM_MUST_USE;
/* Appends the secret that the file's content holds. IO if it was not sealed by this user for this
   name. */
enum signum_status signum_secret_unseal(const char *name, struct signum_bytes sealed,
                                        struct signum_buf *secret_out) SIGNUM_MUST_USE;
/* IO if anybody else can read or write the file at `path`; NOT_FOUND if there is none. */
enum signum_status signum_secret_check_file(const char *path) SIGNUM_MUST_USE;

#endif
