#ifndef SIGNUM_CORE_AUTH_TOKEN_CACHE_H
#define SIGNUM_CORE_AUTH_TOKEN_CACHE_H

#include "core/auth/oauth.h"
#include "core/lock.h"

/*
 * Tokens that were fetched once, for all threads of this process and all processes of this user:
 * in memory, and in the secret store under a name that is made of everything that makes the
 * credential. Who needs a new one holds the process lock of that name while he fetches it, so that
 * a refresh token that may be used once is used once. A sign-in that failed is remembered for ten
 * seconds: signtool opens the provider four times, and four wrong passwords can lock an account.
 */

#define SIGNUM_TOKEN_FAILURE_S 10
#define SIGNUM_TOKEN_NAME_SIZE 48 /* of a name in the store, with its NUL */

struct signum_token_cache {
    const struct signum_auth_env *env;
    char name[SIGNUM_TOKEN_NAME_SIZE];
    struct signum_lock lock; /* around what follows */
    struct signum_token token;
    enum signum_status failure; /* of the sign-in; OK if it did not fail */
    int64_t failed_at;
    struct signum_buf failure_cause;
};

/*
 * Gets a token from where it is kept. `fetch` is called with the token as it was kept (maybe
 * expired, maybe with a refresh token, maybe empty) and replaces it by a new one.
 */
typedef enum signum_status signum_token_fetch(void *context, const struct signum_budget *budget,
                                              struct signum_token *token, struct signum_buf *cause);

/* `identity` is the text that makes the credential. `env` is borrowed. CRYPTO. */
enum signum_status signum_token_cache_init(struct signum_token_cache *cache,
                                           const struct signum_auth_env *env,
                                           const char *identity) SIGNUM_MUST_USE;
void signum_token_cache_clear(struct signum_token_cache *cache);

/*
 * Appends an access token that is fresh, and is not `refused` (or NULL): the one that a service
 * has just answered with 401 to. The status of `fetch`, or the one remembered of it.
 */
enum signum_status signum_token_cache_get(struct signum_token_cache *cache,
                                          const struct signum_budget *budget, const char *refused,
                                          signum_token_fetch *fetch, void *context,
                                          struct signum_buf *access_out,
                                          struct signum_buf *cause) SIGNUM_MUST_USE;

/* The token as it is kept, fresh or not; empty if there is none. */
void signum_token_cache_peek(struct signum_token_cache *cache, struct signum_token *token_out);

/* Puts a token in place of what is kept, as a login does. Under the process lock. */
enum signum_status signum_token_cache_put(struct signum_token_cache *cache,
                                          const struct signum_budget *budget,
                                          const struct signum_token *token) SIGNUM_MUST_USE;

/* Forgets the token here and in the store. */
enum signum_status signum_token_cache_forget(struct signum_token_cache *cache,
                                             const struct signum_budget *budget) SIGNUM_MUST_USE;

#endif
