#include "cli.h"

#include "install.h"

static const char register_help[] =
    "Usage: signum register [--dll FILE [--dll32 FILE]] [--no-check] [--json]   (Windows)\n"
    "\n"
    "Makes the provider \"Signum KSP\" known to Windows, for every user of the machine, and\n"
    "reads the registration back. Needs an administrator. May be repeated. No restart is\n"
    "asked for; programs that are running see the provider when they are started again.\n"
    "\n"
    "  --dll FILE    copy this 64-bit signumksp.dll into System32 first\n"
    "  --dll32 FILE  and this 32-bit one into SysWOW64, for 32-bit programs such as Office's\n"
    "                signing components; a DLL of the wrong kind is refused\n"
    "  --no-check    do not look whether signumksp.dll is in place\n"
    "\n"
    "Without --dll the DLLs have to be in place already, as the installer puts them.\n"
    "\n"
    "Example (in a console run as administrator):\n"
    "  signum register --dll win64\\signumksp.dll --dll32 win32\\signumksp.dll";

static const char unregister_help[] =
    "Usage: signum unregister [--remove-dlls] [--json]                         (Windows)\n"
    "\n"
    "Takes \"Signum KSP\" out of Windows' list of providers; nothing else in that list is\n"
    "touched. Needs an administrator. It is no error if it was not registered.\n"
    "\n"
    "  --remove-dlls  also delete signumksp.dll from System32 and SysWOW64. One that a\n"
    "                 program still has loaded is deleted when Windows starts next.\n"
    "\n"
    "Example:\n"
    "  signum unregister --remove-dlls";

static enum signum_exit
run_register(struct signum_cli *cli, int argc, char **argv)
{
    struct signum_install_options install = {0};
    const struct signum_option options[] = {{"dll", &install.dll, NULL},
                                            {"dll32", &install.dll32, NULL},
                                            {"no-check", NULL, &install.is_unchecked}};
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_register, argc, argv, options, 3, 0, &operands,
                          &code)) {
        return code;
    }
    return signum_install_register(&cli->output, &install) == SIGNUM_OK ? SIGNUM_EXIT_OK
                                                                        : SIGNUM_EXIT_FAILED;
}

static enum signum_exit
run_unregister(struct signum_cli *cli, int argc, char **argv)
{
    bool has_dlls_to_go = false;
    const struct signum_option options[] = {{"remove-dlls", NULL, &has_dlls_to_go}};
    struct signum_operands operands;
    enum signum_exit code;
    if (!signum_cli_parse(cli, &signum_verb_unregister, argc, argv, options, 1, 0, &operands,
                          &code)) {
        return code;
    }
    return signum_install_unregister(&cli->output, has_dlls_to_go) == SIGNUM_OK
               ? SIGNUM_EXIT_OK
               : SIGNUM_EXIT_FAILED;
}

const struct signum_verb signum_verb_register = {
    .name = "register",
    .run = run_register,
    .summary = "make the provider known to Windows (Windows)",
    .help = register_help,
};

const struct signum_verb signum_verb_unregister = {
    .name = "unregister",
    .run = run_unregister,
    .summary = "take the provider out of Windows (Windows)",
    .help = unregister_help,
};
