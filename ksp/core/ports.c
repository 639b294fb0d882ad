#include "ports.h"

#define PROCESS_MAX 32768 /* bytes of a path */
#define NAME_MAX_LEN 1024 /* bytes of a user's or machine's name */

void
signum_context_init(struct signum_context *context)
{
    signum_buf_init(&context->process, PROCESS_MAX);
    signum_buf_init(&context->user, NAME_MAX_LEN);
    signum_buf_init(&context->machine, NAME_MAX_LEN);
}

void
signum_context_clear(struct signum_context *context)
{
    signum_buf_clear(&context->process);
    signum_buf_clear(&context->user);
    signum_buf_clear(&context->machine);
}
