#include <stdarg.h>
#include <stdio.h>

#include "http/http.h"
#include "base/json.h"
#include "base/log.h"

#define DETAIL_MAX 512
#define RETRY_AFTER_S 2

struct row {
    int status;
    const char *code;
    const char *title;
};

static const struct row rows[SIGNUMD_PROBLEM_COUNT] = {
    [SIGNUMD_PROBLEM_BAD_REQUEST] = {400, "bad-request", "The request is not valid"},
    [SIGNUMD_PROBLEM_UNAUTHENTICATED] = {401, "unauthenticated", "A valid credential is needed"},
    [SIGNUMD_PROBLEM_DENIED] = {403, "denied", "This is not allowed"},
    [SIGNUMD_PROBLEM_APPROVAL_REJECTED] = {403, "approval-rejected",
                                           "The request was rejected or cancelled"},
    [SIGNUMD_PROBLEM_PIN_WRONG] = {403, "pin-wrong", "This is not the PIN of the key"},
    [SIGNUMD_PROBLEM_PIN_LOCKED] = {403, "pin-locked",
                                    "There were too many wrong PINs from this user"},
    [SIGNUMD_PROBLEM_NOT_FOUND] = {404, "not-found", "There is nothing at this path"},
    [SIGNUMD_PROBLEM_KEY_NOT_FOUND] = {404, "key-not-found", "There is no key of this name"},
    [SIGNUMD_PROBLEM_POLICY_NOT_FOUND] = {404, "policy-not-found",
                                          "There is no policy of this name and version"},
    [SIGNUMD_PROBLEM_USER_NOT_FOUND] = {404, "user-not-found", "There is no user of this name"},
    [SIGNUMD_PROBLEM_GROUP_NOT_FOUND] = {404, "group-not-found",
                                         "There is no group of this name"},
    [SIGNUMD_PROBLEM_TOKEN_NOT_FOUND] = {404, "token-not-found",
                                         "There is no token of this identifier that is valid"},
    [SIGNUMD_PROBLEM_CERTIFICATE_NOT_FOUND] = {404, "certificate-not-found",
                                               "The user has no certificate of this identifier"},
    [SIGNUMD_PROBLEM_RELEASE_NOT_FOUND] = {404, "release-not-found",
                                           "There is no release of this name"},
    [SIGNUMD_PROBLEM_RELEASE_EXISTS] = {409, "release-exists", "There is a release of this name"},
    [SIGNUMD_PROBLEM_REQUEST_NOT_FOUND] = {404, "request-not-found",
                                           "There is no such request for approval"},
    [SIGNUMD_PROBLEM_WEBHOOK_NOT_FOUND] = {404, "webhook-not-found",
                                           "There is no webhook of this name"},
    [SIGNUMD_PROBLEM_METHOD_NOT_ALLOWED] = {405, "method-not-allowed",
                                            "This path does not have this method"},
    [SIGNUMD_PROBLEM_IDEMPOTENCY_CONFLICT] = {409, "idempotency-conflict",
                                              "The first request with this key is still running"},
    [SIGNUMD_PROBLEM_KEY_DISABLED] = {409, "key-disabled", "The key is disabled"},
    [SIGNUMD_PROBLEM_KEY_EXPIRED] = {409, "key-expired", "The key has expired"},
    [SIGNUMD_PROBLEM_KEY_EXISTS] = {409, "key-exists", "There is a key of this name"},
    [SIGNUMD_PROBLEM_KEY_HAS_CERTIFICATE] = {409, "key-has-certificate",
                                             "The key has a certificate"},
    [SIGNUMD_PROBLEM_REQUEST_CLOSED] = {409, "request-closed",
                                        "The request is decided already"},
    [SIGNUMD_PROBLEM_WEBHOOK_EXISTS] = {409, "webhook-exists",
                                        "There is a webhook of this name, or there are too many"},
    [SIGNUMD_PROBLEM_VERSION_MISMATCH] = {409, "version-mismatch",
                                          "The key has another version now"},
    [SIGNUMD_PROBLEM_PIN_NOT_SET] = {409, "pin-not-set", "The key has no PIN"},
    [SIGNUMD_PROBLEM_PRECONDITION_FAILED] = {412, "precondition-failed",
                                             "What is there is not what was expected"},
    [SIGNUMD_PROBLEM_USER_EXISTS] = {409, "user-exists", "There is a user of this name"},
    [SIGNUMD_PROBLEM_CERTIFICATE_EXISTS] = {409, "certificate-exists",
                                            "This certificate is a user's already"},
    [SIGNUMD_PROBLEM_LAST_ADMIN] = {409, "last-admin", "There must be an admin"},
    [SIGNUMD_PROBLEM_REQUEST_EXPIRED] = {410, "request-expired", "The request has expired"},
    [SIGNUMD_PROBLEM_TOO_LARGE] = {413, "too-large", "The request is too large"},
    [SIGNUMD_PROBLEM_UNSUPPORTED_MEDIA_TYPE] = {415, "unsupported-media-type",
                                                "The body must be JSON"},
    [SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM] = {422, "unsupported-algorithm",
                                               "This algorithm is not offered here"},
    [SIGNUMD_PROBLEM_IDEMPOTENCY_MISMATCH] = {422, "idempotency-mismatch",
                                              "The idempotency key was used for another request"},
    [SIGNUMD_PROBLEM_CERTIFICATE_MISMATCH] = {422, "certificate-mismatch",
                                              "The certificates do not fit the key"},
    [SIGNUMD_PROBLEM_TOO_MANY_REQUESTS] = {429, "too-many-requests",
                                           "These are too many requests in this time"},
    [SIGNUMD_PROBLEM_NOT_READY] = {503, "not-ready", "The service is not ready"},
    [SIGNUMD_PROBLEM_REASON_REQUIRED] = {422, "reason-required", "A reason is needed"},
    [SIGNUMD_PROBLEM_PIN_REQUIRED] = {422, "pin-required", "The key's PIN is needed"},
    [SIGNUMD_PROBLEM_BUSY] = {503, "busy", "The service has too much to do now"},
    [SIGNUMD_PROBLEM_HSM_UNAVAILABLE] = {503, "hsm-unavailable", "The HSM cannot be reached now"},
    [SIGNUMD_PROBLEM_INTERNAL] = {500, "internal", "The service could not do this"},
};

