#ifndef SIGNUMD_HTTP_CONNECTIONS_H
#define SIGNUMD_HTTP_CONNECTIONS_H

#include <microhttpd.h>

#include "http/http_tls.h"

/*
 * The connections that are open, what each is waiting for and since when. The HTTP library ends
 * those on which nothing happens; these here end those on which too little happens.
 */
struct signumd_connections;

/* What a connection is doing. */
enum signumd_phase {
    SIGNUMD_PHASE_OPENING,   /* first handshake and head */
    SIGNUMD_PHASE_RECEIVING, /* the head has come, the body has not */
    SIGNUMD_PHASE_WORKING,   /* ours, not the client's time */
    SIGNUMD_PHASE_SENDING,
    SIGNUMD_PHASE_IDLE /* between two requests, and during the head of the next */
};

/* Takes over the reference to `tls`, which new connections use. */
enum signum_status signumd_connections_new(struct signumd_tls *tls, unsigned idle_timeout_s,
    struct signumd_connections **connections_out) SIGNUM_MUST_USE;

/* When no connection is left. */
void signumd_connections_free(struct signumd_connections **connections);

/* What new connections use from now on. Takes over the reference to `tls`. */
void signumd_connections_change(
    struct signumd_connections *connections, struct signumd_tls *tls, unsigned idle_timeout_s);

/* MHD_NotifyConnectionCallback; the closure is the struct signumd_connections. */
void signumd_connections_notify(void *closure, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code);

/* Says what the connection is doing from now on. */
void signumd_connections_set_phase(struct signumd_connections *connections,
    struct MHD_Connection *connection, enum signumd_phase phase);

/*
 * Ends connections whose client took more than `transfer_s` for its request or its answer, or more
 * than `idle_s` between two requests. Gives their number.
 */
size_t signumd_connections_sweep(
    struct signumd_connections *connections, unsigned transfer_s, unsigned idle_s);

/* The longest time, in seconds, that a request is being worked on; 0 if there is none. */
unsigned signumd_connections_longest_work(struct signumd_connections *connections);

/*
 * What the client of a connection has shown, judged by the CAs that new connections use: see
 * signumd_client_trust_check().
 */
enum signum_status signumd_connections_check(struct MHD_Connection *connection,
    struct signumd_client_certificate *certificate_out) SIGNUM_MUST_USE;

size_t signumd_connections_count(struct signumd_connections *connections);

#endif
