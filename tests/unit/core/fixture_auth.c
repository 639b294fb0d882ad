#include "fixture_auth.h"

#include <stdio.h>
#include <stdlib.h>

struct auth_fixture fix;

void
auth_set(enum signum_auth_setting setting, const char *text)
{
    signum_buf_clear(&fix.service->auth[setting]);
    signum_buf_put_text(&fix.service->auth[setting], text);
}

void
auth_open(void)
{
    const struct signum_auth_env env = {&fix.fake.ports, &fix.log, fix.service, &fix.transport,
                                        &fix.transport};
    static struct signum_auth_env kept; /* outlives the strategy */

    kept = env;
    assert_int_equal(signum_auth_open(&kept, &fix.auth), SIGNUM_OK);
}

void
auth_close(void)
{
    signum_auth_free(&fix.auth);
}

int
auth_set_up(void **state)
{
    const struct signum_transport_options options = {.user_agent = "test"};

    (void)state;
    memset(&fix, 0, sizeof fix);
    signum_fake_init(&fix.fake);
    signum_settings_init(&fix.settings);
    fix.service = &fix.settings.services[0];
    signum_buf_put_text(&fix.service->name, "main");
    auth_set(SIGNUM_AUTH_METHOD, "token");
    fix.log = (struct signum_log){fix.fake.ports.log_sink, SIGNUM_LOG_DEBUG};
    assert_int_equal(
        fix.fake.ports.open_transport(fix.fake.ports.transport_self, &options, &fix.transport),
        SIGNUM_OK);
    signum_http_request_init(&fix.request);
    signum_http_response_init(&fix.response);
    signum_buf_init(&fix.cause, 4096);
    fix.budget = signum_budget_start(&fix.fake.ports.clock, 30000);
    return 0;
}

int
auth_tear_down(void **state)
{
    (void)state;
    signum_auth_free(&fix.auth);
    fix.transport.free(fix.transport.self);
    signum_http_request_clear(&fix.request);
    signum_http_response_clear(&fix.response);
    signum_buf_clear(&fix.cause);
    signum_settings_clear(&fix.settings);
    signum_fake_clear(&fix.fake);
    return 0;
}

enum signum_status
auth_apply(void)
{
    signum_http_request_clear(&fix.request);
    signum_buf_clear(&fix.cause);
    return fix.auth->method->apply(fix.auth, &fix.budget, &fix.request, &fix.cause);
}

const char *
auth_credential(void)
{
    return signum_http_header(&fix.request.headers, "Authorization");
}

bool
auth_cause_has(const char *text)
{
    return strstr(signum_buf_text(&fix.cause), text) != NULL;
}

const char *
auth_form_field(const char *form, const char *name)
{
    static char value[8192];
    char key[64];
    size_t len = 0;

    (void)snprintf(key, sizeof key, "%s=", name);
    const char *at = form;
    while (at != NULL && strncmp(at, key, strlen(key)) != 0) {
        at = strchr(at, '&');
        at = at == NULL ? NULL : at + 1;
    }
    for (at = at == NULL ? "" : at + strlen(key); *at != 0 && *at != '&'; at++) {
        char digits[3] = {at[0] == '%' ? at[1] : 0, at[0] == '%' ? at[2] : 0, 0};
        assert_true(len + 1 < sizeof value);
        value[len++] = digits[0] != 0 ? (char)strtol(digits, NULL, 16) : *at;
        at += digits[0] != 0 ? 2 : 0;
    }
    value[len] = 0;
    return value;
}
