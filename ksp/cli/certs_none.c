#include "certs.h"

/* Where there is no Windows certificate store. */

enum signum_status
signum_certs_open(bool is_machine, struct signum_certs **certs_out, struct signum_buf *cause)
{
    (void)is_machine;
    *certs_out = NULL;
    signum_buf_put_text(cause, "this system has no Windows certificate store");
    return SIGNUM_NOT_SUPPORTED;
}

void
signum_certs_close(struct signum_certs **certs)
{
    *certs = NULL;
}

enum signum_status
signum_certs_put(struct signum_certs *certs, const struct signum_certs_entry *entry,
                 enum signum_certs_change *change_out, struct signum_buf *cause)
{
    (void)certs;
    (void)entry;
    (void)cause;
    *change_out = SIGNUM_CERTS_UNCHANGED;
    return SIGNUM_NOT_SUPPORTED;
}

enum signum_status
signum_certs_prove(struct signum_certs *certs, const struct signum_certs_entry *entry,
                   struct signum_buf *cause)
{
    (void)certs;
    (void)entry;
    (void)cause;
    return SIGNUM_NOT_SUPPORTED;
}
