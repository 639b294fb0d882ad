#include <stdio.h>
#include <string.h>

#include "backup/backup.h"
#include "cmd/cli.h"

static int
run_backup(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *out = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"out", &out, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    int code = signumd_cli_parse(verb, argc, argv, options, NULL, 0);
    if (code != 0)
        return code;
    if (out == NULL)
        return signumd_cli_usage(verb, "--out FILE is missing: where shall the backup lie?");
    code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);
    if (code != 0)
        return code;
    code = signumd_cli_report(signumd_backup_make(&state, out), "there is no backup");
    if (code == 0 && strcmp(out, "-") != 0)
        (void)printf("%s has all secrets of %s: keep it as you keep those\n", out, state.folder);
    signumd_state_close(&state);
    return code;
}

static int
print_facts(const struct signumd_backup_facts *facts, const char *what)
{
    (void)printf("%s: of %s, schema %lld, %lld audit records, all in order\n", what, facts->created,
        (long long)facts->schema, (long long)facts->records);
    return 0;
}

static int
run_verify(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *file = NULL;
    struct signumd_backup_facts facts;
    const struct signumd_option options[] = {{NULL, NULL, NULL, NULL}};
    int code = signumd_cli_parse(verb, argc, argv, options, &file, 1);

    if (code == 0)
        code =
            signumd_cli_report(signumd_backup_verify(file, &facts), "%s is no good backup", file);
    return code == 0 ? print_facts(&facts, file) : code;
}

static int
run_restore(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *file = NULL;
    const char *folder = NULL;
    struct signumd_backup_facts facts;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    int code = signumd_cli_parse(verb, argc, argv, options, &file, 1);
    if (code != 0)
        return code;
    if (folder == NULL)
        return signumd_cli_usage(verb, "--state DIR is missing: where shall the state lie?");
    code = signumd_cli_report(
        signumd_backup_restore(file, folder, &facts), "nothing was restored to %s", folder);
    return code == 0 ? print_facts(&facts, folder) : code;
}

const struct signumd_verb signumd_verbs_backup[] = {
    {"backup verify", "FILE",
        "Checks a backup as restore does, in a temporary folder, and changes nothing.\n\n"
        "  FILE                 the backup; - for standard input\n\n"
        "Example: signumd backup verify /srv/backup/signumd.tar",
        run_verify},
    {"backup", "--state DIR --out FILE",
        "Writes all of the state folder into one tar file, also while the service runs: settings,\n"
        "database, certificates and keys, the PIN file and a SoftHSM2 token if they lie there. "
        "The\n"
        "keys in a real HSM are not in it. It has secrets, and mode 0600; to encrypt it, write it "
        "to\n"
        "a program that does.\n\n"
        "  --state DIR          the state folder\n"
        "  --out FILE           the new file; - for standard output\n\n"
        "Example: signumd backup --state /var/lib/signumd --out - | age -r KEY > signumd.tar.age",
        run_backup},
    {"restore", "FILE --state DIR",
        "Makes a state folder of a backup, after checking each file against the manifest and the\n"
        "audit log. What was done after the backup is not in it.\n\n"
        "  FILE                 the backup; - for standard input\n"
        "  --state DIR          the folder; it must not exist, or be empty\n\n"
        "Example: signumd restore /srv/backup/signumd.tar --state /var/lib/signumd",
        run_restore},
    {NULL, NULL, NULL, NULL},
};
