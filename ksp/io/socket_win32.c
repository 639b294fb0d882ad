#include "io/socket.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <string.h>

enum signum_status
signum_socket_listen(struct signum_socket *socket_out, unsigned *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int len = sizeof address;
    WSADATA facts;

    *port_out = 0;
    if (WSAStartup(MAKEWORD(2, 2), &facts) != 0)
        return SIGNUM_IO;
    SOCKET handle = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (handle == INVALID_SOCKET) {
        (void)WSACleanup();
        return SIGNUM_IO;
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(handle, (struct sockaddr *)&address, sizeof address) != 0 || listen(handle, 8) != 0 ||
        getsockname(handle, (struct sockaddr *)&address, &len) != 0) {
        (void)closesocket(handle);
        (void)WSACleanup();
        return SIGNUM_IO;
    }
    socket_out->handle = (intptr_t)handle;
    *port_out = ntohs(address.sin_port);
    return SIGNUM_OK;
}

static bool
is_readable(SOCKET handle, uint64_t timeout_ms)
{
    struct timeval limit = {(long)(timeout_ms / 1000), (long)(timeout_ms % 1000) * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(handle, &set);
    return select(0, &set, NULL, NULL, &limit) > 0;
}

enum signum_status
signum_socket_accept(struct signum_socket *listener, uint64_t timeout_ms,
                     struct signum_socket *peer_out)
{
    WSADATA facts;

    if (!is_readable((SOCKET)listener->handle, timeout_ms))
        return SIGNUM_TIMEOUT;
    SOCKET handle = accept((SOCKET)listener->handle, NULL, NULL);
    if (handle == INVALID_SOCKET)
        return WSAGetLastError() == WSAECONNRESET ? SIGNUM_TIMEOUT : SIGNUM_IO;
    /* each socket that is closed takes one back */
    (void)WSAStartup(MAKEWORD(2, 2), &facts);
    peer_out->handle = (intptr_t)handle;
    return SIGNUM_OK;
}

size_t
signum_socket_read_head(struct signum_socket *peer, char *data, size_t size)
{
    size_t len = 0;

    while (len < size && is_readable((SOCKET)peer->handle, SIGNUM_SOCKET_READ_MS)) {
        int got = recv((SOCKET)peer->handle, data + len, (int)(size - len), 0);
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
        int done = send((SOCKET)peer->handle, data, (int)len, 0);
        if (done <= 0)
            return;
        data += done;
        len -= (size_t)done;
    }
}

void
signum_socket_close(struct signum_socket *socket)
{
    (void)closesocket((SOCKET)socket->handle);
    (void)WSACleanup();
}
