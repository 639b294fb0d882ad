#include "support/tls_server.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "core/http.h"
#include "core/ports.h"
#include "io/platform.h"
#include "support/system.h"

#define CONNECTIONS_MAX 64
#define REQUEST_MAX (1u << 20)
#define SLOW_MS 3000

struct connection {
    struct signum_tls_server *server;
    struct signum_thread *thread;
    BIO *plain;
};

struct signum_tls_server {
    SSL_CTX *context;
    BIO *listener;
    struct signum_thread *thread;
    struct connection connections[CONNECTIONS_MAX];
    atomic_uint connection_count;
    atomic_uint request_count;
    atomic_bool is_stopping;
};

static void
require(bool is_done, const char *what)
{
    if (is_done)
        return;
    (void)fprintf(stderr, "test server: %s\n", what);
    abort();
}

static bool
send_text(SSL *ssl, const char *text)
{
    return SSL_write(ssl, text, (int)strlen(text)) > 0;
}

static bool
answer(SSL *ssl, unsigned status, const char *headers, const char *body)
{
    struct signum_buf text;

    signum_buf_init(&text, 2 * REQUEST_MAX);
    signum_buf_printf(&text, "HTTP/1.1 %u Answer\r\n%sContent-Length: %lu\r\n\r\n%s", status,
                      headers, (unsigned long)strlen(body), body);
    bool is_sent = send_text(ssl, signum_buf_text(&text));
    signum_buf_clear(&text);
    return is_sent;
}

/* ---- One function per path: true to keep the connection. ---- */

typedef bool responder(SSL *ssl, const char *request);

static bool
respond_echo(SSL *ssl, const char *request)
{
    return answer(ssl, 200, "Content-Type: text/plain\r\nX-Empty:\r\n", request);
}

static bool
respond_status(SSL *ssl, const char *request)
{
    const char *number = strstr(request, "/status/") + strlen("/status/");

    return answer(ssl, (unsigned)strtoul(number, NULL, 10), "Retry-After: 7\r\n", "{}");
}

static bool
respond_interim(SSL *ssl, const char *request)
{
    (void)request;
    return send_text(ssl, "HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n") &&
           answer(ssl, 200, "X-Late: yes\r\n", "late");
}

static bool
send_much(SSL *ssl, const char *head, const char *tail, size_t part_count)
{
    char part[64 << 10]; /* of each thread its own: several answer at once */

    memset(part, 'x', sizeof part);
    for (size_t i = 0; i < part_count; i++) {
        if (*head != 0 && !send_text(ssl, head))
            return false;
        if (SSL_write(ssl, part, sizeof part) <= 0)
            return false;
        if (*tail != 0 && !send_text(ssl, tail))
            return false;
    }
    return true;
}

static bool
respond_large(SSL *ssl, const char *request)
{
    (void)request;
    return send_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 17825792\r\n\r\n") &&
           send_much(ssl, "", "", 272);
}

