#include "negative.h"

#include <string.h>

#define POISON 0xa5

void
outputs_poison(struct outputs *out)
{
    memset(out, POISON, sizeof *out);
}

static bool
is_poison(const void *data, size_t len)
{
    const BYTE *bytes = data;

    for (size_t i = 0; i < len; i++)
        if (bytes[i] != POISON)
            return false;
    return true;
}

static bool
is_zero(const void *data, size_t len)
{
    const BYTE *bytes = data;

    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* An output that the call was given is empty; one that it was not given is untouched. */
static bool
is_right(const void *argument, const void *output, size_t len)
{
    return argument == output ? is_zero(output, len) : is_poison(output, len);
}

const char *
outputs_fault(const struct call *c, SECURITY_STATUS status)
{
    const struct outputs *out = &c->out;
    DWORD len = status == NTE_BUFFER_TOO_SMALL ? c->need : 0;

    if (!is_right(c->phProvider, &out->provider, sizeof out->provider))
        return "a provider's handle";
    if (!is_right(c->phKey, &out->key, sizeof out->key))
        return "a key's handle";
    if (!is_right(c->phAgreedSecret, &out->secret, sizeof out->secret))
        return "a secret's handle";
    if (!is_right(c->phEvent, &out->event, sizeof out->event))
        return "an event";
    if (!is_right(c->pdwAlgCount, &out->count, sizeof out->count))
        return "a count";
    if (!is_right(c->ppAlgList, &out->list, sizeof out->list))
        return "a list";
    if (!is_right(c->ppKeyName, &out->item, sizeof out->item))
        return "an item";
    if (!is_poison(out->buffer, sizeof out->buffer))
        return "bytes in the buffer";
    if (c->pcbResult == &out->len ? out->len != len : !is_poison(&out->len, sizeof out->len))
        return "another size";
    return NULL;
}
