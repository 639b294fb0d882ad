#include <stdio.h>

#include "cmd/cli.h"
#include "hsm/hsm_open.h"
#include "keys/leftovers.h"
#include "base/log.h"

static int
find(const struct signumd_state *state, const char *name, struct signumd_key *key)
{
    return signumd_cli_report(signumd_keys_find(state->db, name, key),
                              "no key %s; the keys are shown by: signumd key list --state %s", name,
                              state->folder);
}

static enum signum_status
delete(const struct signumd_state *state, struct signumd_hsm *hsm, const char *name)
{
    enum signum_status status = signumd_hsm_check(hsm);

    if (status == SIGNUM_OK)
        status = signumd_keys_remove(state->db, &signumd_actor_local, name);
    if (status == SIGNUM_DENIED)
        signumd_log(SIGNUMD_LOG_ERROR,
                    "key %s has a certificate; take it away first with: signumd cert remove "
                    "--state %s %s",
                    name, state->folder, name);
    return status;
}

static int
run_delete(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    struct signumd_state state;
    struct signumd_hsm *hsm = NULL;
    struct signumd_key key;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0)
        code = find(&state, name, &key);
    if (code == 0)
        code = signumd_cli_report(signumd_hsm_open_for(&state, 1, &hsm),
                                  "cannot load the HSM's module");
    if (code == 0)
        code = signumd_cli_report(delete(&state, hsm, name), "the key was not deleted");
    if (code == 0)
        code = signumd_cli_report(signumd_leftovers_sweep(state.db, hsm),
                                  "the key is deleted but its key pair is still in the token");
    if (code == 0)
        (void)printf("key %s is deleted\n", name);
    signumd_hsm_close(&hsm);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

static int
enable(const struct signumd_verb *verb, int argc, char **argv, bool is_enabled)
{
    const char *folder = NULL;
    const char *name = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0)
        code = signumd_cli_report(
            signumd_keys_enable(state.db, &signumd_actor_local, name, is_enabled),
            "key %s was not %s", name, is_enabled ? "enabled" : "disabled");
    if (code == 0)
        (void)printf("key %s is %s\n", name, is_enabled ? "enabled" : "disabled");
    signumd_state_close(&state);
    return code;
}

static int
run_disable(const struct signumd_verb *verb, int argc, char **argv)
{
    return enable(verb, argc, argv, false);
}

static int
run_enable(const struct signumd_verb *verb, int argc, char **argv)
{
    return enable(verb, argc, argv, true);
}

const struct signumd_verb signumd_verbs_key_change[] = {
    {"key disable", "--state DIR NAME",
     "Lets nobody sign with a key until it is enabled again.\n\n"
     "Example: signumd key disable --state /var/lib/signumd release",
     run_disable},
    {"key enable", "--state DIR NAME",
     "Enables a disabled key again.\n\n"
     "Example: signumd key enable --state /var/lib/signumd release",
     run_enable},
    {"key delete", "--state DIR NAME",
     "Deletes a key, its key pair in the token, and what policies allow for it by its name; there\n"
     "is no way back. A key with a certificate is not deleted: see signumd cert remove.\n\n"
     "Example: signumd key delete --state /var/lib/signumd old-release",
     run_delete},
    {NULL, NULL, NULL, NULL},
};
