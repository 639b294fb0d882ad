/*
 * stress_ksp direct stress SECONDS | stress_ksp direct scale: the provider under sixteen threads,
 * and with ten thousand keys. run.sh prepares the services. A line per check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ksp.h"
#include "stress.h"

int
main(int argc, char **argv)
{
    bool is_stress = argc == 4 && strcmp(argv[2], "stress") == 0;
    bool is_scale = argc == 3 && strcmp(argv[2], "scale") == 0;

    if (!is_stress && !is_scale) {
        printf("usage: stress_ksp direct|ncrypt stress SECONDS | stress_ksp direct|ncrypt scale\n");
        return 2;
    }
    if (!check_true(ksp_load(argv[1]), "the provider loads, %s", argv[1]))
        return 1;
    if (is_stress)
        stress_run((unsigned)atoi(argv[3]));
    else
        scale_run();
    return check_failures() == 0 ? 0 : 1;
}
