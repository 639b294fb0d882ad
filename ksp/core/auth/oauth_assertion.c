#include "core/auth/oauth_assertion.h"

#include <cjson/cJSON.h>

#include "core/auth/jwt_sign.h"
#include "core/protocol_json.h"

#define LIFETIME_S 60
#define LEEWAY_S 10 /* a server's clock may be that far behind */
#define ID_BYTES 16
#define PEM_MAX (64u << 10)
#define CLAIMS_MAX 8192
#define CAUSE_MAX 512
#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static enum signum_status
read_file(const struct signum_auth_env *env, const char *path, enum signum_file_trust trust,
          struct signum_buf *out, struct signum_buf *cause)
{
    const struct signum_settings_source *files = &env->ports->settings;
    struct signum_buf why;

    if (*path == 0)
        return SIGNUM_OK;
    signum_buf_init(&why, CAUSE_MAX);
    enum signum_status status = files->read_file(files->self, path, trust, out, &why);
    if (status != SIGNUM_OK && status != SIGNUM_NO_MEMORY) {
        signum_buf_printf(cause, "the file %s: %s", path,
                          why.len > 0 ? signum_buf_text(&why) : signum_status_text(status));
        status = SIGNUM_SIGN_IN_REQUIRED;
    }
    signum_buf_clear(&why);
    return status;
}

static enum signum_status
make_claims(const struct signum_auth_env *env, const struct signum_oauth_server *server,
            struct signum_buf *claims)
{
    const struct signum_random *random = &env->ports->random;
    const struct signum_clock *clock = &env->ports->clock;
    const char *client_id = signum_auth_setting(env->settings, SIGNUM_AUTH_CLIENT_ID);
    const int64_t now = clock->unix_time(clock->self);
    uint8_t id[ID_BYTES];
    struct signum_buf id_text;

    signum_buf_init(&id_text, 2 * ID_BYTES);
    enum signum_status status = random->fill(random->self, id, sizeof id);
    if (status != SIGNUM_OK)
        return status;
    signum_buf_put_hex(&id_text, (struct signum_bytes){id, sizeof id});
    cJSON *object = cJSON_CreateObject();
    const char *audience = signum_buf_text(&server->token_endpoint);
    bool is_made =
        object != NULL && cJSON_AddStringToObject(object, "iss", client_id) != NULL &&
        cJSON_AddStringToObject(object, "sub", client_id) != NULL &&
        cJSON_AddStringToObject(object, "aud", audience) != NULL &&
        cJSON_AddStringToObject(object, "jti", signum_buf_text(&id_text)) != NULL &&
        cJSON_AddNumberToObject(object, "iat", (double)(now - LEEWAY_S)) != NULL &&
        cJSON_AddNumberToObject(object, "nbf", (double)(now - LEEWAY_S)) != NULL &&
        cJSON_AddNumberToObject(object, "exp", (double)(now + LIFETIME_S)) != NULL;
    status = is_made ? signum_json_print(object, claims) : SIGNUM_NO_MEMORY;
    cJSON_Delete(object);
    signum_buf_clear(&id_text);
    return status;
}

enum signum_status
signum_oauth_put_assertion(const struct signum_auth_env *env,
                           const struct signum_oauth_server *server, struct signum_buf *form,
                           struct signum_buf *cause)
{
    const struct signum_service_settings *settings = env->settings;
    const char *key_file = signum_auth_setting(settings, SIGNUM_AUTH_KEY_FILE);
    struct signum_buf key;
    struct signum_buf certificate;
    struct signum_buf claims;
    struct signum_buf jwt;

    if (*key_file == 0) {
        signum_buf_put_text(cause, "the setting auth.key_file is missing");
        return SIGNUM_BAD_SETTINGS;
    }
    signum_buf_init_secret(&key, PEM_MAX);
    signum_buf_init(&certificate, PEM_MAX);
    signum_buf_init(&claims, CLAIMS_MAX);
    signum_buf_init_secret(&jwt, SIGNUM_OAUTH_FORM_MAX);
    enum signum_status status = read_file(env, key_file, SIGNUM_FILE_SECRET, &key, cause);
    if (status == SIGNUM_OK)
        status = read_file(env, signum_auth_setting(settings, SIGNUM_AUTH_KEY_CERTIFICATE),
                           SIGNUM_FILE_SETTINGS, &certificate, cause);
    if (status == SIGNUM_OK)
        status = make_claims(env, server, &claims);
    if (status == SIGNUM_OK) {
        const struct signum_jwt_key jwt_key = {
            .pem = signum_bytes_of_buf(&key),
            .algorithm = signum_auth_setting(settings, SIGNUM_AUTH_KEY_ALGORITHM),
            .key_id = signum_auth_setting(settings, SIGNUM_AUTH_KEY_ID),
            .certificate = signum_bytes_of_buf(&certificate),
        };
        status = signum_jwt_sign(&jwt_key, signum_bytes_of_buf(&claims), &jwt, cause);
    }
    if (status == SIGNUM_OK) {
        signum_oauth_put_field(form, "client_assertion_type", ASSERTION_TYPE);
        signum_oauth_put_field(form, "client_assertion", signum_buf_text(&jwt));
        status = signum_buf_status(form);
    }
    signum_buf_clear(&jwt);
    signum_buf_clear(&claims);
    signum_buf_clear(&certificate);
    signum_buf_clear(&key);
    return status;
}
