#include "console.h"

#include <unistd.h>

enum signum_status
signum_console_arguments(int *argc_inout, char **argv, char ***argv_out)
{
    (void)argc_inout;
    *argv_out = argv;
    return SIGNUM_OK;
}

void
signum_console_streams(void)
{
}

FILE *
signum_console_fopen(const char *path, const char *mode)
{
    return fopen(path, mode);
}

void
signum_console_remove(const char *path)
{
    (void)unlink(path);
}
