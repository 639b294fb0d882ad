#include "fixture_client.h"

#include "fixture_check.h"

#include <stdio.h>
#include <string.h>

static enum signum_status
apply(struct signum_auth *base, const struct signum_budget *budget,
      struct signum_http_request *request, struct signum_buf *cause)
{
    struct fixture_auth *auth = (struct fixture_auth *)base;
    char value[64];

    (void)budget;
    if (auth->failure != SIGNUM_OK) {
        signum_buf_put_text(cause, "sign in first");
        return auth->failure;
    }
    snprintf(value, sizeof value, "Bearer secret-token-%u", auth->generation);
    return signum_http_add_header(&request->headers, "Authorization", value);
}

static bool
is_renewed(struct signum_auth *base, const struct signum_budget *budget,
           const struct signum_http_request *request, const struct signum_http_response *response)
{
    struct fixture_auth *auth = (struct fixture_auth *)base;

    (void)budget;
    assert_non_null(signum_http_header(&request->headers, "Authorization"));
    assert_int_equal(response->status, 401);
    auth->asked++;
    if (auth->is_renewing)
        auth->generation++;
    return auth->is_renewing;
}

static const struct signum_auth_method method = {
    .name = "fixture",
    .apply = apply,
    .is_renewed = is_renewed,
};

void
fixture_client_init(struct fixture_client *fixture, const struct signum_protocol *protocol)
{
    struct signum_transport_options options = {.user_agent = "test"};

    memset(fixture, 0, sizeof *fixture);
    signum_fake_init(&fixture->fake);
    const struct signum_ports *ports = &fixture->fake.ports;
    fixture->log = (struct signum_log){ports->log_sink, SIGNUM_LOG_DEBUG};
    check_status(ports->open_transport(ports->transport_self, &options, &fixture->transport),
                 SIGNUM_OK);
    fixture->fake.call_count = 0;
    fixture->auth.base.method = &method;
    fixture->auth.generation = 1;
    fixture->client = (struct signum_client){ports, &fixture->log, protocol, &fixture->auth.base,
                                             &fixture->transport};
    signum_result_init(&fixture->result);
    signum_report_init(&fixture->report);
}

void
fixture_client_clear(struct fixture_client *fixture)
{
    signum_result_clear(&fixture->result);
    signum_report_clear(&fixture->report);
    fixture->transport.free(fixture->transport.self);
    signum_fake_clear(&fixture->fake);
}

enum signum_status
fixture_client_run(struct fixture_client *fixture, struct signum_operation *operation,
                   uint64_t budget_ms)
{
    struct signum_budget budget = signum_budget_start(&fixture->fake.ports.clock, budget_ms);

    operation->base_url = "https://sign.test";
    signum_result_clear(&fixture->result);
    return signum_client_run(&fixture->client, operation, &budget, &fixture->result,
                             &fixture->report);
}
