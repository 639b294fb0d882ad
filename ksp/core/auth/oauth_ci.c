#include "core/auth/oauth_ci.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "core/auth/oauth_claims.h"
#include "core/protocol_json.h"

#define CAUSE_MAX 512

/* Where a system keeps a job's token. */
enum source { SOURCE_REQUEST, SOURCE_VARIABLE, SOURCE_FILE };

/* The first that is there is taken; `name` is what the setting auth.ci says. */
static const struct ci_system {
    const char *name;
    enum source source;
    const char *variable; /* REQUEST: the address. FILE: the path. VARIABLE: the token */
    const char *secret;   /* REQUEST: the token to ask with */
    const char *path;     /* FILE: where it is if the variable is not set; NULL: nowhere */
} systems[] = {
    /* docs.github.com: "OpenID Connect reference"; Forgejo has the same two */
    {"github", SOURCE_REQUEST, "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
     NULL},
    {"forgejo", SOURCE_REQUEST, "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
     NULL},
    /* docs.gitlab.com: the job's `id_tokens` names the variable */
    {"gitlab", SOURCE_VARIABLE, "SIGNUM_ID_TOKEN", NULL, NULL},
    /* Azure workload identity */
    {"azure", SOURCE_FILE, "AZURE_FEDERATED_TOKEN_FILE", NULL, NULL},
    /* a projected service account token */
    {"kubernetes", SOURCE_FILE, "SIGNUM_KUBERNETES_TOKEN_FILE", NULL,
     "/var/run/secrets/kubernetes.io/serviceaccount/token"},
    {"file", SOURCE_FILE, NULL, NULL, NULL},
};

/* Appends a variable's value; false if it is not set or empty. */
static bool
get_variable(const struct signum_auth_env *env, const char *name, struct signum_buf *out)
{
    const struct signum_settings_source *source = &env->ports->settings;

    return name != NULL && source->variable(source->self, name, out) == SIGNUM_OK && out->len > 0;
}

static const char *
variable_of(const struct signum_auth_env *env, const struct ci_system *system)
{
    const char *named = signum_auth_setting(env->settings, SIGNUM_AUTH_CI_TOKEN_VARIABLE);

    return system->source == SOURCE_VARIABLE && *named != 0 ? named : system->variable;
}

/* Appends the path of a system's token file; false if there is none. */
static bool
get_path(const struct signum_auth_env *env, const struct ci_system *system, struct signum_buf *out)
{
    const char *named = signum_auth_setting(env->settings, SIGNUM_AUTH_CI_TOKEN_FILE);

    if (*named != 0)
        signum_buf_put_text(out, named);
    else if (!get_variable(env, system->variable, out) && system->path != NULL)
        signum_buf_put_text(out, system->path);
    return out->len > 0;
}

static enum signum_status
read_token_file(const struct signum_auth_env *env, const char *path, struct signum_buf *out,
                struct signum_buf *cause)
{
    const struct signum_settings_source *files = &env->ports->settings;
    struct signum_buf why;

    signum_buf_init(&why, CAUSE_MAX);
    /* such files are the system's, and belong to whom it wants; they must not be writable */
    enum signum_status status =
        files->read_file(files->self, path, SIGNUM_FILE_SETTINGS, out, &why);
    if (status != SIGNUM_OK)
        signum_buf_printf(cause, "the token file %s: %s", path,
                          why.len > 0 ? signum_buf_text(&why) : signum_status_text(status));
    signum_buf_clear(&why);
    return status == SIGNUM_OK ? SIGNUM_OK : SIGNUM_SIGN_IN_REQUIRED;
}

/* ---- A token that is asked for: GitHub Actions ---- */

static enum signum_status
compose(const struct signum_auth_env *env, const char *url, const char *secret,
        struct signum_http_request *request)
{
    const char *audience = signum_auth_setting(env->settings, SIGNUM_AUTH_AUDIENCE);
    struct signum_buf value;

