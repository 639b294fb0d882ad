/* Prints the service's tables as Markdown, for scripts/check-docs.sh. */

#include <stdio.h>
#include <string.h>

#include "http/http.h"

static void
print_problems(void)
{
    puts("| code | status | meaning |");
    puts("| --- | --- | --- |");
    for (int i = 0; i < SIGNUMD_PROBLEM_COUNT; i++) {
        enum signumd_problem problem = (enum signumd_problem)i;
        printf("| `%s` | %d | %s |\n", signumd_problem_code(problem),
            signumd_problem_status(problem), signumd_problem_title(problem));
    }
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "problems") == 0) {
        print_problems();
        return 0;
    }
    fputs("usage: dump_service problems\n", stderr);
    return 2;
}
