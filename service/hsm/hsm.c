#include "hsm/hsm.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/hsm_internal.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/timestamp.h"

#define PAUSE_MS 1000 /* between two tries to connect, so that a dead HSM is not hammered */
#define PIN_MAX 256

struct signumd_hsm {
    struct signumd_hsm_module module;
    char *token;
    char *vendor_label;
    struct signum_buf pin;
    size_t max;
    pthread_mutex_t change_lock; /* held while key pairs are made or removed */

    pthread_mutex_t lock; /* guards what follows; never held during a PKCS#11 call */
    pthread_cond_t changed;
    CK_SESSION_HANDLE *idle;
    size_t idle_count;
    size_t used_count;
    CK_SLOT_ID slot;
    bool is_initialized;
    bool is_connected;
    bool is_connecting;
    bool is_pin_refused;
    int64_t next_try_ms;
};

enum signum_status
signumd_hsm_open(const struct signumd_hsm_settings *settings, struct signumd_hsm **hsm_out)
{
    struct signumd_hsm *hsm = calloc(1, sizeof *hsm);

    *hsm_out = NULL;
    if (hsm == NULL)
        return SIGNUM_NO_MEMORY;
    (void)pthread_mutex_init(&hsm->change_lock, NULL);
    (void)pthread_mutex_init(&hsm->lock, NULL);
    (void)pthread_cond_init(&hsm->changed, NULL);
    hsm->max = settings->sessions;
    hsm->token = signum_text_copy(settings->token);
    hsm->vendor_label =
        signum_text_copy(settings->vendor_label == NULL ? "" : settings->vendor_label);
    hsm->idle = calloc(settings->sessions, sizeof *hsm->idle);
    signum_buf_init_secret(&hsm->pin, PIN_MAX);
    signum_buf_put_text(&hsm->pin, settings->pin);
    enum signum_status status = signum_buf_status(&hsm->pin);
    if (hsm->token == NULL || hsm->vendor_label == NULL || hsm->idle == NULL)
        status = SIGNUM_NO_MEMORY;
    if (status == SIGNUM_OK)
        status = signumd_hsm_load(settings->module, &hsm->module);
    if (status != SIGNUM_OK)
        signumd_hsm_close(&hsm);
    *hsm_out = hsm;
    return status;
}

const struct signumd_hsm_module *
signumd_hsm_module_of(const struct signumd_hsm *hsm)
{
    return &hsm->module;
}

const char *
signumd_hsm_vendor_label(const struct signumd_hsm *hsm)
{
    return hsm->vendor_label;
}

void
signumd_hsm_close(struct signumd_hsm **hsm)
{
    if (*hsm == NULL)
        return;
    if ((*hsm)->is_initialized)
        (void)(*hsm)->module.api->C_Finalize(NULL);
    signumd_hsm_unload(&(*hsm)->module);
    signum_buf_clear(&(*hsm)->pin);
    (void)pthread_cond_destroy(&(*hsm)->changed);
    (void)pthread_mutex_destroy(&(*hsm)->lock);
    (void)pthread_mutex_destroy(&(*hsm)->change_lock);
    free((*hsm)->idle);
    free((*hsm)->token);
    free((*hsm)->vendor_label);
    free(*hsm);
    *hsm = NULL;
}

enum signum_status
signumd_hsm_change_pin(struct signumd_hsm *hsm, struct signum_bytes pin)
{
    struct signum_buf copy;

    signum_buf_init_secret(&copy, PIN_MAX);
    signum_buf_put(&copy, pin.data, pin.len);
    enum signum_status status = signum_buf_status(&copy);
    if (status != SIGNUM_OK) {
        signum_buf_clear(&copy);
        return status;
    }
    (void)pthread_mutex_lock(&hsm->lock);
    while (hsm->is_connecting)
        (void)pthread_cond_wait(&hsm->changed, &hsm->lock);
    struct signum_buf old = hsm->pin;
    if (old.len != copy.len || memcmp(old.data, copy.data, copy.len) != 0) {
        hsm->is_pin_refused = false;
        hsm->next_try_ms = 0;
    }
    hsm->pin = copy;
    (void)pthread_mutex_unlock(&hsm->lock);
    signum_buf_clear(&old);
    return SIGNUM_OK;
}

