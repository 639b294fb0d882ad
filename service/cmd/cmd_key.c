#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "hsm/hsm_open.h"
#include "keys/keys.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "x509/certificate.h"

/* What both ways to a new key need: the name, checked and free, and the HSM. */
static int
begin(const struct signumd_verb *verb, const char *name, const struct signumd_state *state,
      struct signumd_key *key, struct signumd_hsm **hsm_out)
{
    *hsm_out = NULL;
    if (!signumd_name_is_valid(name))
        return signumd_cli_usage(verb,
                                 "'%s' is not a key name: 1 to 64 of A-Z a-z 0-9 . _ -", name);
    enum signum_status status = signumd_keys_find(state->db, name, key);
    if (status == SIGNUM_OK)
        status = SIGNUM_KEY_EXISTS;
    if (status != SIGNUM_KEY_NOT_FOUND)
        return signumd_cli_report(status, "cannot use the key name %s", name);
    status = signumd_key_begin(key, name);
    if (status == SIGNUM_OK)
        status = signumd_hsm_open_for(state, 1, hsm_out);
    return signumd_cli_report(status, "cannot load the HSM's module");
}

/* Algorithm, bits and curve as given, into the key; false after saying what is wrong. */
static bool
choose(const struct signumd_verb *verb, const char *algorithm, const char *bits_text,
       const char *curve, struct signumd_key *key)
{
    int64_t bits = 0;

    if (algorithm == NULL) {
        (void)signumd_cli_usage(verb, "--algorithm rsa or --algorithm ecdsa is missing");
        return false;
    }
    if (!signumd_cli_number(bits_text, 1, 65536, &bits)) {
        (void)signumd_cli_usage(verb, "--bits %s is not a number of bits", bits_text);
        return false;
    }
    enum signum_status status = signumd_key_choose(key, algorithm, bits, curve);
    if (status == SIGNUM_OK)
        return true;
    (void)signumd_cli_usage(verb, "keys of %s%s%s%s%s are not offered", algorithm,
                            curve == NULL ? "" : " with curve ", curve == NULL ? "" : curve,
                            bits_text == NULL ? "" : " with bits ",
                            bits_text == NULL ? "" : bits_text);
    return false;
}

static int
create(struct signumd_state *state, struct signumd_hsm *hsm, struct signumd_key *key)
{
    enum signum_status status = signumd_hsm_generate(hsm, key);
    if (status == SIGNUM_KEY_EXISTS)
        signumd_log(SIGNUMD_LOG_ERROR,
                    "the token already holds a key with the label %s; use it with: signumd key "
                    "adopt --state %s %s --label %s",
                    key->name, state->folder, key->name, key->name);
    int code = signumd_cli_report(status, "no key was made");
    if (code != 0)
        return code;
    status = signumd_keys_add(state->db, &signumd_actor_local, "key.create", key);
    if (status != SIGNUM_OK)
        (void)signumd_cli_report(signumd_hsm_destroy(hsm, key),
                                 "the new key pair %s is left over in the token", key->name);
    return signumd_cli_report(status, "the key was not recorded");
}

static int
run_create(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *algorithm = NULL;
    const char *bits = NULL;
    const char *curve = NULL;
    const char *name = NULL;
    struct signumd_state state;
    struct signumd_hsm *hsm = NULL;
    struct signumd_key key;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL}, {"algorithm", &algorithm, NULL, NULL},
        {"bits", &bits, NULL, NULL},    {"curve", &curve, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0)
        code = begin(verb, name, &state, &key, &hsm);
    if (code == 0)
        code = choose(verb, algorithm, bits, curve, &key) ? 0 : SIGNUMD_EXIT_USAGE;
    if (code == 0)
        code = create(&state, hsm, &key);
    if (code == 0)
        (void)printf("key %s (%s, %u bits) is in the token and cannot leave it\n", key.name,
                     key.alg->curve == NULL ? key.alg->wire : key.alg->curve, (unsigned)key.bits);
    signumd_hsm_close(&hsm);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

