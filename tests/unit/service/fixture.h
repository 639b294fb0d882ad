#ifndef SIGNUMD_TEST_FIXTURE_H
#define SIGNUMD_TEST_FIXTURE_H

/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "base/db.h"
#include "hsm/hsm.h"
#include "keys/keys.h"

/* A temporary folder with a fresh database in it, for one test. */
struct fixture {
    char folder[256];
    char path[512]; /* of the database */
    struct signumd_db *db;
};

/* cmocka set-up and tear-down functions; *state is a struct fixture. */
int fixture_open(void **state);
int fixture_close(void **state);

/* Runs SQL past all of our code, as a forger would. */
void fixture_tamper(const struct fixture *fixture, const char *sql);

/* Makes the database anew, as the first `step_count` steps of the schema leave it, and closed. */
void fixture_make_old(struct fixture *fixture, size_t step_count);

/* Adds a key that no token holds; `name` is also its identifier. */
void fixture_add_key(const struct fixture *fixture, const char *name);

/* The whole audit log as JSON text; freed by the caller. */
char *fixture_audit_text(const struct fixture *fixture);

/* Path of SoftHSM2's module; the test fails if it is not installed. */
const char *fixture_softhsm(void);

/* A SoftHSM2 token "test" with PIN "1234" in the fixture's folder. */
void fixture_make_token(const struct fixture *fixture);

#define assert_status(actual, expected)                                                            \
    assert_string_equal(signum_status_name(actual), signum_status_name(expected))

#endif
