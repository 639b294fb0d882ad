#ifndef SIGNUM_CORE_HTTP_H
#define SIGNUM_CORE_HTTP_H

#include "buf.h"

/*
 * An HTTP request and its response as plain data (RFC 9110). Adapters compose and read them,
 * auth strategies add to them, the transport moves them. Nothing here does I/O.
 */

#define SIGNUM_HTTP_HEADERS_MAX 32          /* headers kept of a message */
#define SIGNUM_HTTP_HEADER_MAX 8192         /* bytes of one header's value */
#define SIGNUM_HTTP_URL_MAX 4096            /* bytes */
#define SIGNUM_HTTP_BODY_MAX (16u << 20)    /* bytes of a request or response body */

struct signum_http_header {
    struct signum_buf name;
    struct signum_buf value; /* wiped: it may be a credential */
};

struct signum_http_headers {
    struct signum_http_header items[SIGNUM_HTTP_HEADERS_MAX];
    size_t count;
};

struct signum_http_request {
    const char *method; /* static text: "GET", "POST" */
    bool is_public; /* needs no credential, so none is put on */
    struct signum_buf url;
    struct signum_http_headers headers;
    struct signum_buf body; /* wiped: it may hold a PIN or a token */
};

struct signum_http_response {
    unsigned status;  /* 200 and so on; 0 when there is none */
    bool is_unsent;   /* no connection was made, so that nobody has seen the request */
    struct signum_http_headers headers;
    struct signum_buf body;
};

void signum_http_request_init(struct signum_http_request *request);
void signum_http_request_clear(struct signum_http_request *request);
void signum_http_response_init(struct signum_http_response *response);
void signum_http_response_clear(struct signum_http_response *response);

/*
 * Adds a header. INVALID_ARGUMENT for a value with CR, LF or another control character (it would
 * end the header), TOO_LARGE when there is no room.
 */
enum signum_status signum_http_add_header(struct signum_http_headers *headers, const char *name,
                                          const char *value) SIGNUM_MUST_USE;

/*
 * Adds a header as it comes from the wire: `len` bytes "Name: value", with or without line end. A
 * line without a colon, and what comes after SIGNUM_HTTP_HEADERS_MAX headers, is passed over.
 * TOO_LARGE, NO_MEMORY; PROTOCOL if name or value is not allowed (RFC 9110 section 5).
 */
enum signum_status signum_http_read_header(struct signum_http_headers *headers, const char *line,
                                           size_t len) SIGNUM_MUST_USE;

/* The value of the first header of that name (any case), or NULL. Borrowed. */
const char *signum_http_header(const struct signum_http_headers *headers, const char *name);

/* Drops (and wipes) the headers from index `count` on: what an auth strategy had added. */
void signum_http_truncate_headers(struct signum_http_headers *headers, size_t count);

/* Appends `text` with every byte outside RFC 3986's unreserved set percent-encoded. */
void signum_http_put_escaped(struct signum_buf *out, const char *text);

/*
 * Milliseconds of a Retry-After header (RFC 9110 section 10.2.3); 0 if it is absent or neither a
 * number nor a date. A date is taken relative to the Date of the same response, so that a clock
 * that is off does not matter; without a Date it counts as absent.
 */
uint64_t signum_http_retry_after_ms(const struct signum_http_response *response);

#endif
