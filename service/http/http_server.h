#ifndef SIGNUMD_HTTP_SERVER_H
#define SIGNUMD_HTTP_SERVER_H

#include "http/http.h"

/* HTTPS by libmicrohttpd, which no other file knows. */
struct signumd_server;

/* Serves the listening socket, which it takes over, with the state folder's TLS certificate. */
enum signum_status signumd_server_start(struct signumd_app *app, int socket,
                                        struct signumd_server **server_out) SIGNUM_MUST_USE;

/*
 * Takes no new connections, waits at most `seconds` for requests under way, then closes all
 * connections.
 */
void signumd_server_drain(struct signumd_server **server, unsigned seconds);

#endif
