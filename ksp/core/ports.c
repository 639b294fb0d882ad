#include "ports.h"

#define PROCESS_MAX 32768 /* bytes of a path */
#define LINE_MAX_LEN (128u << 10)
#define NAME_MAX_LEN 1024 /* bytes of a user's or machine's name */

void
signum_context_init(struct signum_context *context)
{
    signum_buf_init(&context->process, PROCESS_MAX);
    signum_buf_init(&context->sha256, NAME_MAX_LEN);
    signum_buf_init(&context->signer, NAME_MAX_LEN);
    signum_buf_init(&context->parent, PROCESS_MAX);
    signum_buf_init_secret(&context->arguments, LINE_MAX_LEN);
    signum_buf_init(&context->user, NAME_MAX_LEN);
    signum_buf_init(&context->session, NAME_MAX_LEN);
    signum_buf_init(&context->machine, NAME_MAX_LEN);
}

void
signum_context_clear(struct signum_context *context)
{
    signum_buf_clear(&context->process);
    signum_buf_clear(&context->sha256);
    signum_buf_clear(&context->signer);
    signum_buf_clear(&context->parent);
    signum_buf_clear(&context->arguments);
    signum_buf_clear(&context->user);
    signum_buf_clear(&context->session);
    signum_buf_clear(&context->machine);
}
