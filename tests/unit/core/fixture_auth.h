#ifndef SIGNUM_TESTS_FIXTURE_AUTH_H
#define SIGNUM_TESTS_FIXTURE_AUTH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/auth/auth_oauth.h"
#include "support/fake_ports.h"

/* What the tests of ways to sign in share: settings of one service, "main", and one request. */

#define AUTH_DOCUMENT                                                                              \
    "{\"issuer\":\"https://id.test\",\"token_endpoint\":\"https://id.test/token\"}"
#define AUTH_TOKEN(name)                                                                           \
    "{\"access_token\":\"" name "\",\"token_type\":\"Bearer\",\"expires_in\":300}"
#define AUTH_START_TIME 1735689600

struct auth_fixture {
    struct signum_fake fake;
    struct signum_settings settings;
    struct signum_service_settings *service;
    struct signum_log log;
    struct signum_transport transport;
    struct signum_auth *auth; /* after auth_open() */
    struct signum_http_request request;
    struct signum_http_response response;
    struct signum_buf cause;
    struct signum_budget budget; /* half a minute */
};

extern struct auth_fixture fix;

/* Set-up and tear-down of each test; the method is "token" and nothing else is set. */
int auth_set_up(void **state);
int auth_tear_down(void **state);

void auth_set(enum signum_auth_setting setting, const char *text);
/* Opens the method that is set; auth_close() frees it. */
void auth_open(void);
void auth_close(void);
/* Puts the credential on a fresh request. */
enum signum_status auth_apply(void);
/* The header Authorization of that request; NULL if there is none. */
const char *auth_credential(void);
bool auth_cause_has(const char *text);
/* The value of a field of a form, decoded; "" if it is not there. Valid until the next call. */
const char *auth_form_field(const char *form, const char *name);

#endif
