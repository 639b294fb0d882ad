#include "install.h"

static enum signum_status
refuse(struct signum_output *output)
{
    signum_output_error(output, SIGNUM_NOT_SUPPORTED,
                        "the provider is a part of Windows' cryptography; there is nothing to "
                        "register on this system",
                        "run this on the Windows machine; 'signum sign' works here", NULL);
    return SIGNUM_NOT_SUPPORTED;
}

enum signum_status
signum_install_register(struct signum_output *output, const struct signum_install_options *options)
{
    (void)options;
    return refuse(output);
}

enum signum_status
signum_install_unregister(struct signum_output *output, bool has_dlls_to_go)
{
    (void)has_dlls_to_go;
    return refuse(output);
}
