#ifndef SIGNUMD_MANIFEST_H
#define SIGNUMD_MANIFEST_H

#include "backup/backup.h"
#include "base/crypto.h"

/* Shared by the files of this folder only: what a backup says about itself. */

#define SIGNUMD_MANIFEST_NAME "manifest.json"
#define SIGNUMD_MANIFEST_MAX ((size_t)16 * 1024 * 1024)
#define SIGNUMD_MANIFEST_PATH_MAX 256

struct signumd_manifest_file {
    char name[SIGNUMD_MANIFEST_PATH_MAX]; /* relative to the state folder */
    char sha256[SIGNUMD_SHA256_HEX_SIZE];
    int64_t size;
    bool is_seen; /* for whoever reads the backup */
};

struct signumd_manifest {
    struct signumd_backup_facts facts;
    struct signumd_manifest_file *files;
    size_t count;
};

void signumd_manifest_clear(struct signumd_manifest *manifest);

/* False for names that would not stay inside a folder, and such as no state folder has. */
bool signumd_manifest_is_name(const char *name);

/* Adds a file, by its place in `folder`, with its size and hash. */
enum signum_status signumd_manifest_add(
    struct signumd_manifest *manifest, const char *folder, const char *name) SIGNUM_MUST_USE;

void signumd_manifest_write(const struct signumd_manifest *manifest, struct signum_buf *out);

/* SIGNUM_PROTOCOL, logged, if it is not one. */
enum signum_status signumd_manifest_read(
    struct signum_bytes text, struct signumd_manifest *manifest_out) SIGNUM_MUST_USE;

/* The file of that name; NULL if there is none. */
struct signumd_manifest_file *signumd_manifest_find(
    const struct signumd_manifest *manifest, const char *name);

#endif
