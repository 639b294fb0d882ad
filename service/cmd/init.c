#include "cmd/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_key.h"
#include "base/draft.h"
#include "base/files.h"
#include "hsm/hsm.h"
#include "base/log.h"
#include "base/state.h"
#include "identity/tokens.h"
#include "x509/x509.h"

#define PIN_DIGITS 32
#define SMALL_FILE_MAX ((size_t)64 * 1024)

static const char *const default_modules[] = {
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
};

static const char *
find_module(const char *wanted)
{
    if (wanted != NULL)
        return wanted;
    for (size_t i = 0; i < sizeof default_modules / sizeof default_modules[0]; i++)
        if (access(default_modules[i], R_OK) == 0)
            return default_modules[i];
    return NULL;
}

/* The draft is a state folder without settings and database at first. */
static enum signum_status
write_text(const struct signumd_state *draft, const char *file, const char *text, unsigned mode)
{
    return signumd_state_write(draft, file, signum_bytes_of_text(text), mode);
}

static enum signum_status
write_softhsm_conf(const struct signumd_state *draft, const char *folder)
{
    struct signum_buf text;

    signum_buf_init(&text, SMALL_FILE_MAX);
    signum_buf_printf(&text,
                      "directories.tokendir = %s/" SIGNUMD_FILE_TOKENS "\n"
                      "objectstore.backend = file\n"
                      "objectstore.umask = 0077\n"
                      "log.level = ERROR\n"
                      "slots.removable = false\n"
                      "slots.mechanisms = ALL\n"
                      "library.reset_on_fork = false\n",
                      folder);
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_state_write(draft, SIGNUMD_FILE_SOFTHSM, signum_bytes_of_buf(&text), 0600);
    signum_buf_clear(&text);
    return status;
}

/* A module that is not SoftHSM2 has a token already; then its PIN must have been given. */
static enum signum_status
make_softhsm_token(const struct signumd_state *draft, const struct signumd_init_options *options,
                   const char *module, const char *final_folder)
{
    char pin[PIN_DIGITS + 1] = "";
    bool is_softhsm = false;
    char *tokens = signumd_state_path(draft, SIGNUMD_FILE_TOKENS);
    enum signum_status status = SIGNUM_IO;

    if (tokens == NULL || mkdir(tokens, 0700) != 0)
        goto out;
    status = write_softhsm_conf(draft, draft->folder);
    if (status == SIGNUM_OK)
        status = signumd_state_use_softhsm(draft->folder);
    if (status == SIGNUM_OK)
        status = signumd_crypto_random_hex(pin, PIN_DIGITS);
    if (status == SIGNUM_OK)
        status = signumd_hsm_init_softhsm(module, options->token, pin, &is_softhsm);
    if (status == SIGNUM_OK && is_softhsm)
        status = write_text(draft, SIGNUMD_FILE_PIN, pin, 0600);
    if (status == SIGNUM_OK && is_softhsm)
        status = write_softhsm_conf(draft, final_folder);
    if (status == SIGNUM_OK && !is_softhsm) {
        signumd_log(SIGNUMD_LOG_ERROR,
                    "%s is not SoftHSM2: make its token with the vendor's tools, then give "
                    "--token LABEL and --pin-file FILE",
                    module);
        status = SIGNUM_INVALID_ARGUMENT;
    }

out:
    signum_wipe(pin, sizeof pin);
    free(tokens);
    return status;
}

static enum signum_status
copy_pin(const struct signumd_state *draft, const char *file)
{
    struct signum_buf pin;

    signum_buf_init_secret(&pin, 256);
    enum signum_status status = signumd_files_read(file, &pin);
    if (status == SIGNUM_OK)
        status = signumd_state_write(draft, SIGNUMD_FILE_PIN, signum_bytes_of_buf(&pin), 0600);
    signum_buf_clear(&pin);
    return status;
}

static enum signum_status
make_settings(const struct signumd_state *draft, const char *module, const char *token)
{
    struct signum_buf text;

    signum_buf_init(&text, SMALL_FILE_MAX);
    signumd_settings_write(&text, module, token, SIGNUMD_FILE_PIN);
    enum signum_status status = signum_buf_status(&text);
    if (status == SIGNUM_OK)
        status = signumd_state_write(draft, SIGNUMD_FILE_SETTINGS, signum_bytes_of_buf(&text),
                                     0600);
    signum_buf_clear(&text);
    return status;
}

