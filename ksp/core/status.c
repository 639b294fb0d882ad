#include "status.h"

#include <stddef.h>

struct row {
    const char *name;
    const char *text;
    enum signum_status_group group;
};

static const struct row rows[] = {
#define STATUS_ROW(name, group, sentence) {#name, sentence, SIGNUM_GROUP_##group},
    SIGNUM_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

/* A value from a damaged caller is shown as an internal error rather than read out of bounds. */
static const struct row *
find(enum signum_status status)
{
    size_t index = (size_t)status;

    if (index >= sizeof rows / sizeof rows[0])
        index = SIGNUM_INTERNAL;
    return &rows[index];
}

const char *
signum_status_name(enum signum_status status)
{
    return find(status)->name;
}

const char *
signum_status_text(enum signum_status status)
{
    return find(status)->text;
}

enum signum_status_group
signum_status_group(enum signum_status status)
{
    return find(status)->group;
}
