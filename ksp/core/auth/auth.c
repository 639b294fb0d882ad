#include "core/auth/auth.h"

#include <string.h>

/* One row per strategy. */
static const struct signum_auth_method *const methods[] = {
    &signum_auth_token,
    &signum_auth_client_secret,
    &signum_auth_private_key_jwt,
    &signum_auth_ci,
    &signum_auth_certificate,
    &signum_auth_basic,
    &signum_auth_device,
    &signum_auth_browser,
};

const struct signum_auth_method *
signum_auth_method_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (name != NULL && strcmp(methods[i]->name, name) == 0)
            return methods[i];
    }
    return NULL;
}

enum signum_status
signum_auth_open(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    *auth_out = NULL;
    const char *name = signum_auth_setting(env->settings, SIGNUM_AUTH_METHOD);
    const struct signum_auth_method *method = signum_auth_method_by_name(name);
    if (method == NULL) {
        signum_log_error(env->log, "service %s: there is no sign-in method \"%s\"",
                         signum_buf_text(&env->settings->name), name);
        return SIGNUM_BAD_SETTINGS;
    }
    return method->open(env, auth_out);
}

void
signum_auth_free(struct signum_auth **auth)
{
    if (*auth != NULL)
        (*auth)->method->free(*auth);
    *auth = NULL;
}
