#include "webhooks/webhooks.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "core/base64.h"

#define EVENTS_TEXT_MAX 4096
#define SECRET_PREFIX "whsec_"

void
signumd_webhook_clear(struct signumd_webhook *webhook)
{
    signumd_texts_clear(&webhook->events);
    memset(webhook, 0, sizeof *webhook);
}

const char *
signumd_webhook_check_url(const char *url)
{
    static const char start[] = "https://";
    const size_t len = strlen(url);

    if (len > SIGNUMD_WEBHOOK_URL_MAX)
        return "is too long";
    if (strncmp(url, start, sizeof start - 1) != 0)
        return "must begin with https://";
    for (size_t i = 0; i < len; i++)
        if (url[i] <= 0x20 || url[i] > 0x7e || strchr("\"<>\\^`{|}", url[i]) != NULL)
            return "has a character that no URL has";
    const char *host = url + sizeof start - 1;
    size_t host_len = strcspn(host, "/?#");
    if (host_len == 0 || host[0] == ':')
        return "has no host";
    if (memchr(host, '@', host_len) != NULL)
        return "must not have a user or password";
    return strchr(url, '#') == NULL ? NULL : "must not have a fragment";
}

const char *
signumd_webhook_check_event(const char *pattern)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-_";
    const size_t first = strspn(pattern, letters);
    const size_t len = strlen(pattern);

    if (strcmp(pattern, "*") == 0)
        return NULL;
    if (len >= SIGNUMD_WEBHOOK_EVENT_MAX || first == 0 || pattern[first] != '.')
        return "must be an event like request.created, or request.*, or *";
    const char *second = pattern + first + 1;
    if (strcmp(second, "*") == 0)
        return NULL;
    if (second[0] == '\0' || strspn(second, letters) != strlen(second))
        return "must be an event like request.created, or request.*, or *";
    return NULL;
}

bool
signumd_webhook_wants(const char *pattern, const char *event)
{
    const size_t len = strlen(pattern);

    if (len > 0 && pattern[len - 1] == '*')
        return strncmp(pattern, event, len - 1) == 0;
    return strcmp(pattern, event) == 0;
}

static enum signum_status
check(const struct signumd_webhook *webhook)
{
    if (!signumd_name_is_valid(webhook->name) || signumd_webhook_check_url(webhook->url) != NULL ||
        webhook->events.count == 0 || webhook->events.count > SIGNUMD_WEBHOOK_EVENTS_MAX)
        return SIGNUM_INVALID_ARGUMENT;
    for (size_t i = 0; i < webhook->events.count; i++)
        if (signumd_webhook_check_event(webhook->events.items[i]) != NULL)
            return SIGNUM_INVALID_ARGUMENT;
    return SIGNUM_OK;
}

/* The patterns one behind the other with blanks between them. */
static void
put_events(struct signum_buf *text, const struct signumd_texts *events)
{
    for (size_t i = 0; i < events->count; i++)
        signum_buf_printf(text, "%s%s", i == 0 ? "" : " ", events->items[i]);
}

static enum signum_status
insert(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_webhook *webhook, const char *events, struct signum_bytes secret)
{
    int64_t count = 0;
    enum signum_status status =
        signumd_db_get_number(db, &count, "SELECT count(*) FROM webhooks", "");

    if (status == SIGNUM_OK && count >= SIGNUMD_WEBHOOKS_MAX)
        status = SIGNUM_TOO_LARGE;
    if (status == SIGNUM_OK)
        status = signumd_db_run(db,
            "INSERT INTO webhooks (name, url, events, ca_file, secret, created, seen)"
            " VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(idx), -1) FROM audit))",
            "ttttbi", webhook->name, webhook->url, events,
            webhook->ca_file[0] == '\0' ? NULL : webhook->ca_file, secret,
            signumd_timestamp_seconds());
    if (status != SIGNUM_OK)
        return status;
    return signumd_audit_change(db, actor, "webhook.add", "name", webhook->name, "url",
        webhook->url, "events", events, NULL);
}

static enum signum_status
make_secret(uint8_t secret[SIGNUMD_WEBHOOK_SECRET_LEN], char text_out[SIGNUMD_WEBHOOK_SECRET_SIZE])
{
    struct signum_buf text;

    enum signum_status status = signumd_crypto_random(secret, SIGNUMD_WEBHOOK_SECRET_LEN);
    signum_buf_init_secret(&text, SIGNUMD_WEBHOOK_SECRET_SIZE);
    signum_buf_put_text(&text, SECRET_PREFIX);
    signum_base64_encode(&text, (struct signum_bytes){secret, SIGNUMD_WEBHOOK_SECRET_LEN});
    if (status == SIGNUM_OK)
        status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        (void)snprintf(text_out, SIGNUMD_WEBHOOK_SECRET_SIZE, "%s", signum_buf_text(&text));
    signum_buf_clear(&text);
    return status;
}

