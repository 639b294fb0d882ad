#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "base/log.h"
#include "base/metrics.h"
#include "keys/owners.h"

#define METHODS_SIZE 64

#define HOLES_MAX 2

/* The parts of a path that stand where the pattern has {...}. */
struct holes {
    const char *texts[HOLES_MAX];
    size_t lens[HOLES_MAX];
    size_t count;
};

static bool
match(const char *pattern, const char *path, struct holes *holes_out)
{
    holes_out->count = 0;
    for (;;) {
        size_t len = strcspn(pattern, "{");
        if (strncmp(pattern, path, len) != 0)
            return false;
        pattern += len;
        path += len;
        if (*pattern == '\0' || holes_out->count == HOLES_MAX)
            return *pattern == '\0' && *path == '\0';
        len = strcspn(path, "/");
        if (len == 0)
            return false;
        holes_out->texts[holes_out->count] = path;
        holes_out->lens[holes_out->count++] = len;
        pattern = strchr(pattern, '}') + 1;
        path += len;
    }
}

/* HEAD is GET without the body, which the HTTP library leaves out by itself. */
static bool
is_method(const struct signumd_route *route, const char *method)
{
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    return strcmp(route->method, method) == 0;
}

static void
add_method(char methods[METHODS_SIZE], const char *method)
{
    size_t len = strlen(methods);

    (void)snprintf(methods + len, METHODS_SIZE - len, "%s%s%s", len == 0 ? "" : ", ", method,
        strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

/* The route, or NULL after having answered 404 or 405. */
static const struct signumd_route *
find(struct signumd_request *request, struct holes *holes_out)
{
    char others[METHODS_SIZE] = "";

    for (const struct signumd_route *route = request->app->routes; route->method != NULL; route++) {
        if (!match(route->pattern, request->path, holes_out))
            continue;
        request->route = route->pattern;
        if (is_method(route, request->method))
            return route;
        add_method(others, route->method);
    }
    if (others[0] == '\0') {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_NOT_FOUND, "There is nothing at this path");
        return NULL;
    }
    signumd_reply_problem(
        request, SIGNUMD_PROBLEM_METHOD_NOT_ALLOWED, "Only %s is offered here", others);
    signumd_reply_header(request, "Allow", "%s", others);
    return NULL;
}

static bool
take_names(struct signumd_request *request, const struct holes *holes)
{
    char *const places[HOLES_MAX] = {request->name, request->item};

    for (size_t i = 0; i < holes->count; i++) {
        size_t len = holes->lens[i];
        if (len <= SIGNUMD_NAME_MAX)
            (void)snprintf(places[i], SIGNUMD_NAME_MAX + 1, "%.*s", (int)len, holes->texts[i]);
        if (len <= SIGNUMD_NAME_MAX && signumd_name_is_valid(places[i]))
            continue;
        signumd_reply_bad_field(
            request, i == 0 ? "name" : "id", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
        return false;
    }
    return true;
}

/* Does the user own the key of that name? */
static enum signum_status
ask_owner(const struct signumd_request *request, const char *name, size_t len, bool *is_owner_out)
{
    char key[SIGNUMD_NAME_MAX + 1];
    char owner[SIGNUMD_OWNER_SIZE] = "";
    enum signum_status status = SIGNUM_OK;

    *is_owner_out = false;
    if (len > SIGNUMD_NAME_MAX)
        return SIGNUM_OK;
    (void)snprintf(key, sizeof key, "%.*s", (int)len, name);
    if (signumd_name_is_valid(key))
        status = signumd_owner_find(request->db, key, owner);
    *is_owner_out = signumd_owner_is(owner, request->user.name, &request->groups);
    return status;
}

/* The first name of the path is that of a key, where it matters. */
static bool
check_role(struct signumd_request *request, const struct signumd_route *route,
    const struct holes *holes)
{
    char roles[SIGNUMD_ROLES_TEXT_SIZE];
    bool is_owner = false;

    if (signumd_user_has(&request->user, route->roles))
        return true;
    if ((route->roles & SIGNUMD_ROUTE_OWNERS) != 0) {
        enum signum_status status = ask_owner(request, holes->texts[0], holes->lens[0], &is_owner);
        if (status != SIGNUM_OK)
            signumd_reply_internal(request, status);
        if (status != SIGNUM_OK || is_owner)
            return status == SIGNUM_OK;
    }
    signumd_roles_text(request->user.roles, roles);
    request->cause = "role";
    signumd_reply_problem(request, SIGNUMD_PROBLEM_DENIED, "The roles %s may not do this", roles);
    return false;
}

static void
hold_off(struct signumd_request *request, unsigned wait_s)
{
    request->header_count = 0;
    signumd_reply_problem(request, SIGNUMD_PROBLEM_TOO_MANY_REQUESTS,
        "Try again in %u seconds", wait_s);
    signumd_reply_header(request, "Retry-After", "%u", wait_s);
}

/*
 * Who they are, and whether they ask too often. Good credentials are never held off because of
 * bad ones from the same address, so that nobody can lock others out.
 */
static bool
admit(struct signumd_request *request)
{
    unsigned wait_s = 0;

    if (!signumd_auth_check(request)) {
        signumd_metrics_count(SIGNUMD_METRIC_REFUSALS, "credentials", NULL, NULL);
        if (request->status == 401 && !signumd_limits_take_address(
                request->app->refusals, request->address, &wait_s))
            hold_off(request, wait_s);
        return false;
    }
    if (signumd_limits_take(request->app->requests, signum_bytes_of_text(request->user.name),
            &wait_s))
        return true;
    signumd_metrics_count(SIGNUMD_METRIC_REFUSALS, "rate", NULL, NULL);
    request->cause = "rate";
    hold_off(request, wait_s);
    return false;
}

static void
run(struct signumd_request *request, const struct signumd_route *route,
    const struct holes *holes)
{
    if (route->roles != 0 && (!admit(request) || !check_role(request, route, holes)))
        return;
    if (!take_names(request, holes))
        return;
    if (route->has_body && !signumd_body_check(request))
        return;
    route->handler(request);
}

void
signumd_route_run(struct signumd_request *request)
{
    struct holes holes;
    const struct signumd_route *route = find(request, &holes);

    if (route == NULL || !signumd_request_check_query(request))
        return;
    signumd_log_use_request(request->id);
    request->db = signumd_db_take(request->app->databases);
    run(request, route, &holes);
    signumd_db_give(request->app->databases, request->db);
    request->db = NULL;
    signumd_log_use_request(NULL);
}
