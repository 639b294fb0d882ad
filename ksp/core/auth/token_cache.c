#include "core/auth/token_cache.h"

#include <stdio.h>
#include <string.h>

#include "core/sha256.h"

#define NAME_BYTES 20 /* of the hash in a name: enough that no two credentials share one */
#define CAUSE_MAX 1024
#define FAILURE_MAX (CAUSE_MAX + 64)
#define FAILURE_NAME_SIZE (SIGNUM_TOKEN_NAME_SIZE + 8)

enum signum_status
signum_token_cache_init(struct signum_token_cache *cache, const struct signum_auth_env *env,
                        const char *identity)
{
    uint8_t hash[SIGNUM_SHA256_LEN];
    struct signum_buf name;

    *cache = (struct signum_token_cache){.env = env};
    signum_lock_init(&cache->lock);
    signum_token_init(&cache->token);
    signum_buf_init(&cache->failure_cause, CAUSE_MAX);
    enum signum_status status = signum_sha256(signum_bytes_of_text(identity), hash);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_init(&name, sizeof cache->name - 1);
    signum_buf_put_text(&name, "token.");
    signum_buf_put_hex(&name, (struct signum_bytes){hash, NAME_BYTES});
    memcpy(cache->name, signum_buf_text(&name), name.len + 1);
    signum_buf_clear(&name);
    return SIGNUM_OK;
}

void
signum_token_cache_clear(struct signum_token_cache *cache)
{
    signum_token_clear(&cache->token);
    signum_buf_clear(&cache->failure_cause);
    signum_lock_clear(&cache->lock);
}

static int64_t
now(const struct signum_token_cache *cache)
{
    const struct signum_clock *clock = &cache->env->ports->clock;

    return clock->unix_time(clock->self);
}

static bool
is_usable(const struct signum_token_cache *cache, const struct signum_token *token,
          const char *refused)
{
    return signum_token_is_fresh(token, now(cache)) &&
           (refused == NULL || strcmp(refused, signum_buf_text(&token->access)) != 0);
}

/* From memory: a token, or the failure of a moment ago. NOT_FOUND if there is neither. */
static enum signum_status
look_in_memory(struct signum_token_cache *cache, const char *refused, struct signum_buf *access_out,
               struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_NOT_FOUND;

    signum_lock_acquire(&cache->lock);
    if (is_usable(cache, &cache->token, refused)) {
        signum_buf_put(access_out, cache->token.access.data, cache->token.access.len);
        status = signum_buf_status(access_out);
    } else if (cache->failure != SIGNUM_OK && now(cache) >= cache->failed_at &&
               now(cache) < cache->failed_at + SIGNUM_TOKEN_FAILURE_S) {
        status = cache->failure;
        signum_buf_printf(cause, "%s (a moment ago; it is not tried again at once)",
                          signum_buf_text(&cache->failure_cause));
    }
    signum_lock_release(&cache->lock);
    return status;
}

static void
copy_token(struct signum_token *to, const struct signum_token *from)
{
    signum_token_clear(to);
    signum_buf_put(&to->access, from->access.data, from->access.len);
    signum_buf_put(&to->refresh, from->refresh.data, from->refresh.len);
    signum_buf_put(&to->scope, from->scope.data, from->scope.len);
    to->expires_at = from->expires_at;
}

static void
remember(struct signum_token_cache *cache, const struct signum_token *token)
{
    signum_lock_acquire(&cache->lock);
    copy_token(&cache->token, token);
    cache->failure = SIGNUM_OK;
    signum_lock_release(&cache->lock);
}

static void
remember_failure(struct signum_token_cache *cache, enum signum_status status,
                 const struct signum_buf *cause)
{
    signum_lock_acquire(&cache->lock);
    cache->failure = status;
    cache->failed_at = now(cache);
    signum_buf_clear(&cache->failure_cause);
    signum_buf_put(&cache->failure_cause, cause->data, cause->len);
    signum_lock_release(&cache->lock);
}

