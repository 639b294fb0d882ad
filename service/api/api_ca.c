#include "api/api.h"
#include "http/http.h"
#include "x509/issued.h"
#include "x509/x509.h"

#define CACHE_S 3600

/* Answers with DER instead of JSON. */
static void
reply_der(struct signumd_request *request, enum signum_status status, const char *content_type)
{
    if (status == SIGNUM_NOT_FOUND) {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_NOT_FOUND, "There is no CA here");
        return;
    }
    signumd_reply_json(request, status);
    if (request->status != 200)
        return;
    request->content_type = content_type;
    request->cache_s = CACHE_S;
}

void
signumd_api_ca_certificate(struct signumd_request *request)
{
    const struct signumd_state *state = request->app->state;
    struct signum_buf pem;
    enum signum_status status = SIGNUM_NOT_FOUND;

    signum_buf_init(&pem, SIGNUMD_PEM_MAX);
    if (signumd_state_has(state, SIGNUMD_FILE_CA_CERT))
        status = signumd_state_read(state, SIGNUMD_FILE_CA_CERT, &pem);
    if (status == SIGNUM_OK)
        status = signumd_x509_to_der(signum_bytes_of_buf(&pem), &request->answer);
    reply_der(request, status, "application/pkix-cert");
    signum_buf_clear(&pem);
}

void
signumd_api_ca_crl(struct signumd_request *request)
{
    const struct signumd_actor nobody = {.request = request->id, .address = request->address};

    reply_der(request, signumd_crl_get(request->app->state, request->db, &nobody, &request->answer),
        "application/pkix-crl");
}
