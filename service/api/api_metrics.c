#include <stdlib.h>

#include "api/api.h"
#include "base/metrics.h"
#include "http/http.h"
#include "signum/version.h"
#include "syslog/forwarder.h"
#include "x509/x509.h"

#define CERTIFICATES_MAX 512
#define PEM_MAX ((size_t)128 * 1024)
#define EXPIRY "signumd_certificate_expiry_timestamp_seconds"

static void
put_gauge(struct signum_buf *out, const char *name, const char *help, double value)
{
    signumd_metrics_begin(out, name, "gauge", help);
    signumd_metrics_put(out, name, NULL, NULL, value);
}

static void
put_expiry(struct signum_buf *out, const char *name, struct signum_bytes certificate)
{
    int64_t seconds = 0;

    if (signumd_x509_expires(certificate, &seconds) == SIGNUM_OK)
        signumd_metrics_put(out, EXPIRY, "certificate", name, (double)seconds);
}

/* Of the service, and of its keys; those that end first, should there be very many. */
static void
put_certificates(struct signumd_app *app, struct signumd_db *db, struct signum_buf *out)
{
    static const char *const files[] = {SIGNUMD_FILE_TLS_CERT, SIGNUMD_FILE_CA_CERT};
    struct sqlite3_stmt *query = NULL;

    signumd_metrics_begin(out, EXPIRY, "gauge", "When a certificate ends, in seconds since 1970.");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct signum_buf pem;
        signum_buf_init(&pem, PEM_MAX);
        if (signumd_state_has(app->state, files[i]) &&
            signumd_state_read(app->state, files[i], &pem) == SIGNUM_OK)
            put_expiry(out, files[i], signum_bytes_of_buf(&pem));
        signum_buf_clear(&pem);
    }
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT 'key ' || k.name, c.der FROM keys k JOIN certificates c ON c.key_id = k.id"
        " WHERE c.position = 0 ORDER BY k.name LIMIT ?",
        "i", (int64_t)CERTIFICATES_MAX);
    while (status == SIGNUM_OK) {
        status = signumd_db_next(db, query);
        if (status == SIGNUM_OK)
            put_expiry(out, signumd_db_text(query, 0), signumd_db_bytes(query, 1));
    }
    signumd_db_end(&query);
}

static void
put_database(struct signumd_db *db, struct signum_buf *out)
{
    static const struct {
        const char *name;
        const char *help;
        const char *sql;
    } rows[] = {
        {"signumd_audit_records", "Records in the audit log.",
            "SELECT coalesce(max(idx), -1) + 1 FROM audit"},
        {"signumd_keys", "Keys that the service knows.", "SELECT count(*) FROM keys"},
        {"signumd_leftover_key_pairs", "Key pairs of deleted keys that are still in the token.",
            "SELECT count(*) FROM leftovers"},
        {"signumd_stored_answers", "Answers kept for requests that are sent again.",
            "SELECT count(*) FROM answers"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = 0;
        if (signumd_db_get_number(db, &value, rows[i].sql, "") == SIGNUM_OK)
            put_gauge(out, rows[i].name, rows[i].help, (double)value);
    }
}

/* Only where there is a collector. */
static void
put_backlog(struct signumd_app *app, struct signumd_db *db, struct signum_buf *out)
{
    int64_t count = 0;

    if (app->state->settings.syslog_address[0] != '\0' &&
        signumd_forwarder_backlog(db, &count) == SIGNUM_OK)
        put_gauge(out, "signumd_syslog_backlog_records",
            "Audit records that the collector of syslog messages does not have for sure yet.",
            (double)count);
}

void
signumd_api_collect_metrics(void *context, struct signum_buf *out)
{
    struct signumd_app *app = context;
    struct signumd_hsm_gauges hsm;

    signumd_metrics_begin(out, "signumd_build_info", "gauge", "1, with the version as a label.");
    signumd_metrics_put(out, "signumd_build_info", "version", SIGNUM_VERSION, 1);
    signumd_metrics_write(out);
    put_gauge(out, "signumd_http_requests_in_flight", "Requests under way.",
        atomic_load(&app->request_count));
    put_gauge(out, "signumd_draining", "1 when the service is about to end.",
        atomic_load(&app->is_draining));
    signumd_hsm_look(app->hsm, &hsm);
    put_gauge(out, "signumd_hsm_connected", "1 if the service is logged in.", hsm.is_connected);
    put_gauge(out, "signumd_hsm_pin_refused", "1 if the PIN is wrong and not tried any more.",
        hsm.is_pin_refused);
    put_gauge(
        out, "signumd_hsm_sessions_used", "Sessions that are at work.", (double)hsm.used_count);
    put_gauge(out, "signumd_hsm_sessions_max", "Most sessions at once.", (double)hsm.max);
    struct signumd_db *db = signumd_db_take(app->databases);
    put_database(db, out);
    put_backlog(app, db, out);
    put_certificates(app, db, out);
    signumd_db_give(app->databases, db);
    signumd_metrics_write_process(out);
}
