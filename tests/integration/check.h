#ifndef SIGNUM_INTEGRATION_CHECK_H
#define SIGNUM_INTEGRATION_CHECK_H

#include "signum/ksp_abi.h"

#include <stdbool.h>

/* One line a check: "ok TEXT", or "not ok TEXT" with what was found. run.sh counts them. */

bool check_true(bool is_true, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The exact status. */
bool check_status(SECURITY_STATUS got, SECURITY_STATUS wanted, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool check_number(unsigned long long got, unsigned long long wanted, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* How many failed so far. */
int check_failures(void);

#endif
