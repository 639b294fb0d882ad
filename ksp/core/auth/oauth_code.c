#include "core/auth/oauth_code.h"

#include <string.h>

#include "core/base64.h"
#include "core/sha256.h"

#define VERIFIER_BYTES 32 /* 43 characters: RFC 7636 section 4.1 */
#define STATE_BYTES 16
#define URL_MAX 8192
#define VALUE_MAX 4096

void
signum_oauth_code_init(struct signum_oauth_code *code)
{
    signum_buf_init_secret(&code->verifier, VALUE_MAX);
    signum_buf_init_secret(&code->state, VALUE_MAX);
    signum_buf_init(&code->redirect, VALUE_MAX);
    signum_buf_init_secret(&code->url, URL_MAX);
    signum_buf_init_secret(&code->code, VALUE_MAX);
}

void
signum_oauth_code_clear(struct signum_oauth_code *code)
{
    signum_buf_clear(&code->verifier);
    signum_buf_clear(&code->state);
    signum_buf_clear(&code->redirect);
    signum_buf_clear(&code->url);
    signum_buf_clear(&code->code);
}

/* base64url without padding. */
static void
put_base64url(struct signum_buf *out, struct signum_bytes bytes)
{
    struct signum_buf text;

    signum_buf_init_secret(&text, VALUE_MAX);
    signum_base64_encode(&text, bytes);
    for (size_t i = 0; i < text.len && text.data[i] != '='; i++) {
        uint8_t c = text.data[i];
        signum_buf_put_byte(out, c == '+' ? (uint8_t)'-' : c == '/' ? (uint8_t)'_' : c);
    }
    signum_buf_clear(&text);
}

static enum signum_status
put_random(const struct signum_auth_env *env, size_t len, struct signum_buf *out)
{
    const struct signum_random *random = &env->ports->random;
    uint8_t bytes[VERIFIER_BYTES];

    enum signum_status status = random->fill(random->self, bytes, len);
    if (status == SIGNUM_OK)
        put_base64url(out, (struct signum_bytes){bytes, len});
    signum_wipe(bytes, sizeof bytes);
    return status == SIGNUM_OK ? signum_buf_status(out) : status;
}

/*
 * OpenID Connect Core section 11: a request for offline_access is ignored without prompt=consent.
 * It is left out where openid is not asked for, as plain OAuth servers have no such parameter.
 */
static bool
is_consent_due(const char *scope)
{
    static const char *const words[] = {"openid", "offline_access"};
    size_t found = 0;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i]);
        const char *at = strstr(scope, words[i]);
        while (at != NULL && ((at != scope && at[-1] != ' ') || (at[len] != 0 && at[len] != ' ')))
            at = strstr(at + 1, words[i]);
        found += at != NULL;
    }
    return found == sizeof words / sizeof words[0];
}

static enum signum_status
put_url(const struct signum_auth_env *env, const struct signum_oauth_server *server,
        struct signum_oauth_code *code)
{
    const char *endpoint = signum_buf_text(&server->authorization_endpoint);
    uint8_t hash[SIGNUM_SHA256_LEN];
    struct signum_buf challenge;
    struct signum_buf query;

    enum signum_status status = signum_sha256(signum_bytes_of_buf(&code->verifier), hash);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_init(&challenge, VALUE_MAX);
    signum_buf_init_secret(&query, URL_MAX);
    put_base64url(&challenge, (struct signum_bytes){hash, sizeof hash});
    signum_oauth_put_field(&query, "response_type", "code");
    signum_oauth_put_field(&query, "client_id",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID));
    signum_oauth_put_field(&query, "redirect_uri", signum_buf_text(&code->redirect));
    signum_oauth_put_field(&query, "scope", signum_auth_setting(env->settings, SIGNUM_AUTH_SCOPE));
    if (is_consent_due(signum_auth_setting(env->settings, SIGNUM_AUTH_SCOPE)))
        signum_oauth_put_field(&query, "prompt", "consent");
    signum_oauth_put_field(&query, "resource",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_RESOURCE));
    signum_oauth_put_field(&query, "audience",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_AUDIENCE));
    signum_oauth_put_field(&query, "state", signum_buf_text(&code->state));
    signum_oauth_put_field(&query, "code_challenge", signum_buf_text(&challenge));
    signum_oauth_put_field(&query, "code_challenge_method", "S256");
    signum_buf_printf(&code->url, "%s%c%s", endpoint, strchr(endpoint, '?') == NULL ? '?' : '&',
                      signum_buf_text(&query));
    status = signum_buf_status(&query);
    signum_buf_clear(&query);
    signum_buf_clear(&challenge);
    return status == SIGNUM_OK ? signum_buf_status(&code->url) : status;
}

