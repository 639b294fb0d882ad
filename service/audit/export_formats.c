#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_export.h"

#define NIL "-"
#define HOST_MAX 255
#define MESSAGE_MAX ((size_t)128 * 1024)
#define WARNING 4
#define NOTICE 5

/* Members of a record that have a column; verified.address is one too. */
static const char *const columns[] = {"time", "action", "user", "token", "request", "key",
    "version", "scheme", "hash", "digest", "decision", "rule", "reason", "outcome", "error"};

#define COLUMN_COUNT (sizeof columns / sizeof columns[0])

/*
 * Always in quotes (RFC 4180 section 2). A text that a spreadsheet would take for a formula gets
 * an apostrophe in front.
 */
static void
put_field(struct signum_buf *out, const char *text)
{
    signum_buf_put_byte(out, '"');
    if (text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL)
        signum_buf_put_byte(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            signum_buf_put_byte(out, '"');
        signum_buf_put_byte(out, (uint8_t)*text);
    }
    signum_buf_put_byte(out, '"');
}

void
signumd_csv_put_head(struct signum_buf *out)
{
    signum_buf_put_text(out, "\"index\"");
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        signum_buf_printf(out, ",\"%s\"", columns[i]);
    signum_buf_put_text(out, ",\"address\",\"record\"\r\n");
}

/* A member's text or number; nothing if it is absent or null. */
static const char *
show(struct signumd_json_reader *reader, const char *name, char *space, size_t size)
{
    const char *text = signumd_json_show(reader, name, space, size);

    return strcmp(text, NIL) == 0 ? "" : text;
}

enum signum_status
signumd_csv_put(struct signum_buf *out, int64_t index, const char *record)
{
    struct cJSON *document = NULL;
    struct signumd_json_reader reader;
    struct signumd_json_reader verified;
    char space[32];
    enum signum_status status = signumd_json_parse(signum_bytes_of_text(record), &document);

    if (status != SIGNUM_OK)
        return status;
    signumd_json_reader_init(&reader, document);
    signum_buf_printf(out, "\"%lld\"", (long long)index);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        signum_buf_put_byte(out, ',');
        put_field(out, show(&reader, columns[i], space, sizeof space));
    }
    signumd_json_reader_init(&verified, signumd_json_get_object(&reader, "verified"));
    signum_buf_put_byte(out, ',');
    put_field(out, verified.object == NULL ? "" : show(&verified, "address", space, sizeof space));
    signum_buf_put_byte(out, ',');
    put_field(out, record);
    signum_buf_put_text(out, "\r\n");
    signumd_json_free(&document);
    return signum_buf_status(out);
}

/* Printable ASCII only, as RFC 5424 section 6 has it. */
static void
read_host(char host_out[HOST_MAX + 1])
{
    memset(host_out, 0, HOST_MAX + 1);
    if (gethostname(host_out, HOST_MAX) != 0 || host_out[0] == '\0')
        (void)snprintf(host_out, HOST_MAX + 1, NIL);
    for (size_t i = 0; host_out[i] != '\0'; i++)
        if (host_out[i] < 0x21 || host_out[i] > 0x7e)
            host_out[i] = '?';
}

/* Notice, or warning for what was denied or has failed. */
static unsigned
severity_of(struct signumd_json_reader *reader)
{
    char space[32];
    const char *decision = show(reader, "decision", space, sizeof space);

    if (strcmp(decision, "deny") == 0)
        return WARNING;
    return show(reader, "error", space, sizeof space)[0] == '\0' ? NOTICE : WARNING;
}

enum signum_status
signumd_syslog_put(struct signum_buf *out, unsigned facility, int64_t index, const char *record)
{
    struct cJSON *document = NULL;
    struct signumd_json_reader reader;
    struct signum_buf message;
    char host[HOST_MAX + 1];
    char space[32];
    char time[SIGNUMD_TIMESTAMP_SIZE];
    enum signum_status status = signumd_json_parse(signum_bytes_of_text(record), &document);

    if (status != SIGNUM_OK)
        return status;
    signumd_json_reader_init(&reader, document);
    read_host(host);
    if (!signumd_timestamp_normalize(show(&reader, "time", space, sizeof space), time))
        (void)snprintf(time, sizeof time, NIL);
    signum_buf_init(&message, MESSAGE_MAX);
    /* HEADER without PROCID, the index as MSGID, no structured data, and MSG */
    signum_buf_printf(&message, "<%u>1 %s %s signumd " NIL " %lld " NIL " %s",
        facility * 8 + severity_of(&reader), time, host, (long long)index, record);
    status = signum_buf_status(&message);
    signum_buf_printf(out, "%zu ", message.len);
    signum_buf_put(out, message.data, message.len);
    signum_buf_clear(&message);
    signumd_json_free(&document);
    return status == SIGNUM_OK ? signum_buf_status(out) : status;
}
