#include <string.h>

#include "base/timestamp.h"
#include "keys/keys.h"

static const char *const flag_names[SIGNUMD_KEY_FLAG_COUNT] = {
    [SIGNUMD_KEY_USAGE_REASON] = "usageReason",
    [SIGNUMD_KEY_NEED_PIN] = "needPin",
};

const char *
signumd_key_flag_name(enum signumd_key_flag flag)
{
    return flag_names[flag];
}

bool
signumd_key_flag_from_name(const char *name, enum signumd_key_flag *flag_out)
{
    *flag_out = SIGNUMD_KEY_USAGE_REASON;
    for (int i = 0; i < SIGNUMD_KEY_FLAG_COUNT; i++) {
        if (strcmp(name, flag_names[i]) != 0)
            continue;
        *flag_out = (enum signumd_key_flag)i;
        return true;
    }
    return false;
}

bool
signumd_key_has_expired(const struct signumd_key *key)
{
    return key->expires != 0 && signumd_timestamp_seconds() >= key->expires;
}
