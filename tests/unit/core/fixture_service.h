#ifndef SIGNUM_TEST_FIXTURE_SERVICE_H
#define SIGNUM_TEST_FIXTURE_SERVICE_H

#include "fixture_key.h"
#include "support/fake_ports.h"

/*
 * A small signing service behind the fake transport: it answers the service's own protocol with
 * keys and signatures of OpenSSL, counts what it is asked, and can be told to be wrong.
 */

#define FIXTURE_SERVICE_KEYS 8

struct fixture_service {
    struct {
        const char *name;
        enum fixture_kind kind;
        unsigned which;
    } keys[FIXTURE_SERVICE_KEYS];
    size_t key_count;
    size_t page; /* keys on a page; 0: all */

    unsigned infos; /* requests of each kind */
    unsigned lists;
    unsigned gets;
    unsigned signs;

    bool is_other_key;   /* signs with another pair */
    bool is_bit_flipped; /* spoils one bit of each signature */
    bool is_unchanged;   /* answers 304 to a GET with If-None-Match */
};

/* Makes the fake's transport answer as this service, which must outlive it. */
void fixture_service_attach(struct fixture_service *service, struct signum_fake *fake);

void fixture_service_add(struct fixture_service *service, const char *name,
                         enum fixture_kind kind, unsigned which);

/* Requests of all kinds. */
unsigned fixture_service_requests(const struct fixture_service *service);

#endif
