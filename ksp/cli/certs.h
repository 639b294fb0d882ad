#ifndef SIGNUM_CLI_CERTS_H
#define SIGNUM_CLI_CERTS_H

#include <stdbool.h>

#include "core/buf.h"

/*
 * The Windows certificate store as far as `signum certs` uses it: the store "My" of the user or
 * the machine (certs_win32.c). Elsewhere nothing opens (certs_none.c); the tests have a fake.
 * Certificates that belong to another provider are never touched.
 */
struct signum_certs;

/* One certificate that is to be in the store. All borrowed. */
struct signum_certs_entry {
    struct signum_bytes certificate; /* DER */
    const char *key;                 /* full name: the container in the provider */
    const char *friendly_name;
};

enum signum_certs_change {
    SIGNUM_CERTS_UNCHANGED, /* it was there and names the key */
    SIGNUM_CERTS_ADDED,
    SIGNUM_CERTS_LINKED, /* it was there without a private key; now it names ours */
    SIGNUM_CERTS_UPDATED, /* it was there and ours, but with another key name */
};

/* Opens the store for writing. NOT_SUPPORTED, DENIED, IO, NO_MEMORY; a sentence goes to `cause`. */
enum signum_status signum_certs_open(bool is_machine, struct signum_certs **certs_out,
                                     struct signum_buf *cause) SIGNUM_MUST_USE;
void signum_certs_close(struct signum_certs **certs);

/* Brings the certificate into the store and links it with the key. DENIED if the store may not be
   written or the certificate belongs to another provider. */
enum signum_status signum_certs_put(struct signum_certs *certs,
                                    const struct signum_certs_entry *entry,
                                    enum signum_certs_change *change_out,
                                    struct signum_buf *cause) SIGNUM_MUST_USE;

/* Proves what a signing program will meet: finds the certificate afresh, acquires its key through
   the provider, and compares the key's public half with the certificate's. */
enum signum_status signum_certs_prove(struct signum_certs *certs,
                                      const struct signum_certs_entry *entry,
                                      struct signum_buf *cause) SIGNUM_MUST_USE;

#endif