/* A token that cannot be read is as good as none: it is fetched anew. */
static void
load(struct signum_token_cache *cache, struct signum_token *token_out)
{
    const struct signum_secret_store *secrets = &cache->env->ports->secrets;
    struct signum_buf text;

    signum_token_clear(token_out);
    signum_buf_init_secret(&text, SIGNUM_OAUTH_FORM_MAX);
    enum signum_status status = secrets->get(secrets->self, cache->name, &text);
    if (status == SIGNUM_OK && text.len > 0)
        status = signum_token_read(signum_bytes_of_buf(&text), token_out);
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND)
        signum_log_warning(cache->env->log, "the kept token %s cannot be used: %s", cache->name,
                           signum_status_text(status));
    signum_buf_clear(&text);
}

/* A machine without a place for secrets signs in once per process. */
static enum signum_status
save(struct signum_token_cache *cache, const struct signum_token *token)
{
    const struct signum_secret_store *secrets = &cache->env->ports->secrets;
    struct signum_buf text;

    signum_buf_init_secret(&text, SIGNUM_OAUTH_FORM_MAX);
    signum_token_write(token, &text);
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = secrets->put(secrets->self, cache->name, signum_bytes_of_buf(&text));
    signum_buf_clear(&text);
    return status;
}

/* ---- A failure, for other processes: "1 STATUS TIME CAUSE" ---- */

static void
put_failure_name(const struct signum_token_cache *cache, char name[FAILURE_NAME_SIZE])
{
    (void)snprintf(name, FAILURE_NAME_SIZE, "%s.failed", cache->name);
}

static const enum signum_status refusals[] = {
    SIGNUM_CREDENTIAL_REFUSED,
    SIGNUM_DENIED,
    SIGNUM_SIGN_IN_REQUIRED,
};

/*
 * Only what the issuer refused: a mistake of this machine may be mended at once. SIGN_IN_REQUIRED
 * is an issuer's answer only where there was a refresh token to send.
 */
static bool
is_refusal(enum signum_status status, const struct signum_token *kept)
{
    return status == SIGNUM_CREDENTIAL_REFUSED || status == SIGNUM_DENIED ||
           (status == SIGNUM_SIGN_IN_REQUIRED && kept->refresh.len > 0);
}

static void
save_failure(struct signum_token_cache *cache, enum signum_status status,
             const struct signum_buf *cause)
{
    const struct signum_secret_store *secrets = &cache->env->ports->secrets;
    char name[FAILURE_NAME_SIZE];
    struct signum_buf text;

    put_failure_name(cache, name);
    signum_buf_init(&text, FAILURE_MAX);
    signum_buf_printf(&text, "1 %s %lld %s", signum_status_name(status), (long long)now(cache),
                      signum_buf_text(cause));
    /* if it cannot be kept, each process finds out for itself */
    if (signum_buf_status(&text) == SIGNUM_OK &&
        secrets->put(secrets->self, name, signum_bytes_of_buf(&text)) != SIGNUM_OK)
        signum_log_warning(cache->env->log, "a failed sign-in cannot be kept for other processes");
    signum_buf_clear(&text);
}

static void
forget_failure(struct signum_token_cache *cache)
{
    const struct signum_secret_store *secrets = &cache->env->ports->secrets;
    char name[FAILURE_NAME_SIZE];

    put_failure_name(cache, name);
    (void)secrets->remove(secrets->self, name);
}

/* The failure of a moment ago that another process has left; OK if there is none. */
static enum signum_status
load_failure(struct signum_token_cache *cache, struct signum_buf *cause)
{
    const struct signum_secret_store *secrets = &cache->env->ports->secrets;
    char name[FAILURE_NAME_SIZE];
    char word[32] = "";
    long long at = 0;
    int used = 0;
    enum signum_status failure = SIGNUM_OK;
    struct signum_buf text;

    put_failure_name(cache, name);
    signum_buf_init(&text, FAILURE_MAX);
    if (secrets->get(secrets->self, name, &text) == SIGNUM_OK &&
        sscanf(signum_buf_text(&text), "1 %31s %lld %n", word, &at, &used) == 2 && used > 0 &&
        now(cache) >= at && now(cache) < at + SIGNUM_TOKEN_FAILURE_S) {
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
            if (strcmp(word, signum_status_name(refusals[i])) == 0)
                failure = refusals[i];
        }
    }
    if (failure != SIGNUM_OK)
        signum_buf_printf(cause, "%s (a moment ago; it is not tried again at once)",
                          signum_buf_text(&text) + used);
    signum_buf_clear(&text);
    return failure;
}

