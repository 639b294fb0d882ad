#include "cmd/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "audit/audit.h"
#include "hsm/hsm_open.h"
#include "http/http_metrics.h"
#include "http/http_server.h"
#include "keys/leftovers.h"
#include "http/listen.h"
#include "base/log.h"
#include "base/notify.h"
#include "cmd/chores.h"
#include "cmd/reload.h"
#include "syslog/forwarder.h"

#define URL_MAX 512
#define HANG_S 120 /* a request that takes longer hangs */

/* Two services in one folder would not know of each other's signatures under way. */
static enum signum_status
lock_folder(const struct signumd_state *state, int *lock_out)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_LOCK);

    *lock_out = -1;
    if (path == NULL)
        return SIGNUM_NO_MEMORY;
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (lock < 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot lock %s: %s", state->folder, strerror(errno));
        return SIGNUM_IO;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "another signumd serves %s already", state->folder);
        (void)close(lock);
        return SIGNUM_SERVICE_BUSY;
    }
    *lock_out = lock;
    return SIGNUM_OK;
}

static enum signum_status
announce(const struct signumd_state *state, const struct signum_buf *url)
{
    enum signum_status status =
        signumd_state_write(state, SIGNUMD_FILE_URL, signum_bytes_of_buf(url), 0600);

    if (status != SIGNUM_OK)
        return status;
    (void)printf("signumd serves %s from %s\n", signum_buf_text(url), state->folder);
    (void)fflush(stdout);
    return SIGNUM_OK;
}

static void
withdraw(const struct signumd_state *state)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_URL);

    if (path != NULL)
        (void)unlink(path);
    free(path);
}

/* Blocked in all threads, so that only the main thread gets them, by waiting for them. */
static void
block_signals(sigset_t *signals_out)
{
    (void)sigemptyset(signals_out);
    (void)sigaddset(signals_out, SIGTERM);
    (void)sigaddset(signals_out, SIGINT);
    (void)sigaddset(signals_out, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, signals_out, NULL);
    /* A limit on the size of files is to be an error of the write, not the end of the service */
    (void)signal(SIGXFSZ, SIG_IGN);
}

static enum signum_status
open_all(struct signumd_state *state, struct signumd_app *app)
{
    char *path = signumd_state_path(state, SIGNUMD_FILE_DB);
    enum signum_status status =
        path == NULL ? SIGNUM_NO_MEMORY
                     : signumd_db_pool_new(path, state->settings.workers, &app->databases);

    if (status == SIGNUM_OK)
        status = signumd_db_group_new(path, &app->group);
    free(path);
    if (status == SIGNUM_OK)
        status = signumd_running_new(&app->running);
    if (status == SIGNUM_OK) /* half of the workers stay free for what is not about PINs */
        status = signumd_pin_gate_new(state->settings.workers / 2, &app->pins);
    if (status == SIGNUM_OK)
        status = signumd_limits_new(state->settings.requests_per_minute, &app->requests);
    if (status == SIGNUM_OK)
        status = signumd_limits_new(state->settings.refusals_per_minute, &app->refusals);
    if (status == SIGNUM_OK)
        status = signumd_issuers_new(state->settings.issuers, state->folder, &app->issuers);
    if (status == SIGNUM_OK)
        status = signumd_hsm_open_for(state, state->settings.workers, &app->hsm);
    /* The service starts without its HSM too, and says so in /v1/ready */
    if (status == SIGNUM_OK && signumd_hsm_check(app->hsm) != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_WARNING, "the HSM cannot be reached yet");
    else if (status == SIGNUM_OK && signumd_leftovers_sweep(state->db, app->hsm) != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_WARNING, "key pairs of deleted keys are still in the token");
    return status;
}

static void
close_all(struct signumd_app *app)
{
    signumd_issuers_free(&app->issuers);
    signumd_hsm_close(&app->hsm);
    signumd_limits_free(&app->refusals);
    signumd_limits_free(&app->requests);
    signumd_pin_gate_free(&app->pins);
    signumd_running_free(&app->running);
    signumd_db_group_free(&app->group);
    signumd_db_pool_free(&app->databases);
}

