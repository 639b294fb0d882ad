#ifndef SIGNUM_TEST_FAKE_CERTS_H
#define SIGNUM_TEST_FAKE_CERTS_H

#include "ksp/cli/certs.h"

/* A certificate store in memory behind ksp/cli/certs.h. */
struct fake_certs {
    enum signum_status open_status;
    enum signum_status put_status;
    enum signum_status prove_status;
    bool is_machine;   /* of the last open */
    unsigned opened;   /* and not yet closed */
    unsigned put_count;
    unsigned prove_count;
    size_t stored_len; /* of the certificate that is in the store; 0: none */
    char key[128];     /* it names */
    char friendly_name[128];
};

extern struct fake_certs fake_certs;

void fake_certs_reset(void);

#endif
