#include "io/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum signum_status
signum_socket_listen(struct signum_socket *socket_out, unsigned *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *port_out = 0;
    if (handle < 0)
        return SIGNUM_IO;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(handle, (struct sockaddr *)&address, sizeof address) != 0 || listen(handle, 8) != 0 ||
        getsockname(handle, (struct sockaddr *)&address, &len) != 0) {
        (void)close(handle);
        return SIGNUM_IO;
    }
    socket_out->handle = handle;
    *port_out = ntohs(address.sin_port);
    return SIGNUM_OK;
}

static bool
is_readable(int handle, uint64_t timeout_ms)
{
    struct pollfd facts = {.fd = handle, .events = POLLIN};

    return poll(&facts, 1, (int)timeout_ms) > 0;
}

enum signum_status
signum_socket_accept(struct signum_socket *listener, uint64_t timeout_ms,
                     struct signum_socket *peer_out)
{
    if (!is_readable((int)listener->handle, timeout_ms))
        return SIGNUM_TIMEOUT;
    int handle = accept4((int)listener->handle, NULL, NULL, SOCK_CLOEXEC);
    if (handle < 0)
        return errno == EINTR || errno == ECONNABORTED ? SIGNUM_TIMEOUT : SIGNUM_IO;
    peer_out->handle = handle;
    return SIGNUM_OK;
}

size_t
signum_socket_read_head(struct signum_socket *peer, char *data, size_t size)
{
    size_t len = 0;

    while (len < size && is_readable((int)peer->handle, SIGNUM_SOCKET_READ_MS)) {
        ssize_t got = recv((int)peer->handle, data + len, size - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        if (len >= 4 && memcmp(data + len - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    return len;
}

void
signum_socket_write(struct signum_socket *peer, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = send((int)peer->handle, data, len, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        data += done;
        len -= (size_t)done;
    }
}

void
signum_socket_close(struct signum_socket *socket)
{
    (void)close((int)socket->handle);
}
