#ifndef SIGNUMD_LEFTOVERS_H
#define SIGNUMD_LEFTOVERS_H

#include "hsm/hsm.h"

/*
 * Key pairs of deleted keys. A key leaves the database first and the token after that; what is
 * between the two stands in a table, so that an HSM that fails, or a crash, leaves no key pair
 * behind for good.
 */

/*
 * Notes the key pair of a key that has just been removed, unless another key has the same pair.
 * Only within a transaction.
 */
enum signum_status signumd_leftovers_add(struct signumd_db *db,
                                         const struct signumd_key *key) SIGNUM_MUST_USE;

/*
 * Removes all noted key pairs from the token. A pair that a key has again (`key adopt`) is left
 * alone. Ends with the first failure; what is left stays noted.
 */
enum signum_status signumd_leftovers_sweep(struct signumd_db *db,
                                           struct signumd_hsm *hsm) SIGNUM_MUST_USE;

#endif