    signum_buf_init_secret(&value, SIGNUM_HTTP_HEADER_MAX);
    request->method = "GET";
    signum_buf_put_text(&request->url, url);
    if (*audience != 0) {
        signum_buf_put_text(&request->url, strchr(url, '?') == NULL ? "?audience=" : "&audience=");
        signum_http_put_escaped(&request->url, audience);
    }
    signum_buf_printf(&value, "Bearer %s", secret);
    enum signum_status status = signum_buf_status(&request->url);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&value);
    if (status == SIGNUM_OK)
        status =
            signum_http_add_header(&request->headers, "Authorization", signum_buf_text(&value));
    if (status == SIGNUM_OK)
        status = signum_http_add_header(&request->headers, "Accept", "application/json");
    signum_buf_clear(&value);
    return status;
}

static enum signum_status
read_value(const struct signum_http_response *response, struct signum_buf *out,
           struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_PROTOCOL;
    cJSON *object = response->status == 200 ? signum_json_object(&response->body) : NULL;
    const char *value = object == NULL ? NULL : signum_json_text(object, "value");

    if (value != NULL) {
        signum_buf_put_text(out, value);
        status = signum_buf_status(out);
    } else if (response->status == 200) {
        signum_buf_put_text(cause, "its answer has no token");
    } else {
        signum_buf_printf(cause, "HTTP %u", response->status);
        status = response->status >= 500   ? SIGNUM_SERVICE_BUSY
                 : response->status == 401 ? SIGNUM_CREDENTIAL_REFUSED
                                           : SIGNUM_PROTOCOL;
    }
    signum_json_free_secret(object);
    return status;
}

static enum signum_status
request_token(const struct signum_auth_env *env, const struct signum_budget *budget,
              const char *url, const char *secret, struct signum_buf *out, struct signum_buf *cause)
{
    struct signum_http_request request;
    struct signum_http_response response;
    struct signum_buf why;

    /* the secret goes to this address */
    if (strncmp(url, "https://", 8) != 0) {
        signum_buf_put_text(cause, "the CI system's address for tokens is not https");
        return SIGNUM_BAD_SETTINGS;
    }
    signum_http_request_init(&request);
    signum_http_response_init(&response);
    signum_buf_init(&why, CAUSE_MAX);
    enum signum_status status = compose(env, url, secret, &request);
    if (status == SIGNUM_OK)
        status = env->issuer_transport->send(env->issuer_transport->self, &request,
                                             signum_budget_left(budget), &response, &why);
    if (status == SIGNUM_OK)
        status = read_value(&response, out, &why);
    if (status != SIGNUM_OK)
        signum_buf_printf(cause, "the CI system gives no token: %s",
                          why.len > 0 ? signum_buf_text(&why) : signum_status_text(status));
    if (response.body.len > 0)
        signum_wipe(response.body.data, response.body.len);
    signum_buf_clear(&why);
    signum_http_response_clear(&response);
    signum_http_request_clear(&request);
    return status;
}

/* ---- Any system ---- */

/* NOT_FOUND if what the system would set is not there. */
static enum signum_status
try_system(const struct signum_auth_env *env, const struct signum_budget *budget,
           const struct ci_system *system, struct signum_buf *out, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_NOT_FOUND;
    struct signum_buf first;
    struct signum_buf secret;

    signum_buf_init(&first, SIGNUM_CONFIG_TEXT_MAX);
    signum_buf_init_secret(&secret, SIGNUM_HTTP_HEADER_MAX);
    switch (system->source) {
    case SOURCE_VARIABLE:
        if (get_variable(env, variable_of(env, system), out))
            status = SIGNUM_OK;
        break;
    case SOURCE_FILE:
        if (get_path(env, system, &first))
            status = read_token_file(env, signum_buf_text(&first), out, cause);
        break;
    case SOURCE_REQUEST:
        if (get_variable(env, system->variable, &first) &&
            get_variable(env, system->secret, &secret))
            status = request_token(env, budget, signum_buf_text(&first), signum_buf_text(&secret),
                                   out, cause);
        break;
    }
    signum_buf_clear(&secret);
    signum_buf_clear(&first);
    return status;
}

