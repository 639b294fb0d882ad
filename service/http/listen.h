#ifndef SIGNUMD_LISTEN_H
#define SIGNUMD_LISTEN_H

#include "core/buf.h"

/*
 * Listens on ADDR:PORT (IPv6 in brackets; port 0: any free one). Appends the address as a client
 * writes it, like https://127.0.0.1:8443. Failures are logged.
 */
enum signum_status signumd_listen_open(const char *address, int *socket_out,
                                       struct signum_buf *url_out) SIGNUM_MUST_USE;

#endif