/* The process lock is held: nobody else fetches now, and whoever did before has left it here. */
static enum signum_status
renew(struct signum_token_cache *cache, const struct signum_budget *budget, const char *refused,
      signum_token_fetch *fetch, void *context, struct signum_token *token,
      struct signum_buf *cause)
{
    load(cache, token);
    if (is_usable(cache, token, refused))
        return SIGNUM_OK;
    enum signum_status status = load_failure(cache, cause);
    if (status != SIGNUM_OK)
        return status;
    status = fetch(context, budget, token, cause);
    if (is_refusal(status, token))
        save_failure(cache, status, cause);
    if (status != SIGNUM_OK)
        return status;
    enum signum_status saved = save(cache, token);
    if (saved != SIGNUM_OK)
        signum_log_warning(cache->env->log, "the token cannot be kept for other processes: %s",
                           signum_status_text(saved));
    return SIGNUM_OK;
}

static bool
is_worth_remembering(enum signum_status status)
{
    return status == SIGNUM_CREDENTIAL_REFUSED || status == SIGNUM_SIGN_IN_REQUIRED ||
           status == SIGNUM_DENIED || status == SIGNUM_BAD_SETTINGS;
}

enum signum_status
signum_token_cache_get(struct signum_token_cache *cache, const struct signum_budget *budget,
                       const char *refused, signum_token_fetch *fetch, void *context,
                       struct signum_buf *access_out, struct signum_buf *cause)
{
    const struct signum_process_lock *locks = &cache->env->ports->process_lock;
    struct signum_token token;
    void *lock = NULL;
    enum signum_status status = look_in_memory(cache, refused, access_out, cause);

    if (status != SIGNUM_NOT_FOUND)
        return status;
    status = locks->acquire(locks->self, cache->name, signum_budget_left(budget), &lock);
    if (status != SIGNUM_OK) {
        signum_buf_put_text(cause, "another process signs in and does not come to an end");
        return status;
    }
    signum_token_init(&token);
    /* another thread may have been here while this one waited */
    status = look_in_memory(cache, refused, access_out, cause);
    if (status == SIGNUM_NOT_FOUND) {
        status = renew(cache, budget, refused, fetch, context, &token, cause);
        if (status == SIGNUM_OK) {
            remember(cache, &token);
            signum_buf_put(access_out, token.access.data, token.access.len);
            status = signum_buf_status(access_out);
        } else if (is_worth_remembering(status)) {
            remember_failure(cache, status, cause);
        }
    }
    locks->release(locks->self, lock);
    signum_token_clear(&token);
    return status;
}

enum signum_status
signum_token_cache_put(struct signum_token_cache *cache, const struct signum_budget *budget,
                       const struct signum_token *token)
{
    const struct signum_process_lock *locks = &cache->env->ports->process_lock;
    void *lock = NULL;
    enum signum_status status =
        locks->acquire(locks->self, cache->name, signum_budget_left(budget), &lock);

    if (status != SIGNUM_OK)
        return status;
    status = save(cache, token);
    forget_failure(cache);
    if (status == SIGNUM_OK)
        remember(cache, token);
    locks->release(locks->self, lock);
    return status;
}

enum signum_status
signum_token_cache_forget(struct signum_token_cache *cache, const struct signum_budget *budget)
{
    const struct signum_process_lock *locks = &cache->env->ports->process_lock;
    const struct signum_secret_store *secrets = &cache->env->ports->secrets;
    void *lock = NULL;
    enum signum_status status =
        locks->acquire(locks->self, cache->name, signum_budget_left(budget), &lock);

    if (status != SIGNUM_OK)
        return status;
    signum_lock_acquire(&cache->lock);
    signum_token_clear(&cache->token);
    cache->failure = SIGNUM_OK;
    signum_lock_release(&cache->lock);
    forget_failure(cache);
    status = secrets->remove(secrets->self, cache->name);
    locks->release(locks->self, lock);
    return status == SIGNUM_NOT_FOUND ? SIGNUM_OK : status;
}

void
signum_token_cache_peek(struct signum_token_cache *cache, struct signum_token *token_out)
{
    load(cache, token_out);
}
