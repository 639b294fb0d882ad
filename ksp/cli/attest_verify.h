#ifndef SIGNUM_CLI_ATTEST_VERIFY_H
#define SIGNUM_CLI_ATTEST_VERIFY_H

#include "cli.h"

/* signum attest verify FILE: no service, no network. */

/* What is to be checked; NULL where nothing is asked for. */
struct signum_attest_wishes {
    const char *file;
    const char *ca_file;
    const char *key_spki;    /* two names of one wish: a file with the public key */
    const char *certificate; /* the same in a certificate or a certification request */
    const char *nonce;
    const char *require;     /* "never-extractable,local" */
    const char *max_age;     /* seconds */
};

/* Checks all of it and prints each check. USAGE if a wish cannot be understood. */
enum signum_exit signum_attest_verify(struct signum_cli *cli,
                                      const struct signum_attest_wishes *wishes);

#endif
