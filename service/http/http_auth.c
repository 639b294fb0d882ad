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

/* A token of an issuer to the user whom it vouches for. */
static enum signum_status
check_issued(struct signumd_request *request, const char *token, const char **cause_out)
{
    struct signumd_federated federated;

    signumd_federated_init(&federated);
    enum signum_status status = signumd_issuers_check(
        request->app->issuers, token, signumd_timestamp_seconds(), &federated);
    *cause_out = federated.cause;
    if (status == SIGNUM_OK) {
        request->user = federated.user;
        request->sign_in = "oidc";
        request->sign_in_ends = federated.expires;
        signum_buf_move(&request->claims, &federated.claims);
        signum_buf_move(&request->identity, &federated.identity);
        request->groups = federated.groups;
        federated.groups = (struct signumd_texts){NULL, 0};
    }
    signumd_federated_clear(&federated);
    return status;
}

/* A good certificate to the user whose it is. */
static enum signum_status
check_certificate(struct signumd_request *request, struct signumd_client_certificate *certificate,
    const char **cause_out)
{
    struct signumd_json_writer writer;
    enum signum_status status =
        signumd_certificates_find(request->db, certificate, &request->user);

    *cause_out = certificate->cause;
    if (status != SIGNUM_OK)
        return status;
    request->sign_in = "certificate";
    request->sign_in_ends = certificate->expires;
    signumd_json_start(&writer, &request->identity);
    signumd_json_put_text(&writer, "method", request->sign_in);
    signumd_client_certificate_write(certificate, &writer);
    signumd_json_end(&writer, '}');
    return signum_buf_status(&request->identity);
}

/* Somebody has signed in with a token and shown a certificate too: records say so. */
static enum signum_status
add_certificate(
    struct signumd_request *request, const struct signumd_client_certificate *certificate)
{
    struct signumd_json_writer writer = {&request->identity, true};

    request->identity.len--; /* its last brace */
    signumd_json_begin(&writer, "certificate", '{');
    signumd_client_certificate_write(certificate, &writer);
    signumd_json_end(&writer, '}');
    signumd_json_end(&writer, '}');
    return signum_buf_status(&request->identity);
}

/* Adds the groups that the user is a member of here. */
static enum signum_status
add_groups(struct signumd_request *request)
{
    struct signumd_texts groups;
    enum signum_status status = signumd_groups_of(request->db, request->user.name, &groups);

    for (size_t i = 0; i < groups.count && status == SIGNUM_OK; i++)
        if (!signumd_texts_has(&request->groups, groups.items[i]))
            status = signumd_texts_add(&request->groups, groups.items[i]);
    signumd_texts_clear(&groups);
    return status;
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

static enum signum_status
check_bearer(struct signumd_request *request, const char **cause_out)
{
    const char *credential = bearer(request, cause_out);

    if (credential == NULL)
        return SIGNUM_CREDENTIAL_REFUSED;
    bool is_issued =
        signumd_issuers_count(request->app->issuers) > 0 && signumd_issuers_is_token(credential);
    return is_issued ? check_issued(request, credential, cause_out)
                     : check_token(request, credential, cause_out);
}

/*
 * A certificate that is shown has to be good, also beside a token, which then says who it is: a
 * credential that is not good never counts as none.
 */
static enum signum_status
check_all(struct signumd_request *request, struct signumd_client_certificate *certificate,
    const char **cause_out)
{
    enum signum_status status = signumd_request_certificate(request, certificate);

    *cause_out = certificate->cause;
    if (status == SIGNUM_NOT_FOUND)
        return check_bearer(request, cause_out);
    if (status != SIGNUM_OK)
        return status;
    if (signumd_request_header(request, "Authorization") == NULL)
        return check_certificate(request, certificate, cause_out);
    status = check_bearer(request, cause_out);
    return status == SIGNUM_OK ? add_certificate(request, certificate) : status;
}

bool
signumd_auth_check(struct signumd_request *request)
{
    const char *cause = NULL;
    struct signumd_client_certificate certificate;
    enum signum_status status = check_all(request, &certificate, &cause);

    signumd_client_certificate_clear(&certificate);
    if (status == SIGNUM_CREDENTIAL_REFUSED)
        return refuse(request, cause);
    if (status == SIGNUM_OK)
        status = add_groups(request);
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
