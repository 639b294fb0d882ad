#ifndef SIGNUM_CORE_KEY_INTERNAL_H
#define SIGNUM_CORE_KEY_INTERNAL_H

/* The body of a key, for key.c and key_verify.c only. */

#include "key.h"

struct evp_pkey_st;

struct signum_key {
    struct signum_object object;
    char *name;
    char *id;
    char *etag;
    unsigned version;
    const struct signum_alg *alg;
    uint32_t bits;
    bool is_enabled;
    struct evp_pkey_st *public_key; /* OpenSSL's EVP_PKEY; read-only, so shared by threads */
    struct signum_buf spki;
    struct signum_buf first;  /* RSA modulus, or x */
    struct signum_buf second; /* RSA exponent, or y */
    struct signum_buf chain[SIGNUM_KEY_CHAIN_MAX];
    size_t chain_count;
};

#endif
