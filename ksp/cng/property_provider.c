#include "property.h"
#include "rim.h"
#include "signum/signum.h"
#include "signum/version.h"

enum signum_status
signum_property_get_provider_name(const struct signum_property_target *target,
                                  struct signum_buf *out)
{
    (void)target;
    return signum_rim_put_wide(out, SIGNUM_PROVIDER_NAME);
}

/* The major number in the high word. */
enum signum_status
signum_property_get_version(const struct signum_property_target *target, struct signum_buf *out)
{
    (void)target;
    return signum_property_put_dword(out, (DWORD)SIGNUM_VERSION_MAJOR << 16 | SIGNUM_VERSION_MINOR);
}

enum signum_status
signum_property_get_name_max(const struct signum_property_target *target, struct signum_buf *out)
{
    (void)target;
    return signum_property_put_dword(out, SIGNUM_RIM_NAME_MAX);
}

/* No security descriptors: who may use a key is decided by the service. */
enum signum_status
signum_property_get_security_support(const struct signum_property_target *target,
                                     struct signum_buf *out)
{
    (void)target;
    return signum_property_put_dword(out, 0);
}
