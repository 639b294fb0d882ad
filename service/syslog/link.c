#include "syslog/link.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "syslog/link_tls.h"

#define CONNECT_MS 10000
#define STALL_MS 30000
#define FINISH_MS 5000

struct signumd_syslog_link {
    SSL *tls;
    int socket;
    int stop;
};

static int64_t
clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the socket is ready. SIGNUM_TIMEOUT; SIGNUM_NO_MORE_ITEMS: the stop has come. */
static enum signum_status
wait_ready(const struct signumd_syslog_link *link, short events, int64_t until)
{
    struct pollfd files[2] = {{link->socket, events, 0}, {link->stop, POLLIN, 0}};
    const int64_t left = until - clock_ms();
    const int count = poll(files, 2, left > 0 ? (int)left : 0);

    if (count < 0 && errno != EINTR)
        return SIGNUM_NETWORK;
    if (files[1].revents != 0)
        return SIGNUM_NO_MORE_ITEMS;
    if (count > 0 && files[0].revents != 0)
        return SIGNUM_OK;
    return clock_ms() < until ? SIGNUM_OK : SIGNUM_TIMEOUT;
}

/* Explains a failure unless it is SSL's way to say that the socket is not ready: then waits. */
static enum signum_status
go_on(const struct signumd_syslog_link *link, int result, int64_t until, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_TLS;
    const int code = errno;

    switch (SSL_get_error(link->tls, result)) {
    case SSL_ERROR_WANT_READ:
        status = wait_ready(link, POLLIN, until);
        break;
    case SSL_ERROR_WANT_WRITE:
        status = wait_ready(link, POLLOUT, until);
        break;
    case SSL_ERROR_ZERO_RETURN:
        signum_buf_put_text(cause, "the collector has closed the connection");
        return SIGNUM_NETWORK;
    case SSL_ERROR_SYSCALL:
        signum_buf_put_text(
            cause, code == 0 ? "the collector has cut the connection" : strerror(code));
        return SIGNUM_NETWORK;
    default:
        signumd_syslog_tls_explain(link->tls, cause);
        return SIGNUM_TLS;
    }
    if (status != SIGNUM_OK)
        signum_buf_put_text(
            cause, status == SIGNUM_TIMEOUT ? "the collector does not answer" : "the end came");
    return status;
}

static enum signum_status
shake_hands(struct signumd_syslog_link *link, struct signum_buf *cause)
{
    const int64_t until = clock_ms() + CONNECT_MS;
    enum signum_status status = SIGNUM_OK;

    if (SSL_set_fd(link->tls, link->socket) != 1)
        return SIGNUM_CRYPTO;
    while (status == SIGNUM_OK) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_connect(link->tls);
        if (result == 1)
            return SIGNUM_OK;
        status = go_on(link, result, until, cause);
    }
    return status;
}

/* Tries one address; errno tells why it cannot be had. */
static enum signum_status
connect_one(struct signumd_syslog_link *link, const struct addrinfo *place)
{
    int code = 0;
    socklen_t len = sizeof code;

    link->socket = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (link->socket < 0)
        return SIGNUM_NETWORK;
    if (connect(link->socket, place->ai_addr, place->ai_addrlen) == 0)
        return SIGNUM_OK;
    if (errno != EINPROGRESS)
        return SIGNUM_NETWORK;
    enum signum_status status = wait_ready(link, POLLOUT, clock_ms() + CONNECT_MS);
    if (status == SIGNUM_OK && getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &code, &len) != 0)
        code = errno;
    errno = status == SIGNUM_OK ? code : ETIMEDOUT;
    return status == SIGNUM_OK && code != 0 ? SIGNUM_NETWORK : status;
}

static enum signum_status
connect_any(
    struct signumd_syslog_link *link, const char *host, const char *port, struct signum_buf *cause)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *places = NULL;
    enum signum_status status = SIGNUM_NETWORK;
    const int failure = getaddrinfo(host, port, &hints, &places);

    if (failure != 0) {
        signum_buf_printf(cause, "%s", gai_strerror(failure));
        return SIGNUM_NETWORK;
    }
    for (struct addrinfo *place = places; place != NULL && status != SIGNUM_NO_MORE_ITEMS;
         place = place->ai_next) {
        status = connect_one(link, place);
        if (status == SIGNUM_OK)
            break;
        const int code = errno;
        if (link->socket >= 0)
            (void)close(link->socket);
        link->socket = -1;
        errno = code;
    }
    if (status != SIGNUM_OK)
        signum_buf_printf(cause, "%s", strerror(errno));
    freeaddrinfo(places);
    return status;
}

