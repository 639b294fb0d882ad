#ifndef SIGNUMD_HTTP_SERVER_H
#define SIGNUMD_HTTP_SERVER_H

#include "http/http.h"
#include "http/http_tls.h"

/* HTTPS by libmicrohttpd, which no other file knows. */
struct signumd_server;

/* Serves the listening socket, which it takes over, with the state folder's TLS certificate. */
enum signum_status signumd_server_start(struct signumd_app *app, int socket,
                                        struct signumd_server **server_out) SIGNUM_MUST_USE;

/*
 * Connections from now on use this certificate, which is taken over; times of `settings`, and the
 * CAs of clients, hold for all. Connections that are open keep theirs, and nothing under way is
 * cut.
 */
void signumd_server_change(struct signumd_server *server, const struct signumd_settings *settings,
                           struct signumd_tls *tls);

/* To be called about once a second: ends connections of clients that are too slow. */
void signumd_server_tick(struct signumd_server *server);

/* The longest time, in seconds, that a request is being worked on. */
unsigned signumd_server_longest_work(struct signumd_server *server);

/*
 * Takes no new connections, waits at most `seconds` for requests under way, then closes all
 * connections. `pause` is called again and again to wait some milliseconds.
 */
void signumd_server_drain(struct signumd_server **server, unsigned seconds,
                          void (*pause)(void *context), void *context);

#endif
