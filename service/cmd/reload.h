#ifndef SIGNUMD_RELOAD_H
#define SIGNUMD_RELOAD_H

#include "http/http_server.h"

/*
 * Reads settings, TLS certificate and PIN file again. Either all of it is good and holds from now
 * on, and there is a record, or nothing changes, and log and record say so. For the thread that
 * waits for signals.
 */
void signumd_reload_run(
    struct signumd_state *state, struct signumd_app *app, struct signumd_server *server);

#endif
