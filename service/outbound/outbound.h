#ifndef SIGNUMD_OUTBOUND_H
#define SIGNUMD_OUTBOUND_H

#include "core/http.h"

/*
 * HTTPS requests that the service sends itself: to issuers of tokens, to webhooks. Always verified,
 * no redirects, no retries. One per set of trusted CAs; all functions may be called from any thread
 * and keep connections for the next call.
 */
struct signumd_outbound;

/* `ca_file` is a PEM file of trusted CAs; NULL: the system's. No network. */
enum signum_status signumd_outbound_new(
    const char *ca_file, struct signumd_outbound **outbound_out) SIGNUM_MUST_USE;
void signumd_outbound_free(struct signumd_outbound **outbound);

struct signumd_outbound_header {
    const char *name;
    const char *value;
};

struct signumd_outbound_request {
    const char *url; /* https:// */
    const struct signumd_outbound_header *headers;
    size_t header_count;
    const char *body; /* NULL: GET; else POST, with the content type that a header names */
    uint64_t timeout_ms;
    size_t max; /* bytes of the answer's body; at most SIGNUM_HTTP_BODY_MAX */
};

/*
 * Sends and waits. Any HTTP status is SIGNUM_OK; it is in `response_out`, which the caller has
 * initialised and clears (signum_http_response_init, _clear). SIGNUM_INVALID_ARGUMENT: the URL is
 * not https, or a header is not allowed; SIGNUM_TOO_LARGE: the answer. Others as the transport has
 * them: NETWORK, TIMEOUT, TLS, PROTOCOL, BAD_SETTINGS (the CA file). Every failure is logged here
 * with its cause and the URL.
 */
enum signum_status signumd_outbound_send(struct signumd_outbound *outbound,
    const struct signumd_outbound_request *request,
    struct signum_http_response *response_out) SIGNUM_MUST_USE;

#endif
