#ifndef SIGNUMD_HTTP_METRICS_H
#define SIGNUMD_HTTP_METRICS_H

#include "core/buf.h"

/*
 * GET /metrics on an address of its own, without TLS and credentials: for a Prometheus on the same
 * machine, or in a network that nobody else is in.
 */
struct signumd_metrics_server;

/* Listens on ADDR:PORT. `collect` appends the text for one answer; any thread may call it. */
enum signum_status signumd_metrics_server_start(const char *address,
    void (*collect)(void *context, struct signum_buf *out), void *context,
    struct signumd_metrics_server **server_out) SIGNUM_MUST_USE;

void signumd_metrics_server_stop(struct signumd_metrics_server **server);

#endif
