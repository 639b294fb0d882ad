#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cli.h"

static const struct signumd_verb *const tables[] = {
    signumd_verbs_request, signumd_verbs_release, signumd_verbs_webhook,
    signumd_verbs_service, signumd_verbs_key,    signumd_verbs_key_change, signumd_verbs_attest,
    signumd_verbs_cert, signumd_verbs_ca,
    signumd_verbs_user,    signumd_verbs_group,  signumd_verbs_token,
    signumd_verbs_issuer,  signumd_verbs_user_certificate,
    signumd_verbs_policy,  signumd_verbs_policy_document,
    signumd_verbs_key_set, signumd_verbs_key_group, signumd_verbs_pin, signumd_verbs_rotate,
    signumd_verbs_policy_versions, signumd_verbs_policy_test,
    signumd_verbs_audit,   signumd_verbs_audit_proof,
    signumd_verbs_backup,
};

#define TABLE_COUNT (sizeof tables / sizeof tables[0])

/* Number of arguments that the words of a verb take up, 0 if they do not match. */
static int
match(const char *words, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        size_t len = strcspn(words, " ");
        if (strlen(argv[i]) != len || strncmp(argv[i], words, len) != 0)
            return 0;
        if (words[len] == '\0')
            return i + 1;
        words += len + 1;
    }
    return 0;
}

/* All verbs, or those of one group such as "key". */
static int
print_verbs(FILE *out, const char *group)
{
    size_t group_len = group == NULL ? 0 : strlen(group);
    int count = 0;

    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (const struct signumd_verb *verb = tables[t]; verb->words != NULL; verb++) {
            if (group != NULL &&
                (strncmp(verb->words, group, group_len) != 0 || verb->words[group_len] != ' '))
                continue;
            if (count == 0)
                (void)fprintf(out, "Usage:\n");
            (void)fprintf(out, "  signumd %s %s\n", verb->words, verb->usage);
            count++;
        }
    }
    return count;
}

static int
print_overview(void)
{
    (void)printf("signumd, the signing service of Signum KSP: keys stay in the HSM, policies say "
                 "who may sign,\nand every signature is on record.\n\n");
    (void)print_verbs(stdout, NULL);
    (void)printf("\nEvery verb explains itself: signumd VERB --help. To begin:\n"
                 "  signumd init --state DIR\n"
                 "  signumd key create --state DIR release --algorithm rsa --bits 3072\n"
                 "  signumd cert issue --state DIR release --out release.cer\n"
                 "  signumd user add --state DIR alice --role signer\n"
                 "  signumd token create --state DIR alice --out alice.token\n"
                 "  signumd policy allow --state DIR alice-release --user alice --key release\n"
                 "  signumd serve --state DIR\n");
    return 0;
}

int
main(int argc, char **argv)
{
    /* A client that goes away is an error of one write, not the end of the service */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)umask(0077);
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return print_overview();
    for (size_t t = 0; t < TABLE_COUNT; t++) {
        for (const struct signumd_verb *verb = tables[t]; verb->words != NULL; verb++) {
            int words = match(verb->words, argc - 1, argv + 1);
            if (words > 0)
                return verb->run(verb, argc - words, argv + words);
        }
    }
    if (argc >= 2 && print_verbs(stderr, argv[1]) > 0)
        return argc == 3 && strcmp(argv[2], "--help") == 0 ? 0 : SIGNUMD_EXIT_USAGE;
    if (argc >= 2)
        (void)fprintf(stderr, "signumd: there is no verb '%s'\n", argv[1]);
    (void)print_verbs(stderr, NULL);
    return SIGNUMD_EXIT_USAGE;
}