/* The session that logs in stays open and idle: the login ends with the last session. */
static enum signum_status
log_in(struct signumd_hsm *hsm)
{
    CK_FUNCTION_LIST *api = hsm->module.api;
    CK_SESSION_HANDLE session = 0;
    CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    enum signum_status status = signumd_hsm_status(
        api->C_OpenSession(hsm->slot, flags, NULL, NULL, &session), "C_OpenSession");

    if (status != SIGNUM_OK)
        return status;
    CK_RV value = api->C_Login(session, CKU_USER, hsm->pin.data, (CK_ULONG)hsm->pin.len);
    if (value != CKR_USER_ALREADY_LOGGED_IN)
        status = signumd_hsm_status(value, "C_Login");
    if (status == SIGNUM_OK) {
        hsm->idle[0] = session;
        hsm->idle_count = 1;
        return SIGNUM_OK;
    }
    (void)api->C_CloseSession(session);
    if (status == SIGNUM_BAD_SETTINGS) {
        hsm->is_pin_refused = true;
        signumd_log(SIGNUMD_LOG_ERROR,
                    "HSM: the PIN was refused and will not be tried again; correct the PIN file "
                    "and reload (SIGHUP)");
    }
    return status;
}

static enum signum_status
start_module(struct signumd_hsm *hsm)
{
    CK_FUNCTION_LIST *api = hsm->module.api;

    if (hsm->is_initialized)
        (void)api->C_Finalize(NULL);
    hsm->is_initialized = false;
    enum signum_status status =
        signumd_hsm_status(signumd_hsm_initialize(api), "C_Initialize");
    if (status != SIGNUM_OK)
        return status;
    hsm->is_initialized = true;
    status = signumd_hsm_find_slot(api, hsm->token, &hsm->slot);
    if (status == SIGNUM_NOT_FOUND) {
        signumd_log(SIGNUMD_LOG_ERROR, "HSM: there is no token with the label '%s'", hsm->token);
        status = SIGNUM_SERVICE_BUSY;
    }
    return status == SIGNUM_OK ? log_in(hsm) : status;
}

/* Runs alone: no session is lent, and is_connecting keeps everybody else out. */
static enum signum_status
connect_token(struct signumd_hsm *hsm)
{
    hsm->idle_count = 0;
    if (hsm->is_initialized) {
        (void)hsm->module.api->C_CloseAllSessions(hsm->slot);
        enum signum_status status = log_in(hsm);
        if (status == SIGNUM_OK || hsm->is_pin_refused)
            return status;
    }
    return start_module(hsm);
}

/* Called with the lock held, and gives it back held. */
static enum signum_status
connect_locked(struct signumd_hsm *hsm)
{
    if (hsm->is_pin_refused)
        return SIGNUM_BAD_SETTINGS;
    if (signumd_timestamp_monotonic_ms() < hsm->next_try_ms)
        return SIGNUM_SERVICE_BUSY;
    hsm->is_connecting = true;
    while (hsm->used_count > 0)
        (void)pthread_cond_wait(&hsm->changed, &hsm->lock);
    (void)pthread_mutex_unlock(&hsm->lock);
    enum signum_status status = connect_token(hsm);
    (void)pthread_mutex_lock(&hsm->lock);
    hsm->is_connecting = false;
    hsm->is_connected = status == SIGNUM_OK;
    signumd_metrics_count(SIGNUMD_METRIC_HSM_CONNECTS, hsm->is_connected ? "done" : "failed", NULL,
                          NULL);
    hsm->next_try_ms =
        status == SIGNUM_OK ? 0 : signumd_timestamp_monotonic_ms() + PAUSE_MS;
    (void)pthread_cond_broadcast(&hsm->changed);
    if (status == SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_INFO, "HSM: connected to token '%s'", hsm->token);
    return status;
}

