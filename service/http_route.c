#include <stdio.h>
#include <string.h>

#include "http.h"

/* The routes: this table is what docs/openapi.yaml describes. */
struct route {
    const char *method;
    const char *pattern; /* {name} takes the name of a key or policy */
    void (*handler)(struct signumd_request *request);
    unsigned roles; /* who may; 0 is everybody, also without credentials */
    bool has_body;
};

#define AUDITORS (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_AUDITOR) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))
#define KEY_MANAGERS                                                                               \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_KEY_MANAGER) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))
#define POLICY_MANAGERS                                                                            \
    (SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_POLICY_MANAGER) | SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN))
#define POLICY_READERS (POLICY_MANAGERS | AUDITORS)
#define METHODS_SIZE 64

static const struct route routes[] = {
    {"GET", "/v1/info", signumd_api_info, 0, false},
    {"GET", "/v1/health", signumd_api_health, 0, false},
    {"GET", "/v1/keys", signumd_api_keys, SIGNUMD_ROLES_ALL, false},
    {"GET", "/v1/keys/{name}", signumd_api_key, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/keys", signumd_api_create_key, KEY_MANAGERS, true},
    {"DELETE", "/v1/keys/{name}", signumd_api_delete_key, KEY_MANAGERS, false},
    {"GET", "/v1/keys/{name}/attestation", signumd_api_attest, SIGNUMD_ROLES_ALL, false},
    {"POST", "/v1/keys/{name}/certificates", signumd_api_set_chain, KEY_MANAGERS, true},
    {"POST", "/v1/keys/{name}/sign", signumd_api_sign, SIGNUMD_ROLES_ALL, true},
    {"GET", "/v1/audit", signumd_api_audit, AUDITORS, false},
    {"POST", "/v1/policies/explain", signumd_api_explain, POLICY_READERS, true},
    {"GET", "/v1/policies", signumd_api_policies, POLICY_READERS, false},
    {"GET", "/v1/policies/{name}", signumd_api_policy, POLICY_READERS, false},
    {"PUT", "/v1/policies/{name}", signumd_api_put_policy, POLICY_MANAGERS, true},
    {"DELETE", "/v1/policies/{name}", signumd_api_remove_policy, POLICY_MANAGERS, false},
};

#define ROUTE_COUNT (sizeof routes / sizeof routes[0])

/* The part of the path that {name} stands for; `len_out` is 0 where the pattern has none. */
static bool
match(const char *pattern, const char *path, const char **name_out, size_t *len_out)
{
    const char *hole = strstr(pattern, "{name}");

    *name_out = NULL;
    *len_out = 0;
    if (hole == NULL)
        return strcmp(pattern, path) == 0;
    size_t head_len = (size_t)(hole - pattern);
    if (strncmp(pattern, path, head_len) != 0)
        return false;
    *name_out = path + head_len;
    *len_out = strcspn(*name_out, "/");
    return *len_out > 0 && strcmp(*name_out + *len_out, hole + strlen("{name}")) == 0;
}

/* HEAD is GET without the body, which the HTTP library leaves out by itself. */
static bool
is_method(const struct route *route, const char *method)
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
static const struct route *
find(struct signumd_request *request, const char **name_out, size_t *len_out)
{
    char others[METHODS_SIZE] = "";

    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        if (!match(routes[i].pattern, request->path, name_out, len_out))
            continue;
        if (is_method(&routes[i], request->method))
            return &routes[i];
        add_method(others, routes[i].method);
    }
    if (others[0] == '\0') {
        signumd_reply_problem(request, SIGNUMD_PROBLEM_NOT_FOUND, "There is nothing at this path");
        return NULL;
    }
    signumd_reply_problem(request, SIGNUMD_PROBLEM_METHOD_NOT_ALLOWED, "Only %s is offered here",
                          others);
    signumd_reply_header(request, "Allow", "%s", others);
    return NULL;
}

static bool
take_name(struct signumd_request *request, const char *name, size_t len)
{
    if (len == 0)
        return true;
    if (len <= SIGNUMD_NAME_MAX)
        (void)snprintf(request->name, sizeof request->name, "%.*s", (int)len, name);
    if (len <= SIGNUMD_NAME_MAX && signumd_name_is_valid(request->name))
        return true;
    signumd_reply_bad_field(request, "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
    return false;
}

static bool
check_role(struct signumd_request *request, const struct route *route)
{
    if ((route->roles & SIGNUMD_ROLE_BIT(request->user.role)) != 0)
        return true;
    request->cause = "role";
    signumd_reply_problem(request, SIGNUMD_PROBLEM_DENIED, "The role %s may not do this",
                          signumd_role_name(request->user.role));
    return false;
}

static void
run(struct signumd_request *request, const struct route *route, const char *name, size_t len)
{
    if (route->roles != 0 && (!signumd_auth_check(request) || !check_role(request, route)))
        return;
    if (!take_name(request, name, len))
        return;
    if (route->has_body && !signumd_body_check(request))
        return;
    route->handler(request);
}

void
signumd_route_run(struct signumd_request *request)
{
    const char *name = NULL;
    size_t len = 0;
    const struct route *route = find(request, &name, &len);

    if (route == NULL)
        return;
    request->db = signumd_db_take(request->app->databases);
    run(request, route, name, len);
    signumd_db_give(request->app->databases, request->db);
    request->db = NULL;
}
