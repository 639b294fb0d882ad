#ifndef SIGNUMD_BACKUP_H
#define SIGNUMD_BACKUP_H

#include "base/state.h"

/*
 * A backup is a tar file: manifest.json first, then the files of the state folder that it names,
 * each with its size and SHA-256. The database in it is as it was at one moment. It has all the
 * secrets of the state folder.
 */

#define SIGNUMD_BACKUP_FORMAT "signumd-backup-v1"

/*
 * Writes a backup of a state folder, which may be in use, into a new file with mode 0600, or to
 * standard output if `path` is "-". There is a record of it, also in the copy.
 */
enum signum_status signumd_backup_make(
    const struct signumd_state *state, const char *path) SIGNUM_MUST_USE;

/* What a backup has, told by its manifest and found to be so. */
struct signumd_backup_facts {
    char created[40];
    int64_t schema;
    int64_t records; /* of the audit log */
};

/*
 * Makes a state folder of a backup, which is standard input if `path` is "-". Everything is
 * checked first: files against the manifest, and the audit log. On failure nothing is left behind.
 */
enum signum_status signumd_backup_restore(
    const char *path, const char *folder, struct signumd_backup_facts *facts_out) SIGNUM_MUST_USE;

/* Checks a backup the same way, in a folder for temporary files, and keeps nothing. */
enum signum_status signumd_backup_verify(
    const char *path, struct signumd_backup_facts *facts_out) SIGNUM_MUST_USE;

#endif
