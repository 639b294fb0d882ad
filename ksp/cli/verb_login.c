#include <string.h>

#include "core/auth/auth_oauth.h"
#include "login.h"

/* login, logout and status: who signs in to a service, and whether that works. */

#define WAIT_S 300
#define WAIT_MAX_S 3600
#define TIME_SIZE 32

static const char login_help[] =
    "Usage: signum login [--service NAME] [--device] [--timeout SECONDS] [--json]\n"
    "       signum login --token-file FILE [--service NAME] [--no-check] [--json]\n"
    "\n"
    "Signs in to the signing service by the method of your settings, and keeps what it takes in\n"
    "the encrypted store of your account (DPAPI on Windows, files that only you can read\n"
    "elsewhere), where every program that signs in your name finds it.\n"
    "\n"
    "With the methods browser and device you sign in yourself, with a browser. With token, your\n"
    "administrator gave you a token, which is tried first. The other methods need no login; for\n"
    "them this shows whether they work.\n"
    "\n"
    "  --device           show a code to enter in a browser anywhere, also with method browser\n"
    "  --timeout SECONDS  how long to wait for you; 300 by default\n"
    "  --token-file FILE  holds the token as the administrator gave it to you; - is stdin.\n"
    "                     Delete the file afterwards. There is no option that takes the\n"
    "                     token itself: command lines can be read by others.\n"
    "  --service NAME     a service of the settings; by default the default one\n"
    "  --no-check         do not try the token, for example while the service is down\n"
    "\n"
    "Example:\n"
    "  signum login --token-file token.txt";

static const char logout_help[] =
    "Usage: signum logout [--service NAME] [--json]\n"
    "\n"
    "Removes what login has kept for your account. A token stays valid on the service until it\n"
    "ends or the administrator revokes it.\n"
    "\n"
    "Example:\n"
    "  signum logout";

static const char status_help[] =
    "Usage: signum status [--service NAME] [--json]\n"
    "\n"
    "Shows how your account signs in to the service, until when what is kept is good, and which\n"
    "keys may be used. Ends with 0 only if the service accepts you.\n"
    "\n"
    "Example:\n"
    "  signum status";

struct signum_service *
signum_login_find_service(struct signum_cli *cli, struct signum_session *session, const char *name)
{
    const struct signum_settings *settings = signum_session_settings(session);

    if (name == NULL && settings->service_count > 0)
        return signum_session_service(session, settings->default_service);
    for (size_t i = 0; name != NULL && i < settings->service_count; i++) {
        if (strcmp(signum_buf_text(&settings->services[i].name), name) == 0)
            return signum_session_service(session, i);
    }
    signum_output_error(&cli->output, SIGNUM_BAD_SETTINGS,
                        name == NULL ? "the settings name no service"
                                     : "the settings have no service of that name",
                        "'signum doctor' shows which settings are read", NULL);
    return NULL;
}

const struct signum_service_settings *
signum_login_settings(const struct signum_session *session, const struct signum_service *service)
{
    const struct signum_settings *settings = signum_session_settings(session);

    for (size_t i = 0; i < settings->service_count; i++) {
        if (strcmp(signum_buf_text(&settings->services[i].name), signum_service_name(service)) == 0)
            return &settings->services[i];
    }
    return &settings->services[settings->default_service];
}

/* What `signum login` was asked for. */
struct wish {
    const char *token_file;
    const char *service;
    const char *timeout;
    bool is_unchecked;
    bool use_device;
    unsigned long seconds;
};

static enum signum_exit
log_in(struct signum_cli *cli, struct signum_session *session, const struct wish *wish)
{
    struct signum_service *service = signum_login_find_service(cli, session, wish->service);

    if (service == NULL)
        return SIGNUM_EXIT_FAILED;
    const struct signum_auth_method *method = signum_service_auth(service)->method;
    if (wish->token_file != NULL)
        return signum_login_token(cli, session, signum_login_settings(session, service),
                                  wish->token_file, wish->is_unchecked);
    if (method == &signum_auth_token) {
        signum_options_complain(&cli->output, "login",
                                "--token-file is missing: the method is token");
        return SIGNUM_EXIT_USAGE;
    }
    if (method->kind == SIGNUM_AUTH_PERSON) {
        enum signum_exit code =
            signum_login_person(cli, service, wish->use_device, wish->seconds);
        if (code != SIGNUM_EXIT_OK)
            return code;
    }
    return signum_login_check(cli, service);
}

static enum signum_exit
login(struct signum_cli *cli, int argc, char **argv)
{
    struct wish wish = {.seconds = WAIT_S};
    const struct signum_option options[] = {
        {"token-file", &wish.token_file, NULL}, {"service", &wish.service, NULL},
        {"no-check", NULL, &wish.is_unchecked}, {"device", NULL, &wish.use_device},
        {"timeout", &wish.timeout, NULL},
    };
    struct signum_operands operands;
    enum signum_exit code;

    if (!signum_cli_parse(cli, &signum_verb_login, argc, argv, options, 5, 0, &operands, &code))
        return code;
    if (wish.timeout != NULL &&
        (!signum_options_number(wish.timeout, WAIT_MAX_S, &wish.seconds) || wish.seconds == 0)) {
        signum_options_complain(&cli->output, "login", "--timeout takes 1 to 3600 seconds");
        return SIGNUM_EXIT_USAGE;
    }
    struct signum_session *session = signum_cli_open_session(cli);
    code = session == NULL ? SIGNUM_EXIT_FAILED : log_in(cli, session, &wish);
    signum_session_free(&session);
    return code;
}

