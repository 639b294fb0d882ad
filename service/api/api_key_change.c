#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "http/http.h"
#include "keys/owners.h"
#include "policy/policy.h"

#define KEY_MANAGERS                                                                               \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER))

static const char *
take_flag(void *context, const char *text)
{
    struct signumd_key_change *change = context;
    enum signumd_key_flag flag;

    if (!signumd_key_flag_from_name(text, &flag))
        return "is not a flag of keys";
    change->has_flags = true;
    change->flags |= SIGNUMD_KEY_FLAG_BIT(flag);
    return NULL;
}

static void
read_state(struct signumd_json_reader *reader, struct signumd_key_change *change)
{
    const char *state = signumd_json_get_text(reader, "state", false, 16);

    if (state == NULL)
        return;
    change->has_state = true;
    change->is_enabled = strcmp(state, "enabled") == 0;
    if (!change->is_enabled && strcmp(state, "disabled") != 0)
        signumd_json_refuse(reader, "state", "must be enabled or disabled");
}

static void
read_expiry(struct signumd_json_reader *reader, struct signumd_key_change *change)
{
    const char *text = signumd_json_get_text(reader, "expires", false, 32);

    if (text == NULL)
        return;
    change->has_expires = true;
    if (strcmp(text, "never") != 0 && !signumd_time_read(text, &change->expires))
        signumd_json_refuse(reader, "expires", "must be like 2026-01-31T12:00:00Z, or never");
}

static void
read_owner(struct signumd_json_reader *reader, struct signumd_key_change *change)
{
    const char *owner = signumd_json_get_text(reader, "owner", false, SIGNUMD_OWNER_SIZE - 1);

    if (owner == NULL)
        return;
    change->has_owner = true;
    if (strcmp(owner, "none") == 0)
        return;
    if (!signumd_owner_is_valid(owner))
        signumd_json_refuse(reader, "owner", "must be user:NAME, group:NAME or none");
    else
        (void)snprintf(change->owner, sizeof change->owner, "%s", owner);
}

static const char *
take_group(void *context, const char *text)
{
    struct signumd_texts *groups = context;

    if (!signumd_name_is_valid(text))
        return "must be 1 to 64 of A-Z a-z 0-9 . _ -";
    return signumd_texts_add(groups, text) == SIGNUM_OK ? NULL : "is too much to remember";
}

static void
read_labels(struct signumd_json_reader *reader, struct signumd_key_change *change)
{
    const char *description =
        signumd_json_get_text(reader, "description", false, SIGNUMD_KEY_DESCRIPTION_MAX);

    read_owner(reader, change);
    change->has_description = description != NULL;
    if (description != NULL)
        (void)snprintf(change->description, sizeof change->description, "%s", description);
    change->has_groups = signumd_json_has(reader, "groups");
    if (!signumd_json_is_empty_array(reader, "groups"))
        signumd_json_get_list(
            reader, "groups", SIGNUMD_KEY_GROUPS_MAX, take_group, &change->groups);
}

static void
read_members(struct signumd_json_reader *reader, struct signumd_key_change *change)
{
    static const char *const names[] = {
        "state", "version", "expires", "flags", "owner", "description", "groups"};

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    read_state(reader, change);
    change->version = signumd_json_get_number(reader, "version", 1, 1000000000, 0);
    if (change->version != 0 && !change->has_state)
        signumd_json_refuse(reader, "version", "goes with state only");
    read_expiry(reader, change);
    read_labels(reader, change);
    if (signumd_json_is_empty_array(reader, "flags"))
        change->has_flags = true;
    else
        signumd_json_get_list(reader, "flags", SIGNUMD_KEY_FLAG_COUNT, take_flag, change);
}

/* False after having answered. */
static bool
read_body(struct signumd_request *request, struct signumd_key_change *change)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    read_members(&reader, change);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    signumd_json_free(&object);
    return reader.failure == SIGNUM_OK;
}

static void
reply(struct signumd_request *request, enum signum_status status)
{
    struct signumd_json_writer writer = {&request->answer, false};
    struct signumd_key key;

    if (status == SIGNUM_BAD_KEY_STATE) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_PIN_NOT_SET,
            "The key %s has no PIN that could be demanded", request->name);
        return;
    }
    if (status == SIGNUM_NOT_FOUND) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_KEY_NOT_FOUND,
            "The key %s has no such old version", request->name);
        return;
    }
    if (status == SIGNUM_INVALID_ARGUMENT) {
        signumd_reply_bad_field(request, "owner", "is no user or group that is known here");
        return;
    }
    signumd_key_init(&key);
    if (status == SIGNUM_OK)
        status = signumd_keys_find(request->db, request->name, &key);
    if (status == SIGNUM_OK)
        status = signumd_key_write(&key, &writer);
    if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_KEY_NOT_FOUND, "There is no key %s", request->name);
    else
        signumd_reply_json(request, status);
    signumd_key_clear(&key);
}

/* Who only owns the key decides neither whose it is nor what policies and signers go by. */
static bool
check_owner(struct signumd_request *request, const struct signumd_key_change *change)
{
    if (signumd_user_has(&request->user, KEY_MANAGERS) ||
        (!change->has_owner && !change->has_groups && !change->has_flags))
        return true;
    request->cause = "owner";
    signumd_reply_problem(request, SIGNUMD_PROBLEM_DENIED,
        "The owner of a key may not change its owner, groups or flags");
    return false;
}

void
signumd_api_change_key(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_key_change change;

    memset(&change, 0, sizeof change);
    if (read_body(request, &change) && check_owner(request, &change))
        reply(request, signumd_keys_change(request->db, &actor, request->name, &change));
    signumd_texts_clear(&change.groups);
}
