#include "core/auth/auth.h"

#include <stdlib.h>
#include <string.h>

#include "core/lock.h"

#define CAUSE_MAX 256
#define SCHEME "Bearer " /* RFC 6750 section 2.1 */
#define NEXT_STEP "run `signum login --token-file FILE`, or set SIGNUM_TOKEN_FILE"

struct token_auth {
    struct signum_auth base;
    struct signum_auth_env env;
    struct signum_lock lock;
    struct signum_buf token; /* as read last; empty before the first use */
};

/* RFC 6750 section 2.1: b64token. */
static bool
is_token(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    size_t body = strspn(text, allowed);

    return body > 0 && text[body + strspn(text + body, "=")] == 0;
}

/* People make token files with editors: white space at the end is not part of it. */
static size_t
trimmed_len(const char *text)
{
    size_t len = strlen(text);

    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
        len--;
    return len;
}

/* Takes a token from where it was found, if it is one. */
static enum signum_status
accept(const struct signum_buf *found, const char *where, struct signum_buf *token_out,
       struct signum_buf *cause)
{
    const char *text = signum_buf_text(found);
    size_t len = trimmed_len(text);

    if (found->len != strlen(text))
        len = 0;
    signum_buf_clear(token_out);
    signum_buf_put(token_out, text, len);
    if (signum_buf_status(token_out) == SIGNUM_OK && is_token(signum_buf_text(token_out)))
        return SIGNUM_OK;
    signum_buf_clear(token_out);
    signum_buf_printf(cause, "%s holds no bearer token: one line of A-Z a-z 0-9 - . _ ~ + / = is "
                             "expected", where);
    return SIGNUM_SIGN_IN_REQUIRED;
}

static enum signum_status
read_from_file(const struct token_auth *auth, struct signum_buf *token_out,
               struct signum_buf *cause)
{
    const struct signum_settings_source *source = &auth->env.ports->settings;
    const char *path = signum_buf_text(&auth->env.settings->auth[SIGNUM_AUTH_TOKEN_FILE]);
    struct signum_buf found;
    struct signum_buf why;

    signum_buf_init_secret(&found, SIGNUM_TOKEN_MAX);
    signum_buf_init(&why, CAUSE_MAX);
    enum signum_status status =
        source->read_file(source->self, path, SIGNUM_FILE_SECRET, &found, &why);
    if (status == SIGNUM_OK) {
        status = accept(&found, "the token file", token_out, cause);
        if (status != SIGNUM_OK)
            signum_buf_printf(cause, " (%s)", path);
    } else if (status != SIGNUM_NO_MEMORY) {
        if (why.len == 0)
            signum_buf_put_text(&why, signum_status_text(status));
        signum_buf_printf(cause, "the token file %s: %s", path, signum_buf_text(&why));
        status = SIGNUM_SIGN_IN_REQUIRED;
    }
    signum_buf_clear(&why);
    signum_buf_clear(&found);
    return status;
}

/* `signum login` keeps the token under the service's name unless the settings say another one. */
static const char *
store_name(const struct token_auth *auth)
{
    const struct signum_service_settings *settings = auth->env.settings;

    return signum_buf_text(settings->auth[SIGNUM_AUTH_TOKEN_STORE].len > 0
                               ? &settings->auth[SIGNUM_AUTH_TOKEN_STORE]
                               : &settings->name);
}

static enum signum_status
read_from_store(const struct token_auth *auth, struct signum_buf *token_out,
                struct signum_buf *cause)
{
    const struct signum_secret_store *secrets = &auth->env.ports->secrets;
    const char *name = store_name(auth);
    struct signum_buf found;

    signum_buf_init_secret(&found, SIGNUM_TOKEN_MAX);
    enum signum_status status = secrets->get(secrets->self, name, &found);
    if (status == SIGNUM_OK) {
        status = accept(&found, "the secret store", token_out, cause);
    } else if (status == SIGNUM_NOT_FOUND) {
        signum_buf_printf(cause, "there is no token for the service %s: " NEXT_STEP,
                          signum_buf_text(&auth->env.settings->name));
        status = SIGNUM_SIGN_IN_REQUIRED;
    } else if (status != SIGNUM_NO_MEMORY) {
        signum_buf_printf(cause, "the stored token %s cannot be read (%s; only its owner may be "
                                 "able to): " NEXT_STEP, name, signum_status_text(status));
        status = SIGNUM_SIGN_IN_REQUIRED;
    }
    signum_buf_clear(&found);
    return status;
}