static enum signum_status
forget(struct signum_cli *cli, const struct signum_session *session,
       struct signum_service *service)
{
    const struct signum_secret_store *secrets = &cli->ports->secrets;
    struct signum_auth *auth = signum_service_auth(service);
    struct signum_budget budget =
        signum_budget_start(&cli->ports->clock, signum_session_settings(session)->timeout_ms);

    if (auth->method->kind == SIGNUM_AUTH_GIVEN)
        return secrets->remove(
            secrets->self,
            signum_login_store_name(signum_login_settings(session, service)));
    struct signum_token token;
    signum_token_init(&token);
    signum_token_cache_peek(signum_oauth_auth_cache(auth), &token);
    bool was_there = token.access.len > 0;
    signum_token_clear(&token);
    enum signum_status status = signum_token_cache_forget(signum_oauth_auth_cache(auth), &budget);
    return status == SIGNUM_OK && !was_there ? SIGNUM_NOT_FOUND : status;
}

static enum signum_exit
logout(struct signum_cli *cli, int argc, char **argv)
{
    const char *name = NULL;
    const struct signum_option options[] = {{"service", &name, NULL}};
    struct signum_operands operands;
    enum signum_exit code;

    if (!signum_cli_parse(cli, &signum_verb_logout, argc, argv, options, 1, 0, &operands, &code))
        return code;
    struct signum_session *session = signum_cli_open_session(cli);
    struct signum_service *service =
        session == NULL ? NULL : signum_login_find_service(cli, session, name);
    code = SIGNUM_EXIT_FAILED;
    if (service == NULL)
        goto out;
    enum signum_status status = forget(cli, session, service);
    if (status != SIGNUM_OK && status != SIGNUM_NOT_FOUND) {
        signum_output_error(&cli->output, status, "the token could not be removed", NULL, NULL);
        goto out;
    }
    signum_output_say(&cli->output, "%s",
                      status == SIGNUM_OK ? "The token is removed." : "No token was kept.");
    signum_output_put_bool(&cli->output, "removed", status == SIGNUM_OK);
    code = SIGNUM_EXIT_OK;
out:
    signum_session_free(&session);
    return code;
}

/* Until when what is kept is good: for methods that fetch their tokens. */
static void
show_token(struct signum_cli *cli, struct signum_auth *auth)
{
    const struct signum_clock *clock = &cli->ports->clock;
    struct signum_token token;

    if (auth->method->kind == SIGNUM_AUTH_GIVEN)
        return;
    signum_token_init(&token);
    signum_token_cache_peek(signum_oauth_auth_cache(auth), &token);
    int64_t left = token.expires_at - clock->unix_time(clock->self);
    if (token.access.len == 0)
        signum_output_say(&cli->output, "No token is kept.");
    else if (token.expires_at == 0)
        signum_output_say(&cli->output, "A token is kept; its issuer did not say until when.");
    else
        signum_output_say(&cli->output, "A token is kept, good for %ld seconds%s.",
                          (long)(left > 0 ? left : 0),
                          token.refresh.len > 0 ? ", and renewed by itself" : "");
    signum_output_put_bool(&cli->output, "kept", token.access.len > 0);
    signum_output_put_number(&cli->output, "expires", token.expires_at);
    signum_token_clear(&token);
}

static enum signum_exit
status(struct signum_cli *cli, int argc, char **argv)
{
    const char *name = NULL;
    const struct signum_option options[] = {{"service", &name, NULL}};
    struct signum_operands operands;
    enum signum_exit code;

    if (!signum_cli_parse(cli, &signum_verb_status, argc, argv, options, 1, 0, &operands, &code))
        return code;
    struct signum_session *session = signum_cli_open_session(cli);
    struct signum_service *service =
        session == NULL ? NULL : signum_login_find_service(cli, session, name);
    code = SIGNUM_EXIT_FAILED;
    if (service != NULL) {
        struct signum_auth *auth = signum_service_auth(service);
        signum_output_say(&cli->output, "Service %s at %s, signed in to by %s.",
                          signum_service_name(service), signum_service_url(service),
                          auth->method->name);
        signum_output_put_text(&cli->output, "url", signum_service_url(service));
        signum_output_put_text(&cli->output, "method", auth->method->name);
        show_token(cli, auth);
        code = signum_login_check(cli, service);
    }
    signum_session_free(&session);
    return code;
}

const struct signum_verb signum_verb_login = {
    .name = "login",
    .run = login,
    .summary = "sign in, or keep your token for the service, encrypted",
    .help = login_help,
};

const struct signum_verb signum_verb_logout = {
    .name = "logout",
    .run = logout,
    .summary = "remove what login has kept",
    .help = logout_help,
};

const struct signum_verb signum_verb_status = {
    .name = "status",
    .run = status,
    .summary = "how you sign in, until when, and with which keys",
    .help = status_help,
};