/* Does what is to be done once a second, until a signal says that the service shall end. */
static void
run_until_signal(struct signumd_state *state, struct signumd_app *app,
                 struct signumd_server *server, const sigset_t *signals, const char *url)
{
    const struct timespec second = {1, 0};

    for (;;) {
        int number = sigtimedwait(signals, NULL, &second);
        if (number == SIGHUP) {
            signumd_notify_reloading();
            signumd_reload_run(state, app, server);
            signumd_notify_ready(url);
        } else if (number > 0) {
            signumd_log(SIGNUMD_LOG_INFO, "signal %d: finishing the requests under way", number);
            return;
        }
        signumd_server_tick(server);
        /* A module that never comes back is cured by a restart only */
        if (signumd_server_longest_work(server) < HANG_S)
            signumd_notify_alive();
    }
}

/* Whoever asks a second time does not want to wait: what is durable is so already. */
static void
pause_draining(void *context)
{
    const struct timespec moment = {0, 20L * 1000 * 1000};
    const sigset_t *signals = context;
    int number = sigtimedwait(signals, NULL, &moment);

    if (number != SIGTERM && number != SIGINT)
        return;
    signumd_log(SIGNUMD_LOG_WARNING, "signal %d again: ending at once", number);
    _exit(EXIT_FAILURE);
}

/* Everything between listening and the signal. The socket is the server's from its start on. */
static enum signum_status
serve(struct signumd_state *state, struct signumd_app *app, sigset_t *signals, int socket,
      const struct signum_buf *url)
{
    struct signumd_server *server = NULL;
    struct signumd_metrics_server *metrics = NULL;
    struct signumd_sender *sender = NULL;
    struct signumd_chores chores;
    struct signumd_forwarder *forwarder = NULL;
    enum signum_status status = signumd_server_start(app, socket, &server);

    if (status != SIGNUM_OK) {
        (void)close(socket);
        return status;
    }
    if (state->settings.metrics_listen[0] != '\0')
        status = signumd_metrics_server_start(state->settings.metrics_listen,
                                              signumd_api_collect_metrics, app, &metrics);
    if (status == SIGNUM_OK)
        status = signumd_chores_start(state, &chores, &sender);
    if (status == SIGNUM_OK)
        status = signumd_forwarder_start(state, &forwarder);
    if (status == SIGNUM_OK)
        status = announce(state, url);
    if (status == SIGNUM_OK) {
        signumd_notify_ready(signum_buf_text(url));
        run_until_signal(state, app, server, signals, signum_buf_text(url));
    }
    signumd_notify_stopping();
    withdraw(state);
    signumd_server_drain(&server, state->settings.drain_timeout_s, pause_draining, signals);
    signumd_metrics_server_stop(&metrics);
    signumd_sender_stop(&sender);
    signumd_forwarder_stop(&forwarder);
    return status;
}

enum signum_status
signumd_serve_run(struct signumd_state *state, const char *listen)
{
    struct signumd_app app;
    struct signum_buf url;
    sigset_t signals;
    int lock = -1;
    int socket = -1;

    memset(&app, 0, sizeof app);
    app.state = state;
    app.routes = signumd_api_routes;
    signum_buf_init(&url, URL_MAX);
    enum signum_status status = lock_folder(state, &lock);
    if (status != SIGNUM_OK)
        goto out;
    signumd_log_use_json(true);
    signumd_log_use_level(state->settings.log_level);
    block_signals(&signals);
    status = open_all(state, &app);
    if (status == SIGNUM_OK)
        status = signumd_listen_open(listen == NULL ? state->settings.listen : listen, &socket,
                                     &url);
    if (status == SIGNUM_OK)
        status = signumd_audit_event(state->db, "service.start");
    if (status != SIGNUM_OK)
        goto out;
    status = serve(state, &app, &signals, socket, &url);
    socket = -1;
    enum signum_status last = signumd_audit_event(state->db, "service.stop");
    if (status == SIGNUM_OK)
        status = last;

out:
    if (socket >= 0)
        (void)close(socket);
    close_all(&app);
    signum_buf_clear(&url);
    if (lock >= 0)
        (void)close(lock);
    signumd_log_use_json(false);
    return status;
}
