#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "cmd/cli.h"
#include "webhooks/deliveries.h"

#define PAGE 500

/* Whose deliveries are listed; the writers of lists have no context of their own. */
static const char *list_name;
static const char *list_state;

static bool
fill(struct signumd_webhook *webhook, const char *name, const char *url, const char *ca_file,
    const struct signumd_many *events)
{
    (void)snprintf(webhook->name, sizeof webhook->name, "%s", name);
    (void)snprintf(webhook->url, sizeof webhook->url, "%s", url);
    if (ca_file != NULL)
        (void)snprintf(webhook->ca_file, sizeof webhook->ca_file, "%s", ca_file);
    for (size_t i = 0; i < events->count; i++) {
        const char *fault = signumd_webhook_check_event(events->items[i]);
        if (fault != NULL) {
            signumd_log(SIGNUMD_LOG_ERROR, "--event %s: it %s", events->items[i], fault);
            return false;
        }
        if (signumd_texts_add(&webhook->events, events->items[i]) != SIGNUM_OK)
            return false;
    }
    const char *fault = signumd_webhook_check_url(url);
    if (fault != NULL)
        signumd_log(SIGNUMD_LOG_ERROR, "--url %s", fault);
    return fault == NULL && strlen(name) <= SIGNUMD_NAME_MAX &&
           (ca_file == NULL || (ca_file[0] == '/' && strlen(ca_file) <= SIGNUMD_WEBHOOK_PATH_MAX));
}

static int
add(struct signumd_state *state, const struct signumd_webhook *webhook)
{
    char secret[SIGNUMD_WEBHOOK_SECRET_SIZE];
    int code =
        signumd_cli_report(signumd_webhooks_add(state->db, &signumd_actor_local, webhook, secret),
            "webhook %s was not added", webhook->name);

    if (code == 0)
        (void)printf("webhook %s: %s\nIts secret is shown this once. The receiver checks the "
                     "signatures with it.\n",
            webhook->name, secret);
    signum_wipe(secret, sizeof secret);
    return code;
}

static int
run_add(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *url = NULL;
    const char *ca_file = NULL;
    const char *name = NULL;
    struct signumd_many events = {.count = 0};
    struct signumd_webhook webhook;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"url", &url, NULL, NULL},
        {"event", NULL, NULL, &events},
        {"ca-file", &ca_file, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    memset(&webhook, 0, sizeof webhook);
    if (code == 0 && (url == NULL || events.count == 0))
        code = signumd_cli_usage(verb, "--url and at least one --event are needed");
    if (code == 0 && !fill(&webhook, name, url, ca_file, &events))
        code = signumd_cli_usage(verb, "the name, URL, event or CA file is not valid");
    if (code == 0)
        code = add(&state, &webhook);
    signumd_webhook_clear(&webhook);
    signumd_state_close(&state);
    return code;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"name", "created", "waiting", "dead", "url", NULL};
    const char *folder = NULL;
    bool is_json = false;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code == 0)
        code = is_json ? signumd_cli_print_json("webhooks", state.db, signumd_webhooks_write_list)
                       : signumd_cli_print_table(columns, state.db, signumd_webhooks_write_list);
    signumd_state_close(&state);
    return code;
}

enum change { CHANGE_REMOVE, CHANGE_TEST, CHANGE_RETRY };

static int
run_change(const struct signumd_verb *verb, int argc, char **argv, enum change change)
{
    static const char *const done[] = {
        "removed", "will be sent a test", "will be sent again what it did not take"};
    const char *folder = NULL;
    const char *name = NULL;
    const int64_t now = signumd_timestamp_seconds();
    struct signumd_state state;
    enum signum_status status = SIGNUM_OK;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0 && change == CHANGE_REMOVE)
        status = signumd_webhooks_remove(state.db, &signumd_actor_local, name);
    if (code == 0 && change == CHANGE_TEST)
        status = signumd_deliveries_test(state.db, &signumd_actor_local, name, now);
    if (code == 0 && change == CHANGE_RETRY)
        status = signumd_deliveries_retry(state.db, &signumd_actor_local, name, now);
    if (code == 0)
        code = signumd_cli_report(status, "nothing was done with webhook %s", name);
    if (code == 0)
        (void)printf("webhook %s: %s\n", name, done[change]);
    signumd_state_close(&state);
    return code;
}

static int
run_remove(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, CHANGE_REMOVE);
}

static int
run_test(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, CHANGE_TEST);
}

static int
run_retry(const struct signumd_verb *verb, int argc, char **argv)
{
    return run_change(verb, argc, argv, CHANGE_RETRY);
}

static enum signum_status
write_deliveries(struct signumd_db *db, struct signumd_json_writer *writer)
{
    int64_t after = 0;
    enum signum_status status = SIGNUM_OK;

    do {
        int64_t next = 0;
        status =
            signumd_deliveries_write_page(db, list_name, list_state, after, PAGE, writer, &next);
        after = next;
    } while (status == SIGNUM_OK && after > 0);
    return status;
}

static int
run_deliveries(const struct signumd_verb *verb, int argc, char **argv)
{
    static const char *const columns[] = {"created", "event", "state", "attempts", "error", NULL};
    const char *folder = NULL;
    bool is_json = false;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"status", &list_state, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &list_name, 1, &state);

    if (code == 0)
        code = is_json ? signumd_cli_print_json("deliveries", state.db, write_deliveries)
                       : signumd_cli_print_table(columns, state.db, write_deliveries);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_webhook[] = {
    {"webhook add", "--state DIR NAME --url URL --event EVENT... [--ca-file FILE]",
        "Tells a receiver of what happens from now on, by POST, signed as Standard Webhooks says, "
        "and\n"
        "prints the secret for it.\n\n"
        "  --url URL            https only\n"
        "  --event EVENT        request.created, request.*, key.* and so on, or *; repeatable\n"
        "  --ca-file FILE       absolute path of the CA certificates to trust; else the "
        "system's\n\n"
        "Example: signumd webhook add --state /var/lib/signumd chat \\\n"
        "             --url https://chat.example.com/hook --event 'request.*'",
        run_add},
    {"webhook list", "--state DIR [--json]",
        "Lists the webhooks, and how many events wait for each or were given up.\n\n"
        "Example: signumd webhook list --state /var/lib/signumd",
        run_list},
    {"webhook test", "--state DIR NAME",
        "Sends a webhook the event webhook.test, when the service runs.\n\n"
        "Example: signumd webhook test --state /var/lib/signumd chat",
        run_test},
    {"webhook deliveries", "--state DIR NAME [--status waiting|delivered|dead] [--json]",
        "Lists what was or is to be sent to a webhook.\n\n"
        "Example: signumd webhook deliveries --state /var/lib/signumd chat --status dead",
        run_deliveries},
    {"webhook retry", "--state DIR NAME",
        "Sends again what was given up.\n\n"
        "Example: signumd webhook retry --state /var/lib/signumd chat",
        run_retry},
    {"webhook remove", "--state DIR NAME",
        "Removes a webhook and what was to be sent to it.\n\n"
        "Example: signumd webhook remove --state /var/lib/signumd chat",
        run_remove},
    {NULL, NULL, NULL, NULL},
};
