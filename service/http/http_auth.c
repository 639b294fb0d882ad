#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/timestamp.h"
#include "http/http.h"

#define SCHEME "Bearer "

/* One answer for every cause, so that a stranger learns nothing from it. */
static bool
refuse(struct signumd_request *request, const char *cause)
{
    memset(&request->user, 0, sizeof request->user);
    request->cause = cause;
    signumd_reply_problem(request, SIGNUMD_PROBLEM_UNAUTHENTICATED,
        "The credential is missing, not valid, revoked or expired");
    signumd_reply_header(request, "WWW-Authenticate", "Bearer realm=\"signumd\"");
    return false;
}

/* An API token to its user. SIGNUM_CREDENTIAL_REFUSED with `cause_out`. */
static enum signum_status
check_token(struct signumd_request *request, const char *token, const char **cause_out)
{
    struct signumd_token_check check;
    struct signumd_json_writer writer;
    enum signum_status status = signumd_tokens_check(
        request->db, token, request->address, signumd_timestamp_seconds(), &check);

    (void)snprintf(request->token_id, sizeof request->token_id, "%s", check.id);
    *cause_out = check.cause;
    if (status != SIGNUM_OK)
        return status;
    request->user = check.user;
    request->sign_in = "token";
    request->sign_in_ends = check.expires;
    signumd_json_start(&writer, &request->identity);
    signumd_json_put_text(&writer, "method", request->sign_in);
    signumd_json_end(&writer, '}');
    return signum_buf_status(&request->identity);
}

/* The credential behind "Bearer "; NULL with `cause_out` if there is none. */
static const char *
bearer(const struct signumd_request *request, const char **cause_out)
{
    const char *value = signumd_request_header(request, "Authorization");

    *cause_out = value == NULL ? "token missing" : "not a bearer token";
    if (value == NULL || strncasecmp(value, SCHEME, strlen(SCHEME)) != 0)
        return NULL;
    value += strlen(SCHEME);
    return value + strspn(value, " ");
}

bool
signumd_auth_check(struct signumd_request *request)
{
    const char *cause = NULL;
    const char *credential = bearer(request, &cause);

    if (credential == NULL)
        return refuse(request, cause);
    enum signum_status status = check_token(request, credential, &cause);
    if (status == SIGNUM_CREDENTIAL_REFUSED)
        return refuse(request, cause);
    if (status == SIGNUM_OK)
        status = signumd_groups_of(request->db, request->user.name, &request->groups);
    if (status != SIGNUM_OK)
        signumd_reply_internal(request, status);
    return status == SIGNUM_OK;
}

struct signumd_actor
signumd_request_actor(const struct signumd_request *request)
{
    return (struct signumd_actor){.user = request->user.name,
        .token = request->token_id[0] == '\0' ? NULL : request->token_id,
        .request = request->id,
        .address = request->address,
        .identity = request->identity.len == 0 ? NULL : signum_buf_text(&request->identity)};
}