static bool
respond_endless(SSL *ssl, const char *request)
{
    (void)request;
    return send_text(ssl, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") &&
           send_much(ssl, "10000\r\n", "\r\n", 300) && send_text(ssl, "0\r\n\r\n");
}

static bool
respond_headers(SSL *ssl, const char *request)
{
    char line[4096];

    (void)request;
    memset(line, 'h', sizeof line - 1);
    line[sizeof line - 1] = 0;
    if (!send_text(ssl, "HTTP/1.1 200 OK\r\n"))
        return false;
    for (int i = 0; i < 128; i++) {
        if (!send_text(ssl, "X-Long: ") || !send_text(ssl, line) || !send_text(ssl, "\r\n"))
            return false;
    }
    return send_text(ssl, "Content-Length: 0\r\n\r\n");
}

static bool
respond_many(SSL *ssl, const char *request)
{
    char headers[2048] = "";
    size_t len = 0;

    (void)request;
    for (int i = 0; i < 40; i++)
        len += (size_t)snprintf(headers + len, sizeof headers - len, "X-%d: %d\r\n", i, i);
    return answer(ssl, 200, headers, "many");
}

static bool
respond_slow(SSL *ssl, const char *request)
{
    struct signum_clock clock;

    (void)request;
    signum_platform_clock(&clock);
    clock.sleep_ms(clock.self, SLOW_MS);
    return answer(ssl, 200, "", "late");
}

static bool
respond_cut(SSL *ssl, const char *request)
{
    (void)ssl;
    (void)request;
    return false;
}

static bool
respond_half(SSL *ssl, const char *request)
{
    (void)request;
    (void)send_text(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
    return false;
}

static bool
respond_garbage(SSL *ssl, const char *request)
{
    (void)request;
    (void)send_text(ssl, "\001\002 this is no HTTP\r\n\r\n");
    return false;
}

static bool
respond_redirect(SSL *ssl, const char *request)
{
    (void)request;
    return answer(ssl, 302, "Location: /echo\r\n", "");
}

static bool
respond_elsewhere(SSL *ssl, const char *request)
{
    const char *port = strstr(request, "/elsewhere/") + strlen("/elsewhere/");
    char header[128];

    (void)snprintf(header, sizeof header, "Location: https://127.0.0.1:%lu/echo\r\n",
                   strtoul(port, NULL, 10));
    return answer(ssl, 302, header, "");
}

static const struct {
    const char *path;
    responder *respond;
} paths[] = {
    {"/echo", respond_echo},         {"/status/", respond_status}, {"/interim", respond_interim},
    {"/large", respond_large},       {"/endless", respond_endless}, {"/headers", respond_headers},
    {"/many", respond_many},         {"/slow", respond_slow},      {"/cut", respond_cut},
    {"/half", respond_half},         {"/garbage", respond_garbage},
    {"/redirect", respond_redirect}, {"/elsewhere/", respond_elsewhere},
};

static bool
respond(SSL *ssl, const char *request)
{
    const char *path = strchr(request, ' ');

    for (size_t i = 0; path != NULL && i < sizeof paths / sizeof paths[0]; i++) {
        if (strncmp(path + 1, paths[i].path, strlen(paths[i].path)) == 0)
            return paths[i].respond(ssl, request);
    }
    return answer(ssl, 404, "", "no such path");
}

/* Reads one request whole; false when the client has gone. */
static bool
read_request(SSL *ssl, struct signum_buf *request)
{
    char room[4096];
    size_t need = SIZE_MAX;

    while (request->len < need) {
        int got = SSL_read(ssl, room, sizeof room);
        if (got <= 0)
            return false;
        signum_buf_put(request, room, (size_t)got);
        const char *text = signum_buf_text(request);
        const char *end = strstr(text, "\r\n\r\n");
        const char *length = strstr(text, "Content-Length: ");
        if (end != NULL && need == SIZE_MAX) {
            need = (size_t)(end - text) + 4;
            if (length != NULL && length < end)
                need += strtoul(length + strlen("Content-Length: "), NULL, 10);
        }
    }
    return signum_buf_status(request) == SIGNUM_OK;
}

static void
serve(void *context)
{
    struct connection *connection = context;
    SSL *ssl = SSL_new(connection->server->context);
    struct signum_buf request;
    bool is_open = ssl != NULL;

    /* In this thread only: the client under test has to do without. */
    signum_thread_block_pipe_signal();
    signum_buf_init(&request, REQUEST_MAX);
    if (ssl != NULL) {
        SSL_set_bio(ssl, connection->plain, connection->plain);
        is_open = SSL_accept(ssl) == 1;
    }
    while (is_open && read_request(ssl, &request)) {
        atomic_fetch_add(&connection->server->request_count, 1);
        is_open = respond(ssl, signum_buf_text(&request));
        signum_buf_clear(&request);
    }
    signum_buf_clear(&request);
    SSL_free(ssl);
    OPENSSL_thread_stop();
}

static void
run(void *context)
{
    struct signum_tls_server *server = context;

    while (!atomic_load(&server->is_stopping)) {
        if (BIO_do_accept(server->listener) <= 0)
            break;
        BIO *plain = BIO_pop(server->listener);
        if (atomic_load(&server->is_stopping)) {
            BIO_free(plain);
            break;
        }
        unsigned index = atomic_fetch_add(&server->connection_count, 1);
        require(index < CONNECTIONS_MAX, "too many connections");
        struct connection *connection = &server->connections[index];
        connection->server = server;
        connection->plain = plain;
        connection->thread = signum_thread_start(serve, connection);
    }
    OPENSSL_thread_stop();
}

struct signum_tls_server *
signum_tls_server_start(const struct signum_test_cert *cert, int min_version, int max_version)
{
    struct signum_tls_server *server = calloc(1, sizeof *server);

    require(server != NULL, "memory");
    server->context = SSL_CTX_new(TLS_server_method());
    require(server->context != NULL, "TLS");
    require(SSL_CTX_use_certificate(server->context, cert->cert) == 1, "certificate");
    require(SSL_CTX_use_PrivateKey(server->context, cert->key) == 1, "key");
    require(SSL_CTX_set_min_proto_version(server->context, min_version) == 1, "version");
    require(SSL_CTX_set_max_proto_version(server->context, max_version) == 1, "version");
    server->listener = BIO_new_accept("127.0.0.1:0");
    require(server->listener != NULL && BIO_do_accept(server->listener) > 0, "listen");
    server->thread = signum_thread_start(run, server);
    return server;
}

void
signum_tls_server_demand(struct signum_tls_server *server, const struct signum_test_cert *ca)
{
    X509_STORE *store = SSL_CTX_get_cert_store(server->context);

    require(X509_STORE_add_cert(store, ca->cert) == 1, "authority");
    SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

const char *
signum_tls_server_port(const struct signum_tls_server *server)
{
    return BIO_get_accept_port(server->listener);
}

unsigned
signum_tls_server_connections(struct signum_tls_server *server)
{
    return atomic_load(&server->connection_count);
}

unsigned
signum_tls_server_requests(struct signum_tls_server *server)
{
    return atomic_load(&server->request_count);
}

/* The accepting thread waits for a connection, so it gets one. */
static void
wake(const struct signum_tls_server *server)
{
    char address[64];

    (void)snprintf(address, sizeof address, "127.0.0.1:%s", signum_tls_server_port(server));
    BIO *client = BIO_new_connect(address);
    if (client != NULL)
        (void)BIO_do_connect(client);
    BIO_free_all(client);
}

void
signum_tls_server_stop(struct signum_tls_server **server)
{
    struct signum_tls_server *self = *server;

    if (self == NULL)
        return;
    atomic_store(&self->is_stopping, true);
    wake(self);
    signum_thread_join(&self->thread);
    unsigned count = atomic_load(&self->connection_count);
    for (unsigned i = 0; i < count; i++)
        signum_thread_join(&self->connections[i].thread);
    BIO_free_all(self->listener);
    SSL_CTX_free(self->context);
    free(self);
    *server = NULL;
}