enum signum_status
signumd_webhooks_add(struct signumd_db *db, const struct signumd_actor *actor,
    const struct signumd_webhook *webhook, char secret_out[SIGNUMD_WEBHOOK_SECRET_SIZE])
{
    uint8_t secret[SIGNUMD_WEBHOOK_SECRET_LEN];
    struct signum_buf events;
    enum signum_status status = check(webhook);

    secret_out[0] = '\0';
    if (status != SIGNUM_OK)
        return status;
    signum_buf_init(&events, EVENTS_TEXT_MAX);
    put_events(&events, &webhook->events);
    status = signum_buf_status(&events);
    if (status == SIGNUM_OK)
        status = make_secret(secret, secret_out);
    if (status == SIGNUM_OK)
        status = signumd_db_begin(db);
    if (status == SIGNUM_OK)
        status = signumd_db_finish(db, insert(db, actor, webhook, signum_buf_text(&events),
                                           (struct signum_bytes){secret, sizeof secret}));
    if (status != SIGNUM_OK)
        signum_wipe(secret_out, SIGNUMD_WEBHOOK_SECRET_SIZE);
    signum_wipe(secret, sizeof secret);
    signum_buf_clear(&events);
    return status;
}

static enum signum_status
remove_in(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    enum signum_status status =
        signumd_db_run(db, "DELETE FROM webhooks WHERE name = ?", "t", name);

    if (status != SIGNUM_OK)
        return status;
    return signumd_audit_change(db, actor, "webhook.remove", "name", name, NULL);
}

enum signum_status
signumd_webhooks_remove(struct signumd_db *db, const struct signumd_actor *actor, const char *name)
{
    enum signum_status status = signumd_db_begin(db);

    if (status != SIGNUM_OK)
        return status;
    return signumd_db_finish(db, remove_in(db, actor, name));
}

#define COLUMNS                                                                                    \
    "SELECT name, url, events, ca_file, created,"                                                  \
    " (SELECT count(*) FROM deliveries d WHERE d.webhook = w.name AND d.state = 'waiting'),"       \
    " (SELECT count(*) FROM deliveries d WHERE d.webhook = w.name AND d.state = 'dead')"           \
    " FROM webhooks w "

static void
write_events(const char *events, struct signumd_json_writer *writer)
{
    char event[SIGNUMD_WEBHOOK_EVENT_MAX];

    signumd_json_begin(writer, "events", '[');
    while (*events != '\0') {
        size_t len = strcspn(events, " ");
        (void)snprintf(event, sizeof event, "%.*s", (int)len, events);
        signumd_json_put_text(writer, NULL, event);
        events += len;
        events += strspn(events, " ");
    }
    signumd_json_end(writer, ']');
}

static void
write_row(struct sqlite3_stmt *query, const char *secret, struct signumd_json_writer *writer)
{
    char created[SIGNUMD_TIMESTAMP_SIZE];

    signumd_timestamp_format(signumd_db_number(query, 4), created);
    signumd_json_begin(writer, NULL, '{');
    signumd_json_put_text(writer, "name", signumd_db_text(query, 0));
    signumd_json_put_text(writer, "url", signumd_db_text(query, 1));
    write_events(signumd_db_text(query, 2), writer);
    signumd_json_put_text(
        writer, "ca_file", signumd_db_is_null(query, 3) ? NULL : signumd_db_text(query, 3));
    signumd_json_put_text(writer, "created", created);
    signumd_json_put_number(writer, "waiting", signumd_db_number(query, 5));
    signumd_json_put_number(writer, "dead", signumd_db_number(query, 6));
    if (secret != NULL)
        signumd_json_put_text(writer, "secret", secret);
    signumd_json_end(writer, '}');
}

enum signum_status
signumd_webhooks_write_new(
    struct signumd_db *db, const char *name, const char *secret, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query, COLUMNS "WHERE w.name = ?", "t", name);

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    if (status == SIGNUM_OK)
        write_row(query, secret, writer);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_NOT_FOUND : status;
}

enum signum_status
signumd_webhooks_write(struct signumd_db *db, const char *name, struct signumd_json_writer *writer)
{
    return signumd_webhooks_write_new(db, name, NULL, writer);
}

enum signum_status
signumd_webhooks_write_list(struct signumd_db *db, struct signumd_json_writer *writer)
{
    struct sqlite3_stmt *query = NULL;
    enum signum_status status = signumd_db_query(db, &query, COLUMNS "ORDER BY name", "");

    if (status == SIGNUM_OK)
        status = signumd_db_next(db, query);
    for (; status == SIGNUM_OK; status = signumd_db_next(db, query))
        write_row(query, NULL, writer);
    signumd_db_end(&query);
    return status == SIGNUM_NO_MORE_ITEMS ? SIGNUM_OK : status;
}
