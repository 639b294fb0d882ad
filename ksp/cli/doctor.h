#ifndef SIGNUM_CLI_DOCTOR_H
#define SIGNUM_CLI_DOCTOR_H

#include "core/buf.h"

/* One check of `signum doctor`: what came out, what was seen, and what to do about it. */
enum signum_check_result { SIGNUM_CHECK_OK, SIGNUM_CHECK_FAILED, SIGNUM_CHECK_SKIPPED };

struct signum_check {
    enum signum_check_result result;
    struct signum_buf detail; /* what was seen; or why it was skipped */
    struct signum_buf next;   /* next step after a failure */
};

/* Fill a check; the texts are printf-like and are appended once. */
void signum_check_pass(struct signum_check *check, const char *format, ...)
    SIGNUM_PRINTF(2, 3);
void signum_check_skip(struct signum_check *check, const char *reason);
/* `next` NULL: the usual advice for the status. */
void signum_check_fail(struct signum_check *check, enum signum_status status, const char *next,
                       const char *format, ...) SIGNUM_PRINTF(4, 5);

/*
 * The checks of the machine (doctor_win32.c); on other systems they are skipped (doctor_none.c).
 * dll: signumksp.dll is in each system folder, of the right kind. registration: as read back from
 * the registry. provider: Windows opens it by name.
 */
void signum_doctor_check_dll(struct signum_check *check);
void signum_doctor_check_registration(struct signum_check *check);
void signum_doctor_check_provider(struct signum_check *check);

#endif
