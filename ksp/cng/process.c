#include "process.h"

#include "io/ports_real.h"

/* Zero bytes are a free lock. */
static struct {
    struct signum_lock lock;
    struct signum_ports ports;
    bool has_ports;
    struct signum_log early_log; /* until there is a session with settings of its own */
    struct signum_session *session;
} process;

static struct signum_handle_table handles;

/* The lock is held. */
static enum signum_status
open_ports(void)
{
    if (process.has_ports)
        return SIGNUM_OK;
    enum signum_status status = signum_ports_real_open(&process.ports);
    if (status != SIGNUM_OK)
        return status;
    process.early_log.sink = process.ports.log_sink;
    process.early_log.level = SIGNUM_LOG_INFO;
    process.has_ports = true;
    return SIGNUM_OK;
}

/* The lock is held although files are read: who comes second must wait for the first. */
static enum signum_status
open_session(struct signum_report *report)
{
    struct signum_session *session = NULL;
    enum signum_status status = open_ports();

    if (status == SIGNUM_OK)
        status = signum_session_open(&process.ports, &session, report);
    if (status != SIGNUM_OK)
        return status;
    if (signum_session_service_count(session) == 0) {
        /* nobody has seen it yet, so it may go */
        signum_session_free(&session);
        signum_buf_put_text(&report->text, "the settings name no signing service");
        return SIGNUM_BAD_SETTINGS;
    }
    process.session = session;
    return SIGNUM_OK;
}

enum signum_status
signum_process_session(struct signum_session **session_out, struct signum_report *report)
{
    enum signum_status status = SIGNUM_OK;

    signum_lock_acquire(&process.lock);
    if (process.session == NULL)
        status = open_session(report);
    *session_out = process.session;
    signum_lock_release(&process.lock);
    return status;
}

void
signum_process_start(void)
{
    struct signum_session *session = NULL;
    struct signum_report report;

    signum_report_init(&report);
    enum signum_status status = signum_process_session(&session, &report);
    if (status != SIGNUM_OK)
        signum_log_warning(signum_process_log(), "%s: %s", signum_status_name(status),
                           signum_buf_text(&report.text));
    signum_report_clear(&report);
}

const struct signum_log *
signum_process_log(void)
{
    const struct signum_log *log = NULL;

    signum_lock_acquire(&process.lock);
    if (process.session != NULL)
        log = signum_session_log(process.session);
    else if (process.has_ports)
        log = &process.early_log;
    signum_lock_release(&process.lock);
    return log;
}

uint64_t
signum_process_now_ms(void)
{
    signum_lock_acquire(&process.lock);
    bool has_ports = process.has_ports;
    signum_lock_release(&process.lock);
    if (!has_ports)
        return 0;
    return process.ports.clock.monotonic_ms(process.ports.clock.self);
}

struct signum_handle_table *
signum_process_handles(void)
{
    return &handles;
}