static enum signum_status
open_link(struct signumd_syslog_link *link, const struct signumd_syslog_target *target,
    struct signum_buf *cause)
{
    char *host = NULL;
    char *port = NULL;

    ERR_clear_error();
    if (BIO_parse_hostserv(target->address, &host, &port, BIO_PARSE_PRIO_HOST) != 1 ||
        host == NULL) {
        signum_buf_put_text(cause, "the address is not HOST:PORT");
        return SIGNUM_BAD_SETTINGS;
    }
    enum signum_status status = signumd_syslog_tls_new(target, host, cause, &link->tls);
    if (status == SIGNUM_OK)
        status = connect_any(link, host, port == NULL ? SIGNUMD_SYSLOG_PORT : port, cause);
    if (status == SIGNUM_OK)
        status = shake_hands(link, cause);
    OPENSSL_free(host);
    OPENSSL_free(port);
    return status;
}

enum signum_status
signumd_syslog_link_open(const struct signumd_syslog_target *target, int stop,
    struct signum_buf *cause, struct signumd_syslog_link **link_out)
{
    struct signumd_syslog_link *link = calloc(1, sizeof *link);

    *link_out = NULL;
    if (link == NULL)
        return SIGNUM_NO_MEMORY;
    link->socket = -1;
    link->stop = stop;
    enum signum_status status = open_link(link, target, cause);
    if (status != SIGNUM_OK)
        signumd_syslog_link_close(&link);
    *link_out = link;
    return status;
}

enum signum_status
signumd_syslog_link_send(
    struct signumd_syslog_link *link, struct signum_bytes bytes, struct signum_buf *cause)
{
    int64_t until = clock_ms() + STALL_MS;
    size_t done = 0;

    while (done < bytes.len) {
        size_t part = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_write_ex(link->tls, bytes.data + done, bytes.len - done, &part);
        if (result == 1) {
            done += part;
            until = clock_ms() + STALL_MS;
            continue;
        }
        enum signum_status status = go_on(link, result, until, cause);
        if (status != SIGNUM_OK)
            return status;
    }
    return SIGNUM_OK;
}

/* A collector says nothing but that it closes (RFC 5425 section 4.3); what it says is passed over.
 */
static enum signum_status
listen_until(struct signumd_syslog_link *link, int64_t until, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_OK;

    while (status == SIGNUM_OK) {
        uint8_t space[256];
        size_t len = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_read_ex(link->tls, space, sizeof space, &len);
        if (result != 1)
            status = go_on(link, result, until, cause);
    }
    return status;
}

enum signum_status
signumd_syslog_link_wait(struct signumd_syslog_link *link, int ms, struct signum_buf *cause)
{
    enum signum_status status = listen_until(link, clock_ms() + ms, cause);

    if (status != SIGNUM_TIMEOUT && status != SIGNUM_NO_MORE_ITEMS)
        return status;
    signum_buf_clear(cause);
    return SIGNUM_OK;
}

bool
signumd_syslog_link_is_quiet(const struct signumd_syslog_link *link)
{
    int waiting = 0;

    return ioctl(link->socket, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

/* A collector that closes with something unread resets the connection instead of ending it. */
static enum signum_status
await_end(struct signumd_syslog_link *link, int64_t until, struct signum_buf *cause)
{
    enum signum_status status = SIGNUM_OK;

    while (status == SIGNUM_OK) {
        uint8_t space[256];
        ssize_t len = recv(link->socket, space, sizeof space, 0);
        if (len == 0)
            return SIGNUM_OK;
        if (len < 0 && errno != EAGAIN && errno != EINTR) {
            signum_buf_printf(cause, "it was not read to its end: %s", strerror(errno));
            return SIGNUM_NETWORK;
        }
        status = wait_ready(link, POLLIN, until);
    }
    signum_buf_put_text(cause, "the collector does not close the connection");
    return status;
}

enum signum_status
signumd_syslog_link_finish(struct signumd_syslog_link *link, struct signum_buf *cause)
{
    link->stop = -1;
    ERR_clear_error();
    errno = 0;
    (void)SSL_shutdown(link->tls);
    enum signum_status status = listen_until(link, clock_ms() + FINISH_MS, cause);
    if ((SSL_get_shutdown(link->tls) & SSL_RECEIVED_SHUTDOWN) == 0)
        return status;
    signum_buf_clear(cause);
    return await_end(link, clock_ms() + FINISH_MS, cause);
}

void
signumd_syslog_link_close(struct signumd_syslog_link **link)
{
    if (*link == NULL)
        return;
    SSL_free((*link)->tls);
    if ((*link)->socket >= 0)
        (void)close((*link)->socket);
    free(*link);
    *link = NULL;
}
