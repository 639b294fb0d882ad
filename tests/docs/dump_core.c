/* Prints the core's tables as Markdown, for scripts/check-docs.sh. */

#include <stdio.h>
#include <string.h>

#include "core/config.h"

static void
print_settings(void)
{
    static const char *const types[] = {"text", "number", "true or false"};
    size_t count;
    const struct signum_config_row *rows = signum_config_rows(&count);

    puts("| setting | variable | type | default | meaning |");
    puts("| --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < count; i++) {
        const struct signum_config_row *row = &rows[i];
        printf("| %s%s%s | `%s` | %s | %s | %s |\n", row->path[0] != 0 ? "`" : "", row->path,
               row->path[0] != 0 ? "`" : "", row->variable, types[row->type], row->fallback,
               row->help);
    }
}

static void
print_statuses(void)
{
    static const char *const groups[] = {"",        "fix the calling program", "try again later",
                                         "sign in", "change settings or rights", "report it"};

    puts("| in the log | meaning | what to do |");
    puts("| --- | --- | --- |");
    for (int i = SIGNUM_OK + 1; i < SIGNUM_STATUS_COUNT; i++) {
        enum signum_status status = (enum signum_status)i;
        printf("| `%s` | %s | %s |\n", signum_status_name(status), signum_status_text(status),
               groups[signum_status_group(status)]);
    }
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "settings") == 0)
        print_settings();
    else if (argc == 2 && strcmp(argv[1], "statuses") == 0)
        print_statuses();
    else {
        fputs("usage: dump_core settings|statuses\n", stderr);
        return 2;
    }
    return 0;
}