/* The order of docs/settings.md: the variable, the file, the store. */
static enum signum_status
read_token(const struct token_auth *auth, struct signum_buf *token_out, struct signum_buf *cause)
{
    const struct signum_service_settings *settings = auth->env.settings;

    if (settings->auth[SIGNUM_AUTH_TOKEN].len > 0)
        return accept(
            &settings->auth[SIGNUM_AUTH_TOKEN], "the variable SIGNUM_TOKEN", token_out, cause);
    if (settings->auth[SIGNUM_AUTH_TOKEN_FILE].len > 0)
        return read_from_file(auth, token_out, cause);
    return read_from_store(auth, token_out, cause);
}

/* Appends the token that is known; false if there is none yet. */
static bool
copy_known(struct token_auth *auth, struct signum_buf *token_out)
{
    signum_lock_acquire(&auth->lock);
    bool is_known = auth->token.len > 0;
    signum_buf_put(token_out, auth->token.data, auth->token.len);
    signum_lock_release(&auth->lock);
    return is_known;
}

static void
remember(struct token_auth *auth, const struct signum_buf *token)
{
    signum_lock_acquire(&auth->lock);
    signum_buf_clear(&auth->token);
    signum_buf_put(&auth->token, token->data, token->len);
    signum_lock_release(&auth->lock);
}

static enum signum_status
put_header(const struct signum_buf *token, struct signum_http_request *request)
{
    struct signum_buf value;

    signum_buf_init_secret(&value, SIGNUM_HTTP_HEADER_MAX);
    signum_buf_put_text(&value, SCHEME);
    signum_buf_put(&value, token->data, token->len);
    enum signum_status status = signum_buf_status(&value);
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Authorization",
                                        signum_buf_text(&value));
    signum_buf_clear(&value);
    return status;
}

static enum signum_status
apply(struct signum_auth *base, const struct signum_budget *budget,
      struct signum_http_request *request, struct signum_buf *cause)
{
    struct token_auth *auth = (struct token_auth *)base;
    enum signum_status status = SIGNUM_OK;
    struct signum_buf token;

    (void)budget;
    signum_buf_init_secret(&token, SIGNUM_TOKEN_MAX);
    if (!copy_known(auth, &token)) {
        status = read_token(auth, &token, cause);
        if (status == SIGNUM_OK)
            remember(auth, &token);
    }
    if (status == SIGNUM_OK)
        status = put_header(&token, request);
    if (status == SIGNUM_TOO_LARGE)
        signum_buf_put_text(cause, "the bearer token is too long for a header");
    signum_buf_clear(&token);
    return status;
}

/* True if the request went out with that token. */
static bool
is_on_request(const struct signum_http_request *request, const struct signum_buf *token)
{
    const char *value = signum_http_header(&request->headers, "Authorization");

    return value != NULL && strncmp(value, SCHEME, strlen(SCHEME)) == 0 &&
           strcmp(value + strlen(SCHEME), signum_buf_text(token)) == 0;
}

/*
 * Somebody may have put a new token into the file or the store while this program runs. What
 * counts is the token that this request used: of several threads that are refused at once only
 * the first finds the new token where it is kept, and the others find it here.
 */
static bool
is_renewed(struct signum_auth *base, const struct signum_budget *budget,
           const struct signum_http_request *request, const struct signum_http_response *response)
{
    struct token_auth *auth = (struct token_auth *)base;
    struct signum_buf token;
    struct signum_buf cause;

    (void)budget;
    (void)response;
    signum_buf_init_secret(&token, SIGNUM_TOKEN_MAX);
    signum_buf_init(&cause, SIGNUM_CONFIG_TEXT_MAX + CAUSE_MAX);
    bool is_new = copy_known(auth, &token) && !is_on_request(request, &token);
    if (!is_new) {
        signum_buf_clear(&token);
        is_new = read_token(auth, &token, &cause) == SIGNUM_OK && !is_on_request(request, &token);
        if (is_new)
            remember(auth, &token);
    }
    signum_buf_clear(&cause);
    signum_buf_clear(&token);
    return is_new;
}

static void
free_auth(struct signum_auth *base)
{
    struct token_auth *auth = (struct token_auth *)base;

    signum_buf_clear(&auth->token);
    signum_lock_clear(&auth->lock);
    free(auth);
}

static enum signum_status
open_auth(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    *auth_out = NULL;
    struct token_auth *auth = calloc(1, sizeof *auth);
    if (auth == NULL)
        return SIGNUM_NO_MEMORY;
    auth->base.method = &signum_auth_token;
    auth->env = *env;
    signum_lock_init(&auth->lock);
    signum_buf_init_secret(&auth->token, SIGNUM_TOKEN_MAX);
    *auth_out = &auth->base;
    return SIGNUM_OK;
}

const struct signum_auth_method signum_auth_token = {"token", SIGNUM_AUTH_GIVEN, open_auth,
                                                     apply,   is_renewed,        free_auth};