const char *
signumd_problem_code(enum signumd_problem problem)
{
    return rows[problem].code;
}

const char *
signumd_problem_title(enum signumd_problem problem)
{
    return rows[problem].title;
}

int
signumd_problem_status(enum signumd_problem problem)
{
    return rows[problem].status;
}

void
signumd_reply_header(struct signumd_request *request, const char *name, const char *format, ...)
{
    va_list args;

    if (request->header_count == SIGNUMD_HEADERS_MAX)
        return;
    struct signumd_header *header = &request->headers[request->header_count++];
    header->name = name;
    va_start(args, format);
    (void)vsnprintf(header->value, sizeof header->value, format, args);
    va_end(args);
}

static void
put_problem(struct signumd_request *request, enum signumd_problem problem, const char *field,
            const char *detail)
{
    const struct row *row = &rows[problem];
    char type[64];
    struct signumd_json_writer writer;

    (void)snprintf(type, sizeof type, "urn:signum:problem:%s", row->code);
    signum_buf_clear(&request->answer);
    signumd_json_start(&writer, &request->answer);
    signumd_json_put_text(&writer, "type", type);
    signumd_json_put_text(&writer, "title", row->title);
    signumd_json_put_number(&writer, "status", row->status);
    signumd_json_put_text(&writer, "detail", detail);
    signumd_json_put_text(&writer, "code", row->code);
    if (field != NULL)
        signumd_json_put_text(&writer, "field", field);
    signumd_json_put_text(&writer, "request", request->id);
    signumd_json_end(&writer, '}');
    request->status = row->status;
    request->content_type = "application/problem+json";
    if (request->cause == NULL)
        request->cause = row->code;
    if (row->status == 503)
        signumd_reply_header(request, "Retry-After", "%d", RETRY_AFTER_S);
}

void
signumd_reply_problem(struct signumd_request *request, enum signumd_problem problem,
                      const char *format, ...)
{
    char detail[DETAIL_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    put_problem(request, problem, NULL, detail);
}

void
signumd_reply_bad_field(struct signumd_request *request, const char *field, const char *cause)
{
    char detail[DETAIL_MAX];

    (void)snprintf(detail, sizeof detail, "'%s' %s", field, cause);
    put_problem(request, SIGNUMD_PROBLEM_BAD_REQUEST, field, detail);
}

void
signumd_reply_internal(struct signumd_request *request, enum signum_status status)
{
    request->cause = signum_status_text(status);
    put_problem(request, SIGNUMD_PROBLEM_INTERNAL, NULL,
                "The operator finds the cause in the service's log under this request's number");
}

enum signumd_problem
signumd_problem_of_hsm(enum signum_status status)
{
    if (status == SIGNUM_SERVICE_BUSY || status == SIGNUM_BAD_SETTINGS)
        return SIGNUMD_PROBLEM_HSM_UNAVAILABLE;
    return status == SIGNUM_NOT_SUPPORTED ? SIGNUMD_PROBLEM_UNSUPPORTED_ALGORITHM
                                          : SIGNUMD_PROBLEM_INTERNAL;
}

void
signumd_reply_json(struct signumd_request *request, enum signum_status status)
{
    if (status == SIGNUM_OK)
        status = signum_buf_status(&request->answer);
    if (status != SIGNUM_OK) {
        signumd_reply_internal(request, status);
        return;
    }
    request->status = 200;
    request->content_type = "application/json";
}
