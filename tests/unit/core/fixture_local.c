#include "fixture_local.h"

#include "fixture_check.h"

void
fixture_local_init(struct fixture_local *local)
{
    signum_fake_init(&local->fake);
    fixture_service_attach(&local->remote, &local->fake);
    signum_report_init(&local->report);
    signum_settings_init(&local->settings);
    struct signum_service_settings *settings = &local->settings.services[0];
    signum_buf_put_text(&settings->name, "main");
    signum_buf_put_text(&settings->url, "https://sign.test");
    signum_buf_put_text(&settings->protocol, "signum");
    signum_buf_put_text(&settings->auth[SIGNUM_AUTH_METHOD], "token");
    signum_buf_put_text(&settings->auth[SIGNUM_AUTH_TOKEN], "secret-token");
    local->log = (struct signum_log){local->fake.ports.log_sink, SIGNUM_LOG_DEBUG};
    check_status(signum_service_open(&local->fake.ports, &local->log, settings, 30000,
                                     &local->service, &local->report), SIGNUM_OK);
}

void
fixture_local_clear(struct fixture_local *local)
{
    signum_service_free(&local->service);
    signum_report_clear(&local->report);
    signum_settings_clear(&local->settings);
    signum_fake_clear(&local->fake);
}