static enum signum_status
make_certificates(const struct signumd_state *draft, const struct signumd_init_options *options)
{
    /* Each key with its certificate behind it */
    static const char *const files[] = {SIGNUMD_FILE_CA_KEY,     SIGNUMD_FILE_CA_CERT,
                                        SIGNUMD_FILE_TLS_KEY,    SIGNUMD_FILE_TLS_CERT,
                                        SIGNUMD_FILE_ATTEST_KEY, SIGNUMD_FILE_ATTEST_CERT};
    struct signum_buf pem[sizeof files / sizeof files[0]];

    for (int i = 0; i < 6; i++)
        signum_buf_init_secret(&pem[i], SIGNUMD_PEM_MAX);
    enum signum_status status = signumd_x509_make_ca(&pem[0], &pem[1]);
    struct signumd_x509_ca ca = {signum_bytes_of_buf(&pem[0]), signum_bytes_of_buf(&pem[1])};
    if (status == SIGNUM_OK)
        status = signumd_x509_make_tls(&ca, options->hostnames, options->hostname_count, &pem[2],
                                       &pem[3]);
    if (status == SIGNUM_OK)
        status = signumd_x509_make_attestation(&ca, &pem[4], &pem[5]);
    for (int i = 0; status == SIGNUM_OK && i < 6; i++)
        status = signumd_state_write(draft, files[i], signum_bytes_of_buf(&pem[i]),
                                     i % 2 == 0 ? 0600 : 0644);
    for (int i = 0; i < 6; i++)
        signum_buf_clear(&pem[i]);
    return status;
}

/* The first record says by which key the log's checkpoints are signed. */
static enum signum_status
begin_log(const struct signumd_state *draft, const struct signumd_init_options *options)
{
    struct signum_buf vkey;

    signum_buf_init(&vkey, SMALL_FILE_MAX);
    enum signum_status status = signumd_db_begin(draft->db);
    if (status != SIGNUM_OK)
        return status;
    status = signumd_audit_key_make(
        draft, options->hostname_count == 0 ? NULL : options->hostnames[0], &vkey);
    if (status == SIGNUM_OK)
        status = signumd_audit_change(draft->db, &signumd_actor_local, "state.init", "audit_key",
            signum_buf_text(&vkey), NULL);
    signum_buf_clear(&vkey);
    return signumd_db_finish(draft->db, status);
}

static enum signum_status
make_database(struct signumd_state *draft, const struct signumd_init_options *options)
{
    char token[SIGNUMD_TOKEN_SIZE] = "";
    char *path = signumd_state_path(draft, SIGNUMD_FILE_DB);
    enum signum_status status =
        path == NULL ? SIGNUM_NO_MEMORY : signumd_db_open(path, true, &draft->db);

    if (status == SIGNUM_OK)
        status = begin_log(draft, options);
    if (status == SIGNUM_OK)
        status = signumd_users_add(draft->db, &signumd_actor_local, "admin",
                                   SIGNUMD_ROLE_BIT(SIGNUMD_ROLE_ADMIN));
    if (status == SIGNUM_OK)
        status = signumd_tokens_create(draft->db, &signumd_actor_local, "admin", NULL, token);
    if (status == SIGNUM_OK)
        status = write_text(draft, SIGNUMD_FILE_ADMIN_TOKEN, token, 0600);
    signum_wipe(token, sizeof token);
    signumd_db_close(&draft->db);
    free(path);
    return status;
}

static enum signum_status
fill(struct signumd_state *draft, const struct signumd_init_options *options, const char *module,
     const char *final_folder)
{
    struct signumd_init_options all = *options;

    if (all.token == NULL)
        all.token = SIGNUMD_DEFAULT_TOKEN;
    enum signum_status status = all.pin_file == NULL
                                    ? make_softhsm_token(draft, &all, module, final_folder)
                                    : copy_pin(draft, all.pin_file);
    if (status == SIGNUM_OK)
        status = make_settings(draft, module, all.token);
    if (status == SIGNUM_OK)
        status = make_certificates(draft, &all);
    return status == SIGNUM_OK ? make_database(draft, options) : status;
}

enum signum_status
signumd_init_run(const struct signumd_init_options *options)
{
    struct signumd_draft draft;
    struct signumd_state state;
    const char *module = find_module(options->module);

    if (module == NULL) {
        signumd_log(SIGNUMD_LOG_ERROR, "SoftHSM2 is not installed; install the package softhsm2 "
                                       "or name a module with --pkcs11-module");
        return SIGNUM_NOT_FOUND;
    }
    memset(&state, 0, sizeof state);
    enum signum_status status = signumd_draft_begin(options->folder, &draft);
    if (status == SIGNUM_OK) {
        state.folder = signum_text_copy(draft.folder);
        if (state.folder == NULL)
            status = SIGNUM_NO_MEMORY;
    }
    if (status == SIGNUM_OK)
        status = fill(&state, options, module, draft.place);
    if (status == SIGNUM_OK)
        status = signumd_draft_publish(&draft);
    signumd_state_close(&state);
    signumd_draft_clear(&draft);
    return status;
}
