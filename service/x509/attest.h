#ifndef SIGNUMD_ATTEST_H
#define SIGNUMD_ATTEST_H

#include "hsm/hsm.h"
#include "base/state.h"

/*
 * Key attestation: a signed statement of what the token says about a key. The attestation key lies
 * in the state folder, its certificate is issued by the folder's CA; a folder that has none gets
 * one at first use.
 */

#define SIGNUMD_ATTESTATION_MAX ((size_t)64 * 1024)

/*
 * Appends the attestation of the key as the JSON document of the REST API, after it has been
 * recorded as key.attest. Failures of the HSM are as in hsm.h, but SIGNUM_IO or SIGNUM_CRYPTO when
 * it is the state folder that is not right.
 */
enum signum_status signumd_attest_write(const struct signumd_state *state, struct signumd_db *db,
                                        struct signumd_hsm *hsm,
                                        const struct signumd_actor *actor,
                                        const struct signumd_key *key,
                                        struct signum_buf *document_out) SIGNUM_MUST_USE;

#endif
