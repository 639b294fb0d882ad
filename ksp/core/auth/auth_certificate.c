#include <stdlib.h>

#include "core/auth/auth.h"

/* A client certificate proves who asks while the connection is made: nothing goes on a request. */

struct certificate_auth {
    struct signum_auth base;
    const struct signum_service_settings *settings;
};

static enum signum_status
apply(struct signum_auth *base, const struct signum_budget *budget,
      struct signum_http_request *request, struct signum_buf *cause)
{
    const struct certificate_auth *auth = (const struct certificate_auth *)base;

    (void)budget;
    (void)request;
    if (*signum_auth_setting(auth->settings, SIGNUM_AUTH_CERTIFICATE_FILE) != 0 &&
        *signum_auth_setting(auth->settings, SIGNUM_AUTH_CERTIFICATE_KEY_FILE) != 0)
        return SIGNUM_OK;
    signum_buf_put_text(cause, "the method certificate needs the settings auth.certificate_file "
                               "and auth.certificate_key_file");
    return SIGNUM_BAD_SETTINGS;
}

/* The same certificate would be shown again. */
static bool
is_renewed(struct signum_auth *base, const struct signum_budget *budget,
           const struct signum_http_request *request, const struct signum_http_response *response)
{
    (void)base;
    (void)budget;
    (void)request;
    (void)response;
    return false;
}

static void
free_auth(struct signum_auth *base)
{
    free(base);
}

static enum signum_status
open_auth(const struct signum_auth_env *env, struct signum_auth **auth_out)
{
    struct certificate_auth *auth = calloc(1, sizeof *auth);

    *auth_out = NULL;
    if (auth == NULL)
        return SIGNUM_NO_MEMORY;
    auth->base.method = &signum_auth_certificate;
    auth->settings = env->settings;
    *auth_out = &auth->base;
    return SIGNUM_OK;
}

const struct signum_auth_method signum_auth_certificate = {
    "certificate", SIGNUM_AUTH_GIVEN, open_auth, apply, is_renewed, free_auth,
};
