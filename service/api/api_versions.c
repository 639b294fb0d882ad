#include "api/api.h"
#include "http/http.h"
#include "keys/versions.h"

#define SEES_ALL (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER))

void
signumd_api_versions(struct signumd_request *request)
{
    struct signumd_key key;

    signumd_key_init(&key);
    if (signumd_request_find_key(request, &key) &&
        signumd_request_check_access(request, &key, SEES_ALL, "key.read"))
        signumd_reply_json(request, signumd_versions_write(request->db, &key, &request->answer));
    signumd_key_clear(&key);
}

/* False after having answered. */
static bool
read_body(struct signumd_request *request, bool *is_active_out, bool *keeps_old_out)
{
    static const char *const names[] = {"activate", "keep_old"};
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, sizeof names / sizeof names[0]);
    *is_active_out = signumd_json_get_bool(&reader, "activate", false);
    *keeps_old_out = signumd_json_get_bool(&reader, "keep_old", false);
    if (*keeps_old_out && !*is_active_out)
        signumd_json_refuse(&reader, "keep_old", "goes with activate only");
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    signumd_json_free(&object);
    return reader.failure == SIGNUM_OK;
}

static void
refuse(struct signumd_request *request, enum signum_status status)
{
    enum signumd_problem problem = signumd_problem_of_hsm(status);

    request->cause = signum_status_text(status);
    if (status == SIGNUM_KEY_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_KEY_NOT_FOUND, "There is no key %s", request->name);
    else if (status == SIGNUM_KEY_EXISTS || status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_VERSION_MISMATCH,
            "Somebody else has just rotated the key %s", request->name);
    else if (problem == SIGNUMD_PROBLEM_INTERNAL)
        signumd_reply_internal(request, status);
    else
        signumd_reply_problem(request, problem, "The HSM did not make a key");
}

void
signumd_api_rotate(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_json_writer writer = {&request->answer, false};
    struct signumd_key key;
    bool is_active = false;
    bool keeps_old = false;

    if (!read_body(request, &is_active, &keeps_old))
        return;
    signumd_key_init(&key);
    enum signum_status status = signumd_versions_rotate(
        request->db, request->app->hsm, &actor, request->name, is_active, keeps_old, &key);
    if (status == SIGNUM_OK)
        signumd_reply_json(request, signumd_key_write(&key, &writer));
    else
        refuse(request, status);
    signumd_key_clear(&key);
}
