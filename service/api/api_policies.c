#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "http/http.h"
#include "policy/policies.h"

#define VERSION_DIGITS_MAX 9

/* "version": 0 if it is absent. False after having answered. */
static bool
read_version(struct signumd_request *request, int64_t *version_out)
{
    const char *text = signumd_request_query(request, "version");

    *version_out = 0;
    if (text == NULL)
        return true;
    size_t digits = strspn(text, "0123456789");
    if (digits >= 1 && digits <= VERSION_DIGITS_MAX && text[digits] == '\0')
        *version_out = strtoll(text, NULL, 10);
    if (*version_out > 0)
        return true;
    signumd_reply_bad_field(request, "version", "must be the number of a version");
    return false;
}

static void
reply_policy(struct signumd_request *request, int64_t version)
{
    struct signumd_json_writer writer = {&request->answer, false};
    enum signum_status status =
        signumd_policies_write(request->db, request->name, version, &writer);

    if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_POLICY_NOT_FOUND, "There is no policy %s%s",
            request->name, version == 0 ? "" : " of this version");
    else
        signumd_reply_json(request, status);
}

void
signumd_api_policies(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    const char *after = NULL;
    int64_t limit = 0;
    char next[SIGNUMD_NAME_MAX + 1];

    if (!signumd_paging_read(request, &after, &limit))
        return;
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "policies", '[');
    enum signum_status status =
        signumd_policies_write_page(request->db, after, limit, &writer, next);
    signumd_json_end(&writer, ']');
    signumd_json_put_text(&writer, "next", next[0] == '\0' ? NULL : next);
    signumd_json_end(&writer, '}');
    signumd_reply_json(request, status);
}

void
signumd_api_policy(struct signumd_request *request)
{
    int64_t version = 0;

    if (read_version(request, &version))
        reply_policy(request, version);
}

/* The document of the body. False after having answered with where its fault is. */
static bool
read_document(struct signumd_request *request, struct signumd_policy *policy)
{
    struct signumd_json_reader fault;
    enum signum_status status =
        signumd_policy_read(signum_bytes_of_buf(&request->body), policy, &fault);

    if (status == SIGNUM_OK && strcmp(policy->name, request->name) == 0)
        return true;
    if (status == SIGNUM_OK)
        signumd_reply_bad_field(request, "name", "is not the name in the path");
    else if (fault.field[0] == '\0')
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_BAD_REQUEST, "The body is not a JSON object");
    else
        signumd_reply_bad_field(request, fault.field, fault.cause);
    return false;
}

void
signumd_api_put_policy(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_policy policy;

    signumd_policy_init(&policy);
    if (!read_document(request, &policy))
        goto out;
    enum signum_status status = signumd_policies_put(request->db, &actor, &policy);
    if (status == SIGNUM_OK)
        reply_policy(request, policy.version);
    else
        signumd_reply_internal(request, status);

out:
    signumd_policy_clear(&policy);
}

void
signumd_api_remove_policy(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    enum signum_status status = signumd_policies_remove(request->db, &actor, request->name);

    if (status == SIGNUM_OK)
        request->status = 204;
    else if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_POLICY_NOT_FOUND, "There is no policy %s", request->name);
    else
        signumd_reply_internal(request, status);
}
