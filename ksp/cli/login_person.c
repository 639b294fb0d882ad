#include <string.h>

#include "core/auth/auth_oauth.h"
#include "core/auth/oauth_code.h"
#include "core/auth/oauth_device.h"
#include "login.h"

/* Signing in a person: in the browser of this machine, or with a code on any device. */

#define CAUSE_MAX 2048
#define QUERY_MAX 8192

/* What one sign-in has. */
struct sign_in {
    struct signum_cli *cli;
    const struct signum_auth_env *env;
    struct signum_budget budget;
    struct signum_oauth_server server;
    struct signum_token token;
    struct signum_buf cause;
};

static void
say_code(struct signum_cli *cli, const struct signum_oauth_device *device)
{
    signum_output_note(&cli->output, "to sign in, open %s", signum_buf_text(&device->url));
    signum_output_note(&cli->output, "and enter the code %s", signum_buf_text(&device->user_code));
    if (device->url_complete.len > 0)
        signum_output_note(&cli->output, "or open %s", signum_buf_text(&device->url_complete));
}

static enum signum_status
poll_device(struct sign_in *in, struct signum_oauth_device *device)
{
    const struct signum_clock *clock = &in->cli->ports->clock;

    for (;;) {
        if (signum_budget_left(&in->budget) <= device->interval_ms)
            return SIGNUM_TIMEOUT;
        clock->sleep_ms(clock->self, device->interval_ms);
        signum_buf_clear(&in->cause);
        enum signum_status status = signum_oauth_device_poll(in->env, &in->budget, &in->server,
                                                             device, &in->token, &in->cause);
        if (status != SIGNUM_APPROVAL_PENDING)
            return status;
    }
}

static enum signum_status
by_device(struct sign_in *in)
{
    struct signum_oauth_device device;

    signum_oauth_device_init(&device);
    enum signum_status status =
        signum_oauth_device_start(in->env, &in->budget, &in->server, &device, &in->cause);
    if (status == SIGNUM_OK) {
        say_code(in->cli, &device);
        status = poll_device(in, &device);
    }
    signum_oauth_device_clear(&device);
    return status;
}

static enum signum_status
wait_for_browser(struct sign_in *in, void *listener, struct signum_oauth_code *code)
{
    const struct signum_browser *browser = &in->cli->ports->browser;
    struct signum_buf query;

    signum_buf_init_secret(&query, QUERY_MAX);
    if (browser->open(browser->self, signum_buf_text(&code->url)) != SIGNUM_OK)
        signum_output_note(&in->cli->output, "no browser could be opened here; open this address "
                                             "in one on this machine:\n%s",
                           signum_buf_text(&code->url));
    else
        signum_output_note(&in->cli->output, "waiting for the browser that was opened");
    enum signum_status status =
        browser->wait(browser->self, listener, signum_budget_left(&in->budget), &query);
    if (status == SIGNUM_TIMEOUT)
        signum_buf_put_text(&in->cause, "the browser did not come back in time");
    if (status == SIGNUM_OK)
        status = signum_oauth_code_accept(&in->server, signum_buf_text(&query), code, &in->cause);
    signum_buf_clear(&query);
    return status;
}

static enum signum_status
by_browser(struct sign_in *in)
{
    const struct signum_browser *browser = &in->cli->ports->browser;
    struct signum_oauth_code code;
    struct signum_buf redirect;
    void *listener = NULL;

    signum_oauth_code_init(&code);
    signum_buf_init(&redirect, CAUSE_MAX);
    enum signum_status status = browser->listen(browser->self, &listener, &redirect);
    if (status == SIGNUM_OK)
        status = signum_oauth_code_start(in->env, &in->server, signum_buf_text(&redirect), &code,
                                         &in->cause);
    if (status == SIGNUM_OK)
        status = wait_for_browser(in, listener, &code);
    if (status == SIGNUM_OK)
        status = signum_oauth_code_redeem(in->env, &in->budget, &in->server, &code, &in->token,
                                          &in->cause);
    browser->close(browser->self, listener);
    signum_buf_clear(&redirect);
    signum_oauth_code_clear(&code);
    return status;
}

static enum signum_status
run(struct sign_in *in, struct signum_auth *auth, bool use_device)
{
    bool is_browser = strcmp(auth->method->name, "browser") == 0;
    enum signum_status status =
        signum_oauth_discover(in->env, &in->budget, &in->server, &in->cause);

    if (status == SIGNUM_OK)
        status = is_browser && !use_device ? by_browser(in) : by_device(in);
    if (status == SIGNUM_OK)
        status = signum_token_cache_put(signum_oauth_auth_cache(auth), &in->budget, &in->token);
    return status;
}

enum signum_exit
signum_login_person(struct signum_cli *cli, struct signum_service *service, bool use_device,
                    unsigned long seconds)
{
    struct signum_auth *auth = signum_service_auth(service);
    struct sign_in in = {.cli = cli, .env = signum_oauth_auth_env(auth)};

    in.budget = signum_budget_start(&cli->ports->clock, (uint64_t)seconds * 1000);
    signum_oauth_server_init(&in.server);
    signum_token_init(&in.token);
    signum_buf_init(&in.cause, CAUSE_MAX);
    enum signum_status status = run(&in, auth, use_device);
    if (status != SIGNUM_OK)
        signum_output_error(&cli->output, status,
                            in.cause.len > 0 ? signum_buf_text(&in.cause)
                                             : signum_status_text(status),
                            NULL, NULL);
    else if (in.token.refresh.len == 0)
        signum_output_note(&cli->output, "the issuer gave no refresh token, so you have to sign in "
                                         "again when this one ends; the scope offline_access "
                                         "asks for one");
    signum_buf_clear(&in.cause);
    signum_token_clear(&in.token);
    signum_oauth_server_clear(&in.server);
    return status == SIGNUM_OK ? SIGNUM_EXIT_OK : SIGNUM_EXIT_FAILED;
}

enum signum_exit
signum_login_check(struct signum_cli *cli, struct signum_service *service)
{
    struct signum_key **keys = NULL;
    size_t count = 0;
    struct signum_report report;

    signum_report_init(&report);
    enum signum_status status = signum_service_list_keys(service, &keys, &count, &report);
    if (status == SIGNUM_OK) {
        signum_output_say(&cli->output, "Signed in to %s; %u key%s may be used.",
                          signum_service_name(service), (unsigned)count, count == 1 ? "" : "s");
        signum_output_put_text(&cli->output, "service", signum_service_name(service));
        signum_output_put_number(&cli->output, "keys", (int64_t)count);
    } else {
        signum_output_report(&cli->output, &report);
    }
    signum_key_list_free(&keys, &count);
    signum_report_clear(&report);
    return status == SIGNUM_OK ? SIGNUM_EXIT_OK : SIGNUM_EXIT_FAILED;
}
