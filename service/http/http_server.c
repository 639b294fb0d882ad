#include "http/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/timestamp.h"
#include "http/http_connections.h"

#define CONNECTION_MEMORY ((size_t)32 * 1024)  /* bounds request line and headers */
#define DISCARD_MAX ((size_t)1024 * 1024)      /* of a body that is too large anyway */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct signumd_server {
    struct MHD_Daemon *daemon;
    struct signumd_app *app;
    struct signumd_connections *connections;
    unsigned transfer_timeout_s;
    unsigned idle_timeout_s;
};

const char *
signumd_request_header(const struct signumd_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *
signumd_request_query(const struct signumd_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

enum signum_status
signumd_request_certificate(
    const struct signumd_request *request, struct signumd_client_certificate *certificate_out)
{
    return signumd_connections_check(request->connection, certificate_out);
}

static void
read_address(struct MHD_Connection *connection, char *text, size_t size)
{
    const union MHD_ConnectionInfo *facts =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    socklen_t len = sizeof(struct sockaddr_in);

    (void)snprintf(text, size, "unknown");
    if (facts == NULL || facts->client_addr == NULL)
        return;
    if (facts->client_addr->sa_family == AF_INET6)
        len = sizeof(struct sockaddr_in6);
    (void)getnameinfo(facts->client_addr, len, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST);
}

static void
request_free(struct signumd_request *request)
{
    signum_buf_clear(&request->body);
    signum_buf_clear(&request->answer);
    signum_buf_clear(&request->claims);
    signum_buf_clear(&request->identity);
    signumd_texts_clear(&request->groups);
    free(request->method);
    free(request->path);
    free(request);
}

static struct signumd_request *
request_new(struct signumd_server *server, struct MHD_Connection *connection, const char *path,
            const char *method)
{
    struct signumd_request *request = calloc(1, sizeof *request);

    if (request == NULL)
        return NULL;
    request->app = server->app;
    request->connection = connection;
    request->started_ms = signumd_timestamp_monotonic_ms();
    request->method = signum_text_copy(method);
    request->path = signum_text_copy(path);
    signum_buf_init_secret(&request->body, SIGNUMD_BODY_MAX); /* there may be a PIN in it */
    signum_buf_init(&request->answer, SIGNUMD_ANSWER_MAX);
    signum_buf_init(&request->claims, SIGNUMD_CLAIMS_MAX);
    signum_buf_init(&request->identity, SIGNUMD_CLAIMS_MAX);
    read_address(connection, request->address, sizeof request->address);
    if (request->method == NULL || request->path == NULL ||
        signumd_crypto_random_hex(request->id, SIGNUMD_ID_SIZE - 1) != SIGNUM_OK) {
        request_free(request);
        return NULL;
    }
    (void)atomic_fetch_add(&server->app->request_count, 1);
    return request;
}

static bool
add_headers(struct MHD_Response *response, const struct signumd_request *request)
{
    char cache[48] = "no-store";

    if (request->cache_s > 0 && request->status == 200)
        (void)snprintf(cache, sizeof cache, "public, max-age=%u", request->cache_s);
    bool is_added =
        MHD_add_response_header(response, "Signum-Request", request->id) == MHD_YES &&
        MHD_add_response_header(response, "Cache-Control", cache) == MHD_YES;

    if (request->content_type != NULL)
        is_added = is_added && MHD_add_response_header(response, "Content-Type",
                                                       request->content_type) == MHD_YES;
    for (size_t i = 0; i < request->header_count; i++)
        is_added = is_added && MHD_add_response_header(response, request->headers[i].name,
                                                       request->headers[i].value) == MHD_YES;
    if (request->must_close || atomic_load(&request->app->is_draining))
        is_added =
            is_added && MHD_add_response_header(response, "Connection", "close") == MHD_YES;
    return is_added;
}

static enum MHD_Result
send_answer(struct signumd_request *request)
{
    enum MHD_Result result = MHD_NO;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        request->answer.len, request->answer.data, MHD_RESPMEM_MUST_COPY);

    if (response == NULL)
        return MHD_NO;
    if (add_headers(response, request))
        result =
            MHD_queue_response(request->connection, (unsigned)request->status, response);
    MHD_destroy_response(response);
    return result;
}

/* A body that announces itself as far too large is not even read. */
static bool
is_hopeless(const struct signumd_request *request)
{
    const char *len = signumd_request_header(request, "Content-Length");

    return len != NULL && (strlen(len) > 9 || strtol(len, NULL, 10) > (long)DISCARD_MAX);
}

static enum MHD_Result
begin(struct signumd_server *server, struct MHD_Connection *connection, const char *path,
      const char *method, void **context)
{
    struct signumd_request *request = request_new(server, connection, path, method);

    *context = request;
    if (request == NULL)
        return MHD_NO;
    signumd_connections_set_phase(server->connections, connection, SIGNUMD_PHASE_RECEIVING);
    if (!signumd_request_check_headers(request))
        return send_answer(request);
    if (!is_hopeless(request))
        return MHD_YES;
    signumd_reply_problem(request, SIGNUMD_PROBLEM_TOO_LARGE, "A body has at most %zu bytes",
                          SIGNUMD_BODY_MAX);
    return send_answer(request);
}

/* The library calls once for the headers, then per piece of the body, then once for the end. */
static enum MHD_Result
on_request(void *closure, struct MHD_Connection *connection, const char *path, const char *method,
           const char *version, const char *data, size_t *data_len, void **context)
{
    struct signumd_server *server = closure;
    struct signumd_request *request = *context;

    (void)version;
    if (request == NULL)
        return begin(server, connection, path, method, context);
    if (*data_len > 0) {
        request->body_len += *data_len;
        if (request->body_len > DISCARD_MAX)
            return MHD_NO;
        if (request->body_len <= SIGNUMD_BODY_MAX)
            signum_buf_put(&request->body, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    signumd_connections_set_phase(server->connections, connection, SIGNUMD_PHASE_WORKING);
    signumd_route_run(request);
    signumd_connections_set_phase(server->connections, connection, SIGNUMD_PHASE_SENDING);
    return send_answer(request);
}

/* Of methods only those that a route has: a client can make up any number of others. */
static void
count_request(const struct signumd_request *request, int64_t ms)
{
    const char *route = request->route == NULL ? "none" : request->route;
    const char *method = request->status == 405 || request->route == NULL ? "any" : request->method;
    char status[16];

    (void)snprintf(status, sizeof status, "%d", request->status);
    signumd_metrics_count(SIGNUMD_METRIC_REQUESTS, route, method, status);
    signumd_metrics_observe(SIGNUMD_METRIC_REQUEST_SECONDS, route, (double)ms / 1000);
}

static void
on_completed(void *closure, struct MHD_Connection *connection, void **context,
             enum MHD_RequestTerminationCode code)
{
    struct signumd_server *server = closure;
    struct signumd_request *request = *context;

    if (request == NULL)
        return;
    signumd_connections_set_phase(server->connections, connection, SIGNUMD_PHASE_IDLE);
    struct signumd_log_request line = {
        request->id,
        request->method,
        request->path,
        request->status,
        request->user.name[0] == '\0' ? NULL : request->user.name,
        request->cause,
        request->address,
        signumd_timestamp_monotonic_ms() - request->started_ms,
    };
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK && line.cause == NULL)
        line.cause = "connection lost";
    signumd_log_access(&line);
    count_request(request, line.ms);
    request_free(request);
    *context = NULL;
    (void)atomic_fetch_sub(&server->app->request_count, 1);
}

/*
 * May the byte be decoded? An encoded NUL would end the text early, and an encoded separator in a
 * path would be one to us and none to a proxy that guards paths. (Only a path begins with '/'; the
 * library does not say what it asks about.)
 */
static bool
is_decodable(unsigned value, bool is_path)
{
    return value != 0 && !(is_path && (value == '/' || value == '\\'));
}

/* Percent-decoding in place; what may not be decoded stays as it is. */
static size_t
unescape(void *closure, struct MHD_Connection *connection, char *text)
{
    const bool is_path = text[0] == '/';
    char *to = text;

    (void)closure;
    (void)connection;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned value = 0;
        if (from[0] == '%' && strspn(from + 1, "0123456789abcdefABCDEF") >= 2 &&
            sscanf(from + 1, "%2x", &value) == 1 && is_decodable(value, is_path)) {
            *to = (char)value;
            from += 3;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

static void
on_log(void *closure, const char *format, va_list args)
{
    char text[512];

    (void)closure;
    (void)vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    signumd_log(SIGNUMD_LOG_WARNING, "HTTP: %s", text);
}

static struct MHD_Daemon *
start_daemon(struct signumd_server *server, int socket)
{
    const struct signumd_settings *settings = &server->app->state->settings;
    unsigned flags = MHD_USE_TLS | MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;

    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_HTTPS_CERT_CALLBACK2, signumd_tls_no_certificate,
        MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES,
        MHD_OPTION_THREAD_POOL_SIZE, settings->workers,
        MHD_OPTION_CONNECTION_LIMIT, settings->max_connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->max_connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, signumd_connections_notify, server->connections,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_END);
}

static void
server_free(struct signumd_server *server)
{
    signumd_connections_free(&server->connections);
    free(server);
}

static void
set_times(struct signumd_server *server, const struct signumd_settings *settings)
{
    server->transfer_timeout_s = settings->transfer_timeout_s;
    server->idle_timeout_s = settings->idle_timeout_s;
}

enum signum_status
signumd_server_start(struct signumd_app *app, int socket, struct signumd_server **server_out)
{
    struct signumd_server *server = calloc(1, sizeof *server);
    struct signumd_tls *tls = NULL;

    *server_out = NULL;
    if (server == NULL)
        return SIGNUM_NO_MEMORY;
    server->app = app;
    set_times(server, &app->state->settings);
    enum signum_status status = signumd_tls_load(app->state, &app->state->settings, &tls);
    if (status == SIGNUM_OK)
        atomic_store(&app->takes_certificates, signumd_tls_clients(tls) != NULL);
    if (status == SIGNUM_OK)
        status = signumd_connections_new(tls, server->idle_timeout_s, &server->connections);
    if (status == SIGNUM_OK)
        server->daemon = start_daemon(server, socket);
    if (status == SIGNUM_OK && server->daemon == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "HTTP: the server could not be started");
        status = SIGNUM_IO;
    }
    if (status != SIGNUM_OK) {
        server_free(server);
        return status;
    }
    *server_out = server;
    return SIGNUM_OK;
}

void
signumd_server_change(struct signumd_server *server, const struct signumd_settings *settings,
                      struct signumd_tls *tls)
{
    set_times(server, settings);
    atomic_store(&server->app->takes_certificates, signumd_tls_clients(tls) != NULL);
    signumd_connections_change(server->connections, tls, server->idle_timeout_s);
}

void
signumd_server_tick(struct signumd_server *server)
{
    size_t count = signumd_connections_sweep(server->connections, server->transfer_timeout_s,
                                             server->idle_timeout_s);

    if (count > 0)
        signumd_log(SIGNUMD_LOG_WARNING,
                    "HTTP: %zu connections were ended: request or answer took more than %u s",
                    count, server->transfer_timeout_s);
}

unsigned
signumd_server_longest_work(struct signumd_server *server)
{
    return signumd_connections_longest_work(server->connections);
}

void
signumd_server_drain(struct signumd_server **server, unsigned seconds,
                     void (*pause)(void *context), void *context)
{
    struct signumd_app *app = (*server)->app;
    int64_t end = signumd_timestamp_monotonic_ms() + (int64_t)seconds * 1000;

    atomic_store(&app->is_draining, true);
    MHD_socket socket = MHD_quiesce_daemon((*server)->daemon);
    if (socket != MHD_INVALID_SOCKET)
        (void)close(socket);
    while (atomic_load(&app->request_count) > 0 && signumd_timestamp_monotonic_ms() < end) {
        signumd_server_tick(*server);
        pause(context);
    }
    MHD_stop_daemon((*server)->daemon);
    server_free(*server);
    *server = NULL;
}
