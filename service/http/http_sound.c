#include <microhttpd.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"

#define PARAMETERS_MAX 32

/* Headers of which two would leave open which one is meant. */
static const char *const single_headers[] = {
    "Authorization",
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "Expect",
    "Host",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Transfer-Encoding",
};
#define SINGLE_COUNT (sizeof single_headers / sizeof single_headers[0])

/* What is found while the library shows one header or parameter after the other. */
struct look {
    const char *names[PARAMETERS_MAX];
    size_t count;
    bool is_seen[SINGLE_COUNT];
    const char *fault; /* the first that is not sound; static or the library's */
};

/* token of RFC 9110 section 5.6.2 */
static bool
is_token(const char *text)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return text[0] != '\0' && text[strspn(text, allowed)] == '\0';
}

static bool
has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
            return true;
    return false;
}

static enum MHD_Result
look_at_header(void *closure, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct look *look = closure;

    (void)kind;
    for (size_t i = 0; i < SINGLE_COUNT; i++) {
        if (strcasecmp(single_headers[i], name) != 0)
            continue;
        if (look->is_seen[i])
            look->fault = single_headers[i];
        look->is_seen[i] = true;
    }
    if (!is_token(name) || (value != NULL && has_control(value)))
        look->fault = "header";
    return look->fault == NULL ? MHD_YES : MHD_NO;
}

static enum MHD_Result
look_at_parameter(void *closure, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct look *look = closure;

    (void)kind;
    (void)value;
    for (size_t i = 0; i < look->count; i++)
        if (strcmp(look->names[i], name) == 0)
            look->fault = name;
    if (look->count == PARAMETERS_MAX)
        look->fault = "query";
    else
        look->names[look->count++] = name;
    return look->fault == NULL ? MHD_YES : MHD_NO;
}

/* Where the body ends must be said once, and in one way. */
static const char *
find_framing_fault(const struct signumd_request *request)
{
    const char *length = signumd_request_header(request, "Content-Length");
    const char *coding = signumd_request_header(request, "Transfer-Encoding");

    if (coding != NULL && (length != NULL || strcasecmp(coding, "chunked") != 0))
        return "Transfer-Encoding";
    if (length != NULL && (length[0] == '\0' || length[strspn(length, "0123456789")] != '\0'))
        return "Content-Length";
    return NULL;
}

bool
signumd_request_check_headers(struct signumd_request *request)
{
    struct look look = {.fault = find_framing_fault(request)};

    if (look.fault == NULL)
        (void)MHD_get_connection_values(
            request->connection, MHD_HEADER_KIND, look_at_header, &look);
    if (look.fault == NULL)
        return true;
    request->must_close = true;
    signumd_reply_bad_field(request, look.fault, "is not valid, or given twice");
    return false;
}

bool
signumd_request_check_query(struct signumd_request *request)
{
    struct look look = {.count = 0};

    (void)MHD_get_connection_values(
        request->connection, MHD_GET_ARGUMENT_KIND, look_at_parameter, &look);
    if (look.fault == NULL)
        return true;
    /* what a stranger calls a parameter is not repeated to him unless it is a name */
    signumd_reply_bad_field(request, signumd_name_is_valid(look.fault) ? look.fault : "query",
        "may be given once only, and at most 32 parameters");
    return false;
}
