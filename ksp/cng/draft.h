#ifndef SIGNUM_CNG_DRAFT_H
#define SIGNUM_CNG_DRAFT_H

#include "core/alg.h"

/* A key that is to be made: what CreatePersistedKey and SetKeyProperty have said of it so far. */
struct signum_draft {
    const struct signum_alg *alg; /* NULL: ECDSA, whose curve is still to be chosen */
    uint32_t bits;                /* 0 without an algorithm */
    bool is_overwriting;          /* NCRYPT_OVERWRITE_KEY_FLAG */
    bool has_free_curve;          /* made as "ECDSA": the curve may be chosen */
};

/* By a name of CNG: "RSA", "ECDSA_P256" and so on, or "ECDSA". NOT_SUPPORTED. */
enum signum_status signum_draft_init(struct signum_draft *draft_out,
                                     const char *cng) SIGNUM_MUST_USE;

/* Chooses the length, and with it the curve if that is free. NOT_SUPPORTED if it is not offered. */
enum signum_status signum_draft_set_bits(struct signum_draft *draft,
                                         uint32_t bits) SIGNUM_MUST_USE;

/* Chooses the curve by CNG's name, in any case: "nistP256". NOT_SUPPORTED. */
enum signum_status signum_draft_set_curve(struct signum_draft *draft,
                                          const char *cng_curve) SIGNUM_MUST_USE;

#endif
