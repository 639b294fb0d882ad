#include "outbound/outbound.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "io/transport_curl.h"
#include "signum/version.h"

#define CAUSE_MAX 512
#define HTTPS "https://"

struct signumd_outbound {
    struct signum_transport transport;
    char *ca_file;
};

enum signum_status
signumd_outbound_new(const char *ca_file, struct signumd_outbound **outbound_out)
{
    struct signumd_outbound *outbound = calloc(1, sizeof *outbound);

    *outbound_out = NULL;
    if (outbound == NULL)
        return SIGNUM_NO_MEMORY;
    outbound->ca_file = ca_file == NULL ? NULL : signum_text_copy(ca_file);
    enum signum_status status =
        ca_file != NULL && outbound->ca_file == NULL ? SIGNUM_NO_MEMORY : SIGNUM_OK;
    const struct signum_transport_options options = {
        .ca_file = outbound->ca_file,
        .user_agent = "signumd/" SIGNUM_VERSION,
    };
    if (status == SIGNUM_OK)
        status = signum_transport_curl_open(NULL, &options, &outbound->transport);
    if (status != SIGNUM_OK) {
        free(outbound->ca_file);
        free(outbound);
        return status;
    }
    *outbound_out = outbound;
    return SIGNUM_OK;
}

void
signumd_outbound_free(struct signumd_outbound **outbound)
{
    if (*outbound == NULL)
        return;
    (*outbound)->transport.free((*outbound)->transport.self);
    free((*outbound)->ca_file);
    free(*outbound);
    *outbound = NULL;
}

static enum signum_status
compose(const struct signumd_outbound_request *request, struct signum_http_request *http)
{
    if (strncasecmp(request->url, HTTPS, strlen(HTTPS)) != 0)
        return SIGNUM_INVALID_ARGUMENT;
    http->method = request->body == NULL ? "GET" : "POST";
    http->is_public = true;
    signum_buf_put_text(&http->url, request->url);
    if (request->body != NULL)
        signum_buf_put_text(&http->body, request->body);
    enum signum_status status = signum_buf_status(&http->url);
    if (status == SIGNUM_OK)
        status = signum_buf_status(&http->body);
    for (size_t i = 0; i < request->header_count && status == SIGNUM_OK; i++)
        status = signum_http_add_header(
            &http->headers, request->headers[i].name, request->headers[i].value);
    return status;
}

enum signum_status
signumd_outbound_send(struct signumd_outbound *outbound,
    const struct signumd_outbound_request *request, struct signum_http_response *response_out)
{
    struct signum_http_request http;
    struct signum_buf cause;

    signum_http_request_init(&http);
    signum_buf_init(&cause, CAUSE_MAX);
    enum signum_status status = compose(request, &http);
    if (status == SIGNUM_OK)
        status = outbound->transport.send(
            outbound->transport.self, &http, request->timeout_ms, response_out, &cause);
    if (status == SIGNUM_OK && response_out->body.len > request->max)
        status = SIGNUM_TOO_LARGE;
    if (status != SIGNUM_OK)
        signumd_log(SIGNUMD_LOG_WARNING, "%s: %s (%s)", request->url,
            cause.len == 0 ? "no answer" : signum_buf_text(&cause), signum_status_text(status));
    signum_buf_clear(&cause);
    signum_http_request_clear(&http);
    return status;
}
