#include "x509/issued.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "x509/x509.h"

#define DAY_S 86400

/* The numbers of RFC 5280 section 5.3.1; there is no 7, and 6 and 8 are not for good. */
static const char *const reasons[] = {"unspecified", "keyCompromise", "cACompromise",
    "affiliationChanged", "superseded", "cessationOfOperation", NULL, NULL, NULL,
    "privilegeWithdrawn"};

#define REASON_COUNT (sizeof reasons / sizeof reasons[0])

/* -1 if there is none. "unspecified" is said by saying nothing. */
static int
reason_number(const char *reason)
{
    for (size_t i = 1; i < REASON_COUNT; i++)
        if (reasons[i] != NULL && strcmp(reasons[i], reason) == 0)
            return (int)i;
    return -1;
}

bool
signumd_revocation_is_reason(const char *reason)
{
    return strcmp(reason, reasons[0]) == 0 || reason_number(reason) > 0;
}

enum signum_status
signumd_issued_add(
    struct signumd_db *db, const struct signumd_actor *actor, const struct signumd_key *key)
{
    struct signumd_certificate certificate;
    char version[24];
    char not_after[SIGNUMD_TIMESTAMP_SIZE];
    enum signum_status status =
        key->chain_count == 0
            ? SIGNUM_NOT_FOUND
            : signumd_certificate_read(signum_bytes_of_buf(&key->chain[0]), &certificate);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_run(db,
        "INSERT INTO issued (serial, key, version, subject, issued, not_after)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        "ttitii", certificate.serial, key->name, key->version, certificate.subject,
        signumd_timestamp_seconds(), certificate.not_after);
    if (status == SIGNUM_KEY_EXISTS)
        return SIGNUM_OK;
    (void)snprintf(version, sizeof version, "%lld", (long long)key->version);
    signumd_timestamp_format(certificate.not_after, not_after);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(db, actor, "ca.issue", "serial", certificate.serial, "key",
            key->name, "version", version, "subject", certificate.subject, "not_after", not_after,
            NULL);
    return status;
}

/*
 * The serial number of the key's certificate, if the demo CA has issued it: maybe before there were
 * records of that, so it gets one.
 */
static enum signum_status
find_of_key(const struct signumd_state *state, const struct signumd_actor *actor, const char *name,
    char serial_out[SIGNUMD_SERIAL_SIZE])
{
    struct signumd_key key;
    struct signumd_certificate certificate;
    struct signum_buf ca;

    signumd_key_init(&key);
    signum_buf_init(&ca, SIGNUMD_PEM_MAX);
    enum signum_status status = signumd_keys_find(state->db, name, &key);
    if (status == SIGNUM_KEY_NOT_FOUND || (status == SIGNUM_OK && key.chain_count == 0))
        status = SIGNUM_NOT_FOUND;
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_CA_CERT, &ca);
    if (status == SIGNUM_OK)
        status =
            signumd_x509_is_issued_by(signum_bytes_of_buf(&key.chain[0]), signum_bytes_of_buf(&ca));
    if (status == SIGNUM_OK)
        status = signumd_issued_add(state->db, actor, &key);
    if (status == SIGNUM_OK)
        status = signumd_certificate_read(signum_bytes_of_buf(&key.chain[0]), &certificate);
    if (status == SIGNUM_OK)
        (void)snprintf(serial_out, SIGNUMD_SERIAL_SIZE, "%s", certificate.serial);
    signum_buf_clear(&ca);
    signumd_key_clear(&key);
    return status;
}

