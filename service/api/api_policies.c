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

/* The numbers in If-Match: a list of entity tags, or "*" (RFC 9110 section 13.1.1). */
static bool
read_tags(const char *text, struct signumd_expected *expected_out)
{
    while (true) {
        text += strspn(text, " \t");
        size_t digits = text[0] == '"' ? strspn(text + 1, "0123456789") : 0;
        if (digits < 1 || digits > VERSION_DIGITS_MAX || text[1 + digits] != '"' ||
            expected_out->count == SIGNUMD_EXPECTED_MAX)
            return false;
        expected_out->versions[expected_out->count++] = strtoll(text + 1, NULL, 10);
        text += digits + 2;
        text += strspn(text, " \t");
        if (*text == '\0')
            return true;
        if (*text++ != ',')
            return false;
    }
}

/* `expected_out` is NULL without the header, else `space`. False after having answered. */
static bool
read_expected(struct signumd_request *request, struct signumd_expected *space,
              const struct signumd_expected **expected_out)
{
    const char *text = signumd_request_header(request, "If-Match");

    *expected_out = NULL;
    if (text == NULL)
        return true;
    *space = (struct signumd_expected){.is_any = strcmp(text, "*") == 0};
    *expected_out = space;
    if (space->is_any || read_tags(text, space))
        return true;
    signumd_reply_bad_field(request, "If-Match", "must be * or entity tags that were given here");
    return false;
}

static void
reply_failure(struct signumd_request *request, enum signum_status status)
{
    if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(
            request, SIGNUMD_PROBLEM_POLICY_NOT_FOUND, "There is no policy %s", request->name);
    else if (status == SIGNUM_DENIED)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_PRECONDITION_FAILED,
            "Somebody else changed policy %s: read it again", request->name);
    else
        signumd_reply_internal(request, status);
}

static void
reply_policy(struct signumd_request *request, int64_t version)
{
    struct signumd_json_writer writer = {&request->answer, false};
    int64_t number = 0;
    enum signum_status status =
        signumd_policies_write(request->db, request->name, version, &writer, &number);

    if (status == SIGNUM_NOT_FOUND)
        signumd_reply_problem(request, SIGNUMD_PROBLEM_POLICY_NOT_FOUND, "There is no policy %s%s",
            request->name, version == 0 ? "" : " of this version");
    else
        signumd_reply_json(request, status);
    if (status == SIGNUM_OK)
        signumd_reply_header(request, "ETag", "\"%lld\"", (long long)number);
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
signumd_api_policy_versions(struct signumd_request *request)
{
    struct signumd_json_writer writer;
    const char *after = NULL;
    int64_t limit = 0;
    int64_t next = 0;

    if (!signumd_paging_read(request, &after, &limit))
        return;
    size_t digits = strspn(after, "0123456789");
    if (after[digits] != '\0' || digits > VERSION_DIGITS_MAX || after[0] == '0') {
        signumd_reply_bad_field(request, "after", "must be the number of a version");
        return;
    }
    signumd_json_start(&writer, &request->answer);
    signumd_json_begin(&writer, "versions", '[');
    enum signum_status status = signumd_policies_write_versions(
        request->db, request->name, strtoll(after, NULL, 10), limit, &writer, &next);
    signumd_json_end(&writer, ']');
    if (next == 0)
        signumd_json_put_text(&writer, "next", NULL);
    else
        signumd_json_put_number(&writer, "next", next);
    signumd_json_end(&writer, '}');
    if (status == SIGNUM_OK)
        signumd_reply_json(request, status);
    else
        reply_failure(request, status);
}

void
signumd_api_put_policy(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_policy policy;
    struct signumd_expected space;
    const struct signumd_expected *expected = NULL;

    signumd_policy_init(&policy);
    if (!read_expected(request, &space, &expected) || !read_document(request, &policy))
        goto out;
    enum signum_status status = signumd_policies_put(request->db, &actor, &policy, expected);
    if (status == SIGNUM_OK)
        reply_policy(request, policy.version);
    else
        reply_failure(request, status);

out:
    signumd_policy_clear(&policy);
}

void
signumd_api_remove_policy(struct signumd_request *request)
{
    const struct signumd_actor actor = signumd_request_actor(request);
    struct signumd_expected space;
    const struct signumd_expected *expected = NULL;

    if (!read_expected(request, &space, &expected))
        return;
    enum signum_status status =
        signumd_policies_remove(request->db, &actor, request->name, expected);
    if (status == SIGNUM_OK)
        request->status = 204;
    else
        reply_failure(request, status);
}
