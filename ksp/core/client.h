#ifndef SIGNUM_CORE_CLIENT_H
#define SIGNUM_CORE_CLIENT_H

#include "auth/auth.h"
#include "budget.h"
#include "protocol.h"

/*
 * The engine: runs an operation of any protocol with any credential over any transport. It moves
 * bytes, adds credentials, obeys the adapter's next step, and retries within the budget.
 */
struct signum_client {
    const struct signum_ports *ports;
    const struct signum_log *log;
    const struct signum_protocol *protocol;
    struct signum_auth *auth;
    struct signum_transport *transport;
};

#define SIGNUM_CLIENT_STEPS_MAX 64 /* requests of one operation, waiting included */

/* What to tell about a call: kept on the handle, logged by the rim, printed by the command. After a
   signature the request's id is set too. No secret in it. */
struct signum_report {
    enum signum_status status;
    struct signum_buf text;    /* a sentence with the cause */
    struct signum_buf request; /* the service's id of the request; may be empty */
};

void signum_report_init(struct signum_report *report);
void signum_report_clear(struct signum_report *report);

/*
 * Runs the operation to its end. `result` is initialised by the caller. On failure the cause is in
 * `report` (never NULL), which whoever made the call logs or prints, once. Retries are logged here.
 */
enum signum_status signum_client_run(struct signum_client *client,
                                     const struct signum_operation *operation,
                                     const struct signum_budget *budget,
                                     struct signum_result *result,
                                     struct signum_report *report) SIGNUM_MUST_USE;

#endif
