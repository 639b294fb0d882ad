#include "cli.h"

#include "signum/version.h"

static enum signum_exit
run(struct signum_cli *cli, int argc, char **argv)
{
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_version, argc, argv, NULL, 0, 0, &operands, &code)) {
        return code;
    }
    signum_output_say(&cli->output, "signum %s (%u-bit)", SIGNUM_VERSION,
                      (unsigned)sizeof(void *) * 8);
    signum_output_put_text(&cli->output, "name", "signum");
    signum_output_put_text(&cli->output, "version", SIGNUM_VERSION);
    signum_output_put_number(&cli->output, "bits", (int64_t)sizeof(void *) * 8);
    return SIGNUM_EXIT_OK;
}

const struct signum_verb signum_verb_version = {
    .name = "version",
    .run = run,
    .summary = "print the version",
    .help = "Usage: signum version [--json]\n"
            "\n"
            "Prints the version of this command and whether it is a 32-bit or 64-bit program.\n"
            "'signum doctor' shows the versions of the installed DLLs and of the service.\n"
            "\n"
            "Example:\n"
            "  signum version --json",
};
