#ifndef SIGNUM_CNG_PROVIDER_H
#define SIGNUM_CNG_PROVIDER_H

#include "signum/ksp_abi.h"

#include "core/object.h"
#include "notes.h"

/* What a provider handle stands for. Keys keep it alive. */
struct signum_provider {
    struct signum_object object; /* first */
    struct signum_notes notes;
};

/* True for the provider's name in any case, as the registry has it. */
bool signum_provider_is_name(LPCWSTR name);

#endif
