#include "http/http_metrics.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "http/listen.h"

#define PATH "/metrics"
#define TYPE "text/plain; version=0.0.4; charset=utf-8"
#define TEXT_MAX ((size_t)16 * 1024 * 1024)
#define URL_MAX 512
#define CONNECTIONS_MAX 16
#define TIMEOUT_S 10

struct signumd_metrics_server {
    struct MHD_Daemon *daemon;
    void (*collect)(void *context, struct signum_buf *out);
    void *context;
};

static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned status, const struct signum_buf *text)
{
    enum MHD_Result result = MHD_NO;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(text->len, text->data, MHD_RESPMEM_MUST_COPY);

    if (response == NULL)
        return MHD_NO;
    if (MHD_add_response_header(response, "Content-Type", TYPE) == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result
on_request(void *closure, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *data, size_t *data_len, void **context)
{
    struct signumd_metrics_server *server = closure;
    struct signum_buf text;
    unsigned status = MHD_HTTP_OK;

    (void)version;
    (void)data;
    (void)context;
    if (*data_len > 0)
        return MHD_NO;
    signum_buf_init(&text, TEXT_MAX);
    if (strcmp(path, PATH) != 0)
        status = MHD_HTTP_NOT_FOUND;
    else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        status = MHD_HTTP_METHOD_NOT_ALLOWED;
    else
        server->collect(server->context, &text);
    if (signum_buf_status(&text) != SIGNUM_OK)
        status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    enum MHD_Result result = reply(connection, status, &text);
    signum_buf_clear(&text);
    return result;
}

enum signum_status
signumd_metrics_server_start(const char *address,
    void (*collect)(void *context, struct signum_buf *out), void *context,
    struct signumd_metrics_server **server_out)
{
    struct signumd_metrics_server *server = calloc(1, sizeof *server);
    struct signum_buf url;
    int socket = -1;

    *server_out = NULL;
    if (server == NULL)
        return SIGNUM_NO_MEMORY;
    server->collect = collect;
    server->context = context;
    signum_buf_init(&url, URL_MAX);
    enum signum_status status = signumd_listen_open(address, &socket, &url);
    if (status == SIGNUM_OK) {
        server->daemon = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL,
            on_request, server, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT,
            CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S, MHD_OPTION_END);
        if (server->daemon == NULL) {
            (void)close(socket);
            status = SIGNUM_IO;
        }
    }
    if (status == SIGNUM_OK) {
        /* behind "https": here it is http */
        signumd_log(SIGNUMD_LOG_INFO, "metrics are at http%s" PATH, signum_buf_text(&url) + 5);
        *server_out = server;
    } else {
        free(server);
    }
    signum_buf_clear(&url);
    return status;
}

void
signumd_metrics_server_stop(struct signumd_metrics_server **server)
{
    if (*server == NULL)
        return;
    MHD_stop_daemon((*server)->daemon);
    free(*server);
    *server = NULL;
}
