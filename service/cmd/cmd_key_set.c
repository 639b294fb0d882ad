#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cli.h"
#include "keys/owners.h"
#include "policy/policy.h"

/* Names with commas between them, or "none". */
static bool
read_flags(const char *text, struct signumd_key_change *change)
{
    char name[32];

    change->has_flags = true;
    if (strcmp(text, "none") == 0)
        return true;
    for (;;) {
        size_t len = strcspn(text, ",");
        enum signumd_key_flag flag;
        if (len == 0 || len >= sizeof name)
            return false;
        (void)snprintf(name, sizeof name, "%.*s", (int)len, text);
        if (!signumd_key_flag_from_name(name, &flag))
            return false;
        change->flags |= SIGNUMD_KEY_FLAG_BIT(flag);
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

/* "none" is nobody. False if it is no owner. */
static bool
read_owner(const char *text, struct signumd_key_change *change)
{
    change->has_owner = true;
    if (strcmp(text, "none") == 0)
        return true;
    if (!signumd_owner_is_valid(text))
        return false;
    (void)snprintf(change->owner, sizeof change->owner, "%s", text);
    return true;
}

/* 0, or the exit code after saying what is wrong. */
static int
read_labels(const struct signumd_verb *verb, const char *owner, const char *description,
    struct signumd_key_change *change)
{
    if (owner != NULL && !read_owner(owner, change))
        return signumd_cli_usage(verb, "--owner is user:NAME, group:NAME or none");
    change->has_description = description != NULL;
    if (description == NULL)
        return 0;
    if (strlen(description) > SIGNUMD_KEY_DESCRIPTION_MAX)
        return signumd_cli_usage(
            verb, "--description has at most %d bytes", SIGNUMD_KEY_DESCRIPTION_MAX);
    (void)snprintf(change->description, sizeof change->description, "%s", description);
    return 0;
}

static int
run_set(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *flags = NULL;
    const char *expires = NULL;
    const char *owner = NULL;
    const char *description = NULL;
    const char *name = NULL;
    struct signumd_state state;
    struct signumd_key_change change;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"flags", &flags, NULL, NULL},
        {"expires", &expires, NULL, NULL},
        {"owner", &owner, NULL, NULL},
        {"description", &description, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    memset(&change, 0, sizeof change);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0 && flags == NULL && expires == NULL && owner == NULL && description == NULL)
        code = signumd_cli_usage(verb, "nothing is to be set: give an option");
    if (code == 0)
        code = read_labels(verb, owner, description, &change);
    change.has_expires = expires != NULL;
    if (code == 0 && expires != NULL && strcmp(expires, "never") != 0 &&
        !signumd_time_read(expires, &change.expires))
        code = signumd_cli_usage(verb, "--expires is like 2026-01-31T12:00:00Z, or never");
    if (code == 0 && flags != NULL && !read_flags(flags, &change))
        code = signumd_cli_usage(
            verb, "--flags is none, or usageReason and needPin with a comma between them");
    if (code != 0)
        goto out;
    enum signum_status status = signumd_keys_change(state.db, &signumd_actor_local, name, &change);
    if (status == SIGNUM_BAD_KEY_STATE)
        signumd_log(SIGNUMD_LOG_ERROR,
            "key %s has no PIN; set one with: signumd key pin set --state %s %s", name, folder,
            name);
    if (status == SIGNUM_INVALID_ARGUMENT)
        signumd_log(SIGNUMD_LOG_ERROR, "there is no %s here", owner);
    code = signumd_cli_report(status, "key %s was not changed", name);
    if (code == 0)
        (void)printf("key %s is changed\n", name);

out:
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_key_set[] = {
    {"key set",
        "--state DIR NAME [--flags LIST] [--expires TIME] [--owner OWNER] [--description TEXT]",
        "Changes what a key demands of those who sign, how long it signs, and whose it is.\n\n"
        "  --flags LIST       usageReason: a reason; needPin: its PIN; or none\n"
        "  --expires TIME     it signs no more from then on, like 2026-01-31T12:00:00Z; or "
        "never\n"
        "  --owner OWNER      who looks after it: user:NAME or group:NAME (of users); or none\n"
        "  --description TEXT what people are told about it; \"\" for nothing\n\n"
        "Example: signumd key set --state /var/lib/signumd release --flags usageReason,needPin",
        run_set},
    {NULL, NULL, NULL, NULL},
};
