#include <stdio.h>
#include <string.h>

#include "webhooks/webhooks.h"

/* Which audit records somebody is told of, and under what name. */

#define TEXT_MAX 256

struct row {
    const char *action;
    const char *member; /* NULL, or one that has to be there */
    const char *value;  /* NULL: any */
    const char *event;
};

static const struct row rows[] = {
    {"request.create", NULL, NULL, "request.created"},
    {"request.approve", "state", "approved", "request.approved"},
    {"request.reject", NULL, NULL, "request.rejected"},
    {"request.cancel", NULL, NULL, "request.cancelled"},
    {"request.expire", NULL, NULL, "request.expired"},
    {"sign", "approval", NULL, "request.signed"},
    {"ca.issue", NULL, NULL, "certificate.issued"},
    {"ca.revoke", NULL, NULL, "certificate.revoked"},
    {"cert.import", NULL, NULL, "certificate.imported"},
    {"cert.remove", NULL, NULL, "certificate.removed"},
    {"release.create", NULL, NULL, "release.created"},
    {"release.approve", "state", "active", "release.approved"},
    {"release.reject", NULL, NULL, "release.rejected"},
    {"release.revoke", NULL, NULL, "release.revoked"},
};

/* Of these kinds every action is an event under its own name. */
static const char *const kinds[] = {"key.", "pin.", "certificate."};

static bool
fits(const struct row *row, struct signumd_json_reader *reader)
{
    if (row->member == NULL)
        return true;
    const char *text = signumd_json_get_text(reader, row->member, false, TEXT_MAX);
    return text != NULL && (row->value == NULL || strcmp(text, row->value) == 0);
}

static const char *
find(const char *action, struct signumd_json_reader *reader)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].action, action) == 0)
            return fits(&rows[i], reader) ? rows[i].event : "";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(kinds[i], action, strlen(kinds[i])) == 0)
            return action;
    return "";
}

enum signum_status
signumd_webhook_event_of(const char *record, char event_out[SIGNUMD_WEBHOOK_EVENT_MAX])
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    event_out[0] = '\0';
    enum signum_status status = signumd_json_parse(signum_bytes_of_text(record), &object);
    if (status != SIGNUM_OK)
        return status;
    signumd_json_reader_init(&reader, object);
    const char *action = signumd_json_get_text(&reader, "action", false, TEXT_MAX);
    const char *outcome = signumd_json_get_text(&reader, "outcome", false, TEXT_MAX);
    const char *decision = signumd_json_get_text(&reader, "decision", false, TEXT_MAX);
    if (action != NULL && (outcome == NULL || strcmp(outcome, "signed") == 0) &&
        (decision == NULL || strcmp(decision, "deny") != 0))
        (void)snprintf(event_out, SIGNUMD_WEBHOOK_EVENT_MAX, "%s", find(action, &reader));
    signumd_json_free(&object);
    return SIGNUM_OK;
}
