#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 128
#define HOST_MAX 256

/* Host and port are cut out of ADDR:PORT or [ADDR]:PORT. */
static bool
split(const char *address, char host[HOST_MAX], const char **port_out)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - address);

    *port_out = colon == NULL ? "" : colon + 1;
    if (len == 0 || len >= HOST_MAX || **port_out == '\0')
        return false;
    if (address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    (void)snprintf(host, HOST_MAX, "%.*s", (int)len, address);
    return strspn(*port_out, "0123456789") == strlen(*port_out);
}

static int
open_one(const struct addrinfo *place)
{
    int one = 1;
    int file = socket(place->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (file < 0)
        return -1;
    (void)setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(file, place->ai_addr, place->ai_addrlen) == 0 && listen(file, BACKLOG) == 0)
        return file;
    int code = errno;
    (void)close(file);
    errno = code;
    return -1;
}

/* Nobody can connect to "any address", so that is written as localhost. */
static void
put_url(int file, const char *host, struct signum_buf *url_out)
{
    struct sockaddr_storage place;
    socklen_t len = sizeof place;
    char port[NI_MAXSERV] = "0";

    if (getsockname(file, (struct sockaddr *)&place, &len) == 0)
        (void)getnameinfo((struct sockaddr *)&place, len, NULL, 0, port, sizeof port,
                          NI_NUMERICSERV);
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        host = "localhost";
    signum_buf_printf(url_out, strchr(host, ':') == NULL ? "https://%s:%s" : "https://[%s]:%s",
                      host, port);
}

enum signum_status
signumd_listen_open(const char *address, int *socket_out, struct signum_buf *url_out)
{
    char host[HOST_MAX];
    const char *port = NULL;
    struct addrinfo hints;
    struct addrinfo *places = NULL;

    *socket_out = -1;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    if (!split(address, host, &port) || getaddrinfo(host, port, &hints, &places) != 0) {
        signumd_log(SIGNUMD_LOG_ERROR,
                    "cannot listen on '%s': write ADDR:PORT, like 127.0.0.1:8443", address);
        return SIGNUM_INVALID_ARGUMENT;
    }
    int file = open_one(places);
    freeaddrinfo(places);
    if (file < 0) {
        signumd_log(SIGNUMD_LOG_ERROR, "cannot listen on %s: %s", address, strerror(errno));
        return SIGNUM_IO;
    }
    put_url(file, host, url_out);
    *socket_out = file;
    return signum_buf_status(url_out);
}
