#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "http/http.h"

/* What of users can go wrong, as an answer; `name` is the user's. */
static void
reply_failure(struct signumd_request *request, enum signum_status status, const char *name)
{
    if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_USER_NOT_FOUND, "There is no user %s", name);
    else if (status == SIGNUM_KEY_EXISTS)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_USER_EXISTS, "There is a user %s already", name);
    else if (status == SIGNUM_DENIED)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_LAST_ADMIN,
            "%s is the last admin; make another one first", name);
    else
        signumd_reply_internal(request, status);
}

static void
reply_user(struct signumd_request *request, const char *name, int code)
{
    struct signumd_json_writer writer = {&request->answer, false};
    enum signum_status status = signumd_users_write(request->db, name, &writer);

    if (status == SIGNUM_NOT_FOUND) {
        reply_failure(request, status, name);
        return;
    }
    signumd_reply_json(request, status);
    if (request->status == 200)
        request->status = code;
}

void
signumd_api_users(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    const char *after = NULL;
    int64_t limit = 0;
    char next[SIGNUMD_NAME_MAX + 1];

    if (!signumd_paging_read(request, &after, &limit))
        return;
    if (after[0] != '\0' && !signumd_name_is_valid(after)) {
        signumd_reply_bad_field(request, "after", "must be the name of a user");
        return;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "users", '[');
    enum signum_status status = signumd_users_write_page(request->db, after, limit, &writer, next);
    signumd_json_end(&writer, ']');
    signumd_json_put_text(&writer, "next", next[0] == '\0' ? NULL : next);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

void
signumd_api_user(struct signumd_request *request)
{
    reply_user(request, request->name, 200);
}

/* Whoever asks: what the service takes him for. */
void
signumd_api_me(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    char ends[SIGNUMD_TIMESTAMP_SIZE];
    const char *token = request->token_id[0] == '\0' ? NULL : request->token_id;

    signumd_timestamp_format(request->sign_in_ends, ends);
    signumd_json_start(&writer, &request->answer);
    signumd_json_put_text(&writer, "name", request->user.name);
    signumd_roles_write(request->user.roles, "roles", &writer);
    signumd_groups_write_names(&request->groups, "groups", &writer);
    signumd_json_put_text(&writer, "method", request->sign_in);
    signumd_json_put_text(&writer, "token", token);
    signumd_json_put_text(&writer, "expires", request->sign_in_ends == 0 ? NULL : ends);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, SIGNUM_OK);
}

/* A body of a name, if it is wanted, and roles. False after having answered. */
static bool
read_user(struct signumd_request *request, char name_out[SIGNUMD_NAME_MAX + 1], unsigned *roles_out)
{
    static const char *const names[] = {"roles", "name"};
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, name_out == NULL ? 1 : 2);
    *roles_out = signumd_roles_get(&reader, "roles");
    const char *name =
        name_out == NULL ? NULL : signumd_json_get_text(&reader, "name", true, SIGNUMD_NAME_MAX);
    if (name != NULL && (!signumd_name_is_valid(name) || strcmp(name, "me") == 0))
        signumd_json_refuse(&reader, "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -, and not me");
    if (*roles_out == 0)
        signumd_json_refuse(&reader, "roles", "is missing");
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else if (name != NULL)
        (void)snprintf(name_out, SIGNUMD_NAME_MAX + 1, "%s", name);
    signumd_json_free(&object);
    return reader.failure == SIGNUM_OK;
}

void
signumd_api_add_user(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    char name[SIGNUMD_NAME_MAX + 1] = "";
    unsigned roles = 0;

    if (!read_user(request, name, &roles))
        return;
    enum signum_status status = signumd_users_add(request->db, &actor, name, roles);
    if (status != SIGNUM_OK) {
        reply_failure(request, status, name);
        return;
    }
    signumd_reply_header(request, "Location", "/v1/users/%s", name);
    reply_user(request, name, 201);
}

void
signumd_api_put_user(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    unsigned roles = 0;

    if (!read_user(request, NULL, &roles))
        return;
    enum signum_status status = signumd_users_set_roles(request->db, &actor, request->name, roles);
    if (status == SIGNUM_OK)
        reply_user(request, request->name, 200);
    else
        reply_failure(request, status, request->name);
}

void
signumd_api_remove_user(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status = signumd_users_remove(request->db, &actor, request->name);

    if (status == SIGNUM_OK)
        request->status = 204;
    else
        reply_failure(request, status, request->name);
}
