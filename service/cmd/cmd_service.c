#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/init.h"
#include "cmd/serve.h"
#include "signum/version.h"

static int
run_init(const struct signumd_verb *verb, int argc, char **argv)
{
    struct signumd_init_options options;
    struct signumd_many hostnames = {{NULL}, 0};
    const struct signumd_option table[] = {
        {"state", &options.folder, NULL, NULL},
        {"pkcs11-module", &options.module, NULL, NULL},
        {"token", &options.token, NULL, NULL},
        {"pin-file", &options.pin_file, NULL, NULL},
        {"hostname", NULL, NULL, &hostnames},
        {NULL, NULL, NULL, NULL},
    };

    memset(&options, 0, sizeof options);
    int code = signumd_cli_parse(verb, argc, argv, table, NULL, 0);
    if (code != 0)
        return code;
    if (options.folder == NULL)
        return signumd_cli_usage(verb, "--state DIR is missing: where shall the state lie?");
    for (size_t i = 0; i < hostnames.count; i++)
        options.hostnames[i] = hostnames.items[i];
    options.hostname_count = hostnames.count;
    code = signumd_cli_report(signumd_init_run(&options), "no state folder was made");
    if (code == 0)
        (void)printf("%s is ready. The token of user admin lies in %s/admin.token; clients trust "
                     "%s/ca.crt.\n",
                     options.folder, options.folder, options.folder);
    return code;
}

static int
run_serve(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *listen = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"listen", &listen, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code != 0)
        return code;
    code = signumd_cli_report(signumd_serve_run(&state, listen), "the service has ended");
    signumd_state_close(&state);
    return code;
}

static int
run_version(const struct signumd_verb *verb, int argc, char **argv)
{
    const struct signumd_option options[] = {{NULL, NULL, NULL, NULL}};
    int code = signumd_cli_parse(verb, argc, argv, options, NULL, 0);

    if (code == 0)
        (void)printf("signumd %s\n", SIGNUM_VERSION);
    return code;
}

const struct signumd_verb signumd_verbs_service[] = {
    {"init",
     "--state DIR [--hostname NAME]... [--pkcs11-module SO [--token LABEL --pin-file FILE]]",
     "Makes a new state folder: settings, a CA and a TLS certificate for localhost and each NAME,\n"
     "a database, and the user admin with a token in DIR/admin.token.\n\n"
     "  --state DIR          the folder; it must not exist, or be empty\n"
     "  --hostname NAME      another host name or IP address of this service; repeatable\n"
     "  --pkcs11-module SO   the HSM's PKCS#11 library; without it SoftHSM2, with a new token\n"
     "  --token LABEL        the token's label; \"signum\" if not given\n"
     "  --pin-file FILE      the token's PIN, for a token that exists already\n\n"
     "Example: signumd init --state /var/lib/signumd --hostname sign.example.com",
     run_init},
    {"serve", "--state DIR [--listen ADDR:PORT]",
     "Serves until SIGTERM or SIGINT, then finishes the requests under way. When it listens it\n"
     "prints one line and writes its address to DIR/url.\n\n"
     "  --state DIR          the state folder\n"
     "  --listen ADDR:PORT   instead of what signumd.json says; [::1]:8443 for IPv6, port 0 for\n"
     "                       any free one\n\n"
     "Example: signumd serve --state /var/lib/signumd --listen 0.0.0.0:8443",
     run_serve},
    {"version", "", "Prints the version.", run_version},
    {NULL, NULL, NULL, NULL},
};
