#ifndef SIGNUMD_SYSLOG_FORWARDER_H
#define SIGNUMD_SYSLOG_FORWARDER_H

#include "base/db.h"
#include "base/state.h"

/*
 * The thread that sends the audit records to the collector in the settings, with a database
 * connection of its own: nobody waits for it. It looks every second. How far it has come is in the
 * database, and goes on only past records that the collector's system has acknowledged and whose
 * connection was still there some seconds later: what was on its way when the connection or
 * the service was lost is sent again.
 */
struct signumd_forwarder;

/* Starts it if the settings name a collector; else `forwarder_out` is NULL. */
enum signum_status signumd_forwarder_start(
    const struct signumd_state *state, struct signumd_forwarder **forwarder_out) SIGNUM_MUST_USE;

/* Closes its connection in an orderly way, and ends it. Accepts NULL. */
void signumd_forwarder_stop(struct signumd_forwarder **forwarder);

/* How many records wait. SIGNUM_NOT_FOUND if there never was a collector. */
enum signum_status signumd_forwarder_backlog(
    struct signumd_db *db, int64_t *count_out) SIGNUM_MUST_USE;

#endif