static int
adopt(struct signumd_state *state, struct signumd_hsm *hsm, const char *label,
      struct signumd_key *key)
{
    if (label == NULL || strlen(label) > SIGNUMD_LABEL_MAX)
        return signumd_cli_report(SIGNUM_INVALID_ARGUMENT,
                                  "--label names the key pair in the token, at most %d bytes",
                                  SIGNUMD_LABEL_MAX);
    (void)snprintf(key->token_label, sizeof key->token_label, "%s", label);
    enum signum_status status = signumd_hsm_adopt(hsm, key);
    if (status == SIGNUM_OK)
        status = signumd_keys_add(state->db, &signumd_actor_local, "key.adopt", key);
    return signumd_cli_report(status, "the key pair labelled %s was not adopted", label);
}

static int
run_adopt(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *label = NULL;
    const char *name = NULL;
    struct signumd_state state;
    struct signumd_hsm *hsm = NULL;
    struct signumd_key key;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"label", &label, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signumd_key_init(&key);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0)
        code = begin(verb, name, &state, &key, &hsm);
    if (code == 0)
        code = adopt(&state, hsm, label, &key);
    if (code == 0)
        (void)printf("key %s is the key pair labelled %s\n", key.name, key.token_label);
    signumd_hsm_close(&hsm);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

static bool
write_one(void *context, const struct signumd_key *key)
{
    return signumd_key_write(key, context) == SIGNUM_OK;
}

static enum signum_status
write_keys(struct signumd_db *db, struct signumd_json_writer *writer)
{
    return signumd_keys_walk(db, "", write_one, writer);
}

static bool
print_one(void *context, const struct signumd_key *key)
{
    struct signumd_certificate certificate;
    char sha256[SIGNUMD_SHA256_HEX_SIZE] = "";
    char left[48] = "";

    (void)context;
    if (signumd_key_certificate_sha256(key, sha256) != SIGNUM_OK)
        return false;
    if (key->chain_count > 0 &&
        signumd_certificate_read(signum_bytes_of_buf(&key->chain[0]), &certificate) == SIGNUM_OK)
        (void)snprintf(left, sizeof left, "  days left %lld",
                       (long long)signumd_certificate_days_left(
                           &certificate, signumd_timestamp_seconds()));
    (void)printf("%-24s  %-5s  %-5u  %-8s  certificate %s%s\n", key->name,
                 key->alg->curve == NULL ? key->alg->wire : key->alg->curve, (unsigned)key->bits,
                 key->is_enabled ? "enabled" : "disabled", sha256[0] == '\0' ? "none" : sha256,
                 left);
    return true;
}

static int
run_list(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    bool is_json = false;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"json", NULL, &is_json, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, NULL, 0, &state);

    if (code == 0)
        code = is_json ? signumd_cli_print_json("keys", state.db, write_keys)
                       : signumd_cli_report(signumd_keys_walk(state.db, "", print_one, NULL),
                                            "cannot list the keys");
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_key[] = {
    {"key create",
     "--state DIR NAME --algorithm rsa|ecdsa [--bits 2048|3072|4096] [--curve P-256|P-384|P-521]",
     "Generates a key pair on the token: sensitive, never extractable, for signing only.\n\n"
     "  --algorithm NAME   rsa, or ecdsa\n"
     "  --bits N           RSA: 2048, 3072 (if not given) or 4096\n"
     "  --curve NAME       ECDSA: P-256 (if not given), P-384 or P-521\n\n"
     "Example: signumd key create --state /var/lib/signumd release --algorithm rsa --bits 4096",
     run_create},
    {"key adopt", "--state DIR NAME --label LABEL",
     "Takes over a key pair that lies in the token already. It is refused if the private key is\n"
     "not sensitive or can be extracted.\n\n"
     "  --label LABEL      CKA_LABEL of the private and of the public key\n\n"
     "Example: signumd key adopt --state /var/lib/signumd release --label CodeSign2024",
     run_adopt},
    {"key list", "--state DIR [--json]",
     "Lists the keys.\n\nExample: signumd key list --state /var/lib/signumd --json", run_list},
    {NULL, NULL, NULL, NULL},
};
