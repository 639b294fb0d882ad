#include "cmd/reload.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/log.h"
#include "base/metrics.h"
#include "hsm/hsm_open.h"

#define PIN_FILE_MAX 256

/* All that is read anew, before any of it holds. */
struct news {
    struct signumd_settings settings;
    struct signumd_tls *tls;
    struct signum_buf pin;
    const char *fault; /* the part that is bad; NULL if none is */
};

static enum signum_status
read_settings(const struct signumd_state *state, struct news *news)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_SETTINGS);
    enum signum_status status =
        path == NULL ? SIGNUM_NO_MEMORY : signumd_settings_read(path, &news->settings);

    free(path);
    return status;
}

static enum signum_status
read_all(const struct signumd_state *state, struct news *news)
{
    news->fault = "settings";
    enum signum_status status = read_settings(state, news);
    if (status != SIGNUM_OK)
        return status;
    news->fault = "TLS files";
    status = signumd_tls_load(state, &news->settings, &news->tls);
    if (status != SIGNUM_OK)
        return status;
    news->fault = "PIN file";
    status = signumd_hsm_read_pin(state, &news->pin);
    if (status == SIGNUM_OK)
        news->fault = NULL;
    return status;
}

static enum signum_status
record(const struct signumd_state *state, const struct news *news)
{
    enum signum_status status = signumd_db_begin(state->db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_change(state->db, &signumd_actor_local, "service.reload", "outcome",
        news->fault == NULL ? "done" : "refused", "fault", news->fault, NULL);
    return signumd_db_finish(state->db, status);
}

void
signumd_reload_run(
    struct signumd_state *state, struct signumd_app *app, struct signumd_server *server)
{
    struct news news;

    memset(&news, 0, sizeof news);
    signum_buf_init_secret(&news.pin, PIN_FILE_MAX);
    enum signum_status status = read_all(state, &news);
    enum signum_status recorded = record(state, &news);
    signumd_metrics_count(
        SIGNUMD_METRIC_RELOADS, news.fault == NULL ? "done" : "refused", NULL, NULL);
    if (status == SIGNUM_OK)
        status = recorded;
    if (status == SIGNUM_OK)
        status = signumd_hsm_change_pin(app->hsm, signum_bytes_of_buf(&news.pin));
    if (status != SIGNUM_OK) {
        signumd_log(SIGNUMD_LOG_ERROR, "nothing was reloaded, all stays as it was: %s (%s)",
            news.fault == NULL ? "it could not be recorded" : news.fault,
            signum_status_text(status));
    } else {
        signumd_settings_change(&state->settings, &news.settings);
        signumd_log_use_level(state->settings.log_level);
        signumd_limits_change(app->requests, state->settings.requests_per_minute);
        signumd_limits_change(app->refusals, state->settings.refusals_per_minute);
        signumd_server_change(server, &state->settings, news.tls);
        news.tls = NULL;
        signumd_log(SIGNUMD_LOG_INFO, "settings, TLS certificate and PIN file were read again");
    }
    signumd_tls_unref(&news.tls);
    signum_buf_clear(&news.pin);
    signumd_settings_clear(&news.settings);
}
