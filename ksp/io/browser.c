#include "io/browser.h"

#include <stdlib.h>
#include <string.h>

#include "io/socket.h"

#define REQUEST_MAX 16384 /* bytes of what a browser sends */
#define WAIT_STEP_MS 200
#define PAGE                                                                                       \
    "<!doctype html><meta charset=utf-8><title>Signum</title>"                                     \
    "<p>You may close this page and go on in the terminal.</p>"
#define ANSWER_OK                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"                                \
    "Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\n"              \
    "Cache-Control: no-store\r\nConnection: close\r\n\r\n" PAGE
#define ANSWER_NOT_FOUND                                                                           \
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

struct listener {
    struct signum_socket socket;
};

static enum signum_status
start(void *self, void **listener_out, struct signum_buf *redirect_out)
{
    unsigned port = 0;
    struct listener *listener = calloc(1, sizeof *listener);

    (void)self;
    *listener_out = NULL;
    if (listener == NULL)
        return SIGNUM_NO_MEMORY;
    enum signum_status status = signum_socket_listen(&listener->socket, &port);
    if (status != SIGNUM_OK) {
        free(listener);
        return status;
    }
    signum_buf_printf(redirect_out, "http://127.0.0.1:%u/", port);
    *listener_out = listener;
    return signum_buf_status(redirect_out);
}

/* The query of "GET /?QUERY HTTP/1.1"; NULL if it is another request. The text is cut. */
static char *
query_of(char *request)
{
    static const char start_text[] = "GET /?";
    size_t len = strlen(start_text);

    if (strncmp(request, start_text, len) != 0)
        return NULL;
    char *query = request + len;
    query[strcspn(query, " #\r\n")] = 0;
    return query;
}

/* A browser also asks for a picture of the site, and scanners for whatever: they get 404. */
static bool
answer_one(struct signum_socket *peer, struct signum_buf *query_out)
{
    char request[REQUEST_MAX];
    size_t len = signum_socket_read_head(peer, request, sizeof request - 1);

    request[len] = 0;
    char *query = query_of(request);
    if (query == NULL) {
        signum_socket_write(peer, ANSWER_NOT_FOUND, strlen(ANSWER_NOT_FOUND));
        return false;
    }
    signum_buf_put_text(query_out, query);
    signum_wipe(request, sizeof request);
    signum_socket_write(peer, ANSWER_OK, strlen(ANSWER_OK));
    return true;
}

static enum signum_status
wait_for_query(void *self, void *listener, uint64_t timeout_ms, struct signum_buf *query_out)
{
    struct listener *here = listener;
    struct signum_socket peer;

    (void)self;
    for (uint64_t waited = 0; waited < timeout_ms; waited += WAIT_STEP_MS) {
        enum signum_status status = signum_socket_accept(&here->socket, WAIT_STEP_MS, &peer);
        if (status == SIGNUM_TIMEOUT)
            continue;
        if (status != SIGNUM_OK)
            return status;
        bool is_answered = answer_one(&peer, query_out);
        signum_socket_close(&peer);
        if (is_answered)
            return signum_buf_status(query_out);
    }
    return SIGNUM_TIMEOUT;
}

static void
stop(void *self, void *listener)
{
    struct listener *here = listener;

    (void)self;
    if (here == NULL)
        return;
    signum_socket_close(&here->socket);
    free(here);
}

void
signum_browser_open(struct signum_browser *browser_out)
{
    *browser_out =
        (struct signum_browser){NULL, start, signum_browser_show, wait_for_query, stop};
}
