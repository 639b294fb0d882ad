#ifndef SIGNUMD_TOKENS_H
#define SIGNUMD_TOKENS_H

#include "identity/users.h"

/*
 * API tokens: sgn_<16 hexadecimal digits: identifier>_<64: 256 random bits>. Shown once; only the
 * SHA-256 of the whole text is kept. A plain hash is enough, there is nothing to guess.
 */

#define SIGNUMD_TOKEN_ID_LEN 16
#define SIGNUMD_TOKEN_LEN 85
#define SIGNUMD_TOKEN_SIZE (SIGNUMD_TOKEN_LEN + 1)

/*
 * Makes a token for a user. `expires` is in seconds since 1970, 0 for never. The text is a
 * secret: the caller wipes it. Audited. SIGNUM_NOT_FOUND if there is no such user.
 */
enum signum_status signumd_tokens_create(struct signumd_db *db, const struct signumd_actor *actor,
                                         const char *user, int64_t expires,
                                         char token_out[SIGNUMD_TOKEN_SIZE]) SIGNUM_MUST_USE;

/* SIGNUM_NOT_FOUND if there is none of that identifier that is not revoked yet. Audited. */
enum signum_status signumd_tokens_revoke(struct signumd_db *db, const struct signumd_actor *actor,
                                         const char *id) SIGNUM_MUST_USE;

/*
 * Whose token is it? SIGNUM_CREDENTIAL_REFUSED for every reason; which one is in `cause_out`
 * (static), for the operator and never for the stranger. `id_out` is the identifier, when known.
 */
enum signum_status signumd_tokens_check(struct signumd_db *db, const char *token, int64_t now,
                                        struct signumd_user *user_out,
                                        char id_out[SIGNUMD_TOKEN_ID_LEN + 1],
                                        const char **cause_out) SIGNUM_MUST_USE;

/* Writes all as items of an array: {id, user, created, expires, revoked}. */
enum signum_status signumd_tokens_write_list(struct signumd_db *db,
                                             struct signumd_json_writer *writer) SIGNUM_MUST_USE;

#endif
