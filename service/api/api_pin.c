#include "api/api.h"
#include "base/timestamp.h"
#include "http/http.h"
#include "keys/pins.h"

#define PIN_TEXT_MAX 1024 /* longer ones are refused in the same words as the too long */

static void
reply(struct signumd_request *request, enum signum_status status)
{
    if (status == SIGNUM_OK)
        request->status = 204;
    else if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_KEY_NOT_FOUND, "There is no key %s", request->name);
    else if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_PIN_NOT_SET, "The key %s has no PIN", request->name);
    else
        signumd_reply_internal(request, status);
}

/* False after having answered. */
static bool
parse(struct signumd_request *request, struct cJSON **object_out)
{
    if (signumd_json_parse(signum_bytes_of_buf(&request->body), object_out) == SIGNUM_OK)
        return true;
    signumd_reply_problem(request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
    return false;
}

void
signumd_api_pin(struct signumd_request *request)
{
    struct signumd_key key;

    signumd_key_init(&key);
    if (signumd_request_find_key(request, &key))
        signumd_reply_json(request,
            signumd_pins_write(request->db, key.id, signumd_timestamp_seconds(), &request->answer));
    signumd_key_clear(&key);
}

void
signumd_api_set_pin(struct signumd_request *request)
{
    static const char *const names[] = {"pin"};
    const struct signumd_actor actor = signumd_request_actor(request);
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    struct signum_buf pin;

    if (!parse(request, &object))
        return;
    signum_buf_init_secret(&pin, PIN_TEXT_MAX);
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, 1);
    bool is_there = signumd_json_take_secret(&reader, "pin", true, PIN_TEXT_MAX, &pin);
    const char *fault = is_there ? signumd_pin_fault(signum_bytes_of_buf(&pin)) : NULL;
    if (fault != NULL)
        signumd_json_refuse(&reader, "pin", fault);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        reply(request,
            signumd_pins_set(request->db, &actor, request->name, signum_bytes_of_buf(&pin)));
    signum_buf_clear(&pin);
    signumd_json_free(&object);
}

void
signumd_api_clear_pin(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);

    reply(request, signumd_pins_clear(request->db, &actor, request->name));
}

void
signumd_api_unlock_pin(struct signumd_request *request)
{
    static const char *const names[] = {"user"};
    const struct signumd_actor actor = signumd_request_actor(request);
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (!parse(request, &object))
        return;
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, 1);
    const char *user = signumd_json_get_text(&reader, "user", false, SIGNUMD_NAME_MAX);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else
        reply(request, signumd_pins_unlock(request->db, &actor, request->name, user));
    signumd_json_free(&object);
}
