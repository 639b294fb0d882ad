#ifndef SIGNUM_IO_SOCKET_H
#define SIGNUM_IO_SOCKET_H

#include <stdint.h>

#include "core/buf.h"

/* A listening TCP socket on 127.0.0.1, for the redirect of a sign-in: socket_{posix,win32}.c. */

struct signum_socket {
    intptr_t handle; /* a descriptor or a SOCKET */
};

#define SIGNUM_SOCKET_READ_MS 5000 /* a peer that says nothing for so long is dropped */

/* Listens on any free port of 127.0.0.1. IO. */
enum signum_status signum_socket_listen(struct signum_socket *socket_out,
                                        unsigned *port_out) SIGNUM_MUST_USE;

/* Waits for a peer. TIMEOUT, IO. */
enum signum_status signum_socket_accept(struct signum_socket *listener, uint64_t timeout_ms,
                                        struct signum_socket *peer_out) SIGNUM_MUST_USE;

/* Reads until the end of a request's head, or what there is room or time for. Bytes read. */
size_t signum_socket_read_head(struct signum_socket *peer, char *data, size_t size);

/* Writes all, or as much as the peer takes. */
void signum_socket_write(struct signum_socket *peer, const char *data, size_t len);

void signum_socket_close(struct signum_socket *socket);

#endif
