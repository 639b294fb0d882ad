#include "api/api.h"
#include "base/json.h"
#include "http/http.h"

static void
reply_not_found(struct signumd_request *request)
{
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_GROUP_NOT_FOUND, "There is no group %s", request->name);
}

static void
reply_group(struct signumd_request *request)
{
    struct signumd_json_writer writer = {&request->answer, false};
    enum signum_status status = signumd_groups_write(request->db, request->name, &writer);

    if (status == SIGNUM_NOT_FOUND)
        reply_not_found(request);
    else
        signumd_reply_json(request, status);
}

void
signumd_api_groups(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    const char *after = NULL;
    int64_t limit = 0;
    char next[SIGNUMD_NAME_MAX + 1];

    if (!signumd_paging_read(request, &after, &limit))
        return;
    if (after[0] != '\0' && !signumd_name_is_valid(after)) {
        signumd_reply_bad_field(request, "after", "must be the name of a group");
        return;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "groups", '[');
    enum signum_status status = signumd_groups_write_page(request->db, after, limit, &writer, next);
    signumd_json_end(&writer, ']');
    signumd_json_put_text(&writer, "next", next[0] == '\0' ? NULL : next);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

void
signumd_api_group(struct signumd_request *request)
{
    reply_group(request);
}

/* The list that is being read, and the first failure of memory. */
struct taking {
    struct signumd_texts texts;
    enum signum_status status;
};

static const char *
take_member(void *context, const char *text)
{
    struct taking *taking = context;

    if (!signumd_name_is_valid(text) && !signumd_name_is_federated(text))
        return "must be the name of a user";
    if (taking->status == SIGNUM_OK)
        taking->status = signumd_texts_add(&taking->texts, text);
    return NULL;
}

/* False after having answered. */
static bool
read_members(struct signumd_request *request, struct taking *taking)
{
    static const char *const names[] = {"members"};
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;

    if (signumd_json_parse(signum_bytes_of_buf(&request->body), &object) != SIGNUM_OK) {
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
        return false;
    }
    signumd_json_reader_init(&reader, object);
    signumd_json_check_names(&reader, names, 1);
    if (!signumd_json_is_empty(&reader, "members"))
        signumd_json_get_list(&reader, "members", SIGNUMD_MEMBERS_MAX, take_member, taking);
    signumd_json_free(&object);
    if (reader.failure != SIGNUM_OK)
        signumd_reply_bad_field(request, reader.field, reader.cause);
    else if (taking->status != SIGNUM_OK)
        signumd_reply_internal(request, taking->status);
    return reader.failure == SIGNUM_OK && taking->status == SIGNUM_OK;
}

void
signumd_api_put_group(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct taking taking = {{NULL, 0}, SIGNUM_OK};
    const char *missing = NULL;

    if (!read_members(request, &taking))
        goto out;
    enum signum_status status =
        signumd_groups_put(request->db, &actor, request->name, &taking.texts, &missing);
    if (status == SIGNUM_OK)
        reply_group(request);
    else if (missing != NULL)
        signumd_reply_bad_field(request, "members", "has a name that is no user's");
    else
        signumd_reply_internal(request, status);

out:
    signumd_texts_clear(&taking.texts);
}

void
signumd_api_remove_group(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status = signumd_groups_remove(request->db, &actor, request->name);

    if (status == SIGNUM_OK)
        request->status = 204;
    else if (status == SIGNUM_NOT_FOUND)
        reply_not_found(request);
    else
        signumd_reply_internal(request, status);
}
