#ifndef SIGNUM_TEST_FIXTURE_CLIENT_H
#define SIGNUM_TEST_FIXTURE_CLIENT_H

#include "core/client.h"
#include "support/fake_ports.h"

/* An engine over the fake ports, with a credential that the test steers. */

struct fixture_auth {
    struct signum_auth base;
    unsigned generation; /* puts "Bearer secret-token-GENERATION" on; from 1 */
    unsigned asked;      /* how often is_renewed was asked */
    bool is_renewing;    /* is_renewed goes on to the next generation */
    enum signum_status failure; /* of apply */
};

struct fixture_client {
    struct signum_fake fake;
    struct signum_log log; /* at the debug level */
    struct signum_transport transport;
    struct fixture_auth auth;
    struct signum_client client;
    struct signum_result result; /* of the last run */
    struct signum_report report;
};

void fixture_client_init(struct fixture_client *fixture, const struct signum_protocol *protocol);
void fixture_client_clear(struct fixture_client *fixture);

/* Runs the operation (base_url is filled in) with a fresh result and a fresh budget. */
enum signum_status fixture_client_run(struct fixture_client *fixture,
                                      struct signum_operation *operation, uint64_t budget_ms);

#endif