/* Waits for its turn. SIGNUM_OK: a place is taken; `handle_out` is 0 if it has no session yet. */
static enum signum_status
take_place(struct signumd_hsm *hsm, CK_SESSION_HANDLE *handle_out)
{
    enum signum_status status = SIGNUM_OK;

    *handle_out = 0;
    (void)pthread_mutex_lock(&hsm->lock);
    while (status == SIGNUM_OK) {
        if (hsm->is_connecting || (hsm->is_connected && hsm->used_count == hsm->max))
            (void)pthread_cond_wait(&hsm->changed, &hsm->lock);
        else if (!hsm->is_connected)
            status = connect_locked(hsm);
        else
            break;
    }
    if (status == SIGNUM_OK) {
        hsm->used_count++;
        if (hsm->idle_count > 0)
            *handle_out = hsm->idle[--hsm->idle_count];
    }
    (void)pthread_mutex_unlock(&hsm->lock);
    return status;
}

static void
give_place(struct signumd_hsm *hsm, CK_SESSION_HANDLE handle, bool is_broken)
{
    (void)pthread_mutex_lock(&hsm->lock);
    hsm->used_count--;
    if (is_broken)
        hsm->is_connected = false;
    else
        hsm->idle[hsm->idle_count++] = handle;
    (void)pthread_cond_broadcast(&hsm->changed);
    (void)pthread_mutex_unlock(&hsm->lock);
}

void
signumd_hsm_look(struct signumd_hsm *hsm, struct signumd_hsm_gauges *gauges_out)
{
    (void)pthread_mutex_lock(&hsm->lock);
    *gauges_out = (struct signumd_hsm_gauges){hsm->used_count, hsm->max, hsm->is_connected,
                                              hsm->is_pin_refused};
    (void)pthread_mutex_unlock(&hsm->lock);
}

static enum signum_status
run_once(struct signumd_hsm *hsm, signumd_hsm_operation *operation, void *argument)
{
    struct signumd_hsm_session session = {hsm->module.api, 0};
    enum signum_status status = take_place(hsm, &session.handle);

    if (status != SIGNUM_OK)
        return status;
    if (session.handle == 0)
        status = signumd_hsm_status(
            session.api->C_OpenSession(hsm->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                                       &session.handle),
            "C_OpenSession");
    bool is_open = status == SIGNUM_OK;
    int64_t begin = signumd_timestamp_monotonic_ms();
    if (is_open)
        status = operation(&session, argument);
    signumd_metrics_observe(SIGNUMD_METRIC_HSM_SECONDS, NULL,
                            (double)(signumd_timestamp_monotonic_ms() - begin) / 1000);
    give_place(hsm, session.handle, !is_open || status == SIGNUM_SERVICE_BUSY);
    return status;
}

enum signum_status
signumd_hsm_run(struct signumd_hsm *hsm, signumd_hsm_operation *operation, void *argument)
{
    enum signum_status status = run_once(hsm, operation, argument);

    if (status == SIGNUM_SERVICE_BUSY)
        status = run_once(hsm, operation, argument);
    signumd_metrics_count(SIGNUMD_METRIC_HSM_CALLS,
                          status == SIGNUM_OK             ? "done"
                          : status == SIGNUM_SERVICE_BUSY ? "unavailable"
                          : status == SIGNUM_BAD_SETTINGS ? "not logged in"
                                                          : "failed",
                          NULL, NULL);
    return status;
}

enum signum_status
signumd_hsm_run_alone(struct signumd_hsm *hsm, signumd_hsm_operation *operation, void *argument)
{
    (void)pthread_mutex_lock(&hsm->change_lock);
    enum signum_status status = signumd_hsm_run(hsm, operation, argument);
    (void)pthread_mutex_unlock(&hsm->change_lock);
    return status;
}

static enum signum_status
check(struct signumd_hsm_session *session, void *argument)
{
    CK_SESSION_INFO facts;

    (void)argument;
    memset(&facts, 0, sizeof facts);
    enum signum_status status = signumd_hsm_status(
        session->api->C_GetSessionInfo(session->handle, &facts), "C_GetSessionInfo");
    if (status == SIGNUM_OK && facts.state != CKS_RW_USER_FUNCTIONS)
        status = SIGNUM_SERVICE_BUSY;
    return status;
}

enum signum_status
signumd_hsm_check(struct signumd_hsm *hsm)
{
    return signumd_hsm_run(hsm, check, NULL);
}
