#ifndef SIGNUMD_AUDIT_EXPORT_H
#define SIGNUMD_AUDIT_EXPORT_H

#include "audit/audit.h"
#include "base/state.h"

/* Records as other programs read them. docs/audit.md describes the formats. */

#define SIGNUMD_SYSLOG_FACILITY 13 /* "log audit" (RFC 5424 section 6.2.1) */

enum signumd_export_format {
    SIGNUMD_EXPORT_JSONL, /* with all that a verification needs: a proof per record if filtered */
    SIGNUMD_EXPORT_CSV,   /* RFC 4180 */
    SIGNUMD_EXPORT_SYSLOG /* RFC 5424, each message with its length as in RFC 5425 */
};

struct signumd_export {
    enum signumd_export_format format;
    unsigned facility; /* of syslog */
    struct signumd_audit_filter filter;
    /* Takes the next piece. Its failure ends the export. */
    enum signum_status (*put)(void *context, struct signum_bytes bytes);
    void *context;
};

/* Exports the log as it is at one moment. */
enum signum_status signumd_audit_export(const struct signumd_state *state, struct signumd_db *db,
    const struct signumd_export *wanted) SIGNUM_MUST_USE;

/* Outcome of a check of an export as JSON lines. */
struct signumd_export_report {
    struct signumd_audit_report log; /* of the records in the file */
    bool is_complete;                /* the file has the whole log */
    int64_t size;                    /* of the log that the checkpoint in the file is of */
};

/*
 * Verifies an export without the service: that the key has signed the checkpoint at its end, and
 * that the records are those of the checkpoint. With a `witness` (NULL: none) the export has to be
 * complete, else SIGNUM_NOT_SUPPORTED. SIGNUM_OK if it could be done; what was found is in the
 * report.
 */
enum signum_status signumd_export_verify(const char *path, const struct signumd_note_key *key,
    const struct signumd_checkpoint *witness,
    struct signumd_export_report *report_out) SIGNUM_MUST_USE;

/* Appends one record as a line of CSV, or the line of the column names. */
enum signum_status signumd_csv_put(
    struct signum_buf *out, int64_t index, const char *record) SIGNUM_MUST_USE;
void signumd_csv_put_head(struct signum_buf *out);

/* Appends one record as a syslog message behind its length. */
enum signum_status signumd_syslog_put(
    struct signum_buf *out, unsigned facility, int64_t index, const char *record) SIGNUM_MUST_USE;

#endif
