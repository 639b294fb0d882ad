#ifndef SIGNUM_CORE_KEY_INTERNAL_H
#define SIGNUM_CORE_KEY_INTERNAL_H

/* The body of a key, for key.c and key_*.c only. */

#include "key.h"

struct evp_pkey_st;
struct signum_key_public;

struct signum_key {
    struct signum_object object;
    char *name;
    char *id;
    char *etag;
    unsigned version;
    const struct signum_alg *alg;
    uint32_t bits;
    bool is_enabled;
    struct signum_key_public *public_half; /* what the SPKI holds, read on first need */
    struct signum_buf spki;
    struct signum_buf chain[SIGNUM_KEY_CHAIN_MAX];
    size_t chain_count;
};

/* The unread public half of a new key. `signum_key_public_free` accepts NULL. */
enum signum_status signum_key_public_new(struct signum_key_public **half_out) SIGNUM_MUST_USE;
void signum_key_public_free(struct signum_key_public **half);

/* OpenSSL's EVP_PKEY, borrowed; NULL unless signum_key_check() is OK. */
struct evp_pkey_st *signum_key_public_pkey(const struct signum_key *key);

/* Number 0 or 1 of the public key (modulus and exponent, or x and y); empty for the other family
   and for a key that does not pass signum_key_check(). */
struct signum_bytes signum_key_public_number(const struct signum_key *key,
                                             enum signum_family family, unsigned index);

#endif
