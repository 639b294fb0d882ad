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
    "If-None-Match",
    "Transfer-Encoding",
};
#define SINGLE_COUNT (sizeof single_headers / sizeof single_headers[0])

struct look {
    const char *names[PARAMETERS_MAX];
    size_t count;
    bool is_seen[SINGLE_COUNT];
    const char *twice; /* the first that came again, or was too many; static or the library's */
};

static enum MHD_Result
look_at_header(void *closure, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct look *look = closure;

    (void)kind;
    (void)value;
    for (size_t i = 0; i < SINGLE_COUNT; i++) {
        if (strcasecmp(single_headers[i], name) != 0)
            continue;
        if (look->is_seen[i])
            look->twice = single_headers[i];
        look->is_seen[i] = true;
    }
    return look->twice == NULL ? MHD_YES : MHD_NO;
}

static enum MHD_Result
look_at_parameter(void *closure, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct look *look = closure;

    (void)kind;
    (void)value;
    for (size_t i = 0; i < look->count; i++)
        if (strcmp(look->names[i], name) == 0)
            look->twice = name;
    if (look->count == PARAMETERS_MAX)
        look->twice = name;
    else
        look->names[look->count++] = name;
    return look->twice == NULL ? MHD_YES : MHD_NO;
}

bool
signumd_request_is_smuggling(const struct signumd_request *request)
{
    return signumd_request_header(request, "Transfer-Encoding") != NULL &&
           signumd_request_header(request, "Content-Length") != NULL;
}

bool
signumd_request_check_sound(struct signumd_request *request)
{
    struct look look = {.count = 0};

    (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, look_at_header, &look);
    if (look.twice == NULL)
        (void)MHD_get_connection_values(
            request->connection, MHD_GET_ARGUMENT_KIND, look_at_parameter, &look);
    if (look.twice == NULL)
        return true;
    /* what a stranger calls a parameter is not repeated to him unless it is a name */
    signumd_reply_bad_field(request, signumd_name_is_valid(look.twice) ? look.twice : "query",
        "may be given once only, and at most 32 parameters");
    return false;
}