/* As it is on record: in capitals. SIGNUM_NOT_FOUND. */
static enum signum_status
find_serial(struct signumd_db *db, const char *which, char serial_out[SIGNUMD_SERIAL_SIZE])
{
    int64_t one = 0;

    (void)snprintf(serial_out, SIGNUMD_SERIAL_SIZE, "%s", which);
    for (char *at = serial_out; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    return signumd_db_get_number(
        db, &one, "SELECT 1 FROM issued WHERE serial = ?", "t", serial_out);
}

static enum signum_status
revoke(struct signumd_db *db, const struct signumd_actor *actor, const char *serial,
    const char *reason)
{
    enum signum_status status = signumd_db_run(db,
        "UPDATE issued SET revoked = ?, reason = ? WHERE serial = ? AND revoked IS NULL", "itt",
        signumd_timestamp_seconds(), reason, serial);

    if (status == SIGNUM_NOT_FOUND)
        return SIGNUM_KEY_EXISTS;
    if (status == SIGNUM_OK)
        status = signumd_db_run(db, "UPDATE crl SET is_stale = 1", "");
    if (status == SIGNUM_OK)
        status =
            signumd_audit_change(db, actor, "ca.revoke", "serial", serial, "reason", reason, NULL);
    return status;
}

enum signum_status
signumd_issued_revoke(const struct signumd_state *state, const struct signumd_actor *actor,
    const char *which, const char *reason, char serial_out[SIGNUMD_SERIAL_SIZE])
{
    serial_out[0] = '\0';
    if (reason != NULL && !signumd_revocation_is_reason(reason))
        return SIGNUM_INVALID_ARGUMENT;
    enum signum_status status = signumd_db_begin(state->db);
    if (status != SIGNUM_OK)
        return status;
    status = find_serial(state->db, which, serial_out);
    if (status == SIGNUM_NOT_FOUND)
        status = find_of_key(state, actor, which, serial_out);
    if (status == SIGNUM_OK)
        status = revoke(state->db, actor, serial_out, reason == NULL ? reasons[0] : reason);
    return signumd_db_finish(state->db, status);
}

static void
put_time(struct signumd_json_writer *writer, const char *name, int64_t seconds)
{
    char text[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(seconds, text);
    signumd_json_put_text(writer, name, text);
}

static void
write_row(struct sqlite3_stmt *query, int64_t now, struct signumd_json_writer *writer)
{
    bool is_revoked = !signumd_db_is_null(query, 6);

    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "serial", signumd_db_text(query, 0));
    signumd_json_put_text(writer, "key", signumd_db_text(query, 1));
    signumd_json_put_number(writer, "version", signumd_db_number(query, 2));
    signumd_json_put_text(writer, "subject", signumd_db_text(query, 3));
    put_time(writer, "issued", signumd_db_number(query, 4));
    put_time(writer, "not_after", signumd_db_number(query, 5));
    signumd_json_put_text(writer, "state",
        is_revoked ? "revoked" : (signumd_db_number(query, 5) < now ? "expired" : "valid"));
    signumd_json_put_text(writer, "reason", is_revoked ? signumd_db_text(query, 7) : NULL);
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_issued_write(struct signumd_db *db, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query,
        "SELECT serial, key, version, subject, issued, not_after, revoked, reason FROM issued"
        " ORDER BY number",
        "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK) {
        write_row(query, signumd_timestamp_seconds(), writer);
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
read_revoked(struct signumd_db *db, struct signumd_x509_crl *ask)
{
    struct sqlite3_stmt *query = NULL;
    int64_t count = 0;
    enum signum_status status = signumd_db_get_number(
        db, &count, "SELECT count(*) FROM issued WHERE revoked IS NOT NULL", "");

    if (status != SIGNUM_OK)
        return status;
    ask->rows = calloc((size_t)count + 1, sizeof *ask->rows);
    if (ask->rows == NULL)
        return SIGNUM_NO_MEMORY;
    status = signumd_db_query(db, &query,
        "SELECT serial, revoked, reason FROM issued WHERE revoked IS NOT NULL ORDER BY number", "");
    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    while (status == SIGNUM_OK && ask->count < (size_t)count) {
        struct signumd_x509_revoked *row = &ask->rows[ask->count++];
        (void)snprintf(row->serial, sizeof row->serial, "%s", signumd_db_text(query, 0));
        row->time = signumd_db_number(query, 1);
        row->reason = reason_number(signumd_db_text(query, 2));
        status = signumd_db_next(db, query);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}

static enum signum_status
sign_crl(const struct signumd_state *state, const struct signumd_x509_crl *ask,
    struct signum_buf *der_out)
{
    struct signum_buf ca_key;
    struct signum_buf ca_certificate;

    signum_buf_init_secret(&ca_key, SIGNUMD_PEM_MAX);
    signum_buf_init(&ca_certificate, SIGNUMD_PEM_MAX);
    enum signum_status status = signumd_state_read(state, SIGNUMD_FILE_CA_KEY, &ca_key);
    if (status == SIGNUM_OK)
        status = signumd_state_read(state, SIGNUMD_FILE_CA_CERT, &ca_certificate);
    if (status == SIGNUM_OK) {
        const struct signumd_x509_ca ca = {
            signum_bytes_of_buf(&ca_key), signum_bytes_of_buf(&ca_certificate)};
        status = signumd_x509_make_crl(&ca, ask, der_out);
    }
    signum_buf_clear(&ca_certificate);
    signum_buf_clear(&ca_key);
    return status;
}

static enum signum_status
record_crl(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_x509_crl *ask, const struct signum_buf *der)
{
    char number[24];
    char next[SIGNUMD_TIMESTAMP_SIZE];
    enum signum_status status = signumd_db_run(db,
        "UPDATE crl SET number = ?, der = ?, this_update = ?, next_update = ?, is_stale = 0",
        "ibii", ask->number, signum_bytes_of_buf(der), ask->this_update, ask->next_update);

    (void)snprintf(number, sizeof number, "%lld", (long long)ask->number);
    signumd_timestamp_format(ask->next_update, next);
    if (status == SIGNUM_OK)
        status =
            signumd_audit_change(db, actor, "ca.crl", "number", number, "next_update", next, NULL);
    return status;
}

enum signum_status
signumd_crl_make(const struct signumd_state *state, struct signumd_db *db,
    const struct signumd_actor *actor, int64_t days, struct signum_buf *der_out)
{
    const int64_t now = signumd_timestamp_seconds();
    struct signumd_x509_crl ask = {0, now, now + days * DAY_S, NULL, 0};
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    status = signumd_db_get_number(db, &ask.number, "SELECT number + 1 FROM crl", "");
    if (status == SIGNUM_OK)
        status = read_revoked(db, &ask);
    if (status == SIGNUM_OK)
        status = sign_crl(state, &ask, der_out);
    if (status == SIGNUM_OK)
        status = record_crl(db, actor, &ask, der_out);
    free(ask.rows);
    return signumd_db_finish(db, status);
}

/* SIGNUM_NOT_FOUND if there is none. */
static enum signum_status
read_crl(struct signumd_db *db, struct signum_buf *der_out)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status =
        signumd_db_query(db, &query, "SELECT der FROM crl WHERE der IS NOT NULL", "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK) {
        struct signum_bytes der = signumd_db_bytes(query, 0);
        signum_buf_put(der_out, der.data, der.len);
        status = signum_buf_status(der_out);
    }
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_crl_get(const struct signumd_state *state, struct signumd_db *db,
    const struct signumd_actor *actor, struct signum_buf *der_out)
{
    int64_t is_good = 0;
    enum signum_status status = signumd_db_get_number(db, &is_good,
        "SELECT der IS NOT NULL AND is_stale = 0 AND ? < (this_update + next_update) / 2 FROM crl",
        "i", signumd_timestamp_seconds());

    if (status != SIGNUM_OK)
        return status;
    bool can_sign = signumd_state_has(state, SIGNUMD_FILE_CA_KEY) &&
                    signumd_state_has(state, SIGNUMD_FILE_CA_CERT);
    if (is_good == 0 && can_sign)
        return signumd_crl_make(state, db, actor, SIGNUMD_CRL_DAYS, der_out);
    return read_crl(db, der_out);
}
