#include <string.h>

#include "login.h"

/* Keeping a token that an administrator gave: `signum login --token-file`. */

/* As core/auth/auth_token.c looks for it. */
const char *
signum_login_store_name(const struct signum_service_settings *service)
{
    return signum_buf_text(service->auth[SIGNUM_AUTH_TOKEN_STORE].len > 0
                               ? &service->auth[SIGNUM_AUTH_TOKEN_STORE]
                               : &service->name);
}

static enum signum_status
read_stream(FILE *stream, struct signum_buf *out)
{
    for (;;) {
        int byte = fgetc(stream);
        if (byte == EOF) {
            break;
        }
        signum_buf_put_byte(out, (uint8_t)byte);
        if (signum_buf_status(out) != SIGNUM_OK) {
            break;
        }
    }
    return ferror(stream) != 0 ? SIGNUM_IO : signum_buf_status(out);
}

/* RFC 6750 section 2.1: b64token. */
static bool
is_token(struct signum_bytes token)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    for (size_t i = 0; i < token.len; i++) {
        if (memchr(allowed, token.data[i], sizeof(allowed) - 1) == NULL) {
            return false;
        }
    }
    return token.len > 0;
}

/* The file as it is, or what stdin gives. Says what is wrong. */
static enum signum_status
read_raw(struct signum_cli *cli, const char *path, struct signum_buf *raw)
{
    const struct signum_settings_source *source = &cli->ports->settings;
    struct signum_buf why;
    struct signum_buf cause;
    signum_buf_init(&why, 4096);
    signum_buf_init(&cause, 16384);
    enum signum_status status =
        strcmp(path, "-") == 0
            ? read_stream(cli->in, raw)
            : source->read_file(source->self, path, SIGNUM_FILE_SECRET, raw, &why);
    if (status != SIGNUM_OK) {
        signum_buf_printf(&cause, "%s: the token cannot be read: %s", path,
                          why.len > 0 ? signum_buf_text(&why) : signum_status_text(status));
        signum_output_error(&cli->output, status, signum_buf_text(&cause),
                            "check the path, and that only you may read the file", NULL);
    }
    signum_buf_clear(&cause);
    signum_buf_clear(&why);
    return status;
}

static bool
is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Takes the token without the white space around it. Never tells what was read. */
static enum signum_status
read_token(struct signum_cli *cli, const char *path, struct signum_buf *token)
{
    struct signum_buf raw;
    signum_buf_init_secret(&raw, SIGNUM_TOKEN_MAX + 2);
    enum signum_status status = read_raw(cli, path, &raw);
    if (status != SIGNUM_OK) {
        goto out;
    }
    struct signum_bytes view = signum_bytes_of_buf(&raw);
    while (view.len > 0 && is_space(view.data[view.len - 1])) {
        view.len--;
    }
    while (view.len > 0 && is_space(view.data[0])) {
        view.data++;
        view.len--;
    }
    status = is_token(view) ? SIGNUM_OK : SIGNUM_INVALID_ARGUMENT;
    if (status != SIGNUM_OK) {
        signum_output_error(&cli->output, status, "the file does not hold a token",
                            "give the file that 'signumd token create --out FILE' wrote", NULL);
        goto out;
    }
    signum_buf_put(token, view.data, view.len);
    status = signum_buf_status(token);
out:
    signum_buf_clear(&raw);
    return status;
}

static void
copy(struct signum_buf *to, const struct signum_buf *from)
{
    signum_buf_put(to, from->data, from->len);
}

/* One request with this token and no other credential. */
static enum signum_status
check_token(struct signum_cli *cli, const struct signum_session *session,
            const struct signum_service_settings *settings, const struct signum_buf *token)
{
    struct signum_settings trial;
    struct signum_service *service = NULL;
    struct signum_key **keys = NULL;
    size_t count = 0;
    struct signum_report report;
    signum_report_init(&report);
    signum_settings_init(&trial);
    struct signum_service_settings *only = &trial.services[0];
    copy(&only->name, &settings->name);
    copy(&only->url, &settings->url);
    copy(&only->protocol, &settings->protocol);
    copy(&only->ca_file, &settings->ca_file);
    signum_buf_put_text(&only->auth[SIGNUM_AUTH_METHOD], "token");
    copy(&only->auth[SIGNUM_AUTH_TOKEN], token);
    enum signum_status status = signum_service_open(
        cli->ports, signum_session_log(session), only,
        signum_session_settings(session)->timeout_ms, &service, &report);
    if (status == SIGNUM_OK) {
        status = signum_service_list_keys(service, &keys, &count, &report);
    }
    if (status == SIGNUM_OK) {
        signum_output_say(&cli->output, "The service accepts the token; it may use %u key%s.",
                          (unsigned)count, count == 1 ? "" : "s");
        signum_output_put_number(&cli->output, "keys", (int64_t)count);
    } else {
        report.status = status;
        signum_output_report(&cli->output, &report);
    }
    signum_key_list_free(&keys, &count);
    signum_service_free(&service);
    signum_settings_clear(&trial);
    signum_report_clear(&report);
    return status;
}

/* A stored token is of no use while the settings point elsewhere; better said now. */
static void
note_other_source(struct signum_cli *cli, const struct signum_service_settings *service)
{
    const char *winner = service->auth[SIGNUM_AUTH_TOKEN].len > 0        ? "SIGNUM_TOKEN"
                         : service->auth[SIGNUM_AUTH_TOKEN_FILE].len > 0 ? "token_file"
                                                                         : NULL;
    if (winner != NULL) {
        signum_output_note(&cli->output,
                           "the token is kept, but programs will use the one of the setting %s; "
                           "remove that setting to use the one kept here",
                           winner);
    }
}

static enum signum_exit
store_token(struct signum_cli *cli, const struct signum_service_settings *service,
            const struct signum_buf *token)
{
    const struct signum_secret_store *secrets = &cli->ports->secrets;
    enum signum_status status =
        secrets->put(secrets->self, signum_login_store_name(service), signum_bytes_of_buf(token));
    if (status != SIGNUM_OK) {
        signum_output_error(&cli->output, status, "the token could not be kept in the store",
                            "check that your account may write to its own data folder", NULL);
        return SIGNUM_EXIT_FAILED;
    }
    signum_output_say(&cli->output, "The token for service %s is kept in the encrypted store.",
                      signum_buf_text(&service->name));
    signum_output_put_text(&cli->output, "service", signum_buf_text(&service->name));
    signum_output_put_text(&cli->output, "store", signum_login_store_name(service));
    note_other_source(cli, service);
    return SIGNUM_EXIT_OK;
}

enum signum_exit
signum_login_token(struct signum_cli *cli, const struct signum_session *session,
                   const struct signum_service_settings *service, const char *path,
                   bool is_unchecked)
{
    struct signum_buf token;
    enum signum_exit code = SIGNUM_EXIT_FAILED;

    signum_buf_init_secret(&token, SIGNUM_TOKEN_MAX);
    if (read_token(cli, path, &token) == SIGNUM_OK &&
        (is_unchecked || check_token(cli, session, service, &token) == SIGNUM_OK))
        code = store_token(cli, service, &token);
    signum_buf_clear(&token);
    return code;
}
