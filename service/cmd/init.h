#ifndef SIGNUMD_INIT_H
#define SIGNUMD_INIT_H

#include "core/buf.h"

#define SIGNUMD_HOSTNAMES_MAX 32

/* What `signumd init` was asked for. */
struct signumd_init_options {
    const char *folder;
    const char *module;   /* NULL: SoftHSM2 where Debian puts it */
    const char *token;    /* label; NULL: "signum" */
    const char *pin_file; /* NULL: a new PIN, for a new SoftHSM2 token */
    const char *hostnames[SIGNUMD_HOSTNAMES_MAX];
    size_t hostname_count;
};

/*
 * Makes a state folder: in a draft beside it that is renamed when it is complete, so that there
 * is all of it or nothing. SIGNUM_KEY_EXISTS if the folder is there and not empty.
 */
enum signum_status
signumd_init_run(const struct signumd_init_options *options) SIGNUM_MUST_USE;

#endif
