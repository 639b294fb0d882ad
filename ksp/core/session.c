#include "session.h"

#include <stdlib.h>
#include <string.h>

struct signum_session {
    const struct signum_ports *ports;
    struct signum_settings settings;
    struct signum_log log;
    struct signum_context_text context;
    struct signum_service *services[SIGNUM_CONFIG_SERVICES_MAX];
};

static enum signum_status
fail(struct signum_report *report, enum signum_status status, const char *cause)
{
    signum_report_clear(report);
    report->status = status;
    signum_buf_printf(&report->text, "%s: %s", signum_status_text(status), cause);
    return status;
}

static enum signum_status
open_services(struct signum_session *session, struct signum_report *report)
{
    for (size_t i = 0; i < session->settings.service_count; i++) {
        enum signum_status status = signum_service_open(
            session->ports, &session->log, &session->settings.services[i],
            session->settings.timeout_ms, &session->services[i], report);
        if (status != SIGNUM_OK)
            return status;
        signum_service_set_context(session->services[i], &session->context);
        signum_service_set_approval_timeout(session->services[i],
                                            session->settings.approval_timeout_ms);
    }
    return SIGNUM_OK;
}

enum signum_status
signum_session_open(const struct signum_ports *ports, struct signum_session **session_out,
                    struct signum_report *report)
{
    struct signum_buf cause;

    *session_out = NULL;
    struct signum_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return SIGNUM_NO_MEMORY;
    session->ports = ports;
    session->log.sink = ports->log_sink;
    session->log.level = SIGNUM_LOG_INFO;
    signum_settings_init(&session->settings);
    signum_context_text_init(&session->context, ports, &session->log, 0);
    signum_buf_init(&cause, SIGNUM_CONFIG_TEXT_MAX);

    enum signum_status status = signum_config_load(&ports->settings, &session->settings, &cause);
    /* even settings that are wrong elsewhere may say where the log is */
    ports->log_sink.direct(ports->log_sink.self, signum_buf_text(&session->settings.log_file));
    if (status == SIGNUM_OK) {
        session->log.level = session->settings.log_level;
        session->context.parts = session->settings.context_parts;
        status = open_services(session, report);
    } else {
        status = fail(report, status, signum_buf_text(&cause));
    }
    signum_buf_clear(&cause);
    if (status != SIGNUM_OK) {
        signum_session_free(&session);
        return status;
    }
    *session_out = session;
    return SIGNUM_OK;
}

void
signum_session_free(struct signum_session **session)
{
    struct signum_session *old = *session;

    *session = NULL;
    if (old == NULL)
        return;
    for (size_t i = 0; i < SIGNUM_CONFIG_SERVICES_MAX; i++)
        signum_service_free(&old->services[i]);
    signum_context_text_clear(&old->context);
    signum_settings_clear(&old->settings);
    free(old);
}

const struct signum_settings *
signum_session_settings(const struct signum_session *session)
{
    return &session->settings;
}

const char *
signum_session_context(struct signum_session *session)
{
    return signum_context_text(&session->context);
}

void
signum_session_complete(const struct signum_session *session, struct signum_demanded *given_inout)
{
    if (given_inout->reason == NULL || *given_inout->reason == 0)
        given_inout->reason = signum_buf_text(&session->settings.reason);
    if (given_inout->pin == NULL || *given_inout->pin == 0)
        given_inout->pin = signum_buf_text(&session->settings.pin);
}

const struct signum_log *
signum_session_log(const struct signum_session *session)
{
    return &session->log;
}

size_t
signum_session_service_count(const struct signum_session *session)
{
    return session->settings.service_count;
}

struct signum_service *
signum_session_service(struct signum_session *session, size_t index)
{
    return index < session->settings.service_count ? session->services[index] : NULL;
}

static struct signum_service *
find_service(struct signum_session *session, const char *name, size_t len)
{
    for (size_t i = 0; i < session->settings.service_count; i++) {
        const char *candidate = signum_service_name(session->services[i]);
        if (strlen(candidate) == len && memcmp(candidate, name, len) == 0)
            return session->services[i];
    }
    return NULL;
}

enum signum_status
signum_session_resolve(struct signum_session *session, const char *full_name,
                       struct signum_service **service_out, const char **key_name_out,
                       struct signum_report *report)
{
    const char *slash = strchr(full_name, '/');

    *service_out = NULL;
    *key_name_out = NULL;
    if (session->settings.service_count == 0)
        return fail(report, SIGNUM_BAD_SETTINGS,
                    "no signing service is configured; set SIGNUM_SERVICE_URL or write a "
                    "settings file, then run 'signum doctor'");
    if (slash == NULL) {
        *service_out = session->services[session->settings.default_service];
        *key_name_out = full_name;
        return SIGNUM_OK;
    }
    *service_out = find_service(session, full_name, (size_t)(slash - full_name));
    if (*service_out == NULL)
        return fail(report, SIGNUM_KEY_NOT_FOUND,
                    "the part of the name before '/' is not a configured service");
    *key_name_out = slash + 1;
    return SIGNUM_OK;
}

void
signum_session_put_full_name(const struct signum_session *session,
                             const struct signum_service *service, const char *key_name,
                             struct signum_buf *out)
{
    bool is_default = session->settings.service_count > 0 &&
                      session->services[session->settings.default_service] == service;

    /* a bare name with a slash in it would be taken for another service's */
    if (!is_default || strchr(key_name, '/') != NULL) {
        signum_buf_put_text(out, signum_service_name(service));
        signum_buf_put_byte(out, '/');
    }
    signum_buf_put_text(out, key_name);
}
