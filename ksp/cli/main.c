#include <stdio.h>

#include "cli.h"
#include "io/ports_real.h"
#include "console.h"

int
main(int argc, char **argv)
{
    struct signum_ports ports;
    char **arguments = NULL;

    signum_console_streams();
    enum signum_status status = signum_console_arguments(&argc, argv, &arguments);
    if (status != SIGNUM_OK) {
        fprintf(stderr, "signum: the arguments cannot be read: %s\n", signum_status_text(status));
        return SIGNUM_EXIT_FAILED;
    }
    status = signum_ports_real_open(&ports);
    if (status != SIGNUM_OK) {
        fprintf(stderr, "signum: cannot start: %s\n", signum_status_text(status));
        return SIGNUM_EXIT_FAILED;
    }
    enum signum_exit code = signum_cli_run(&ports, stdin, stdout, stderr, argc, arguments);
    signum_ports_real_clear(&ports);
    return code;
}
