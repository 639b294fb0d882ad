#include <string.h>
#include <strings.h>

#include "http/http.h"
#include "base/timestamp.h"

#define SCHEME "Bearer "

/* One answer for every cause, so that a stranger learns nothing from it. */
static bool
refuse(struct signumd_request *request, const char *cause)
{
    memset(&request->user, 0, sizeof request->user);
    request->cause = cause;
    signumd_reply_problem(request, SIGNUMD_PROBLEM_UNAUTHENTICATED,
                          "The token is missing, not valid, revoked or expired");
    signumd_reply_header(request, "WWW-Authenticate", "Bearer realm=\"signumd\"");
    return false;
}

bool
signumd_auth_check(struct signumd_request *request)
{
    const char *value = signumd_request_header(request, "Authorization");
    const char *cause = NULL;

    if (value == NULL)
        return refuse(request, "token missing");
    if (strncasecmp(value, SCHEME, strlen(SCHEME)) != 0)
        return refuse(request, "not a bearer token");
    value += strlen(SCHEME);
    value += strspn(value, " ");
    enum signum_status status =
        signumd_tokens_check(request->db, value, signumd_timestamp_seconds(), &request->user,
                             request->token_id, &cause);
    if (status == SIGNUM_CREDENTIAL_REFUSED)
        return refuse(request, cause);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    return status == SIGNUM_OK;
}

struct signumd_actor
signumd_request_actor(const struct signumd_request *request)
{
    return (struct signumd_actor){request->user.name, request->token_id, request->id,
                                  request->address};
}
