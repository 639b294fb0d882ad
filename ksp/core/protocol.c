#include "protocol.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX 16384 /* bytes that an adapter may keep between two requests */
#define TEXT_MAX 1024    /* bytes of a name, token or cause from a service */

static const struct signum_protocol *const protocols[] = {
    &signum_protocol_signum,
};

const struct signum_protocol *
signum_protocol_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
        if (strcmp(protocols[i]->name, name) == 0)
            return protocols[i];
    return NULL;
}

void
signum_exchange_init(struct signum_exchange *exchange)
{
    exchange->step = 0;
    signum_buf_init_secret(&exchange->memory, MEMORY_MAX);
}

void
signum_exchange_clear(struct signum_exchange *exchange)
{
    exchange->step = 0;
    signum_buf_clear(&exchange->memory);
}

void
signum_result_init(struct signum_result *result)
{
    memset(result, 0, sizeof *result);
    signum_buf_init(&result->next, TEXT_MAX);
    signum_buf_init(&result->signature, SIGNUM_SIGNATURE_MAX);
    signum_buf_init(&result->attestation, SIGNUM_ATTESTATION_MAX);
    signum_buf_init(&result->csr, SIGNUM_CSR_MAX);
    signum_buf_init(&result->name, TEXT_MAX);
    signum_buf_init(&result->version, TEXT_MAX);
    signum_buf_init(&result->request, TEXT_MAX);
    signum_buf_init(&result->cause, TEXT_MAX);
}

void
signum_result_clear(struct signum_result *result)
{
    for (size_t i = 0; i < result->key_count; i++)
        signum_key_unref(&result->keys[i]);
    free(result->keys);
    signum_buf_clear(&result->next);
    signum_buf_clear(&result->signature);
    signum_buf_clear(&result->attestation);
    signum_buf_clear(&result->csr);
    signum_buf_clear(&result->name);
    signum_buf_clear(&result->version);
    signum_buf_clear(&result->request);
    signum_buf_clear(&result->cause);
    signum_result_init(result);
}

enum signum_status
signum_result_add_key(struct signum_result *result, struct signum_key *key)
{
    if (result->key_count >= SIGNUM_RESULT_KEYS_MAX)
        return SIGNUM_TOO_LARGE;
    struct signum_key **keys = realloc(result->keys, (result->key_count + 1) * sizeof *keys);
    if (keys == NULL)
        return SIGNUM_NO_MEMORY;
    keys[result->key_count] = key;
    result->keys = keys;
    result->key_count++;
    return SIGNUM_OK;
}