enum signum_status
signum_oauth_code_start(const struct signum_auth_env *env, const struct signum_oauth_server *server,
                        const char *redirect, struct signum_oauth_code *code_out,
                        struct signum_buf *cause)
{
    if (server->authorization_endpoint.len == 0) {
        signum_buf_put_text(cause, "the issuer names no authorization_endpoint");
        return SIGNUM_NOT_SUPPORTED;
    }
    signum_buf_put_text(&code_out->redirect, redirect);
    enum signum_status status = put_random(env, VERIFIER_BYTES, &code_out->verifier);
    if (status == SIGNUM_OK)
        status = put_random(env, STATE_BYTES, &code_out->state);
    if (status == SIGNUM_OK)
        status = put_url(env, server, code_out);
    return status;
}

static int
digit_of(char c)
{
    const char *digits = "0123456789abcdef";
    char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    const char *at = c == 0 ? NULL : strchr(digits, lower);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Appends the decoded value of the first field of that name. False if it is absent or malformed. */
static bool
get_field(const char *query, const char *name, struct signum_buf *out)
{
    size_t len = strlen(name);

    while (query != NULL && (strncmp(query, name, len) != 0 || query[len] != '=')) {
        query = strchr(query, '&');
        query = query == NULL ? NULL : query + 1;
    }
    if (query == NULL)
        return false;
    for (const char *at = query + len + 1; *at != 0 && *at != '&'; at++) {
        if (*at != '%') {
            signum_buf_put_byte(out, *at == '+' ? (uint8_t)' ' : (uint8_t)*at);
            continue;
        }
        int high = digit_of(at[1]);
        int low = high < 0 ? -1 : digit_of(at[2]);
        if (low < 0 || high * 16 + low == 0)
            return false;
        signum_buf_put_byte(out, (uint8_t)(high * 16 + low));
        at += 2;
    }
    return signum_buf_status(out) == SIGNUM_OK;
}

/* RFC 6749 section 4.1.2.1. */
static enum signum_status
read_refusal(const char *query, const char *error, struct signum_buf *cause)
{
    struct signum_buf words;

    signum_buf_init(&words, VALUE_MAX);
    signum_buf_printf(cause, "the issuer answered %s", error);
    if (get_field(query, "error_description", &words))
        signum_buf_printf(cause, ": %s", signum_buf_text(&words));
    signum_buf_clear(&words);
    return strcmp(error, "access_denied") == 0 ? SIGNUM_DENIED : SIGNUM_SERVICE_ERROR;
}

enum signum_status
signum_oauth_code_accept(const struct signum_oauth_server *server, const char *query,
                         struct signum_oauth_code *code, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_CREDENTIAL_REFUSED;
    struct signum_buf state;
    struct signum_buf issuer;
    struct signum_buf error;

    signum_buf_init(&state, VALUE_MAX);
    signum_buf_init(&issuer, VALUE_MAX);
    signum_buf_init(&error, VALUE_MAX);
    bool has_issuer = get_field(query, "iss", &issuer);
    if (!get_field(query, "state", &state) ||
        strcmp(signum_buf_text(&state), signum_buf_text(&code->state)) != 0)
        signum_buf_put_text(cause, "the browser brought an answer to another question");
    else if ((has_issuer || server->has_iss) &&
             strcmp(signum_buf_text(&issuer), signum_buf_text(&server->issuer)) != 0)
        signum_buf_put_text(cause, "the browser brought the answer of another issuer");
    else if (get_field(query, "error", &error))
        status = read_refusal(query, signum_buf_text(&error), cause);
    else if (get_field(query, "code", &code->code) && code->code.len > 0)
        status = SIGNUM_OK;
    else {
        signum_buf_put_text(cause, "the browser brought no code");
        status = SIGNUM_PROTOCOL;
    }
    signum_buf_clear(&error);
    signum_buf_clear(&issuer);
    signum_buf_clear(&state);
    return status;
}

enum signum_status
signum_oauth_code_redeem(const struct signum_auth_env *env, const struct signum_budget *budget,
                         const struct signum_oauth_server *server,
                         const struct signum_oauth_code *code, struct signum_token *token_out,
                         struct signum_buf *cause)
{
    struct signum_buf form;
    uint64_t wait_ms = 0;

    signum_buf_init_secret(&form, SIGNUM_OAUTH_FORM_MAX);
    signum_oauth_put_field(&form, "grant_type", "authorization_code");
    signum_oauth_put_field(&form, "code", signum_buf_text(&code->code));
    signum_oauth_put_field(&form, "redirect_uri", signum_buf_text(&code->redirect));
    signum_oauth_put_field(&form, "client_id",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID));
    signum_oauth_put_field(&form, "code_verifier", signum_buf_text(&code->verifier));
    signum_oauth_put_field(&form, "resource",
                           signum_auth_setting(env->settings, SIGNUM_AUTH_RESOURCE));
    enum signum_status status =
        signum_oauth_post(env, budget, signum_buf_text(&server->token_endpoint), &form, NULL,
                          token_out, &wait_ms, cause);
    signum_buf_clear(&form);
    return status;
}
