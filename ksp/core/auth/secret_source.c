#include "core/auth/secret_source.h"

#include <string.h>

#define CAUSE_MAX 512

/* People make such files with editors: white space at the end is not part of the secret. */
static void
trim(struct signum_buf *secret)
{
    while (secret->len > 0 && strchr(" \t\r\n", secret->data[secret->len - 1]) != NULL)
        secret->data[--secret->len] = 0;
}

static enum signum_status
read_file(const struct signum_auth_env *env, const char *what, const char *path,
          struct signum_buf *secret_out, struct signum_buf *cause)
{
    const struct signum_settings_source *files = &env->ports->settings;
    struct signum_buf why;

    signum_buf_init(&why, CAUSE_MAX);
    enum signum_status status =
        files->read_file(files->self, path, SIGNUM_FILE_SECRET, secret_out, &why);
    if (status != SIGNUM_OK && status != SIGNUM_NO_MEMORY) {
        signum_buf_printf(cause, "the file with the %s, %s: %s", what, path,
                          why.len > 0 ? signum_buf_text(&why) : signum_status_text(status));
        status = SIGNUM_SIGN_IN_REQUIRED;
    }
    signum_buf_clear(&why);
    return status;
}

static enum signum_status
read_store(const struct signum_auth_env *env, const char *what, const char *name,
           struct signum_buf *secret_out, struct signum_buf *cause)
{
    const struct signum_secret_store *secrets = &env->ports->secrets;
    enum signum_status status = secrets->get(secrets->self, name, secret_out);

    if (status != SIGNUM_OK && status != SIGNUM_NO_MEMORY) {
        signum_buf_printf(cause, "the %s %s in the encrypted store: %s", what, name,
                          signum_status_text(status));
        status = SIGNUM_SIGN_IN_REQUIRED;
    }
    return status;
}

enum signum_status
signum_secret_source_read(const struct signum_auth_env *env,
                          const struct signum_secret_source *source, struct signum_buf *secret_out,
                          struct signum_buf *cause)
{
    const struct signum_service_settings *settings = env->settings;
    const char *file = signum_auth_setting(settings, source->file);
    const char *name = signum_auth_setting(settings, source->store);
    enum signum_status status = SIGNUM_SIGN_IN_REQUIRED;

    if (settings->auth[source->value].len > 0) {
        signum_buf_put_text(secret_out, signum_auth_setting(settings, source->value));
        status = signum_buf_status(secret_out);
    } else if (*file != 0) {
        status = read_file(env, source->what, file, secret_out, cause);
    } else if (*name != 0) {
        status = read_store(env, source->what, name, secret_out, cause);
    } else {
        signum_buf_printf(cause, "the settings name no %s", source->what);
    }
    if (status != SIGNUM_OK)
        return status;
    trim(secret_out);
    if (secret_out->len > 0 && memchr(secret_out->data, 0, secret_out->len) == NULL)
        return SIGNUM_OK;
    signum_buf_clear(secret_out);
    signum_buf_printf(cause, "the %s is empty or not text", source->what);
    return SIGNUM_SIGN_IN_REQUIRED;
}
