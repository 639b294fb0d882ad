#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000

static bool
is_json_type(const char *type)
{
    static const char json[] = "application/json";

    if (type == NULL || strncasecmp(type, json, sizeof json - 1) != 0)
        return false;
    const char *rest = type + sizeof json - 1;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

bool
signumd_body_check(struct signumd_request *request)
{
    if (request->body_len > SIGNUMD_BODY_MAX) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_TOO_LARGE, "A body has at most %zu bytes",
                              SIGNUMD_BODY_MAX);
        return false;
    }
    if (signumd_request_header(request, "Content-Length") == NULL &&
        signumd_request_header(request, "Transfer-Encoding") == NULL) {
        request->must_close = true;
        signumd_reply_bad_field(request, "Content-Length", "is missing");
        return false;
    }
    if (!is_json_type(signumd_request_header(request, "Content-Type"))) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                              "Content-Type must be application/json");
        return false;
    }
    const char *coding = signumd_request_header(request, "Content-Encoding");
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                              "A body must not be compressed");
        return false;
    }
    enum signum_status status = signum_buf_status(&request->body);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    return status == SIGNUM_OK;
}

bool
signumd_paging_read(struct signumd_request *request, const char **after_out, int64_t *limit_out)
{
    const char *after = signumd_request_query(request, "after");
    const char *limit = signumd_request_query(request, "limit");
    char *end = NULL;

    *after_out = after == NULL ? "" : after;
    *limit_out = LIMIT_DEFAULT;
    if (after != NULL && !signumd_name_is_valid(after)) {
        signumd_reply_bad_field(request, "after", "must be the \"next\" of the page before");
        return false;
    }
    if (limit == NULL)
        return true;
    size_t digits = strspn(limit, "0123456789");
    long value = digits >= 1 && digits <= 4 ? strtol(limit, &end, 10) : 0;
    if (limit[digits] != '\0' || value < 1 || value > LIMIT_MAX) {
        signumd_reply_bad_field(request, "limit", "must be a whole number from 1 to 1000");
        return false;
    }
    *limit_out = value;
    return true;
}