/* Is the system one to try? `auto` leaves out a file that no variable names: it may be another's.
 */
static bool
is_meant(const struct signum_auth_env *env, const struct ci_system *system)
{
    const char *wish = signum_auth_setting(env->settings, SIGNUM_AUTH_CI);
    struct signum_buf value;

    if (*wish != 0 && strcmp(wish, "auto") != 0)
        return strcmp(wish, system->name) == 0;
    if (system->source != SOURCE_FILE)
        return true;
    signum_buf_init(&value, SIGNUM_CONFIG_TEXT_MAX);
    bool is_named = *signum_auth_setting(env->settings, SIGNUM_AUTH_CI_TOKEN_FILE) != 0 ||
                    get_variable(env, system->variable, &value);
    signum_buf_clear(&value);
    return is_named;
}

static void
trim(struct signum_buf *text)
{
    while (text->len > 0 && strchr(" \t\r\n", text->data[text->len - 1]) != NULL)
        text->data[--text->len] = 0;
}

/* It is not sent on: nobody would take it, and the reason is known here only. */
static enum signum_status
check_expiry(const struct signum_auth_env *env, const struct signum_token *token,
             struct signum_buf *cause)
{
    const struct signum_clock *clock = &env->ports->clock;
    const int64_t now = clock->unix_time(clock->self);

    if (token->expires_at == 0 || token->expires_at > now)
        return SIGNUM_OK;
    signum_buf_printf(cause,
                      "the CI system's token expired %lld s ago by this machine's clock; the job "
                      "needs a new one, or signs too late",
                      (long long)(now - token->expires_at));
    return SIGNUM_SIGN_IN_REQUIRED;
}

enum signum_status
signum_oauth_ci_token(const struct signum_auth_env *env, const struct signum_budget *budget,
                      struct signum_token *token_out, struct signum_buf *cause)
{
    const char *wish = signum_auth_setting(env->settings, SIGNUM_AUTH_CI);
    enum signum_status status = SIGNUM_NOT_FOUND;

    signum_token_clear(token_out);
    for (size_t i = 0; i < sizeof systems / sizeof systems[0] && status == SIGNUM_NOT_FOUND; i++) {
        if (is_meant(env, &systems[i]))
            status = try_system(env, budget, &systems[i], &token_out->access, cause);
    }
    if (status == SIGNUM_NOT_FOUND) {
        signum_buf_printf(cause,
                          "there is no CI identity here (%s): GitHub Actions needs the "
                          "permission id-token: write, GitLab an id_tokens entry "
                          "SIGNUM_ID_TOKEN, others the setting auth.ci_token_file",
                          *wish == 0 ? "auto" : wish);
        return SIGNUM_SIGN_IN_REQUIRED;
    }
    if (status != SIGNUM_OK)
        return status;
    trim(&token_out->access);
    if (token_out->access.len == 0) {
        signum_buf_put_text(cause, "the CI system's token is empty");
        return SIGNUM_SIGN_IN_REQUIRED;
    }
    token_out->expires_at = signum_oauth_claims_expiry(&token_out->access);
    return check_expiry(env, token_out, cause);
}

void
signum_oauth_ci_put_identity(const struct signum_auth_env *env, struct signum_buf *out)
{
    struct signum_buf value;

    signum_buf_init_secret(&value, SIGNUM_OAUTH_FORM_MAX);
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        const char *names[] = {variable_of(env, &systems[i]), systems[i].secret};
        for (size_t n = 0; n < 2; n++) {
            signum_buf_clear(&value);
            if (is_meant(env, &systems[i]) && get_variable(env, names[n], &value))
                signum_buf_printf(out, "%s\n", signum_buf_text(&value));
        }
    }
    signum_buf_printf(out, "%s\n", signum_auth_setting(env->settings, SIGNUM_AUTH_CI_TOKEN_FILE));
    signum_buf_clear(&value);
}
