#ifndef SIGNUM_TEST_FIXTURE_CLI_H
#define SIGNUM_TEST_FIXTURE_CLI_H

#include "../../../ksp/cli/cli.h"
#include "../../support/fake_ports.h"

/*
 * The command over fake ports, with a small signing service behind the fake transport: two keys,
 * "release" (RSA 2048, with a certificate) and "curve" (P-256, without one), whose private halves
 * the fixture holds. What the command prints is captured.
 */
#define FIXTURE_TOKEN "good-token"

struct fixture_cli {
    struct signum_fake fake;
    char *out; /* of the last run; never NULL after one */
    char *err;
    const char *input;   /* stdin of the next run; NULL: empty */
    bool is_empty;       /* the service has no key for us */
    bool is_denied;      /* it refuses to sign */
    bool is_forging;     /* it gives a signature over something else */
    const char *document; /* answers every request for an attestation or a certification request */
    unsigned sign_count; /* signatures that were asked for */
};

/* Settings that name the service and FIXTURE_TOKEN. */
void fixture_cli_init(struct fixture_cli *fixture);
void fixture_cli_clear(struct fixture_cli *fixture);

/* Runs "signum ARGUMENTS...", up to a NULL. */
enum signum_exit fixture_cli_run(struct fixture_cli *fixture, ...) __attribute__((sentinel));

/* The JSON that the last run printed on stdout, which must be one object; freed by the caller. */
struct cJSON;
struct cJSON *fixture_cli_json(const struct fixture_cli *fixture);

/* The body of an answer to GET /v1/info by a service whose clock shows that time. */
void fixture_cli_put_info(struct signum_buf *out, int64_t time);

void assert_contains(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);

#endif
