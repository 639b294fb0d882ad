#include <stdio.h>

#include "cmd/cli.h"
#include "hsm/hsm_open.h"
#include "keys/versions.h"

#define DOCUMENT_MAX ((size_t)16 * 1024 * 1024)

static int
run_rotate(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    bool is_active = false;
    bool keeps_old = false;
    struct signumd_state state;
    struct signumd_hsm *hsm = NULL;
    struct signumd_key key;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"activate", NULL, &is_active, NULL},
        {"keep-old", NULL, &keeps_old, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0 && keeps_old && !is_active)
        code = signumd_cli_usage(verb, "--keep-old goes with --activate only");
    if (code == 0)
        code = signumd_cli_report(
            signumd_hsm_open_for(&state, 1, &hsm), "cannot load the HSM's module");
    if (code == 0)
        code = signumd_cli_report(signumd_versions_rotate(state.db, hsm, &signumd_actor_local, name,
                                      is_active, keeps_old, &key),
            "key %s was not rotated", name);
    if (code == 0)
        (void)printf("key %s: version %lld is %s\n", name, (long long)key.version,
            key.is_pending ? "pending until it gets a certificate" : "in use");
    signumd_hsm_close(&hsm);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

static void
print_version(const void *context, struct signumd_json_reader *item)
{
    char space[2][32];

    (void)context;
    (void)printf("%-8s  %s\n", signumd_json_show(item, "version", space[0], sizeof space[0]),
        signumd_json_show(item, "state", space[1], sizeof space[1]));
}

static int
run_versions(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    bool is_json = false;
    struct signumd_state state;
    struct signumd_key key;
    struct signum_buf document;
    struct cJSON *object = NULL;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    signum_buf_init(&document, DOCUMENT_MAX);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code != 0)
        goto out;
    enum signum_status status = signumd_keys_find(state.db, name, &key);
    if (status == SIGNUM_OK)
        status = signumd_versions_write(state.db, &key, &document);
    if (status == SIGNUM_OK && is_json)
        (void)printf("%s\n", signum_buf_text(&document));
    if (status == SIGNUM_OK && !is_json)
        status = signumd_json_parse(signum_bytes_of_buf(&document), &object);
    if (status == SIGNUM_OK && !is_json)
        signumd_json_each(object, "versions", print_version, NULL);
    code = signumd_cli_report(status, "cannot list the versions of key %s", name);

out:
    signumd_json_free(&object);
    signum_buf_clear(&document);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_rotate[] = {
    {"key rotate", "--state DIR NAME [--activate [--keep-old]]",
        "Makes a new version of a key: a new key pair in the token. It is pending, and the old "
        "one\n"
        "signs, until the new one gets a certificate by cert issue or cert import.\n\n"
        "  --activate         use the new (or pending) version at once, without a certificate\n"
        "  --keep-old         the old one still signs for those who ask for it by its number\n\n"
        "Example: signumd key rotate --state /var/lib/signumd release",
        run_rotate},
    {"key versions", "--state DIR NAME [--json]",
        "Lists the versions of a key.\n\n"
        "Example: signumd key versions --state /var/lib/signumd release",
        run_versions},
    {NULL, NULL, NULL, NULL},
};
