#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "cmd/cli.h"
#include "keys/pins.h"

#define INPUT_MAX 1024
#define DOCUMENT_MAX ((size_t)16 * 1024 * 1024)

static enum signum_status
read_standard_input(struct signum_buf *out)
{
    char piece[256];
    size_t len = 0;

    do {
        len = fread(piece, 1, sizeof piece, stdin);
        signum_buf_put(out, piece, len);
    } while (len > 0);
    signum_wipe(piece, sizeof piece);
    return ferror(stdin) != 0 ? SIGNUM_IO : signum_buf_status(out);
}

/* The first line: editors and echo end it with a line feed, which is not of the PIN. */
static enum signum_status
read_pin(const char *file, struct signum_buf *pin)
{
    bool is_input = file == NULL || strcmp(file, "-") == 0;
    enum signum_status status = is_input ? read_standard_input(pin) : signumd_files_read(file, pin);

    if (status != SIGNUM_OK)
        return status;
    while (pin->len > 0 && (pin->data[pin->len - 1] == '\n' || pin->data[pin->len - 1] == '\r'))
        pin->len--;
    return SIGNUM_OK;
}

static int
run_set(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *file = NULL;
    const char *name = NULL;
    struct signumd_state state;
    struct signum_buf pin;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"file", &file, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };

    signum_buf_init_secret(&pin, INPUT_MAX);
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);
    if (code == 0)
        code = signumd_cli_report(read_pin(file, &pin), "cannot read the PIN");
    const char *fault = code == 0 ? signumd_pin_fault(signum_bytes_of_buf(&pin)) : NULL;
    if (fault != NULL)
        code = signumd_cli_report(SIGNUM_INVALID_ARGUMENT, "the PIN %s", fault);
    if (code == 0)
        code = signumd_cli_report(
            signumd_pins_set(state.db, &signumd_actor_local, name, signum_bytes_of_buf(&pin)),
            "the PIN of key %s was not set", name);
    if (code == 0)
        (void)printf("key %s has a new PIN\n", name);
    signum_buf_clear(&pin);
    signumd_state_close(&state);
    return code;
}

static int
run_clear(const struct signumd_verb *verb, int argc, char **argv)
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
        code = signumd_cli_report(signumd_pins_clear(state.db, &signumd_actor_local, name),
            "the PIN of key %s was not removed", name);
    if (code == 0)
        (void)printf("key %s has no PIN any more\n", name);
    signumd_state_close(&state);
    return code;
}

static int
run_unlock(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *user = NULL;
    const char *name = NULL;
    struct signumd_state state;
    const struct signumd_option options[] = {
        {"state", &folder, NULL, NULL},
        {"user", &user, NULL, NULL},
        {NULL, NULL, NULL, NULL},
    };
    int code = signumd_cli_open(verb, argc, argv, options, &name, 1, &state);

    if (code == 0)
        code = signumd_cli_report(signumd_pins_unlock(state.db, &signumd_actor_local, name, user),
            "key %s was not unlocked", name);
    if (code == 0)
        (void)printf(
            "key %s has no wrong PINs on record for %s\n", name, user == NULL ? "any user" : user);
    signumd_state_close(&state);
    return code;
}

static void
print_user(const void *context, struct signumd_json_reader *item)
{
    char space[3][32];

    (void)context;
    (void)printf("  %-24s  %s wrong  locked until %s\n",
        signumd_json_show(item, "user", space[0], sizeof space[0]),
        signumd_json_show(item, "wrong", space[1], sizeof space[1]),
        signumd_json_show(item, "locked_until", space[2], sizeof space[2]));
}

static enum signum_status
print_status(const char *name, const struct signum_buf *document)
{
    struct cJSON *object = NULL;
    struct signumd_json_reader reader;
    char space[2][32];
    enum signum_status status = signumd_json_parse(signum_bytes_of_buf(document), &object);

    if (status != SIGNUM_OK)
        return status;
    signumd_json_reader_init(&reader, object);
    (void)printf("key %s: PIN set %s, wrong since then %s\n", name,
        signumd_json_show(&reader, "changed", space[0], sizeof space[0]),
        signumd_json_show(&reader, "wrong_total", space[1], sizeof space[1]));
    signumd_json_each(object, "users", print_user, NULL);
    signumd_json_free(&object);
    return SIGNUM_OK;
}

static int
run_status(const struct signumd_verb *verb, int argc, char **argv)
{
    const char *folder = NULL;
    const char *name = NULL;
    bool is_json = false;
    struct signumd_state state;
    struct signumd_key key;
    struct signum_buf document;
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
        status = signumd_pins_write(state.db, key.id, signumd_timestamp_seconds(), &document);
    if (status == SIGNUM_OK && is_json)
        (void)printf("%s\n", signum_buf_text(&document));
    else if (status == SIGNUM_OK)
        status = print_status(name, &document);
    code = signumd_cli_report(status, "cannot show the PIN of key %s", name);

out:
    signum_buf_clear(&document);
    signumd_key_clear(&key);
    signumd_state_close(&state);
    return code;
}

const struct signumd_verb signumd_verbs_pin[] = {
    {"key pin set", "--state DIR KEY [--file FILE]",
        "Sets the PIN of a key, 4 to 64 bytes, which whoever signs with it has to give from then\n"
        "on. Wrong tries so far are forgotten.\n\n"
        "  --file FILE        where the PIN stands; standard input if not given, or for -\n\n"
        "Example: signumd key pin set --state /var/lib/signumd release --file release.pin",
        run_set},
    {"key pin clear", "--state DIR KEY",
        "Takes the PIN away from a key.\n\n"
        "Example: signumd key pin clear --state /var/lib/signumd release",
        run_clear},
    {"key pin unlock", "--state DIR KEY [--user USER]",
        "Forgets wrong PINs, and so ends the locks that came of them.\n\n"
        "  --user USER        only those of this user\n\n"
        "Example: signumd key pin unlock --state /var/lib/signumd release --user alice",
        run_unlock},
    {"key pin status", "--state DIR KEY [--json]",
        "Shows whether a key has a PIN, and who gave wrong ones.\n\n"
        "Example: signumd key pin status --state /var/lib/signumd release",
        run_status},
    {NULL, NULL, NULL, NULL},
};
