#ifndef SIGNUM_TESTS_TLS_SERVER_H
#define SIGNUM_TESTS_TLS_SERVER_H

#include <stddef.h>

#include "support/tls_certs.h"

/*
 * An HTTPS server in threads of the test's own process, on a free port of 127.0.0.1. What it
 * answers follows from the request's path, so that one server serves all cases:
 *
 *     /echo       200, "Method PATH\n", the request's headers and body
 *     /status/N   status N, with Retry-After: 7
 *     /interim    103 with a header of its own, then 200
 *     /large      more body than the client may take, with Content-Length
 *     /endless    the same, chunked
 *     /headers    more header bytes than the client may take
 *     /many       40 headers
 *     /slow       answers after 3 seconds
 *     /cut        closes without an answer
 *     /half       closes in the middle of the body
 *     /garbage    something that is not HTTP
 *     /redirect   302 to /echo
 *     /elsewhere/N  302 to the same machine's port N
 */
struct signum_tls_server;

/* Starts it with that certificate; TLS from `min_version` to `max_version` (0: any). */
struct signum_tls_server *signum_tls_server_start(const struct signum_test_cert *cert,
                                                  int min_version, int max_version);
/* From now on who connects has to show a certificate of that authority. */
void signum_tls_server_demand(struct signum_tls_server *server, const struct signum_test_cert *ca);
/* Ends it. Every client has to be closed before. */
void signum_tls_server_stop(struct signum_tls_server **server);

/* Its port, as text. */
const char *signum_tls_server_port(const struct signum_tls_server *server);

/* Connections taken, and requests read, so far. */
unsigned signum_tls_server_connections(struct signum_tls_server *server);
unsigned signum_tls_server_requests(struct signum_tls_server *server);

#endif
