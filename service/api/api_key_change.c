#include <string.h>

#include "api/api.h"
#include "http/http.h"
#include "policy/policy.h"

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
read_members(struct signumd_json_reader *reader, struct signumd_key_change *change)
{
    static const char *const names[] = {"state", "version", "expires", "flags"};

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    read_state(reader, change);
    change->version = signumd_json_get_number(reader, "version", 1, 1000000000, 0);
    if (change->version != 0 && !change->has_state)
        signumd_json_refuse(reader, "version", "goes with state only");
    read_expiry(reader, change);
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

void
signumd_api_change_key(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_key_change change;

    memset(&change, 0, sizeof change);
    if (read_body(request, &change))
        reply(request, signumd_keys_change(request->db, &actor, request->name, &change));
}
