/*
 * test_negative WAY: every row of cases.def against the provider, WAY being `direct` (the DLL's own
 * function table) or `ncrypt` (through ncrypt.dll). run.sh prepares the service.
 */
#include <stdio.h>

#include "../integration/check.h"
#include "../integration/ksp.h"
#include "negative.h"

/* All rows of one entry; what is refused locally has cost no request. */
static void
run_entry(enum entry entry, struct world *w)
{
    const char *name = NULL;
    unsigned before = test_request_count();
    unsigned requests = 0;

    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].entry != entry || (rows[i].way == WAY_TABLE && !ksp_is_direct))
            continue;
        name = rows[i].entry_name;
        row_run(i, w, &requests);
    }
    if (name != NULL)
        check_number(test_request_count() - before, requests, "%s: requests to the service", name);
}

int
main(int argc, char **argv)
{
    static struct world world;

    if (argc != 2) {
        printf("usage: test_negative direct|ncrypt\n");
        return 2;
    }
    if (!check_true(ksp_load(argv[1]), "the provider loads, %s", argv[1]))
        return 1;
    if (!check_true(world_open(&world), "what the rows need is there"))
        return 1;
    for (int entry = 0; entry < ENTRY_COUNT; entry++)
        run_entry((enum entry)entry, &world);
    world_close(&world);
    bugs_run();
    return check_failures() == 0 ? 0 : 1;
}
