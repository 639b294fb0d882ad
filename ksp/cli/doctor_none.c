#include "doctor.h"

/* The provider exists on Windows only. */

void
signum_doctor_check_dll(struct signum_check *check)
{
    signum_check_skip(check, "only on Windows");
}

void
signum_doctor_check_registration(struct signum_check *check)
{
    signum_check_skip(check, "only on Windows");
}

void
signum_doctor_check_provider(struct signum_check *check)
{
    signum_check_skip(check, "only on Windows");
}
