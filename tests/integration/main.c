/*
 * test_ksp WAY GROUP...: drives the provider against a running service. WAY is `direct` (the
 * DLL's own function table) or `ncrypt` (through ncrypt.dll). run.sh prepares what it needs.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "ksp.h"

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"interface", case_interface},   {"handles", case_handles},
    {"properties", case_properties}, {"export", case_export},
    {"algorithms", case_algorithms}, {"enumerate", case_enumerate},
    {"sign", case_sign},             {"requests", case_requests},
    {"parameters", case_parameters}, {"refused", case_refused},
    {"sha1-refused", case_sha1_refused}, {"revoked", case_revoked},
    {"stopped", case_stopped},       {"settings", case_settings},
    {"threads", case_threads},       {"unload", case_unload},
    {"create", case_create},         {"create-denied", case_create_denied},
    {"demands", case_demands},       {"demands-variables", case_demands_variables},
    {"waiting", case_waiting},
    {"delete", case_delete},         {"claim", case_claim},
};

static bool
run_group(const char *name)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].name, name) != 0)
            continue;
        groups[i].run();
        return true;
    }
    return check_true(false, "no group %s", name);
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        printf("usage: test_ksp direct|ncrypt GROUP...\n");
        return 2;
    }
    if (!check_true(ksp_load(argv[1]), "the provider loads, %s", argv[1]))
        return 1;
    for (int i = 2; i < argc; i++)
        run_group(argv[i]);
    return check_failures() == 0 ? 0 : 1;
}
