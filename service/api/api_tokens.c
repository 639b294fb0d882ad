#include <string.h>

#include "api/api.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "http/http.h"

#define DAY_S 86400
#define TIME_TEXT_MAX 32

/* Admins see everybody's tokens, others their own; whether a name exists is not told to them. */
static bool
may_list(struct signumd_request *request)
{
    if (signumd_user_has(&request->user, SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN)) ||
        strcmp(request->name, request->user.name) == 0)
        return true;
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_DENIED, "Only an admin sees the tokens of others");
    return false;
}

static bool
find_user(struct signumd_request *request)
{
    struct signumd_user user;
    enum signum_status status = signumd_users_find(request->db, request->name, &user);

    if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_USER_NOT_FOUND, "There is no user %s", request->name);
    else if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    return status == SIGNUM_OK;
}

void
signumd_api_tokens(struct signumd_request *request)
{
    struct signumd_json_writer writer;

    if (!may_list(request) || !find_user(request))
        return;
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "tokens", '[');
    enum signum_status status = signumd_tokens_write(request->db, request->name, &writer);
    signumd_json_end(&writer, ']');
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

/* The list that is being read, and the first failure of memory. */
struct taking {
    struct signumd_texts texts;
    enum signum_status status;
};

static const char *
take_network(void *context, const char *text)
{
    struct taking *taking = context;
    const char *fault = signumd_part_info(SIGNUMD_PART_NETWORKS)->check(text);

    if (fault == NULL && taking->status == SIGNUM_OK)
        taking->status = signumd_texts_add(&taking->texts, text);
    return fault;
}

static void
read_end(struct signumd_json_reader *reader, struct signumd_token_options *options)
{
    int64_t now = signumd_timestamp_seconds();
    int64_t days = signumd_json_get_number(reader, "days", 1, SIGNUMD_TOKEN_DAYS_MAX, 0);
    const char *expires = signumd_json_get_text(reader, "expires", false, TIME_TEXT_MAX);

    if (days != 0)
        options->expires = now + days * DAY_S;
    if (expires == NULL)
        return;
    if (days != 0)
        signumd_json_refuse(reader, "expires", "and days cannot both be given");
    if (!signumd_time_read(expires, &options->expires) || options->expires <= now)
        signumd_json_refuse(reader, "expires", "must be a time to come like 2026-01-31T12:00:00Z");
}

static void
read_options(struct signumd_json_reader *reader, struct signumd_token_options *options,
    struct taking *taking)
{
    static const char *const names[] = {"days", "expires", "networks", "description"};

    signumd_json_check_names(reader, names, sizeof names / sizeof names[0]);
    read_end(reader, options);
    signumd_json_get_list(reader, "networks", SIGNUMD_TOKEN_NETWORKS_MAX, take_network, taking);
    options->description =
        signumd_json_get_text(reader, "description", false, SIGNUMD_TOKEN_DESCRIPTION_MAX);
    options->networks = &taking->texts;
}

/* The token as it is listed, and besides it the token itself. */
static enum signum_status
write_new(struct signumd_request *request, const char *token)
{
    struct signumd_json_writer writer;
    char id[SIGNUMD_TOKEN_ID_LEN + 1];

    signumd_token_id(token, id);
    signumd_json_start(&writer, &request->answer);
    signumd_json_put_text(&writer, "token", token);
    enum signum_status status = signumd_tokens_write_one(request->db, id, &writer);
    signumd_json_end(&writer, '}');
    signumd_reply_header(request, "Location", "/v1/tokens/%s", id);
    return status;
}

static void
create(struct signumd_request *request, const struct signumd_token_options *options)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    char token[SIGNUMD_TOKEN_SIZE] = "";
    enum signum_status status =
        signumd_tokens_create(request->db, &actor, request->name, options, token);

    if (status == SIGNUM_NOT_FOUND) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_USER_NOT_FOUND, "There is no user %s", request->name);
        return;
    }
    if (status == SIGNUM_OK)
        status = write_new(request, token);
    signum_wipe(token, sizeof token);
    signumd_reply_json(request, status);
    if (request->status == 200)
        request->status = 201;
}

void
signumd_api_create_token(struct signumd_request *request)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    struct signumd_token_options options = {0, NULL, NULL};
    struct taking taking = {{NULL, 0}, SIGNUM_OK};

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return;
    }
    signumd_json_reader_init(&reader, object);
    read_options(&reader, &options, &taking);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else if (taking.status != SIGNUM_OK)
        signumd_reply_internal(request, taking.status);
    else
        create(request, &options);
    signumd_texts_clear(&taking.texts);
    signumd_json_free(&object);
}

void
signumd_api_revoke_token(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status = signumd_tokens_revoke(request->db, &actor, request->name);

    if (status == SIGNUM_OK)
        request->status = 204;
    else if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_TOKEN_NOT_FOUND,
            "There is no token %s that is not revoked yet", request->name);
    else
        signumd_reply_internal(request, status);
}
